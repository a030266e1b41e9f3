"""A step's two runs beside each other, as plain text and as static HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.view.html import escaped, pre
from sm_pipeline_widgets.view.picture import readable
from sm_pipeline_widgets.view.redact import redacted, without_secrets
from sm_pipeline_widgets.view.text import table
from sm_pipeline_widgets.view.words import SIGNS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sm_pipeline_widgets.execution.beside import Beside, Outcome, Row

REASON_LENGTH = 300
_CELL = ' style="text-align:left;padding:1px 12px 1px 0;vertical-align:top"'


def outcomes_text(both: Beside) -> str:
    """A table of both runs, a column for each, and what their logs differ in."""
    rows = [shown_row(row) for row in both.rows if row.label != "exit message"]
    reasons = [f"{one.name}: {one.reason[:REASON_LENGTH]}" for one in (both.original, both.replay) if one.reason]
    parts = [f"`{both.step}`, twice", table(("", both.original.name, both.replay.name), rows)]
    parts += [_safe(reason) for reason in reasons]
    parts += [f"Note: {note}" for note in both.notes]
    if both.code:
        parts += ["", "What was changed in the code:", *(_safe(line) for line in both.code.splitlines())]
    if both.difference:
        parts += ["", "Lines of the log that differ:", *(_safe(line) for line in both.difference)]
    return "\n".join(parts)


def outcomes_html(both: Beside) -> str:
    """The same as one HTML element: everything is escaped, and there is no script."""
    heads = "".join(f"<th{_CELL}>{escaped(word)}</th>" for word in ("", both.original.name, both.replay.name))
    rows = "".join(_row_html(row) for row in both.rows)
    ends = "".join(f"<td{_CELL}>{_end_html(one)}</td>" for one in (both.original, both.replay))
    parts = [
        f"<p><strong>{escaped(_title(both))}</strong></p>",
        f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>",
        *(f"<p>Note: {escaped(note)}</p>" for note in both.notes),
        f"<table><tbody><tr>{ends}</tr></tbody></table>" if both.original.log_end or both.replay.log_end else "",
        _lines_html("What was changed in the code:", both.code.splitlines()) if both.code else "",
        _lines_html("Lines of the log that differ:", both.difference) if both.difference else "",
    ]
    return f'<div style="overflow:auto">{"".join(parts)}</div>'


def _title(both: Beside) -> str:
    return f"{SIGNS[both.replay.status]} replay of {both.step}: {both.replay.status}, beside the original"


def _row_html(row: Row) -> str:
    cells = "".join(f"<td{_CELL}>{escaped(cell)}</td>" for cell in shown_row(row)[1:])
    mark = " ≠" if row.is_different else ""
    return f"<tr><th{_CELL}>{escaped(row.label)}{mark}</th>{cells}</tr>"


def _end_html(one: Outcome) -> str:
    lines = pre(_safe(line.text) for line in one.log_end) if one.log_end else "<p>no lines</p>"
    return f"<p>The end of the {escaped(one.name)}'s log</p>{lines}"


def _lines_html(title: str, lines: Iterable[str]) -> str:
    return f"<p>{title}</p>{pre(_safe(line) for line in lines)}"


def shown_row(row: Row) -> tuple[str, str, str]:
    """A row as it may leave this machine: secrets are hidden, by their names and by their shape."""
    name = row.label.rpartition(" ")[2]
    return row.label, _safe(row.before, name), _safe(row.after, name)


def _safe(text: str, name: str = "") -> str:
    return "\n".join(readable(line) for line in without_secrets(redacted(name, text)).splitlines())
