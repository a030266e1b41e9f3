"""A hyperparameter tuning as values: its definitions, its training jobs' requests, which of them is the best. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine import script_mode
from sm_pipeline_widgets.engine.hyperband import Resources, resources_of
from sm_pipeline_widgets.engine.names import derived_text
from sm_pipeline_widgets.engine.records import JobRecord, JobStatus
from sm_pipeline_widgets.engine.search import (
    Range,
    SearchError,
    Trial,
    grid_size,
    ranges_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


TUNED, TUNING, DEFINITION, WARNINGS = "Tuned", "TuningJobArn", "TrainingJobDefinitionName", "Warnings"
"""Members of a training job's details: its values, its tuning, its definition, what its log begins with."""
_COPIED = (
    "RoleArn",
    "InputDataConfig",
    "VpcConfig",
    "OutputDataConfig",
    "ResourceConfig",
    "StoppingCondition",
    "EnableNetworkIsolation",
    "EnableInterContainerTrafficEncryption",
    "EnableManagedSpotTraining",
    "CheckpointConfig",
    "Environment",
)


@dataclass(frozen=True, slots=True)
class Definition:
    """One of a tuning's training job definitions."""

    name: str
    request: Mapping[str, Any]
    ranges: tuple[Range, ...]
    metric: str
    maximizes: bool
    resources: Resources | None = None
    """How long its training jobs may run, where the tuning follows Hyperband."""


def definitions_of(request: Mapping[str, Any]) -> tuple[Definition, ...]:
    """The training job definitions of a CreateHyperParameterTuningJob request.

    Raises
    ------
    SearchError
        There is none, or one lacks ranges, an objective or what its strategy must know.
    """
    config = request["HyperParameterTuningJobConfig"]
    single = request.get("TrainingJobDefinition")
    given = [single] if single else list(request.get("TrainingJobDefinitions") or [])
    if not given:
        raise SearchError("The tuning has neither TrainingJobDefinition nor TrainingJobDefinitions.")
    found = []
    for number, at in enumerate(given):
        objective = at.get("TuningObjective") or config.get("HyperParameterTuningJobObjective")
        if not objective:
            raise SearchError("The tuning has no objective, and the engine on this machine chooses none by itself.")
        ranges = ranges_of(at.get("HyperParameterRanges") or config.get("ParameterRanges") or {})
        name = str(at.get("DefinitionName") or f"definition-{number}")
        resources = resources_of(config, at.get("StaticHyperParameters") or {})
        maximizes = objective["Type"] == "Maximize"
        found.append(Definition(name, at, ranges, str(objective["MetricName"]), maximizes, resources))
    return tuple(found)


def most_jobs(config: Mapping[str, Any], definitions: tuple[Definition, ...]) -> int:
    """How many training jobs a tuning may begin.

    Raises
    ------
    SearchError
        A grid cannot be made of its ranges.
    """
    given = (config.get("ResourceLimits") or {}).get("MaxNumberOfTrainingJobs")
    if config.get("Strategy") == "Grid":
        points = sum(grid_size(at.ranges) for at in definitions)
        return min(points, int(given)) if given else points
    return int(given or 1)


def child_name(tuning: str, index: int) -> str:
    """What the training job of a number is called: ``<tuning>-001-<8 characters>``."""
    return f"{tuning}-{index + 1:03d}-{derived_text(f'{tuning} {index}', 8)}"


def objective_of(job: JobRecord, metric: str) -> float | None:
    """What a training job's log gave for the objective, if it has completed, or was stopped early."""
    if job.status not in (JobStatus.COMPLETED, JobStatus.STOPPED):
        return None
    return next((at.value for at in job.metrics if at.name == metric), None)


def child_request(definition: Definition, values: Mapping[str, str]) -> dict[str, Any]:
    """The CreateTrainingJob request of a training job."""
    at = definition.request
    request = {name: at[name] for name in _COPIED if name in at}
    cluster = at.get("HyperParameterTuningResourceConfig")
    if cluster and "ResourceConfig" not in request:
        request["ResourceConfig"] = {
            "InstanceCount": 1,
            **((cluster.get("InstanceConfigs") or [{}])[0]),
            **{name: cluster[name] for name in ("InstanceType", "InstanceCount", "VolumeSizeInGB") if name in cluster},
        }
    request["AlgorithmSpecification"] = dict(at["AlgorithmSpecification"])
    static = at.get("StaticHyperParameters") or {}
    # script mode's values are JSON
    metric = json.dumps(definition.metric) if script_mode.PROGRAM in static else definition.metric
    request["HyperParameters"] = {**static, **values, script_mode.TUNING_METRIC: metric}
    return request


def ranked(jobs: Sequence[JobRecord], request: Mapping[str, Any]) -> list[JobRecord]:
    """A tuning's training jobs, the best first; those without an objective last."""

    def rank(job: JobRecord) -> tuple[bool, float, str]:
        definition = definition_of(request, job)
        value = objective_of(job, definition.metric)
        signed = 0.0 if value is None else -value if definition.maximizes else value
        return (value is None, signed, job.name)

    return sorted(jobs, key=rank)


def trials_of(tuning: JobRecord, jobs: Sequence[JobRecord]) -> list[Trial]:
    """What a tuning tried, with what came of it, where something did."""
    found = [
        Trial(job.details.get(TUNED, {}), objective_of(job, definition_of(tuning.request, job).metric)) for job in jobs
    ]
    return [trial for trial in found if trial.objective is not None]


def definition_of(request: Mapping[str, Any], job: JobRecord) -> Definition:
    """The definition that a tuning's training job follows."""
    definitions = definitions_of(request)
    own = job.details.get(DEFINITION, "")
    return next((at for at in definitions if at.request.get("DefinitionName", "") == own), definitions[0])
