r"""Which part of a cell a cursor stands in: the text below ``%%pipeline``, the line of one of our magics, or neither.

>>> place_in_cell("%%pipeline demo\nsteps:", 21)
CellText(text='steps:', cursor=5, start=16, line='demo')
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_CELL = re.compile(r"\s*%%(?P<magic>pipeline|step)(?P<line>[ \t][^\n]*)?(?:\n|\Z)")
_LINE = re.compile(r"[ \t]*(?:\w+[ \t]*=[ \t]*)?%pipeline(?P<line>[ \t][^\n]*)")


@dataclass(frozen=True, slots=True)
class CellText:
    """A cursor in the text of a pipeline: the text, the offset in it, where it begins in the cell, the magic's line."""

    text: str
    cursor: int
    start: int
    line: str


@dataclass(frozen=True, slots=True)
class MagicLine:
    """A cursor in the line of ``%%pipeline`` or ``%pipeline``: what stands behind that name up to the cursor."""

    magic: str
    typed: str
    line: str


def place_in_cell(cell: str, cursor: int) -> CellText | MagicLine | None:
    """The part of a cell a cursor stands in, None where nothing is ours; offsets are code points."""
    found = _CELL.match(cell)
    if found is None:
        return None if re.match(r"\s*%%", cell) else _line_magic(cell, cursor)
    if found["magic"] == "pipeline" and cursor >= found.end() and found[0].endswith("\n"):
        line = (found["line"] or "").strip()
        return CellText(cell[found.end() :], cursor - found.end(), found.end(), line)
    begin, end = found.span("line")
    if found["magic"] == "pipeline" and begin < cursor <= end:
        return MagicLine("%%pipeline", cell[begin:cursor].lstrip(), cell[begin:end])
    return None


def _line_magic(cell: str, cursor: int) -> MagicLine | None:
    start = cell.rfind("\n", 0, cursor) + 1
    found = _LINE.match(cell, start)
    if found is None or not found.start("line") < cursor <= found.end("line"):
        return None
    return MagicLine("%pipeline", cell[found.start("line") : cursor].lstrip(), found["line"])
