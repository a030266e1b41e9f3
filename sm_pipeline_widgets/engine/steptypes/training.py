"""Training: script mode or an entry point of one's own; channels in, a model out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.engine.records import JobKind
from sm_pipeline_widgets.engine.steptypes.base import JOB_ERRORS, Parity, ParityStatus, StepType, members
from sm_pipeline_widgets.engine.steptypes.job import check_entry_point, run_job

if TYPE_CHECKING:
    from sm_pipeline_widgets.engine.steptypes.base import Done, Task


def run(task: Task) -> Done:
    return run_job(task, JobKind.TRAINING)


TRAINING = StepType(
    name="Training",
    run=run,
    parity=Parity(
        ParityStatus.SAME,
        "Own entry points, script mode and notebook jobs; several instances are processes of this machine. Images with "
        "an algorithm inside and Pipe mode are refused.",
    ),
    compared=members(
        "AlgorithmSpecification",
        "CheckpointConfig",
        "DebugHookConfig",
        "DebugRuleConfigurations",
        "Environment",
        "HyperParameters",
        "InputDataConfig",
    ),
    retryable=JOB_ERRORS,
    check=check_entry_point,
    own_name="TrainingJobName",
    takes_slot=True,
)
