"""Transform: a model served for as long as it takes to ask it everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.engine.records import JobKind
from sm_pipeline_widgets.engine.steptypes.base import JOB_ERRORS, Parity, ParityStatus, StepType, members
from sm_pipeline_widgets.engine.steptypes.job import run_job

if TYPE_CHECKING:
    from sm_pipeline_widgets.engine.steptypes.base import Done, Task


def run(task: Task) -> Done:
    return run_job(task, JobKind.TRANSFORM)


TRANSFORM = StepType(
    name="Transform",
    run=run,
    parity=Parity(
        ParityStatus.APPROXIMATED,
        "One server whatever the instance count, by the handler functions of the model's script (model_fn and so on); "
        "containers with a server of their own, chains of containers, RecordIO and TFRecord are refused.",
    ),
    compared=members("DataProcessing", "Environment", "ModelName", "TransformInput"),
    retryable=JOB_ERRORS,
    own_name="TransformJobName",
    takes_slot=True,
)
