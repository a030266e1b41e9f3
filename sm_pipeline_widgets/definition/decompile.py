"""A pipeline definition, whoever made it, as a text of the cell language that compiles to exactly that definition.

Each step is said with friendly keys first; the text is compiled, and a step that does not come back exactly is said
with the service's own members instead, then as its JSON. A document that has no text at all - its parameters are a
number, say - is given whole under ``definition:``. So every JSON object has a text.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.compile import HOLDERS, TOP_MEMBERS, VERSION, assemble, compilation
from sm_pipeline_widgets.definition.decompile_steps import step_keys, step_members
from sm_pipeline_widgets.definition.decompile_values import Wording, is_expression
from sm_pipeline_widgets.definition.expressions import BRANCH_KEYS
from sm_pipeline_widgets.definition.facts import TargetFacts
from sm_pipeline_widgets.definition.graph import own_part
from sm_pipeline_widgets.definition.offers import friendly_outputs
from sm_pipeline_widgets.definition.shared_defaults import with_shared_defaults
from sm_pipeline_widgets.definition.spec import FIXED_MEMBERS, PARAMETER_TYPES, read_spec, type_of
from sm_pipeline_widgets.definition.yaml_text import Block, is_writable, write_yaml
from sm_pipeline_widgets.errors import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sm_pipeline_widgets.definition.source import Json

NOWHERE = TargetFacts(region="-", account="-", role="-", bucket="-")
"""A target that no definition was made for: what compiles to the same here compiles to the same anywhere."""
Path = tuple[str | int, ...]
Pending = tuple["Mapping[str, Any]", Path, "list[str] | None", bool]


class Form(IntEnum):
    """How a step is said, from the friendliest to the one that can say anything."""

    FRIENDLY = 0
    MEMBERS = 1
    WITHOUT_REFERENCES = 2
    LITERAL = 3


@dataclass(slots=True)
class Placed:
    """A step of the text: its JSON, where that stands in the definition, and its key below ``steps:``."""

    step: Mapping[str, Any]
    path: Path
    handle: str
    form: Form
    in_loop: bool
    branches: dict[str, list[str]] = field(default_factory=dict)

    @property
    def is_named(self) -> bool:
        """Whether the text may speak of it by the name it has in the definition."""
        return self.step.get("Name") == self.handle


class UntellableError(ValueError):
    """The document's frame has no text; it is given whole."""


def to_text(definition: Mapping[str, Any]) -> str:
    """A text that compiles to exactly this definition, on any target."""
    try:
        return _told(definition)
    except UntellableError:
        return literal_text(definition)


def literal_text(definition: Mapping[str, Any]) -> str:
    """The definition whole, under ``definition:``."""
    return write_yaml(Block(definition=_literal(definition)))


def _told(definition: Mapping[str, Any]) -> str:
    frame = _frame(definition)
    forms: dict[Path, Form] = {}
    given = _canonical_steps(definition, forms)
    while True:
        placed = list(place(definition, forms))
        text = write_yaml(_document(definition, frame, placed))
        compiled, spoiled = _compiled(text)
        again = _canonical_steps(compiled, forms)
        wrong = [at for at in placed if again.get(at.path) != given.get(at.path) or at.handle in spoiled]
        lowered = [at for at in wrong if at.form is not Form.LITERAL]
        if not wrong:
            if _canonical(compiled) != _canonical(definition):
                raise UntellableError("the whole differs")
            return _shorter(text, _document(definition, frame, placed), definition)
        if not lowered:
            raise UntellableError("a step differs even as it is")
        for at in lowered:
            forms[at.path] = Form(at.form + 1)
        given = _canonical_steps(definition, forms)


def _shorter(text: str, document: Block, definition: Mapping[str, Any]) -> str:
    """The text with what its steps share said once, if that says the same and is shorter."""
    steps = document["steps"]
    shared = with_shared_defaults(document, ()) if isinstance(steps, dict) else None
    if shared is None or not isinstance(steps, dict):
        return text
    compiled, _ = _compiled(write_yaml(shared))
    given = {str(step.get("Name")): _canonical(own_part(step)) for step in _all_steps(definition)}
    again = {str(step.get("Name")): _canonical(own_part(step)) for step in _all_steps(compiled)}
    others = {name for name in steps if name not in again or again[name] != given.get(name)}
    shared = with_shared_defaults(document, others)
    written = write_yaml(shared) if shared is not None else text
    if len(written) >= len(text):
        return text
    compiled, spoiled = _compiled(written)
    return written if not spoiled and _canonical(compiled) == _canonical(definition) else text


def _compiled(text: str) -> tuple[dict[str, Any], set[str | None]]:
    """What a text becomes, and the steps that it makes mistakes in."""
    work = compilation("-", read_spec(text), facts=NOWHERE)
    compiled = assemble(work)
    wrong = [*work.spec.problems, *work.problems]
    return compiled, {problem.step for problem in wrong if problem.severity is Severity.ERROR and problem.step}


def place(definition: Mapping[str, Any], forms: Mapping[Path, Form]) -> Iterator[Placed]:
    """The steps a text declares, each before those of its branches; literal steps keep theirs inside."""
    taken: set[str] = set()
    names = {str(step.get("Name")) for step in _all_steps(definition)}
    pending: list[Pending] = [
        (step, ("Steps", at), None, False) for at, step in reversed(list(enumerate(definition["Steps"])))
    ]
    while pending:
        step, path, siblings, in_loop = pending.pop()
        form = max(forms.get(path, Form.FRIENDLY), _least_form(step))
        handle = _handle(step, taken, names)
        if step.get("Name") != handle:
            form = Form.LITERAL
        taken.add(handle)
        placed = Placed(step, path, handle, form, in_loop)
        if siblings is not None:
            siblings.append(handle)
        if form is not Form.LITERAL and step["Type"] in HOLDERS:
            inner: list[Pending] = []
            for key, member in HOLDERS[step["Type"]].items():
                if member in step["Arguments"]:
                    children = placed.branches[key] = []
                    steps = enumerate(step["Arguments"][member])
                    loops = step["Type"] == "ForEach"
                    inner += [(child, (*path, member, at), children, loops) for at, child in steps]
            pending.extend(reversed(inner))
        yield placed


def _least_form(step: Mapping[str, Any]) -> Form:
    arguments = step.get("Arguments")
    kind = step.get("Type")
    members = HOLDERS.get(kind, {}).values() if isinstance(kind, str) else ()
    own = own_part(step) if members else step
    is_whole = isinstance(step.get("Type"), str) and step["Type"] and "Arguments" in step
    if not is_whole or not is_writable(dict(own)):
        return Form.LITERAL
    if members:
        if not isinstance(arguments, dict) or is_expression(arguments):
            return Form.LITERAL
        branches = [arguments[member] for member in members if member in arguments]
        if not all(_is_steps(branch) for branch in branches):
            return Form.LITERAL
    return Form.FRIENDLY


def _is_steps(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(step, dict) for step in value)


def _handle(step: Mapping[str, Any], taken: set[str], names: set[str]) -> str:
    name = step.get("Name")
    base = name if isinstance(name, str) and name and is_writable(name) else "step"
    if base not in taken and base == name:
        return base
    number = 2
    while f"{base}-{number}" in taken or f"{base}-{number}" in names:
        number += 1
    return f"{base}-{number}"


def _all_steps(definition: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    pending = list(definition["Steps"])
    while pending:
        step = pending.pop()
        yield step
        arguments = step.get("Arguments")
        if isinstance(arguments, dict):
            for member in BRANCH_KEYS:
                inner = arguments.get(member)
                pending.extend(child for child in (inner if isinstance(inner, list) else ()) if isinstance(child, dict))


def _document(definition: Mapping[str, Any], frame: Block, placed: list[Placed]) -> Block:
    parameters = {entry["Name"]: str(entry.get("Type", "String")) for entry in definition.get("Parameters", ())}
    speakable = frozenset(at.handle for at in placed if at.is_named)
    plain = Wording(speakable, parameters)
    steps = {at.handle: _step(at, plain) for at in placed}
    outputs, files = friendly_outputs({at.handle: steps[at.handle] for at in placed if at.form is Form.FRIENDLY})
    if outputs or files:
        friendly = Wording(speakable, parameters, outputs, files)
        steps = {at.handle: _step(at, friendly) for at in placed}
    document = Block(frame)
    for key, value in _top_members(definition, plain).items():
        document[key] = value
    document["steps"] = Block(steps)
    return document


def _step(at: Placed, wording: Wording) -> Block:
    if at.form is Form.LITERAL:
        return Block(definition=_literal(at.step))
    own = at.step
    if at.step["Type"] in HOLDERS:
        members = HOLDERS[at.step["Type"]].values()
        own = {**at.step, "Arguments": {
            key: value for key, value in at.step["Arguments"].items() if key not in members
        }}  # fmt: skip
    if at.form is Form.WITHOUT_REFERENCES:
        return step_members(own, Wording(has_references=False), at.branches)
    wording = replace(wording, has_item=at.in_loop)
    return step_keys(own, wording, at.branches) if at.form is Form.FRIENDLY else step_members(own, wording, at.branches)


def _literal(value: Mapping[str, Any]) -> Json:
    """An object as it is, or as the text of its JSON where YAML cannot hold it."""
    given = dict(value)
    return given if is_writable(given) else json.dumps(given) + "\n"


# -- the frame ----------------------------------------------------------------------------------------------------


def _frame(definition: Mapping[str, Any]) -> Block:
    """The text's parameters and what it omits; raises when only the whole document can be given."""
    if not _is_steps(definition.get("Steps")):
        raise UntellableError("no steps")
    others = {key: value for key, value in definition.items() if key not in ("Steps", "Parameters")}
    if not all(key[:1].isupper() for key in others) or not is_writable(others):
        raise UntellableError("its members are no keys")
    frame = Block()
    parameters = _parameters(definition)
    if parameters:
        frame["parameters"] = parameters
    omitted: list[Json] = [member for member in FIXED_MEMBERS if member not in definition]
    if omitted:
        frame["omit"] = omitted
    return frame


def _parameters(definition: Mapping[str, Any]) -> Block:
    entries = definition.get("Parameters", [])
    if not isinstance(entries, list) or not is_writable(entries):
        raise UntellableError("its parameters are no list")
    found = Block()
    for entry in entries:
        name = entry.get("Name") if isinstance(entry, dict) else None
        if not isinstance(name, str) or not name or name in found:
            raise UntellableError("its parameters have no names of their own")
        found[name] = _parameter(entry)
    return found


def _parameter(entry: Mapping[str, Any]) -> Json:
    members = {key: value for key, value in entry.items() if key != "Name"}
    kind, default = members.get("Type"), members.get("DefaultValue")
    if not _is_usual(members):
        if not members or not all(key[:1].isupper() for key in members):
            raise UntellableError("a parameter's members are no keys")
        return members
    if set(members) == {"Type", "DefaultValue"} and type_of(default) == kind:
        return default
    return {key: members[member] for member, key in _PARAMETER_KEYS.items() if member in members}


_PARAMETER_KEYS = {"Type": "type", "DefaultValue": "default", "EnumValues": "enum", "Description": "description"}


def _is_usual(members: Mapping[str, Any]) -> bool:
    """Whether a parameter has nothing that its keys cannot say."""
    kind, default = members.get("Type"), members.get("DefaultValue", "")
    enum, description = members.get("EnumValues", [""]), members.get("Description", "-")
    is_single = isinstance(default, str | int | float)
    fits = "DefaultValue" not in members or kind in (type_of(default), {"Integer": "Float"}.get(type_of(default)))
    return (
        set(members) <= set(_PARAMETER_KEYS)
        and kind in PARAMETER_TYPES
        and is_single
        and fits
        and isinstance(enum, list)
        and bool(enum)
        and all(isinstance(value, str) for value in enum)
        and isinstance(description, str)
        and bool(description)
    )


def _top_members(definition: Mapping[str, Any], wording: Wording) -> dict[str, Json]:
    friendly = {member: (key, inner) for key, (member, inner) in TOP_MEMBERS.items()}
    found: dict[str, Json] = {}
    for member, value in definition.items():
        if member in ("Steps", "Parameters") or (member, value) in (("Version", VERSION), ("Metadata", {})):
            continue
        key, inner = friendly.get(member, (member, {}))
        names = {service: short for short, service in inner.items()}
        if value is None and inner:
            found[key] = None
        elif isinstance(value, dict) and value and set(value) <= set(names):
            found[key] = {names[service]: wording.value(given) for service, given in value.items()}
        else:
            found[member] = wording.value(value)
    return found


# -- comparing ----------------------------------------------------------------------------------------------------


def _canonical(value: Any) -> str:
    # `==` alone would take 1 for 1.0 and true, and NaN for something else than itself.
    return json.dumps(value, sort_keys=True)


def _canonical_steps(definition: Mapping[str, Any], forms: Mapping[Path, Form]) -> dict[Path, str]:
    """Each step of a text by its place, without the steps that are told apart from it."""
    steps = definition.get("Steps")
    if not _is_steps(steps):
        return {}
    found: dict[Path, str] = {}
    for at in place(definition, forms):
        if at.form is Form.LITERAL or at.step["Type"] not in HOLDERS:
            found[at.path] = _canonical(at.step)
        else:
            counts = [len(at.step["Arguments"].get(member, ())) for member in HOLDERS[at.step["Type"]].values()]
            found[at.path] = _canonical([own_part(at.step), counts])
    return found
