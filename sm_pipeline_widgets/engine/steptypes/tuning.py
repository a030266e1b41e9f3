"""Tuning: training jobs with values searched for, the best of them for later steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine.container import own_entry_point
from sm_pipeline_widgets.engine.records import JobKind
from sm_pipeline_widgets.engine.steptypes.base import JOB_ERRORS, Parity, ParityStatus, StepType
from sm_pipeline_widgets.engine.steptypes.job import run_job

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sm_pipeline_widgets.engine.steptypes.base import Done, Services, Task

_COMPARED = (
    "AlgorithmSpecification",
    "HyperParameterRanges",
    "InputDataConfig",
    "StaticHyperParameters",
    "TuningObjective",
)


def run(task: Task) -> Done:
    return run_job(task, JobKind.TUNING)


def check(step: Mapping[str, Any], _services: Services) -> str:
    """Why a definition's container cannot be started without its image."""
    return entry_point_problem(step.get("Arguments") or {})


def entry_point_problem(request: Mapping[str, Any]) -> str:
    for at in (request.get("TrainingJobDefinition"), *(request.get("TrainingJobDefinitions") or ())):
        if isinstance(at, dict):
            as_training = {**at, "HyperParameters": at.get("StaticHyperParameters") or {}}
            missing = own_entry_point("Training", as_training)
            if missing:
                missing = missing.replace("hyperparameter", "static hyperparameter")
                return f"{missing}, and the image's own entry point is not here"
    return ""


def compared(arguments: Mapping[str, Any], _keys: Mapping[str, Any]) -> Any:
    """What a cached result must have in common."""
    definition = arguments.get("TrainingJobDefinition") or {}
    return {
        "HyperParameterTuningJobConfig": arguments.get("HyperParameterTuningJobConfig"),
        "TrainingJobDefinition": {name: definition[name] for name in _COMPARED if name in definition},
        "TrainingJobDefinitions": arguments.get("TrainingJobDefinitions"),
    }


TUNING = StepType(
    name="Tuning",
    run=run,
    parity=Parity(
        ParityStatus.APPROXIMATED,
        "Random and grid search; Bayesian by optuna where it is installed, else at random; Hyperband by successive "
        "halving (a value of the objective in the log is one unit of resource), at random. Early stopping by the "
        "median rule; warm starts from tunings of this engine.",
    ),
    compared=compared,
    retryable=JOB_ERRORS - {"SageMaker.JOB_INTERNAL_ERROR"},
    check=check,
    takes_slot=True,
)
