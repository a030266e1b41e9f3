"""Every place of a text that names a step or a parameter: references, conditions, order, branches, raw expressions.

Words in prose, comments and quoted literals of a condition, and look-alikes (``$steps.ab``, ``$$steps.a``) are none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from sm_pipeline_widgets.definition.compile import HOLDERS
from sm_pipeline_widgets.definition.conditions import (
    AllOf,
    AnyOf,
    Compare,
    ConditionSyntaxError,
    Expression,
    Member,
    Not,
    parse_condition,
)
from sm_pipeline_widgets.definition.expressions import step_of
from sm_pipeline_widgets.definition.references import Reference, ReferenceSyntaxError, parse_template
from sm_pipeline_widgets.definition.source import MappingNode, Node, Scalar, SequenceNode, read_source
from sm_pipeline_widgets.errors import EditRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sm_pipeline_widgets.definition.edits import Path
    from sm_pipeline_widgets.definition.rewrite_page import Page
    from sm_pipeline_widgets.definition.spec import StepSpec

_PART = re.compile(r"""\.(?P<name>[\w-]+)|\[(?P<index>\d+)\]|\['(?P<single>[^']*)'\]|\["(?P<double>[^"]*)"\]""")
_ROOT = re.compile(r"\$\{?\w+")
_ITERATION = re.compile(r"(?:\.IterationOutputs\[\d+\]|^IterationOutput)\.")
NOT_VALUES = ("type", "cache", "retry", "definition")
"""Keys of a step that hold no reference."""
PROSE = ("parameters", "description", "steps", "omit", "definition")
"""Top-level keys that hold no reference themselves."""


class Subject(StrEnum):
    """What is named; the spelling is the root of a reference."""

    STEP = "steps"
    PARAMETER = "parameters"


class Form(StrEnum):
    """How it is named."""

    REFERENCE = "reference"
    CONDITION = "condition"
    NAME = "name"
    RAW = "raw"


class Hit(NamedTuple):
    """A name in a scalar.

    Parameters
    ----------
    path
        From the top of the text to the scalar.
    start, end
        The name's stretch in the scalar's value.
    separator
        What stands in front of the name in a reference: ``.``, ``['`` or ``["``; empty elsewhere.
    shown
        The reference or name as written.
    """

    path: Path
    node: Scalar
    form: Form
    start: int
    end: int
    separator: str = ""
    shown: str = ""
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Finder:
    """Finds where one name is said."""

    page: Page
    subject: Subject
    name: str

    def everywhere(self) -> list[Hit]:
        """All hits of the text, in no order that matters."""
        found = [hit for step in self.page.spec.steps.values() for hit in self.in_step(step)]
        for top in self.page.entries(()):
            if top.key.text not in PROSE:
                found += self.in_value((top.key.text,), top.value)
        return found

    def in_step(self, step: StepSpec) -> Iterator[Hit]:
        """The hits of one step; its own name is none."""
        for key, entry in step.entries.items():
            path: Path = ("steps", step.name, key)
            if step.literal is not None:
                yield from self.in_raw(path, entry.value) if key == "definition" else ()
            elif key in ("depends_on", "DependsOn") or key in HOLDERS.get(step.type, ()):
                yield from self.in_names(path, entry.value)
            elif key == "if" and isinstance(entry.value, Scalar):
                yield from self.in_condition(path, entry.value)
            elif key not in NOT_VALUES:
                yield from self.in_value(path, entry.value, cleanup=step.type == "Cleanup")

    # -- names ----------------------------------------------------------------------------------------------------

    def in_names(self, path: Path, node: Node) -> Iterator[Hit]:
        """A list of names, or of ``{step: NAME}``."""
        if self.subject is not Subject.STEP:
            return
        if isinstance(node, SequenceNode):
            for index, item in enumerate(node.values):
                yield from self.in_names((*path, index), item)
        elif isinstance(node, MappingNode):
            for key in ("step", "Step"):
                inner = node.get(key)
                if inner is not None:
                    yield from self.in_names((*path, key), inner)
        elif node.text == self.name:
            yield Hit(path, node, Form.NAME, 0, len(node.text), shown=self.name)

    # -- values ---------------------------------------------------------------------------------------------------

    def in_value(self, path: Path, node: Node, *, cleanup: bool = False) -> Iterator[Hit]:
        """A value with references and raw expressions at any depth."""
        if isinstance(node, Scalar):
            if self.name in node.text and "$" in node.text and isinstance(node.value, str):
                yield from self.in_template(path, node)
        elif isinstance(node, SequenceNode):
            for index, item in enumerate(node.values):
                yield from self.in_value((*path, index), item, cleanup=cleanup)
        else:
            for key, inner in node.items():
                below = (*path, key)
                if key == "Get" and isinstance(inner, Scalar):
                    yield from self.in_get(below, inner)
                elif cleanup and key == "StepName" and isinstance(inner, Scalar):
                    yield from self.in_names(below, inner)
                yield from self.in_value(below, inner, cleanup=cleanup)

    def in_template(self, path: Path, node: Scalar) -> Iterator[Hit]:
        """A text with references in it."""
        try:
            parts = parse_template(node.text)
        except ReferenceSyntaxError as error:
            raise self.unreadable(node, error.message, error.fix) from error
        for part in parts:
            if isinstance(part, Reference):
                yield from self.in_reference(path, node, part, Form.REFERENCE)

    def in_condition(self, path: Path, node: Scalar) -> Iterator[Hit]:
        """A boolean expression."""
        if self.name not in node.text:
            return
        try:
            found = list(references_of(parse_condition(node.text)))
        except ConditionSyntaxError as error:
            if f"{self.subject}" not in node.text:
                return
            raise self.unreadable(node, error.message, error.fix) from error
        for reference in found:
            yield from self.in_reference(path, node, reference, Form.CONDITION)

    def unreadable(self, node: Scalar, message: str, fix: str) -> EditRefusedError:
        words = f"names `{self.name}` but cannot be read: {message}"
        return EditRefusedError(words, fix or "Correct it first.", line=node.span.line)

    def in_reference(self, path: Path, node: Scalar, reference: Reference, form: Form) -> Iterator[Hit]:
        """The names in one reference: the step or parameter, and a step of a loop's body."""
        if reference.root != self.subject:
            return
        parts = _parts(reference)
        for index in (0, 3):
            if index < len(parts) and self.is_named(parts, index):
                separator, start, end, _ = parts[index]
                yield Hit(path, node, form, start, end, separator, reference.text, reference.offset)

    def is_named(self, parts: list[_NamePart], index: int) -> bool:
        if parts[index].name != self.name:
            return False
        return index == 0 or (
            self.subject is Subject.STEP
            and parts[1].name in ("iterations", "IterationOutputs")
            and (loop := self.page.spec.steps.get(parts[0].name)) is not None
            and loop.type == "ForEach"
        )

    # -- the service's own spelling -------------------------------------------------------------------------------

    def in_get(self, path: Path, node: Scalar) -> Iterator[Hit]:
        """A raw ``Get``."""
        text = node.text
        if self.subject is Subject.PARAMETER:
            if text == f"Parameters.{self.name}":
                yield Hit(path, node, Form.RAW, len("Parameters."), len(text), shown=text)
            return
        found = step_of(text, self.page.spec.steps)
        if found is not None and found[0] == self.name:
            start = len("Steps.")
            yield Hit(path, node, Form.RAW, start, start + len(self.name), shown=text)
        for iteration in _ITERATION.finditer(text):
            end = iteration.end() + len(self.name)
            if text[iteration.end() : end] == self.name and text[end : end + 1] in ("", ".", "["):
                yield Hit(path, node, Form.RAW, iteration.end(), end, shown=text)

    def in_raw(self, path: Path, node: Node, *, top: bool = True) -> Iterator[Hit]:
        """A step's JSON, as keys and values or as one text."""
        if isinstance(node, Scalar):
            if top and self.name in node.text:
                yield from self.in_json(path, node)
        elif isinstance(node, SequenceNode):
            for index, item in enumerate(node.values):
                yield from self.in_raw((*path, index), item, top=False)
        else:
            for key, inner in node.items():
                below = (*path, key)
                own = top and key == "Name" and path[1] == self.name
                if isinstance(inner, Scalar) and key == "Get":
                    yield from self.in_get(below, inner)
                elif key in ("DependsOn", "StepName") or own:
                    yield from self.in_names(below, inner)
                else:
                    yield from self.in_raw(below, inner, top=False)

    def in_json(self, path: Path, node: Scalar) -> Iterator[Hit]:
        """A step's JSON in a text: JSON is YAML, so its values know their places as well."""
        root = read_source(node.text).root
        for hit in self.in_raw(path, root, top=True) if isinstance(root, MappingNode) else ():
            begin = hit.node.span.start + len(hit.node.style)
            yield hit._replace(path=path, node=node, start=begin + hit.start, end=begin + hit.end)


class _NamePart(NamedTuple):
    separator: str
    start: int
    end: int
    name: str


def _parts(reference: Reference) -> list[_NamePart]:
    """The parts of a reference with the stretches of their names in the scalar's value."""
    root = _ROOT.match(reference.text)
    at = root.end() if root else 0
    parts: list[_NamePart] = []
    while match := _PART.match(reference.text, at):
        kind = match.lastgroup or "name"
        start, end = match.span(kind)
        parts.append(_NamePart(reference.text[at:start], reference.offset + start, reference.offset + end, match[kind]))
        at = match.end()
    return parts


def references_of(expression: Expression) -> Iterator[Reference]:
    """The references of a condition."""
    if isinstance(expression, AllOf | AnyOf):
        for part in expression.parts:
            yield from references_of(part)
    elif isinstance(expression, Not):
        yield from references_of(expression.inner)
    else:
        operands = (expression.left, expression.right) if isinstance(expression, Compare) else _operands(expression)
        # `a < $b < c` says the middle twice.
        yield from (one for one in operands if isinstance(one, Reference))


def _operands(expression: Member) -> tuple[object, ...]:
    return (expression.query, *expression.values)


def mentions_of(page: Page, subject: Subject, name: str) -> list[Hit]:
    """Every place of the text that names a step or a parameter, each once."""
    return list(dict.fromkeys(Finder(page, subject, name).everywhere()))
