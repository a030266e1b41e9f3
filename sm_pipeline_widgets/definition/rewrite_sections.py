"""The top of a text: its sections, which may be missing, empty or in brackets, and a text that holds nothing yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.rewrite_page import (
    BREAKS,
    Page,
    Splice,
    after_colon,
    is_empty,
    last_line,
    line_end,
    line_start,
)
from sm_pipeline_widgets.definition.rewrite_tree import (
    add_entry,
    below_entry,
    comments_above,
    insert_in_brackets,
    set_entry,
)
from sm_pipeline_widgets.definition.rewrite_values import write_entry, write_flow, write_step
from sm_pipeline_widgets.definition.source import Entry, MappingNode, Node, Scalar, SequenceNode
from sm_pipeline_widgets.definition.yaml_text import scalar
from sm_pipeline_widgets.errors import EditRefusedError

if TYPE_CHECKING:
    from sm_pipeline_widgets.definition.source import Json

ORDER = ("description", "parameters", "experiment", "mlflow", "omit", "defaults", "steps")
"""The order in which people write the sections."""
_LONGEST_LINE = 120


def add_named(page: Page, section: str, name: str, value: Json, *, after: str | None = None) -> list[Splice]:
    """A new entry of ``parameters`` or ``steps``; a step's keys stand on lines of their own."""
    holder = page.node((section,))
    if holder is None:
        return add_section(page, section, {name: value})
    if isinstance(holder, MappingNode) and holder.entries:
        if holder.flow:
            return insert_in_brackets(page, holder, f"{scalar(name, flow=True)}: {write_flow(value)}", after)
        lines = _named_lines(section, name, value, holder.entries[0].key.span.column - 1, page.unit)
        neighbour = next((one for one in holder.entries if one.key.text == after), holder.entries[-1])
        return [_beside(page, holder, neighbour, _like(neighbour, name, value) or lines)]
    if isinstance(holder, SequenceNode) or (isinstance(holder, Scalar) and holder.value is not None):
        fix = f"Write names with values below `{section}:` first."
        raise EditRefusedError(f"`{section}:` holds something else than names with values", fix)
    entry = page.entry((section,))
    if entry is None or page.is_flow(()):
        return add_entry(page, (section, name), value)
    gone = [] if is_empty(entry.value) else [_without_space(page, entry.value)]
    at = line_end(page.text, after_colon(page.text, entry) if is_empty(entry.value) else entry.value.span.end)
    lines = _named_lines(section, name, value, entry.key.span.column - 1 + page.unit, page.unit)
    return [*gone, Splice(at, at, "".join(f"\n{line}" for line in lines))]


def add_section(page: Page, key: str, value: Json) -> list[Splice]:
    """A new top-level key, where people look for it."""
    root = page.root
    indent, unit = page.indent() - 1, page.unit
    if root is None or not root.entries:
        return _first_lines(page, root, section_lines(key, value, 0, unit))
    if root.flow:
        return insert_in_brackets(page, root, f"{scalar(key, flow=True)}: {write_flow(value)}", None)
    return _among(page, root, key, section_lines(key, value, indent, unit))


def add_written(page: Page, section: str, lines: list[str], value: dict[str, Json]) -> list[Splice]:
    """Entries of ``parameters`` or ``steps`` as they were written elsewhere, with comments; lines begin at column 0.

    `value` is what they say, for a text in brackets.
    """
    holder, root = page.node((section,)), page.root
    inside = write_flow(value)[1:-1]
    if isinstance(holder, MappingNode) and holder.entries:
        if holder.flow:
            return insert_in_brackets(page, holder, inside, None)
        last = holder.entries[-1]
        return [_beside(page, holder, last, indented(lines, last.key.span.column - 1))]
    if root is not None and root.flow and root.entries:
        if holder is None:
            return insert_in_brackets(page, root, f"{section}: {{{inside}}}", None)
        return set_entry(page, (section,), value)
    if holder is None:
        below = [f"{section}:", *indented(lines, page.unit)]
        if root is None or not root.entries:
            return _first_lines(page, root, below)
        return _among(page, root, section, indented(below, page.indent() - 1))
    if isinstance(holder, SequenceNode) or (isinstance(holder, Scalar) and holder.value is not None):
        fix = f"Write names with values below `{section}:` first."
        raise EditRefusedError(f"`{section}:` holds something else than names with values", fix)
    entry = page.entry((section,))
    if entry is None:
        raise KeyError(section)
    gone = [] if is_empty(entry.value) else [_without_space(page, entry.value)]
    at = line_end(page.text, after_colon(page.text, entry) if is_empty(entry.value) else entry.value.span.end)
    below = indented(lines, entry.key.span.column - 1 + page.unit)
    return [*gone, Splice(at, at, "".join(f"\n{line}" for line in below))]


def indented(lines: list[str], by: int) -> list[str]:
    """The lines further in; empty ones stay empty."""
    return [f"{' ' * by}{line}" if line.strip() else "" for line in lines]


def _among(page: Page, root: MappingNode, key: str, lines: list[str]) -> list[Splice]:
    """A new section's lines where people look for it."""
    indent = page.indent() - 1
    later = ORDER[ORDER.index(key) + 1 :] if key in ORDER else ()
    follower = next((entry for entry in root.entries if entry.key.text in later), None)
    if follower is None:
        return [below_entry(page, root.entries[-1], lines)]
    begin = line_start(page.text, follower.key.span.start)
    if page.text[begin : follower.key.span.start].strip(" "):
        return [below_entry(page, root.entries[-1], lines)]  # `--- steps:`
    at = comments_above(page.text, begin, indent) if follower is not root.entries[0] else begin
    return [Splice(at, at, "".join(f"{line}\n" for line in lines))]


def section_lines(key: str, value: Json, indent: int, unit: int) -> list[str]:
    """A section with what stands in it; each step and parameter on lines of its own."""
    if key not in ("steps", "parameters") or not isinstance(value, dict):
        return write_entry(key, value, indent, unit)
    inner = [line for name, one in value.items() for line in _named_lines(key, name, one, indent + unit, unit)]
    return [f"{' ' * indent}{key}:", *inner]


def _named_lines(section: str, name: str, value: Json, indent: int, unit: int) -> list[str]:
    if section == "steps" and isinstance(value, dict):
        return [f"{' ' * indent}{scalar(name)}:", *write_step(value, indent + unit, unit)]
    return write_entry(name, value, indent, unit)


def _first_lines(page: Page, root: MappingNode | None, lines: list[str]) -> list[Splice]:
    """The first lines of a text that holds nothing, or `{}`, behind what comments it has."""
    if root is not None:
        return [Splice(root.span.start, root.span.end, "\n".join(lines))]
    end = len(page.text)
    broken = "" if not page.text or page.text[-1] in BREAKS else "\n"
    return [Splice(end, end, broken + "".join(f"{line}\n" for line in lines))]


def _beside(page: Page, holder: MappingNode, neighbour: Entry, lines: list[str]) -> Splice:
    """A new entry behind another, spaced as the others are."""
    return below_entry(page, neighbour, [*([""] if _are_spaced(page, holder) else []), *lines])


def _like(neighbour: Entry, name: str, value: Json) -> list[str] | None:
    """The entry on one line in brackets, where its neighbour is written so and the line does not get long."""
    if not isinstance(value, dict) or not isinstance(neighbour.value, MappingNode) or not neighbour.value.flow:
        return None
    line = f"{' ' * (neighbour.key.span.column - 1)}{scalar(name)}: {write_flow(value)}"
    return [line] if len(line) <= _LONGEST_LINE else None


def _are_spaced(page: Page, holder: MappingNode) -> bool:
    """Whether the last two entries have a blank line between them."""
    if len(holder.entries) < 2:
        return False
    last = holder.entries[-1].key.span
    begin = comments_above(page.text, line_start(page.text, last.start), last.column - 1)
    above = last_line(page.text, begin)
    return not page.text[above : line_end(page.text, above)].strip(" ")


def _without_space(page: Page, node: Node) -> Splice:
    start = node.span.start
    while page.text[start - 1] in " \t":
        start -= 1
    return Splice(start, node.span.end, "")
