r"""The form of steps: friendly keys with value, default, documentation and problems, then what else the API takes.

Knows no widgets. Several steps give one form of the keys they all have; where they differ, a field is mixed.

>>> form = step_form(FormText("steps:\n  a: {type: Fail}\n"), ["a"])
>>> [(field.label, field.is_required) for field in form.sections[0].fields]
[('message', True)]
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.assist_api import key_member, plain_text, request_of
from sm_pipeline_widgets.definition.assist_help import built_in
from sm_pipeline_widgets.definition.assist_slots import Slot, key_slot, member_of_path
from sm_pipeline_widgets.definition.compile import Compiled, compile_spec, passes_through
from sm_pipeline_widgets.definition.form_api import api_fields, api_section
from sm_pipeline_widgets.definition.form_kinds import (
    UNITS,
    allowed,
    can_add,
    key_of_problem,
    kind_of,
    required_keys,
)
from sm_pipeline_widgets.definition.form_values import Field, FieldKind, Form, Origin, Section, shown
from sm_pipeline_widgets.definition.rewrite_page import Page, child, read_page
from sm_pipeline_widgets.definition.source import MappingNode, SequenceNode
from sm_pipeline_widgets.definition.steps import step_type
from sm_pipeline_widgets.definition.steps.examples import example
from sm_pipeline_widgets.definition.wording import listed
from sm_pipeline_widgets.errors import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sm_pipeline_widgets.definition.edits import Path
    from sm_pipeline_widgets.definition.source import Entry, Node
    from sm_pipeline_widgets.definition.spec import StepSpec
    from sm_pipeline_widgets.errors import Problem

WHERE = ("image", "instance", "count", "volume", "role", "max_runtime", "environment")
"""Keys of where a job runs, which most steps leave to their defaults."""
AROUND = ("depends_on", "cache", "retry", "display_name", "description", "local", "defaults")
"""Keys of a step's place in the pipeline."""
_FIRST = ("code", "entry", "model")
_MOST_SAID = 900
_PLACEHOLDER_ROLE = "the target's role"


@dataclass(frozen=True)
class FormText:
    """A text that a form is made of, and what it compiles to.

    Parameters
    ----------
    given
        What it compiled to, where that is known already.
    line_shift
        How many lines stand above the text where its problems were counted.
    """

    text: str
    given: Compiled | None = field(default=None, compare=False)
    line_shift: int = 0

    @cached_property
    def page(self) -> Page:
        """The text read. Raises EditRefusedError where it cannot be."""
        return read_page(self.text)

    @cached_property
    def compiled(self) -> Compiled:
        """What it becomes."""
        return self.given if self.given is not None else compile_spec(self.page.spec, "pipeline")


def step_form(text: FormText, steps: Sequence[str], below: Path | None = None) -> Form:
    """The form of one or several steps; with `below` only the fields under that path.

    Raises
    ------
    EditRefusedError
        The text cannot be read, there is no such step, or it is given as its JSON.
    """
    found = [text.page.written_step(name) for name in steps]
    title = steps[0] if len(steps) == 1 else f"{len(steps)} steps"
    if below:
        return Form(title, (Section("", "", _merged([_below(text, step, below) for step in found])),))
    sections = [_StepForm(text, step).sections() for step in found]
    return Form(title, tuple(_merge_sections(sections)))


def _below(text: FormText, step: StepSpec, path: Path) -> tuple[Field, ...]:
    if path[0] == "arguments":
        return api_fields(text.compiled, step, path[1:])
    form = _StepForm(text, step)
    return tuple(form.entries(path, form.slot(path), form.node(path)))


class _StepForm:
    """Everything at hand while the form of one step is made."""

    def __init__(self, text: FormText, step: StepSpec) -> None:
        self.text = text
        self.step = step
        self.row = step_type(step.type)
        self.defaults = text.page.spec.defaults
        self.built_in = built_in(step.type)
        shift = text.line_shift
        own = [one for one in text.compiled.problems if one.step == step.name and one.severity is not Severity.NOTE]
        self.problems = [replace(one, line=one.line - shift) if one.line else one for one in own]

    def sections(self) -> list[Section]:
        first = [key for key in self.row.keys if key in required_keys(self.step.type) or key in _FIRST]
        keys = [*first, *(key for key in self.row.keys if key not in (*WHERE, *AROUND, *first))]
        unknown = [key for key in self.step.entries if key not in self.row.all_keys and not passes_through(key)]
        where = [key for key in WHERE if key in self.row.keys]
        around = [key for key in AROUND if key in self.row.all_keys]
        sections = [Section(self.row.name or "Step", self.row.doc, self.fields([*keys, *unknown]))]
        if where:
            sections.append(Section("Where it runs", "Left out, the pipeline's defaults count.", self.fields(where)))
        sections.append(Section("In the pipeline", "", self.fields(around)))
        rest = api_section(self.text.compiled, self.step)
        return [*sections, rest] if rest is not None else sections

    def fields(self, keys: Sequence[str]) -> tuple[Field, ...]:
        return tuple(self.field((key,), key_slot(self.step.type, key)) for key in keys)

    def node(self, path: Path) -> Node | None:
        node = self.step.node(str(path[0]))
        for part in path[1:]:
            node = child(node, part)
        return node

    def slot(self, path: Path) -> Slot:
        slot = key_slot(self.step.type, str(path[0]))
        for part in path[1:]:
            slot = slot.child(part)
        return slot

    def field(self, path: Path, slot: Slot) -> Field:
        node, key = self.node(path), str(path[-1])
        kind = kind_of(path, self.step.type, slot, node)
        value, is_secret = shown(node, key, kind)
        default, origin = self.default(path)
        says, source = self.documentation(path)
        holds = kind in (FieldKind.MAP, FieldKind.LIST)
        return Field(
            path=path,
            label=key if isinstance(path[-1], str) else f"[{path[-1]}]",
            kind=kind,
            value=value,
            default=default,
            default_from=origin,
            is_required=len(path) == 1 and key in required_keys(self.step.type),
            allowed=allowed(path, self.step.type, slot),
            says=says,
            source=source,
            problems=tuple(self.problems_at(path, node)),
            unit=UNITS.get(key, ""),
            fields=tuple(self.entries(path, slot, node)) if node is not None else (),
            can_add=can_add(path, kind, slot),
            is_lazy=holds and node is None and bool(slot.keys),
            is_secret=is_secret,
        )

    def entries(self, path: Path, slot: Slot, node: Node | None) -> Iterator[Field]:
        """The fields below: what is written, and what else can be by its own name."""
        if isinstance(node, SequenceNode):
            for index in range(len(node.values)):
                yield self.field((*path, index), slot.each or slot.child(index))
            return
        written = [key for key, _ in node.items()] if isinstance(node, MappingNode) else []
        known = [key for key in slot.keys if key not in written] if node is None or written else []
        for key in [*written, *known]:
            yield self.field((*path, key), slot.child(key))

    def default(self, path: Path) -> tuple[str, str]:
        key = str(path[0])
        if len(path) > 1 or key not in self.row.keys:
            return "", ""
        entry: Entry | None = self.defaults.get(key)
        if entry is not None:
            return shown(entry.value, key)[0] or "", Origin.DEFAULTS
        if key == "role":
            return (_PLACEHOLDER_ROLE, Origin.TARGET) if "role" in self.built_in else ("", "")
        said = self.built_in.get(key)
        if said is None:
            return "", ""
        return {"True": "true", "False": "false"}.get(said, said), Origin.BUILT_IN

    def documentation(self, path: Path) -> tuple[str, str]:
        """What is said of a key, its example, and what the API says of the member it becomes."""
        key = str(path[-1])
        keys = self.row.all_keys if len(path) == 1 else self.slot(path[:-1]).keys
        said = keys.get(key, "")
        line = example(self.step.type, key) if len(path) == 1 else ""
        member = member_of_path(("steps", self.step.name, *path), self.step.type)
        api = plain_text(member.documentation) if member is not None else ""
        source = ""
        if member is not None and member.name != "*":
            made = key_member(self.step.type, (key,)) if len(path) == 1 else None
            request = request_of(self.step.type)
            where = ".".join(str(part) for part in made[1:] if isinstance(part, str)) if made else member.name
            source = f"{where} of {request.name}" if request is not None else ""
        parts = [said, f"Example: {line}" if line else "", api[:_MOST_SAID]]
        return "\n\n".join(part for part in parts if part), source

    def problems_at(self, path: Path, node: Node | None) -> Iterator[Problem]:
        """The problems that stand within a field, or that speak of it."""
        entry = self.step.entries.get(str(path[0]))
        if node is None and len(path) > 1:
            return
        for problem in self.problems:
            place = (problem.line, problem.column)
            if problem.line is not None and entry is not None:
                span, key = (node or entry.value).span, entry.key.span
                is_inside = (span.line, span.column) <= place < (span.end_line, max(span.end_column, span.column + 1))
                on_key = len(path) == 1 and (key.line, key.column) <= place <= (key.end_line, key.end_column)
                if is_inside or on_key:
                    yield problem
            elif entry is None and len(path) == 1 and key_of_problem(problem.message) == path[0]:
                yield problem


# -- several steps ----------------------------------------------------------------------------------------------------


def _merge_sections(several: Sequence[Sequence[Section]]) -> Iterator[Section]:
    if len(several) == 1:
        yield from several[0]
        return
    titles = [section.title for section in several[0]]
    types = {sections[0].title for sections in several}
    for at, title in enumerate(titles):
        same = [
            next((one for one in sections if one.title == title or (at == 0 and one is sections[0])), None)
            for sections in several
        ]
        there = [section for section in same if section is not None]
        fields = _merged([section.fields for section in there]) if len(there) == len(several) else ()
        if fields:
            head = listed(sorted(types)) if at == 0 else title
            yield Section(head, there[0].says if len(types) == 1 or at else "What all of them take.", fields)


def _merged(several: Sequence[tuple[Field, ...]]) -> tuple[Field, ...]:
    """The fields that all have, by their paths."""
    first, *others = several
    if not others:
        return first
    tables = [{one.path: one for one in fields} for fields in others]
    return tuple(_one_field([one, *(table[one.path] for table in tables)]) for one in first
                 if all(one.path in table for table in tables))  # fmt: skip


def _one_field(same: Sequence[Field]) -> Field:
    first = same[0]
    kind = first.kind if len({one.kind for one in same}) == 1 else FieldKind.ANY
    is_mixed = len({one.value for one in same}) > 1
    is_default_mixed = len({one.default for one in same}) > 1
    problems: dict[Any, None] = dict.fromkeys(problem for one in same for problem in one.problems)
    return replace(
        first,
        kind=kind,
        value=None if is_mixed else first.value,
        default="" if is_default_mixed else first.default,
        default_from="" if is_default_mixed else first.default_from,
        is_required=any(one.is_required for one in same),
        allowed=tuple(word for word in first.allowed if all(word in one.allowed for one in same)),
        problems=tuple(problems),
        is_mixed=is_mixed,
        fields=() if is_mixed else _merged([one.fields for one in same]),
        is_secret=any(one.is_secret for one in same),
    )
