"""What crosses to the page of a replay: a step's two runs beside each other.

The twin of ``labextension/src/replayProtocol.ts``: the same names, in the same order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from sm_pipeline_widgets.view.redact import without_keys
from sm_pipeline_widgets.view.replay_text import shown_row
from sm_pipeline_widgets.widgets.log_messages import LogRow  # noqa: TC001 - the messages are read at run time
from sm_pipeline_widgets.widgets.protocol import MAX_LINE, log_rows, wire_text

if TYPE_CHECKING:
    from sm_pipeline_widgets.execution.beside import Beside, Row


class ReplayRow(TypedDict):
    """A line of the comparison; ``differs`` marks what is worth a look."""

    label: str
    before: str
    after: str
    differs: bool


class ReplayFact(TypedDict):
    """A step's two runs. ``arn`` is the replay's execution, ``status`` the replayed step's state."""

    step: str
    arn: str
    status: str
    is_final: bool
    rows: list[ReplayRow]
    notes: list[str]
    before_log: list[LogRow]
    after_log: list[LogRow]
    difference: str
    code: str


def replay_fact(both: Beside) -> ReplayFact:
    """Both runs as the page is told of them; secrets are hidden."""
    return ReplayFact(
        step=wire_text(both.step),
        arn=both.arn,
        status=both.replay.status.value,
        is_final=both.is_final,
        rows=[_row(row) for row in both.rows],
        notes=[wire_text(without_keys(note), MAX_LINE) for note in both.notes],
        before_log=log_rows(both.original.log_end),
        after_log=log_rows(both.replay.log_end),
        difference=wire_text(without_keys("\n".join(both.difference))),
        code=wire_text(without_keys(both.code)),
    )


def _row(row: Row) -> ReplayRow:
    label, before, after = (wire_text(text, MAX_LINE) for text in shown_row(row))
    return ReplayRow(label=label, before=before, after=after, differs=row.is_different)
