r"""The cell's text as a tree of values that know where they stand.

YAML is read event by event (PyYAML's libyaml parser), not loaded: no tag, anchor or type rule of YAML 1.1 can turn
what a person wrote into something else, a duplicate key is a problem, and what stands before a syntax error is kept.

>>> source = read_source("steps:\n  a: {type: Fail, message: no}\n")
>>> source.root.get("steps").get("a").get("message").value
'no'
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from sm_pipeline_widgets.errors import Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping as MappingType

Json = None | bool | int | float | str | list[Any] | dict[str, Any]

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: MappingType[str, bool | float | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", "+.inf"), float("inf")),
    "-.inf": float("-inf"),
    ".nan": float("nan"),
}
_MAX_DEPTH = 200


# Named tuples, not dataclasses: a text of 2,000 steps makes 50,000 of them, and these are made five times faster.
class Span(NamedTuple):
    """A stretch of the text: offsets in code points, lines and columns from 1; the end is exclusive."""

    start: int
    end: int
    line: int
    column: int
    end_line: int
    end_column: int


class Scalar(NamedTuple):
    """A single value. ``text`` is what was written (unquoted), ``style`` its quote (``''`` for plain)."""

    value: bool | int | float | str | None
    text: str
    style: str
    span: Span


class Entry(NamedTuple):
    key: Scalar
    value: Node


class MappingNode(NamedTuple):
    entries: tuple[Entry, ...]
    span: Span
    flow: bool = False

    def items(self) -> Iterator[tuple[str, Node]]:
        """Keys as written, with their values."""
        return ((entry.key.text, entry.value) for entry in self.entries)

    def get(self, key: str) -> Node | None:
        """The value under `key`, or None."""
        return next((entry.value for entry in self.entries if entry.key.text == key), None)

    def key(self, key: str) -> Scalar | None:
        """The key's own node, or None."""
        return next((entry.key for entry in self.entries if entry.key.text == key), None)


class SequenceNode(NamedTuple):
    values: tuple[Node, ...]
    span: Span
    flow: bool = False


Node = Scalar | MappingNode | SequenceNode


@dataclass(frozen=True, slots=True)
class Source:
    """A text that was read: its root (None when it holds no value) and what was wrong with it as YAML."""

    text: str
    root: Node | None
    problems: tuple[Problem, ...]


def read_source(text: str) -> Source:
    """Read a text. Never raises: what cannot be read is a problem, what could be read before it is kept."""
    reader = _Reader(text)
    return Source(text, reader.read(), tuple(reader.problems))


def plain(node: Node | None) -> Json:
    """The node as plain JSON values; a later duplicate key wins, as in JSON."""
    if isinstance(node, MappingNode):
        return {key: plain(value) for key, value in node.items()}
    if isinstance(node, SequenceNode):
        return [plain(item) for item in node.values]
    return node.value if node is not None else None


def typed(text: str) -> bool | int | float | str | None:
    """What a plain (unquoted) scalar means: JSON's types and nothing else; ``no``, ``012`` and dates stay text."""
    if text in _WORDS:
        return _WORDS[text]
    first = text[0]
    if first.isascii() and (first.isdigit() or first in "+-."):
        if _INTEGER.fullmatch(text):
            # Python refuses integers of more than 4300 digits; such a thing is text.
            return int(text) if len(text) < 4000 else text
        if _FLOAT.fullmatch(text):
            return float(text)
    return text


def _mark_span(start: Any, end: Any) -> Span:
    return Span(start.index, end.index, start.line + 1, start.column + 1, end.line + 1, end.column + 1)


class _StopReading(Exception):  # noqa: N818 - control flow inside this module, not an error
    """The text cannot be read further."""


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.problems: list[Problem] = []
        self.last: Any = None

    def read(self) -> Node | None:
        try:
            self.parser = _parser(self.text)
            return self.document()
        except _StopReading:
            return None
        except yaml.YAMLError as error:
            self.syntax_problem(error)
            return None
        except UnicodeEncodeError as error:
            self.problem("yaml-character", f"the character {self.text[error.start]!r} cannot stand in a text", None,
                         "Remove it; it is half of a pair, often left when a text is cut in the middle.")  # fmt: skip
            return None

    def document(self) -> Node | None:
        root: Node | None = None
        while not isinstance(self.event(), yaml.StreamEndEvent):
            if isinstance(self.last, yaml.DocumentStartEvent) and root is not None:
                self.problem(
                    "yaml-documents",
                    "a second document begins here (`---`); a cell holds one pipeline",
                    _mark_span(self.last.start_mark, self.last.end_mark),
                    "Put it into a cell of its own.",
                )
                break
            if isinstance(self.last, yaml.NodeEvent):
                root = self.node(0)
                if self.problems and self.last is None:
                    break
        return root

    def event(self) -> Any:
        self.last = self.parser.get_event() if self.last is not _END else _END
        return self.last

    def node(self, depth: int) -> Node:
        event = self.last
        if depth > _MAX_DEPTH:
            self.problem("yaml-depth", f"values are nested more than {_MAX_DEPTH} deep", _span_of(event),
                         "Give what lies that deep as JSON in a text.")  # fmt: skip
            raise _StopReading
        self.refuse_specials(event)
        if isinstance(event, yaml.MappingStartEvent):
            return self.mapping(event, depth)
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(event, depth)
        if isinstance(event, yaml.AliasEvent):
            return Scalar(None, f"*{event.anchor}", "", _span_of(event))
        style = event.style or ""
        value = typed(event.value) if not event.style and event.implicit[0] else event.value
        return Scalar(value, event.value, style, _span_of(event))

    def mapping(self, start: Any, depth: int) -> MappingNode:
        entries: list[Entry] = []
        seen: dict[str, Scalar] = {}
        while self.next_inside(yaml.MappingEndEvent):
            key = self.node(depth + 1)
            # `last` is None once the text broke off inside a value: everything that is open is closed as it stands.
            if self.last is None or not self.next_inside(()):
                break
            value = self.node(depth + 1)
            if not isinstance(key, Scalar):
                self.problem("yaml-key", "a key must be a word, not a list or mapping", key.span,
                             "Put quotes around it, or a name in front.")  # fmt: skip
            elif key.text in seen:
                first = seen[key.text].span.line
                message = f"the key `{key.text}` stands twice; it was first given on line {first}"
                self.problem("duplicate-key", message, key.span, "Remove or rename one of them.")
            else:
                seen[key.text] = key
                entries.append(Entry(key, value))
            if self.last is None:
                break
        return MappingNode(tuple(entries), self.closed(start), bool(start.flow_style))

    def sequence(self, start: Any, depth: int) -> SequenceNode:
        items: list[Node] = []
        while self.next_inside(yaml.SequenceEndEvent):
            items.append(self.node(depth + 1))
            if self.last is None:
                break
        return SequenceNode(tuple(items), self.closed(start), bool(start.flow_style))

    def next_inside(self, end: Any) -> bool:
        """Whether another value follows inside the open collection; a syntax error closes all that is open."""
        try:
            self.event()
        except yaml.YAMLError as error:
            self.syntax_problem(error)
            self.last = None
            return False
        return not (end and isinstance(self.last, end))

    def closed(self, start: Any) -> Span:
        end = self.last.end_mark if self.last is not None else start.end_mark
        return _mark_span(start.start_mark, end)

    def refuse_specials(self, event: Any) -> None:
        anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
        if anchor is not None:
            sign = "*" if isinstance(event, yaml.AliasEvent) else "&"
            fix = "Write the value out, or put what steps share under `defaults:`."
            self.problem("yaml-anchor", f"anchors and aliases (`{sign}{anchor}`) are not read", _span_of(event), fix)
        if tag is not None:
            self.problem("yaml-tag", f"tags (`{tag}`) are not read", _span_of(event), "Remove it.")

    def syntax_problem(self, error: yaml.YAMLError) -> None:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        words = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
        context = getattr(error, "context", None)
        span = _mark_span(mark, mark) if mark is not None else None
        if span is None and isinstance(getattr(error, "position", None), int):
            span = _span_at(self.text, error.position)  # type: ignore[attr-defined] # only ReaderError has it
        message = f"this is not YAML: {words}" + (f" ({context})" if context else "")
        self.problem("yaml-syntax", message, span, _syntax_advice(self.text, span, str(words)))

    def problem(self, code: str, message: str, span: Span | None, fix: str = "") -> None:
        self.problems.append(problem_at(code, message, span, fix))


def problem_at(
    code: str,
    message: str,
    span: Span | None,
    fix: str = "",
    *,
    step: str | None = None,
    severity: Severity = Severity.ERROR,
) -> Problem:
    """A problem at a place of the text."""
    if span is None:
        return Problem(code, severity, message, fix, step)
    return Problem(code, severity, message, fix, step, span.line, span.column, span.end_line, span.end_column)


_END = yaml.StreamEndEvent()


def _parser(text: str) -> Any:
    # The libyaml binding is about fifty times faster; every PyYAML wheel has it, a source build may not.
    return yaml.CSafeLoader(text) if yaml.__with_libyaml__ else _PurePythonParser(text)


class _PurePythonParser(yaml.reader.Reader, yaml.scanner.Scanner, yaml.parser.Parser):
    def __init__(self, text: str) -> None:
        yaml.reader.Reader.__init__(self, text)
        yaml.scanner.Scanner.__init__(self)
        yaml.parser.Parser.__init__(self)


def _span_of(event: Any) -> Span:
    return _mark_span(event.start_mark, event.end_mark)


def _span_at(text: str, position: int) -> Span:
    before = text[:position]
    line = before.count("\n") + 1
    column = position - (before.rfind("\n") + 1) + 1
    return Span(position, position + 1, line, column, line, column + 1)


def _syntax_advice(text: str, span: Span | None, words: str) -> str:
    lines = text.splitlines()
    line = lines[span.line - 1] if span is not None and span.line <= len(lines) else ""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return "Indent with spaces; YAML does not take tabs."
    if re.search(r":\s*['\"].*['\"]\s*\S", line):
        return "A value that begins with a quote must end with it; put the whole value into quotes of the other kind."
    if re.search(r":\s*[%@`]", line):
        return "Put the value into quotes; it begins with a character that YAML keeps for itself."
    if "mapping values" in words:
        return "Put the value into quotes if it holds a colon followed by a space, and check the indentation."
    return "Check the indentation and the brackets of this line and the one above."
