"""The API's members as help sees them: their names, types, allowed words and documentation, from botocore's models.

>>> key_member("Training", ("instance",))
('Arguments', 'ResourceConfig', 'InstanceType')
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.compile import assemble, compilation
from sm_pipeline_widgets.definition.lint_requests import APIS
from sm_pipeline_widgets.definition.places import MADE_BY, OPTIONS
from sm_pipeline_widgets.definition.service_shapes import KEYED_LISTS, output_shape, service
from sm_pipeline_widgets.definition.shape_words import WORDS
from sm_pipeline_widgets.definition.spec import read_spec

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sm_pipeline_widgets.definition.assist_spot import Path

_PROBE = "Probe7919"
_PROBE_NUMBER = 7919
_PROBES = (_PROBE, str(_PROBE_NUMBER))
_SPREAD = ("code", "entry", "type", "definition", "defaults", "arguments")
"""Keys that become no single member."""
_MADE: Mapping[str, Path] = {
    "depends_on": ("DependsOn",),
    "retry": ("RetryPolicies",),
    "if": ("Arguments", "Conditions"),
    "then": ("Arguments", "IfSteps"),
    "else": ("Arguments", "ElseSteps"),
    "body": ("Arguments", "ForEachBody"),
    "select": ("Arguments", "Selector"),
}
"""Keys whose values are steps or expressions."""
_VALUES: tuple[Any, ...] = (_PROBE, _PROBE_NUMBER, [_PROBE], {_PROBE: _PROBE_NUMBER}, {_PROBE: f"s3://{_PROBE}/x"})
_BELOW = 5


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a request or response: where its shape is found, and what botocore says of it (as markup)."""

    name: str
    service: str
    shape: str
    required: bool = False
    documentation: str = ""

    @property
    def kind(self) -> str:
        """``structure``, ``list``, ``map``, ``string``, ``integer`` …"""
        return str(_shape(self)["type"])

    @property
    def allowed(self) -> tuple[str, ...]:
        """The words the service takes here; of a list, as its entries."""
        return tuple(_shape(self).get("enum", ()))

    @property
    def named(self) -> str | None:
        """The member by which entries of this list are also found (``OutputName``)."""
        return KEYED_LISTS.get(self.shape)

    @property
    def says(self) -> str:
        """Its type in words, with its limits."""
        shape = _shape(self)
        word = {"structure": "keys and values", "list": "list", "map": "names with values"}.get(self.kind)
        word = word or WORDS.get(self.kind, "") or self.kind
        least, most = shape.get("min"), shape.get("max")
        if least is None and most is None:
            return word
        unit = {"string": " characters", "list": " entries", "map": " entries"}.get(self.kind, "")
        if least is None or most is None:
            return f"{word}, {'at most' if least is None else 'at least'} {most if least is None else least}{unit}"
        return f"{word}, {least} to {most}{unit}"


def _shape(member: Member) -> Mapping[str, Any]:
    found: Mapping[str, Any] = service(member.service)["shapes"][member.shape]
    return found


def request_of(type_name: str) -> Member | None:
    """The request a type's arguments are; None for types that call nothing."""
    api = APIS.get(type_name)
    operation = service("sagemaker")["operations"].get(api.create) if api is not None else None
    if api is None or operation is None:
        return None
    return Member(
        api.create, "sagemaker", operation["input"]["shape"], documentation=operation.get("documentation", "")
    )


def response_of(type_name: str) -> Member | None:
    """The response a type's property paths walk."""
    if type_name in ("QualityCheck", "ClarifyCheck"):
        return None
    if type_name == "EMR":
        known = "Step" in service("emr")["shapes"]
        return Member("Step", "emr", "Step") if known else None
    api = APIS.get(type_name)
    shape = output_shape("sagemaker", api.describe) if api is not None else None
    return Member(api.describe, "sagemaker", shape) if api is not None and shape is not None else None


def members_of(owner: Member, *, refused: tuple[str, ...] = ()) -> dict[str, Member]:
    """What a structure holds; of anything else nothing."""
    shape = _shape(owner)
    required = shape.get("required", ())
    return {
        name: Member(name, owner.service, told["shape"], name in required, _documentation(owner.service, told))
        for name, told in shape.get("members", {}).items()
        if name not in refused
    }


def _documentation(name: str, told: Mapping[str, Any]) -> str:
    return str(told.get("documentation") or service(name)["shapes"][told["shape"]].get("documentation") or "")


def child_of(owner: Member, part: str | int) -> Member | None:
    """What lies one part of a path below."""
    if owner.kind == "structure":
        return members_of(owner).get(str(part))
    shape = _shape(owner)
    inner = shape.get("member") if owner.kind == "list" else shape.get("value")
    if inner is None:
        return None
    return Member(str(part), owner.service, inner["shape"], documentation=_documentation(owner.service, inner))


def member_at(owner: Member | None, path: Path) -> Member | None:
    """What lies at a path; None when it leads nowhere."""
    for part in path:
        if owner is None:
            return None
        owner = child_of(owner, part)
    return owner


# -- friendly keys ----------------------------------------------------------------------------------------------------


@cache
def key_member(type_name: str, keys: tuple[str, ...]) -> Path | None:
    """The path in a step's JSON of what a friendly key makes; ``*`` stands for a name (``("inputs", "*", "mode")``).

    A step with a telling value under the key is compiled, and the value looked for. What refuses such a value is
    found by the names of members instead; None when nothing is.
    """
    if keys[-1] in _SPREAD:
        return None
    if keys[-1] in _MADE:
        return _MADE[keys[-1]]
    # What stands there exactly is better than what merely holds it, such as a folder's path.
    found = [path for value in _VALUES for path in _probed(type_name, keys, value, exact=True)]
    found += [path for value in _VALUES for path in _probed(type_name, keys, value, exact=False)]
    if found:
        return found[0]
    request = request_of(type_name)
    members = {member for member, made_by in MADE_BY.items() if keys[-1] in made_by}
    members |= {member for member, option in OPTIONS.items() if keys[-1] == option}
    if "*" in keys or not members:
        return None
    return next(_search(request, members, ("Arguments",)), None) if request is not None else None


def _probed(type_name: str, keys: tuple[str, ...], value: Any, *, exact: bool) -> Iterator[Path]:
    for key in reversed(keys):
        value = {"name" if key == "*" else key: value}
    text = json.dumps({"steps": {"s": {"type": type_name, **value}}})
    step = assemble(compilation("p", read_spec(text)))["Steps"][0]
    for found in _find(step, (), exact=exact):
        if "Environment" not in found or "environment" in keys:
            yield _shortened(found)


def _shortened(found: Path) -> Path:
    """Without the name or index of an entry: what a list of entries makes is the list."""
    whole = next((at for at, part in enumerate(found) if part == _PROBE), len(found))
    found = found[:whole]
    if isinstance(found[-1], int):
        return found[:-1]
    is_name = str(found[-1]).endswith("Name") and len(found) > 1 and isinstance(found[-2], int)
    return found[:-2] if is_name else found


def _find(value: Any, path: Path, *, exact: bool) -> Iterator[Path]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == _PROBE:
                yield (*path, key)
            yield from _find(inner, (*path, key), exact=exact)
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from _find(inner, (*path, at), exact=exact)
    elif str(value) in _PROBES or (not exact and any(probe in str(value) for probe in _PROBES)):
        yield path


def _search(owner: Member, names: set[str], path: Path) -> Iterator[Path]:
    """Breadth first: a member of one of the names."""
    pending = [(owner, path)]
    while pending:
        here, at = pending.pop(0)
        for name, member in members_of(here).items():
            if name in names:
                yield (*at, name)
            elif member.kind == "structure" and len(at) < _BELOW:
                pending.append((member, (*at, name)))
            elif member.kind == "list" and len(at) < _BELOW:
                inner = child_of(member, 0)
                pending.extend([(inner, (*at, name, 0))] if inner is not None else ())


# -- documentation ----------------------------------------------------------------------------------------------------


class _Text(HTMLParser):
    """Documentation as plain paragraphs; every tag is dropped, every character of text kept."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag == "p" and "".join(self.parts[-2:]).rstrip().endswith("\n-"):
            return  # a paragraph that begins an entry of a list
        if tag in ("p", "note", "important", "ul", "ol", "dl", "div"):
            self.parts.append("\n\n")
        elif tag in ("li", "dt"):
            self.parts.append("\n\n- ")
        elif tag in ("br", "dd"):
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        self.parts.append(re.sub(r"\s+", " ", data))


def plain_text(markup: str) -> str:
    """The markup of botocore's documentation as plain text, paragraphs apart."""
    reader = _Text()
    reader.feed(markup)
    reader.close()
    blocks = (" ".join(block.split()) for block in re.split(r"\n{2,}", "".join(reader.parts)))
    return "\n\n".join(block for block in blocks if block and block != "-")


def first_sentence(markup: str, most: int = 80) -> str:
    """The beginning of a documentation, in one short line of at most `most` characters."""
    text = plain_text(markup).split("\n\n")[0]
    sentence = re.split(r"(?<=[.!?]) ", text)[0].rstrip(".")
    return sentence if len(sentence) <= most else sentence[: most - 1].rstrip() + "…"
