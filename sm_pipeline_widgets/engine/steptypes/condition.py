"""Condition: decides at once which branch runs. What the branches are is the plan's business."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.engine.resolve import evaluate
from sm_pipeline_widgets.engine.steptypes.base import Done, Parity, ParityStatus, StepType

if TYPE_CHECKING:
    from sm_pipeline_widgets.engine.steptypes.base import Task


def run(task: Task) -> Done:
    """Evaluate the conditions, the first that does not hold ending the reading."""
    try:
        outcome = evaluate(task.arguments.get("Conditions") or [], task.scope)
    except (KeyError, TypeError) as error:
        return Done.failed(f"ClientError: a condition of step '{task.name}' lacks {error}.")
    return Done.succeeded({"Condition": {"Outcome": str(outcome)}}, {"Outcome": outcome})


CONDITION = StepType(
    name="Condition",
    run=run,
    parity=Parity(ParityStatus.SAME, "Every condition type, AND-ed with short circuit; nested conditions run as well."),
    is_resolved=False,
    is_at_once=True,
)
