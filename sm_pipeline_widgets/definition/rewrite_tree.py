"""Values and keys of a text set, put in and taken out, as splices: what is not named stays as it is written.

A block is edited by lines, brackets by commas. Knows YAML, not pipelines.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.rewrite_page import (
    BREAKS,
    Page,
    Splice,
    after_colon,
    entry_end,
    is_empty,
    last_line,
    line_end,
    line_start,
    next_line,
    node_end,
)
from sm_pipeline_widgets.definition.rewrite_values import Written, single, write_entry, write_flow, write_value
from sm_pipeline_widgets.definition.source import Entry, MappingNode, Node, Scalar, SequenceNode
from sm_pipeline_widgets.definition.yaml_text import scalar

if TYPE_CHECKING:
    from collections.abc import Collection

    from sm_pipeline_widgets.definition.edits import Path
    from sm_pipeline_widgets.definition.source import Json

_INLINE_QUOTES = ("'", '"')


# -- a value ----------------------------------------------------------------------------------------------------------


def set_entry(page: Page, path: Path, value: Json) -> list[Splice]:
    """Another value for a key that is there."""
    entry = page.entry(path)
    if entry is None:
        raise KeyError(path)
    old = entry.value
    if page.is_flow(path[:-1]):
        inside = _in_quotes_of(old, value) or write_flow(value)
        return [_put_behind(page, entry, inside) if is_empty(old) else Splice(old.span.start, old.span.end, inside)]
    quoted = _in_quotes_of(old, value)
    new = Written(quoted) if quoted else write_value(value, entry.key.span.column - 1, page.unit)
    if is_empty(old):
        splices = [_put_behind(page, entry, new.head)] if new.head else []
        return splices + _lines_below(page, after_colon(page.text, entry), new)
    if isinstance(old, Scalar) and old.style in ("|", ">"):
        return _instead_of_text(page, old, new)
    if isinstance(old, Scalar) or old.flow:
        return _instead_of_line(page, old, new)
    return _instead_of_block(page, entry, new)


def set_item(page: Page, path: Path, value: Json) -> list[Splice]:
    """Another value for an item of a list."""
    old = page.node(path)
    if old is None:
        raise KeyError(path)
    if is_empty(old):
        return [Splice(old.span.start, old.span.start, f" {write_flow(value)}")]
    return [Splice(old.span.start, node_end(page.text, old), write_flow(value))]


def _in_quotes_of(old: Node, value: Json) -> str | None:
    """A text in the quotes its predecessor has; a reference needs none."""
    if not isinstance(old, Scalar) or old.style not in _INLINE_QUOTES or not isinstance(value, str):
        return None
    if not value.isprintable() or "$" in value or (old.style == '"' and ('"' in value or "\\" in value)):
        return None
    return f'"{value}"' if old.style == '"' else "'" + value.replace("'", "''") + "'"


def _put_behind(page: Page, entry: Entry, new: str) -> Splice:
    at = after_colon(page.text, entry)
    colon = "" if page.text[at - 1 : at] == ":" and at > entry.key.span.end else ":"
    space = "" if page.text[at : at + 1] in (" ", "", ",", "}", "]", *BREAKS) else " "
    return Splice(at, at, f"{colon} {new}{space}")


def _lines_below(page: Page, at: int, new: Written) -> list[Splice]:
    where = line_end(page.text, at)
    return [Splice(where, where, "".join(f"\n{line}" for line in new.lines))] if new.lines else []


def _instead_of_line(page: Page, old: Node, new: Written) -> list[Splice]:
    start, end = old.span.start, old.span.end
    if not new.head:
        while page.text[start - 1] in " \t":
            start -= 1
    return [Splice(start, end, new.head), *_lines_below(page, end, new)]


def _instead_of_text(page: Page, old: Scalar, new: Written) -> list[Splice]:
    header = re.compile(r"[|>][-+0-9]*").match(page.text, old.span.start)
    head_end = header.end() if header else old.span.start + 1
    below = line_end(page.text, head_end)
    lines = "".join(f"\n{line}" for line in new.lines)
    return [Splice(old.span.start, head_end, new.head), Splice(below, max(below, node_end(page.text, old)), lines)]


def _instead_of_block(page: Page, entry: Entry, new: Written) -> list[Splice]:
    at = after_colon(page.text, entry)
    below = line_end(page.text, at)
    lines = "".join(f"\n{line}" for line in new.lines)
    head = [Splice(at, at, f" {new.head}")] if new.head else []
    end = line_end(page.text, node_end(page.text, entry.value))  # with the comment behind its last value
    return [*head, Splice(below, end, lines)]


# -- one more ---------------------------------------------------------------------------------------------------------


def add_entry(page: Page, path: Path, value: Json, *, after: str | None = None) -> list[Splice]:
    """A new key at a path whose holder is there: behind the key `after`, or behind all others."""
    holder = page.node(path[:-1])
    key = str(path[-1])
    if isinstance(holder, MappingNode) and holder.flow:
        return insert_in_brackets(page, holder, f"{scalar(key, flow=True)}: {write_flow(value)}", after)
    if isinstance(holder, MappingNode) and holder.entries:
        last = next((entry for entry in holder.entries if entry.key.text == after), holder.entries[-1])
        lines = write_entry(key, value, holder.entries[0].key.span.column - 1, page.unit)
        return [below_entry(page, last, lines)]
    return _first_entry(page, path, lambda indent: write_entry(key, value, indent, page.unit))


def below_entry(page: Page, entry: Entry, lines: list[str]) -> Splice:
    """Lines behind a key, its value and the comments below that stand further in than the key."""
    at = line_end(page.text, entry_end(page.text, entry))
    below = next_line(page.text, at)
    stop = comments_below(page.text, below, entry.key.span.column - 1)
    if stop > below:
        at = line_end(page.text, last_line(page.text, stop))
    return Splice(at, at, "".join(f"\n{line}" for line in lines))


def _first_entry(page: Page, path: Path, lines: object) -> list[Splice]:
    entry = page.entry(path[:-1])
    if entry is None or not callable(lines):
        raise KeyError(path)
    at = line_end(page.text, after_colon(page.text, entry))
    written = lines(entry.key.span.column - 1 + page.unit)
    gone = [] if is_empty(entry.value) else [Splice(entry.value.span.start, entry.value.span.end, "")]
    return [*gone, Splice(at, at, "".join(f"\n{line}" for line in written))]


def add_item(page: Page, path: Path, value: Json) -> list[Splice]:
    """One more item for the list at a path, which is there."""
    node = page.node(path)
    if not isinstance(node, SequenceNode):
        raise KeyError(path)
    if node.flow or not node.values:
        return insert_in_brackets(page, node, write_flow(value), None)
    dash = _dash(page.text, node.values[0])
    at = line_end(page.text, node_end(page.text, node))
    return [Splice(at, at, f"\n{' ' * (dash - line_start(page.text, dash))}- {scalar_or_flow(value)}")]


def scalar_or_flow(value: Json) -> str:
    """A value on one line outside of brackets."""
    return write_flow(value) if isinstance(value, dict | list) else single(value)


def insert_in_brackets(page: Page, node: MappingNode | SequenceNode, new: str, after: str | None) -> list[Splice]:
    """One more entry or item in brackets."""
    text, inside = page.text, _spans(page, node)
    if not inside:
        close = node.span.end - 1
        return [Splice(close, close, new)]
    at = len(inside) - 1
    if after is not None and isinstance(node, MappingNode):
        at = next((index for index, entry in enumerate(node.entries) if entry.key.text == after), at)
    start, end = inside[at]
    begin = line_start(text, start)
    if text[begin:start].strip(" ") or line_end(text, end) > node.span.end:
        return [Splice(end, end, f", {new}")]
    # Each stands on a line of its own: so does the new one, behind the comment of the line above.
    comma = re.compile(r"[ \t]*,").match(text, end)
    below = line_end(text, comma.end() if comma else end)
    line = f"\n{text[begin:start]}{new}{',' if comma else ''}"
    return [*([] if comma else [Splice(end, end, ",")]), Splice(below, below, line)]


# -- less -------------------------------------------------------------------------------------------------------------


def cut(page: Page, path: Path, parts: Collection[str | int]) -> list[Splice]:
    """Take keys or items out of what stands at a path; some others stay."""
    if not parts:
        return []
    holder = page.node(path)
    if isinstance(holder, MappingNode):
        gone = [index for index, entry in enumerate(holder.entries) if entry.key.text in parts]
    elif isinstance(holder, SequenceNode):
        gone = sorted(index for index in parts if isinstance(index, int))
    else:
        raise KeyError(path)
    if holder.flow:
        return _cut_brackets(page, holder, gone)
    return [_cut_lines(page, holder, index) for index in gone]


def _cut_brackets(page: Page, holder: MappingNode | SequenceNode, gone: list[int]) -> list[Splice]:
    spans = _spans(page, holder)
    kept = [index for index in range(len(spans)) if index not in gone]
    splices = []
    for index in gone:
        start, end = spans[index]
        if index > max(kept, default=-1) and kept:
            continue
        splices.append(_with_comma(page.text, start, end))
    tail = [index for index in gone if kept and index > kept[-1]]
    if tail:
        splices += _cut_tail(page.text, spans, kept[-1], tail)
    return splices


def _with_comma(text: str, start: int, end: int) -> Splice:
    comma = re.compile(r"[ \t]*,[ \t]*").match(text, end)
    stop = comma.end() if comma else end
    begin = line_start(text, start)
    alone = not text[begin:start].strip(" ") and re.compile(rf"[ \t]*(#[^{BREAKS}]*)?(?=[{BREAKS}])").match(text, stop)
    return Splice(begin, next_line(text, stop), "") if alone else Splice(start, stop, "")


def _cut_tail(text: str, spans: list[tuple[int, int]], last: int, tail: list[int]) -> list[Splice]:
    start, end = spans[last][1], spans[tail[-1]][1]
    if "#" not in text[start : spans[tail[0]][0]]:
        return [Splice(start, end, "")]
    # A comment belongs to what stays: only what goes is taken out, and a comma may end a list.
    return [_with_comma(text, *spans[index]) for index in tail]


def _cut_lines(page: Page, holder: MappingNode | SequenceNode, index: int) -> Splice:
    text = page.text
    start, end, column = _block_place(page, holder, index)
    begin = line_start(text, start)
    if text[begin:start].strip(" "):
        # The first of a list's item (`- a: 1`): what follows moves up behind the dash.
        follower = _block_place(page, holder, index + 1)[0]
        return Splice(start, follower, "")
    begin = comments_above(text, begin, column)
    stop = comments_below(text, next_line(text, end), column)
    return _without_double_blanks(text, begin, stop, first=index == 0)


def _block_place(page: Page, holder: MappingNode | SequenceNode, index: int) -> tuple[int, int, int]:
    """Where an entry or item begins and ends, and its column from 0."""
    text = page.text
    if isinstance(holder, MappingNode):
        entry = holder.entries[index]
        start = entry.key.span.start
        marked = re.search(r"\? *\Z", text[line_start(text, start) : start])
        start -= len(marked[0]) if marked else 0
        return start, entry_end(text, entry), start - line_start(text, start)
    item = holder.values[index]
    dash = _dash(text, item)
    return dash, max(node_end(text, item), dash + 1), dash - line_start(text, dash)


def _dash(text: str, item: Node) -> int:
    return text.rindex("-", 0, max(item.span.start, 1))


def comments_above(text: str, begin: int, column: int) -> int:
    while begin > 0:
        above = last_line(text, begin)
        line = text[above:begin]
        if not line.lstrip(" ").startswith("#") or len(line) - len(line.lstrip(" ")) != column:
            break
        begin = above
    return begin


def comments_below(text: str, stop: int, column: int) -> int:
    while stop < len(text):
        line = text[stop : line_end(text, stop)]
        if not line.lstrip(" ").startswith("#") or len(line) - len(line.lstrip(" ")) <= column:
            break
        stop = next_line(text, stop)
    return stop


def _without_double_blanks(text: str, begin: int, stop: int, *, first: bool) -> Splice:
    def is_blank(at: int) -> bool:
        return not text[at : line_end(text, at)].strip(" ")

    before = last_line(text, begin)
    blank_before = begin > 0 and is_blank(before)
    if (first or blank_before) and stop < len(text):
        while stop < len(text) and is_blank(stop):
            stop = next_line(text, stop)
    elif blank_before and stop == len(text):
        begin = before
    return Splice(begin, stop, "")


def _spans(page: Page, node: MappingNode | SequenceNode) -> list[tuple[int, int]]:
    text = page.text
    if isinstance(node, MappingNode):
        return [(entry.key.span.start, entry_end(text, entry)) for entry in node.entries]
    return [(item.span.start, node_end(text, item)) for item in node.values]
