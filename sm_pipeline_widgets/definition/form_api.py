"""The part of a step's form that is the API's own: every member of the request, whether or not a friendly key makes it.

Deep members are made when they are asked for; some requests have thousands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.assist_api import Member, child_of, member_at, members_of, plain_text, request_of
from sm_pipeline_widgets.definition.facts import TargetFacts
from sm_pipeline_widgets.definition.form_kinds import UNITS, kind_of_member
from sm_pipeline_widgets.definition.form_values import HIDDEN, Field, FieldKind, Origin, Section, shown
from sm_pipeline_widgets.definition.graph import iter_steps
from sm_pipeline_widgets.definition.lint_requests import APIS
from sm_pipeline_widgets.definition.rewrite_page import child
from sm_pipeline_widgets.definition.secrets import is_secret_name, looks_like_key
from sm_pipeline_widgets.definition.source import MappingNode, SequenceNode
from sm_pipeline_widgets.definition.spoken import Speaker, speaker

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sm_pipeline_widgets.definition.compile import Compiled
    from sm_pipeline_widgets.definition.edits import Path
    from sm_pipeline_widgets.definition.source import Node
    from sm_pipeline_widgets.definition.spec import StepSpec

TITLE = "Everything else the API takes"
_MOST_SAID = 900
_MOST_SHOWN = 160
_FACTS = TargetFacts()
"""Names that stand in for the target's where a text is compiled for none."""


def api_section(compiled: Compiled, step: StepSpec) -> Section | None:
    """The members of the request a step's type makes; None for types that call nothing."""
    request = request_of(step.type)
    if request is None:
        return None
    says = f"The members of {request.name}, merged over what the keys above make of it."
    return Section(TITLE, says, api_fields(compiled, step, ()))


def api_fields(compiled: Compiled, step: StepSpec, below: Path) -> tuple[Field, ...]:
    """The members below a path of a step's request."""
    request = request_of(step.type)
    owner = member_at(request, below) if request is not None else None
    if owner is None or request is None:
        return ()
    return tuple(_Members(compiled, step, request).fields(owner, below))


class _Members:
    def __init__(self, compiled: Compiled, step: StepSpec, request: Member) -> None:
        made = next((at.step for at in iter_steps(compiled.definition) if at.name == step.name), {})
        self.made: Any = made.get("Arguments")
        self.arguments = step.node("arguments")
        self.request = request
        self.speaker: Speaker = speaker({"Steps": []})
        api = APIS.get(step.type)
        self.refused = api.refused if api is not None else ()

    def fields(self, owner: Member, below: Path) -> Iterator[Field]:
        node = self.node(below)
        if owner.kind == "structure":
            members = members_of(owner, refused=self.refused if not below else ())
            yield from (self.field((*below, name), member) for name, member in members.items())
        elif isinstance(node, SequenceNode):
            for index in range(len(node.values)):
                yield from self.entry(owner, (*below, index), index)
        elif isinstance(node, MappingNode):
            for key in [entry.key.text for entry in node.entries]:
                yield from self.entry(owner, (*below, key), key)

    def entry(self, owner: Member, path: Path, part: str | int) -> Iterator[Field]:
        member = child_of(owner, part)
        if member is not None:
            yield self.field(path, member)

    def node(self, path: Path) -> Node | None:
        node = self.arguments
        for part in path:
            node = child(node, part)
        return node

    def field(self, path: Path, member: Member) -> Field:
        node = self.node(path)
        kind = kind_of_member(member, node)
        value, is_secret = shown(node, str(path[-1]), kind)
        default = self.default(path) if node is None else ""
        return Field(
            path=("arguments", *path),
            label=member.name if isinstance(path[-1], str) else f"[{path[-1]}]",
            kind=kind,
            value=value,
            default=default,
            default_from=Origin.KEYS if default else "",
            allowed=("true", "false")
            if member.kind == "boolean"
            else member.allowed
            if kind is FieldKind.CHOICE
            else (),
            says="\n\n".join(filter(None, [member.says, plain_text(member.documentation)[:_MOST_SAID]])),
            source=f"{'.'.join(str(part) for part in path if isinstance(part, str))} of {self.request.name}",
            unit=UNITS.get(member.name, ""),
            can_add={"list": "entry", "map": "name"}.get(member.kind, ""),
            is_lazy=member.kind == "structure" or isinstance(node, MappingNode | SequenceNode),
            is_secret=is_secret,
        )

    def default(self, path: Path) -> str:
        """What the step's friendly keys make here, in one line."""
        made: Any = self.made
        for part in path:
            if isinstance(made, dict):
                made = made.get(part)
            elif isinstance(made, list) and isinstance(part, int) and part < len(made):
                made = made[part]
            else:
                return ""
        if made is None:
            return ""
        if _holds_secret(made, str(path[-1])):
            return HIDDEN
        said = self.speaker.say(made).replace(_FACTS.role, "$target.role").replace(_FACTS.bucket, "${target.bucket}")
        return said if len(said) <= _MOST_SHOWN else f"{said[: _MOST_SHOWN - 1]}…"


def _holds_secret(value: Any, name: str) -> bool:
    if isinstance(value, dict):
        inside: Mapping[str, Any] = value
        return any(_holds_secret(inner, str(key)) for key, inner in inside.items())
    if isinstance(value, list):
        return any(_holds_secret(inner, "") for inner in value)
    return value not in (None, "") and (is_secret_name(name) or looks_like_key(str(value)))
