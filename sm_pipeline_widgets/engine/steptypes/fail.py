"""Fail: ends the execution with a message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.engine.resolve import render_text
from sm_pipeline_widgets.engine.steptypes.base import Done, Parity, ParityStatus, StepType

if TYPE_CHECKING:
    from sm_pipeline_widgets.engine.steptypes.base import Task

LONGEST_MESSAGE = 3072


def run(task: Task) -> Done:
    """Fail with the resolved message."""
    message = render_text(task.arguments.get("ErrorMessage", ""))
    return Done.failed(message, {"Fail": {"ErrorMessage": message[:LONGEST_MESSAGE]}})


FAIL = StepType(
    name="Fail",
    run=run,
    parity=Parity(ParityStatus.SAME, "Peers that run already finish first; such an execution cannot be retried."),
    is_at_once=True,
    ends_for_good=True,
)
