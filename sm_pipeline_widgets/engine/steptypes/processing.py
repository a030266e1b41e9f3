"""Processing: a container of one's own entry point, data in and data out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.engine.records import JobKind
from sm_pipeline_widgets.engine.steptypes.base import JOB_ERRORS, Parity, ParityStatus, StepType, members
from sm_pipeline_widgets.engine.steptypes.job import check_entry_point, run_job

if TYPE_CHECKING:
    from sm_pipeline_widgets.engine.steptypes.base import Done, Task


def run(task: Task) -> Done:
    return run_job(task, JobKind.PROCESSING)


PROCESSING = StepType(
    name="Processing",
    run=run,
    parity=Parity(
        ParityStatus.SAME, "Own entry points; the packages are those of the engine's Python, not the image's."
    ),
    compared=members("AppSpecification", "Environment", "ProcessingInputs"),
    retryable=JOB_ERRORS,
    check=check_entry_point,
    own_name="ProcessingJobName",
    takes_slot=True,
)
