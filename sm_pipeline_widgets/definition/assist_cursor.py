r"""Where a cursor stands in a text that is still being typed: the keys that lead there, and what is typed of the word.

Half a text is rarely YAML, so this reads lines by their indentation, brackets and quotes alone. An unclosed bracket or
quote ends where the indentation says that another key begins. What the words mean is not known here.

>>> spot = locate("steps:\n  a:\n    type: Proc", 26)
>>> spot.path, spot.role.value, spot.prefix
(('steps', 'a', 'type'), 'value', 'Proc')
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.assist_flow import Flow
from sm_pipeline_widgets.definition.assist_spot import Role, Spot, closing_quote, unquoted

if TYPE_CHECKING:
    from sm_pipeline_widgets.definition.assist_spot import Path

_KEY = re.compile(
    r"""(?P<key>"(?:[^"\\\n]|\\.)*"|'(?:[^'\n]|'')*'|[^\s'"\[\]{},\#&*!|>%@`][^\n]*?)\s*:(?=[ \n]|\Z)""",
)
_STEPS = re.compile(r"^steps:[ \t]*(?:#[^\n]*)?\n(?:[ \t]*(?:#[^\n]*)?\n)*", re.MULTILINE)
_TOP = re.compile(r"^(?P<name>\w+):", re.MULTILINE)
_DASH = re.compile(r"-(?=[ \n]|\Z) *")
_BLOCK_TEXT = re.compile(r"[|>][-+0-9]*[ \t]*(?:\#[^\n]*)?(?=\n|\Z)")
_SPACES = re.compile(r" *")
_FLOW_END = re.compile(r"[ ]*(?:[,}\]\n]|#|\Z)")
_WORD = re.compile(r"[\w.$\-]")


@dataclass(slots=True)
class _Level:
    """An open block collection: where its entries begin, and what its newest entry is."""

    indent: int
    path: Path
    sequence: bool = False
    last: str | int | None = None
    keys: dict[str, str] = field(default_factory=dict)
    child_indent: int | None = None
    has_value: bool = False

    @property
    def below(self) -> Path:
        return self.path if self.last is None else (*self.path, self.last)


def locate(text: str, cursor: int) -> Spot:
    """The place of a cursor, an offset in code points. Never raises."""
    cursor = min(max(cursor, 0), len(text))
    return _Scanner(text, cursor).scan()


class _Scanner:
    def __init__(self, text: str, cursor: int) -> None:
        self.text = text
        self.cursor = cursor
        self.lines = [0, *(match.end() for match in re.finditer("\n", text))]
        self.levels = [_Level(-1, ())]
        self.found: Spot | None = None

    def beginning(self) -> int:
        """The number of the line to read from: in a long text, that of the step the cursor stands in."""
        section = next((one for one in reversed([*_STEPS.finditer(self.text, 0, self.cursor)])), None)
        if section is None or _TOP.search(self.text, section.end(), self.cursor):
            return 0
        first = re.compile(r"( +)[^\s#]").match(self.text, section.end())
        if first is None:
            return 0
        entries = re.compile(rf"^ {{{len(first[1])}}}[^\s#\-][^\n]*\n", re.MULTILINE)
        starts = [found.start() for found in entries.finditer(self.text, section.end(), self.cursor)]
        if not starts:
            return 0
        top = {found["name"]: "" for found in _TOP.finditer(self.text)}
        self.levels += [_Level(0, (), last="steps", keys=top), _Level(len(first[1]), ("steps",))]
        self.levels[1].child_indent = len(first[1])
        return self.number_of(starts[-1])

    def scan(self) -> Spot:
        number = self.beginning()
        while number < len(self.lines):
            number = max(self.line(number), number + 1)
            if self.found is not None and self.lines[min(number, len(self.lines) - 1)] > self.cursor:
                self.rest(number)
                break
        return self.found or self.spot((), Role.NOTHING, self.cursor)

    def rest(self, number: int) -> None:
        """Read on as far as the mapping around the cursor goes, for the keys it has behind it."""
        level = next((one for one in self.levels if self.found and one.keys is self.found.given), None)
        if level is None or level.path == ("steps",) or (level.path == () and "steps" in level.keys):
            return
        while number < len(self.lines) and level in self.levels:
            number = max(self.line(number), number + 1)

    # -- block style ------------------------------------------------------------------------------------------

    def line(self, number: int) -> int:
        """Read one line, and what its value has on the next ones; the number of the line behind it."""
        start = self.lines[number]
        end = self.end(number)
        at = _SPACES.match(self.text, start, end).end()  # type: ignore[union-attr] # it matches nothing as well
        here = start <= self.cursor <= end and self.found is None
        if at >= end or self.text[at] in "#\t":
            if here:
                self.found = self.blank_line(start, at, end, number)
            return number + 1
        if here and self.cursor < at:
            self.found = self.spot((), Role.NOTHING, self.cursor)
        self.open_for(at - start, dash=bool(_DASH.match(self.text, at, end)))
        return self.content(number, at, at - start)

    def end(self, number: int) -> int:
        return self.lines[number + 1] - 1 if number + 1 < len(self.lines) else len(self.text)

    def open_for(self, indent: int, *, dash: bool) -> None:
        """Close what a line at `indent` is no longer part of."""
        while self.levels[-1].indent > indent or (
            self.levels[-1].indent == indent and self.levels[-1].sequence and not dash
        ):
            self.levels.pop()

    def blank_line(self, start: int, at: int, end: int, number: int) -> Spot:
        if self.cursor > at or "\t" in self.text[start:end] or self.text[self.cursor : end].strip():
            return self.spot((), Role.NOTHING, self.cursor)
        return self.typed_line(self.cursor, self.cursor - start, number)

    def typed_line(self, start: int, indent: int, number: int) -> Spot:
        """The cursor stands on a line that holds nothing but the word before it."""
        self.open_for(indent, dash=False)
        top = self.levels[-1]
        after = self.next_indent(number)
        if top.indent == indent:
            if after > indent and not self.is_even(number, indent, after):
                return self.spot((), Role.NOTHING, start)
            return self.spot(top.path, Role.KEY, start, given=top.keys)
        if top.has_value or (top.child_indent is not None and top.child_indent != indent):
            return self.spot((), Role.NOTHING, start)
        if top.indent < after != indent:
            return self.spot((), Role.NOTHING, start)
        level = _Level(indent, top.below)
        self.levels.append(level)
        return self.spot(level.path, Role.EITHER, start, given=level.keys)

    def next_indent(self, number: int) -> int:
        for following in range(number + 1, len(self.lines)):
            line = self.text[self.lines[following] : self.end(following)]
            if line.strip() and not line.lstrip().startswith("#"):
                return len(line) - len(line.lstrip(" "))
        return -1

    def is_even(self, number: int, indent: int, after: int) -> bool:
        """Whether the lines that would come to stand below a new key have one indentation."""
        for following in range(number + 1, len(self.lines)):
            line = self.text[self.lines[following] : self.end(following)]
            at = len(line) - len(line.lstrip(" "))
            if line.strip() and at <= indent:
                break
            if line.strip() and at < after:
                return False
        return True

    def content(self, number: int, at: int, indent: int) -> int:
        """What stands on a line from `at` on: an entry of a list, a key with its value, or a value alone."""
        end = self.end(number)
        dash = _DASH.match(self.text, at, end)
        if dash is not None:
            return self.entry(number, at, indent, dash.end())
        key = _KEY.match(self.text, at, end) if self.text[at : at + 1] not in ("{", "[") else None
        if key is None:
            return self.alone(number, at, indent)
        here = at <= self.cursor <= key.end("key") and self.found is None
        level = self.mapping_at(indent)
        name = unquoted(key["key"])
        if here:
            quote = key["key"][0] if key["key"][0] in "'\"" else ""
            start = at + len(quote)
            given = {**level.keys}
            rest = self.text[self.cursor : key.end("key")].removesuffix(quote)
            role = Role.KEY if not rest or _WORD.match(rest) else Role.NOTHING
            self.found = self.spot(level.path, role, start, quote=quote, given=given, followed=True)
        elif key.end("key") < self.cursor <= key.end() and self.found is None:
            self.found = self.spot((), Role.NOTHING, self.cursor)
        level.last, level.child_indent, level.has_value = name, None, False
        level.keys.setdefault(name, "")
        return self.value(number, key.end(), end, level)

    def mapping_at(self, indent: int) -> _Level:
        top = self.levels[-1]
        if top.indent == indent and not top.sequence:
            return top
        top.child_indent = indent
        level = _Level(indent, top.below)
        self.levels.append(level)
        return level

    def entry(self, number: int, at: int, indent: int, behind: int) -> int:
        top = self.levels[-1]
        if not (top.sequence and top.indent == indent):
            if top.indent < indent:
                top.child_indent = indent
            top = _Level(indent, top.below, sequence=True, last=-1)
            self.levels.append(top)
        top.last = int(top.last or 0) + 1 if isinstance(top.last, int) else 0
        top.has_value, top.child_indent = False, None
        end = self.end(number)
        if behind >= end or self.text[behind] == "#":
            if at < self.cursor <= behind and self.found is None:
                ready = self.cursor > at + 1
                self.found = self.spot(top.below, Role.EITHER if ready else Role.NOTHING, self.cursor)
            return number + 1
        if at < self.cursor < behind and self.found is None:
            self.found = self.spot((), Role.NOTHING, self.cursor)
        top.child_indent = indent + behind - at
        return self.content(number, behind, indent + behind - at)

    def alone(self, number: int, at: int, indent: int) -> int:
        """A line without a key: half a key, a value of the key above, or an entry of a list."""
        top = self.levels[-1]
        end = self.end(number)
        word = self.text[at : self.cursor]
        ends_here = at <= self.cursor <= end and self.found is None
        if ends_here and not top.sequence and self.text[at] not in "{['\"|>" and " #" not in word:
            self.found = self.typed_line(at, indent, number)
            return number + 1
        path_owner = top
        return self.value(number, at, end, path_owner)

    def value(self, number: int, at: int, end: int, level: _Level) -> int:
        """A single value or a bracketed one behind a key or dash; the number of the line behind it."""
        path = level.below
        at = _SPACES.match(self.text, at, end).end()  # type: ignore[union-attr] # it matches nothing as well
        first = self.text[at : at + 1] if at < end else ""
        if not first or first == "#":
            if at >= self.cursor > 0 and self.found is None and self.starts_line(number) <= self.cursor <= at:
                if self.text[self.cursor - 1] == " ":
                    self.found = self.spot(path, Role.VALUE, self.cursor)
                else:
                    self.found = self.spot((), Role.NOTHING, self.cursor)
            elif first == "#" and at < self.cursor <= end and self.found is None:
                self.found = self.spot((), Role.NOTHING, self.cursor)
            return number + 1
        level.has_value = True
        if first in "{[":
            return self.bracketed(number, at, level)
        if first in "'\"":
            return self.quoted(number, at, level, first)
        if _BLOCK_TEXT.match(self.text, at):
            return self.block_text(number, level)
        comment = self.text.find(" #", at, end)
        stop = comment if comment >= 0 else end
        level.keys[str(level.last)] = self.text[at:stop].strip()
        if self.found is None and at <= self.cursor <= end:
            # A word in a list may become the first key of an entry.
            role = Role.EITHER if level.sequence else Role.VALUE
            role = role if self.cursor <= stop else Role.NOTHING
            self.found = self.spot(path, role, at)
        elif self.found is None and self.starts_line(number) <= self.cursor < at:
            self.found = self.spot((), Role.NOTHING, self.cursor)
        return number + 1

    def starts_line(self, number: int) -> int:
        return self.lines[number]

    def region_end(self, number: int, indent: int) -> int:
        """The offset at which a value that began on a line must have ended, closed or not."""
        for following in range(number + 1, len(self.lines)):
            start, end = self.lines[following], self.end(following)
            line = self.text[start:end]
            body = line.lstrip(" ")
            if body and len(line) - len(body) <= indent and body[0] not in "}]#":
                return start - 1
        return len(self.text)

    def number_of(self, offset: int) -> int:
        return bisect_right(self.lines, offset) - 1

    def quoted(self, number: int, at: int, level: _Level, quote: str) -> int:
        limit = self.region_end(number, level.indent)
        end = closing_quote(self.text, at, quote, limit)
        closed = end < limit or (end == limit and end > at + 1 and self.text[end - 1 : end] == quote)
        level.keys[str(level.last)] = unquoted(self.text[at:end])
        if self.found is None and at < self.cursor <= end and not (closed and self.cursor == end):
            self.found = self.spot(level.below, Role.VALUE, at + 1, quote=quote)
        elif self.found is None and self.lines[number] <= self.cursor <= self.end(self.number_of(end)):
            self.found = self.spot((), Role.NOTHING, self.cursor)
        return self.number_of(end) + 1

    def block_text(self, number: int, level: _Level) -> int:
        limit = self.region_end(number, max(level.indent, 0))
        if self.found is None and self.end(number) < self.cursor <= limit:
            line = self.lines[self.number_of(self.cursor)]
            self.found = self.spot(level.below, Role.VALUE, line, quote="|")
        elif self.found is None and self.lines[number] <= self.cursor <= self.end(number):
            self.found = self.spot((), Role.NOTHING, self.cursor)
        return self.number_of(limit) + 1

    def bracketed(self, number: int, at: int, level: _Level) -> int:
        limit = self.region_end(number, level.indent)
        flow = Flow(self, at, limit, level.below)
        end = flow.read()
        if self.found is None and self.lines[number] <= self.cursor <= self.end(self.number_of(end)):
            self.found = self.spot((), Role.NOTHING, self.cursor)
        return self.number_of(end) + 1

    def spot(self, path: Path, role: Role, start: int, *, quote: str = "", given: dict[str, str] | None = None,
             flow: bool = False, followed: bool | None = None) -> Spot:  # fmt: skip
        behind = self.text[self.cursor : self.cursor + 1]
        if followed is None:
            followed = bool(re.match(r"""['"]?[ ]*:([ \n]|\Z)""", self.text[self.cursor : self.cursor + 20]))
        if flow and not quote and not followed and not _FLOW_END.match(self.text, self.cursor):
            role = Role.NOTHING
        return Spot(path, role, start, self.text[start : self.cursor], quote, flow,
                    given if given is not None else {}, followed, bool(_WORD.match(behind)))  # fmt: skip
