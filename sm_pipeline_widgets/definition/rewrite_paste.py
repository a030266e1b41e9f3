"""Steps of one text put into another as they were written, comments and all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.rewrite_page import (
    BREAKS,
    Page,
    entry_end,
    line_end,
    line_start,
    next_line,
    read_page,
)
from sm_pipeline_widgets.definition.rewrite_plan import Plan, check_name
from sm_pipeline_widgets.definition.rewrite_sections import add_written, indented
from sm_pipeline_widgets.definition.rewrite_tree import comments_above, comments_below
from sm_pipeline_widgets.definition.rewrite_values import write_entry, write_step
from sm_pipeline_widgets.definition.source import plain, read_source
from sm_pipeline_widgets.definition.yaml_text import scalar

if TYPE_CHECKING:
    from sm_pipeline_widgets.definition.edits import PasteSteps
    from sm_pipeline_widgets.definition.rewrite_page import Splice
    from sm_pipeline_widgets.definition.source import Entry, Json

_UNIT = 2


def paste_steps(page: Page, edit: PasteSteps) -> Plan:
    """The steps of another text, and the parameters that are missing here."""
    other = read_page(edit.text)
    for name in other.spec.steps:
        check_name("step", name, page.spec.steps)
    steps = other.entries(("steps",))
    missing = [one for one in other.entries(("parameters",)) if one.key.text not in page.spec.parameters]
    splices: list[Splice] = []
    is_empty_text = page.root is None or not page.root.entries
    if is_empty_text and steps and missing:
        both = ["parameters:", *indented(written_entries(other, "parameters", missing), _UNIT)]
        splices = add_written(page, "steps", written_entries(other, "steps", steps), _values(steps))
        first, *rest = splices
        return Plan((first._replace(new=_before(first.new, both)), *rest), steps[-1].key.text)
    if missing:
        splices += add_written(page, "parameters", written_entries(other, "parameters", missing), _values(missing))
    if steps:
        splices += add_written(page, "steps", written_entries(other, "steps", steps), _values(steps))
    return Plan(tuple(splices), steps[-1].key.text if steps else None)


def _before(new: str, lines: list[str]) -> str:
    """What begins with ``steps:``, with another section in front of it."""
    at = new.index("steps:")
    return new[:at] + "".join(f"{line}\n" for line in lines) + new[at:]


def written_entries(page: Page, section: str, entries: tuple[Entry, ...] | list[Entry]) -> list[str]:
    """Entries of a section as lines that begin at column 0, as they stand in the text where that is possible."""
    return [line for entry in entries for line in _lines(page, section, entry)]


def _lines(page: Page, section: str, entry: Entry) -> list[str]:
    value, name = plain(entry.value), entry.key.text
    if not page.is_flow((section,)):
        lines = _as_written(page, entry)
        again = read_source("\n".join(lines) + "\n")
        if not again.problems and plain(again.root) == {name: value}:
            return lines
    if section == "steps" and isinstance(value, dict):
        return [f"{scalar(name)}:", *write_step(value, _UNIT, _UNIT)]
    return write_entry(name, value, 0, _UNIT)


def _as_written(page: Page, entry: Entry) -> list[str]:
    text, column = page.text, entry.key.span.column - 1
    begin = comments_above(text, line_start(text, entry.key.span.start), column)
    end = line_end(text, entry_end(text, entry))
    stop = comments_below(text, next_line(text, end), column)
    written = text[begin : stop if stop > next_line(text, end) else end]
    lines = re.split(rf"\r\n|[{BREAKS}]", written)
    while lines and not lines[-1].strip():
        lines.pop()
    return [line[min(column, len(line) - len(line.lstrip(" "))) :] for line in lines]


def _values(entries: tuple[Entry, ...] | list[Entry]) -> dict[str, Json]:
    return {entry.key.text: plain(entry.value) for entry in entries}
