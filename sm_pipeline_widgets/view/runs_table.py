"""A pipeline's runs as a table, in plain text and in HTML: times, states, parameters as columns, ARNs to copy.

A parameter that is the same in every row is told once, below the table.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC
from html import escape
from typing import TYPE_CHECKING

from sm_pipeline_widgets.view.picture import readable, shorten
from sm_pipeline_widgets.view.redact import redacted
from sm_pipeline_widgets.view.words import execution_word

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

MOST_COLUMNS = 8
LONGEST = 40
_CELL = ' style="text-align:left;padding:1px 12px 1px 0;vertical-align:top"'
_GENERATED = re.compile(r"execution-\d+")
_STEPS = ((60.0, 1.0, "s"), (3600.0, 60.0, "min"), (86_400.0, 3600.0, "h"), (float("inf"), 86_400.0, "d"))


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run. ``status`` is the API's word; ``parameters`` is None where they could not be read."""

    arn: str
    status: str
    started: datetime | None = None
    name: str = ""
    parameters: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """The cells of the table, its last column the ARNs, and what is said below it."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    below: tuple[str, ...]


def sheet(rows: Sequence[RunRow], now: datetime) -> Sheet:
    """The table's texts."""
    varying, constant = _columns(rows)
    shown, more = varying[:MOST_COLUMNS], varying[MOST_COLUMNS:]
    cells = tuple((*_first(row, now), *(_value(row, name) for name in shown), readable(row.arn)) for row in rows)
    below = [f"In all of them: {', '.join(f'{name}={_value(rows[0], name)}' for name in constant)}"] if constant else []
    below += [f"Not shown: {', '.join(map(readable, more))}"] if more else []
    return Sheet(("STATUS", "STARTED (UTC)", "AGO", "NAME", *map(readable, shown), "ARN"), cells, tuple(below))


def runs_text(rows: Sequence[RunRow], now: datetime) -> str:
    """The table in plain text; ARNs stand whole, at the end of their lines."""
    made = sheet(rows, now)
    table = [made.header, *made.rows]
    widths = [max(len(row[at]) for row in table) for at in range(len(made.header))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]
    return "\n".join([*lines, *made.below])


def runs_html(rows: Sequence[RunRow], now: datetime) -> str:
    """The table in HTML: everything escaped, no script."""
    made = sheet(rows, now)
    head = "".join(f"<th{_CELL}>{_text(word)}</th>" for word in made.header)
    body = "".join(f"<tr>{''.join(_cell(cell, at, made) for at, cell in enumerate(row))}</tr>" for row in made.rows)
    below = "".join(f"<p>{_text(line)}</p>" for line in made.below)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div style="overflow:auto">{table}{below}</div>'


def ago(moment: datetime, now: datetime) -> str:
    """``12 s``, ``5 min``, ``3 h``, ``12 d``: how long ago that was."""
    seconds = max(0.0, (now - moment).total_seconds())
    _, unit, word = next(step for step in _STEPS if seconds < step[0])
    return f"{int(seconds / unit)} {word}"


def _columns(rows: Sequence[RunRow]) -> tuple[list[str], list[str]]:
    """The parameters that differ among the rows, and those that do not."""
    names = dict.fromkeys(name for row in rows for name in row.parameters or ())
    known = [row.parameters for row in rows if row.parameters is not None]
    constant = [
        name
        for name in names
        if len(rows) > 1 and len(known) == len(rows) and len({one.get(name) for one in known}) == 1
    ]
    return [name for name in names if name not in constant], constant


def _first(row: RunRow, now: datetime) -> tuple[str, str, str, str]:
    started = f"{row.started.astimezone(UTC):%Y-%m-%d %H:%M:%S}" if row.started else ""
    return readable(execution_word(row.status)), started, ago(row.started, now) if row.started else "", _name(row)


def _name(row: RunRow) -> str:
    """The name somebody gave the run; the service's own say nothing."""
    return "" if _GENERATED.fullmatch(row.name) else readable(row.name)


def _value(row: RunRow, name: str) -> str:
    if row.parameters is None:
        return "?"
    return readable(shorten(redacted(name, row.parameters.get(name, "")), LONGEST))


def _cell(text: str, at: int, made: Sheet) -> str:
    is_arn = at == len(made.header) - 1
    style = _CELL if is_arn else _CELL.replace("top", "top;white-space:nowrap")
    return f"<td{style}>{f'<code>{_text(text)}</code>' if is_arn else _text(text)}</td>"


def _text(text: str) -> str:
    return escape(text, quote=True)
