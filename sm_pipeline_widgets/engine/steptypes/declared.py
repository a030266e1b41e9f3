"""A step that does not run here: its user declared what it returns (``local: {outputs: …}`` in the cell)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine.resolve import resolve
from sm_pipeline_widgets.engine.steptypes.base import Done, Parity, ParityStatus, StepType

if TYPE_CHECKING:
    from sm_pipeline_widgets.engine.steptypes.base import Task


def run(task: Task) -> Done:
    """Succeed with the declared outputs; those of a step that declares ``OutputParameters`` are found there as well."""
    outputs: dict[str, Any] = resolve(task.local["outputs"], task.scope)
    declared = [at["OutputName"] for at in task.step.get("OutputParameters") or [] if "OutputName" in at]
    missing = [name for name in declared if name not in outputs]
    if missing:
        return Done.failed(
            f"ClientError: `local: outputs:` of step '{task.name}' does not give {', '.join(missing)}, "
            "which the step declares as OutputParameters."
        )
    return Done.succeeded({}, {**outputs, "OutputParameters": outputs} if declared else outputs)


DECLARED = StepType(
    name="",
    run=run,
    parity=Parity(ParityStatus.APPROXIMATED, "Any step can be answered with declared outputs; then nothing runs."),
    is_at_once=True,
)
