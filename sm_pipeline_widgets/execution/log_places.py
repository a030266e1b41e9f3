"""Where a step's log lies, by what the service says of the step (``sagemaker.md`` §4.1).

Knows names of log groups and streams; whether anything is there yet only a reader can tell.

>>> place = log_place({"ProcessingJob": {"Arn": "arn:aws:sagemaker:r:1:processing-job/p-1-Clean-x"}})
>>> place.group, place.prefix
('/aws/sagemaker/ProcessingJobs', 'p-1-Clean-x/')
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sm_pipeline_widgets.execution.state import StepState


class LogKind(StrEnum):
    """How a log is read."""

    STREAMS = "streams"
    """Streams of one job, one for each host."""
    TUNING = "tuning"
    """Streams of the training jobs of a tuning job."""
    AUTOML = "automl"
    """Streams of the jobs that an AutoML job made."""
    WINDOW = "window"
    """A group that others write to as well; the step's lines are those of its time."""
    LINK = "link"
    """Files in S3."""
    NONE = "none"


@dataclass(frozen=True, slots=True)
class LogPlace:
    """``name`` is the job's, function's or endpoint's; ``prefix`` how its streams begin; ``link`` an S3 URI."""

    kind: LogKind
    name: str = ""
    group: str = ""
    prefix: str = ""
    link: str = ""


NOWHERE = LogPlace(LogKind.NONE)
TRAINING_GROUP = "/aws/sagemaker/TrainingJobs"
PROCESSING_GROUP = "/aws/sagemaker/ProcessingJobs"
TRANSFORM_GROUP = "/aws/sagemaker/TransformJobs"


def log_place(metadata: Mapping[str, Any]) -> LogPlace:
    """The place for a step's ``Metadata``; :data:`NOWHERE` for steps that write none or have no job yet."""
    for member, value in metadata.items():
        if not isinstance(value, dict):
            continue
        if value.get("CheckJobArn"):  # QualityCheck and ClarifyCheck run a processing job
            return _streams(PROCESSING_GROUP, str(value["CheckJobArn"]))
        link = value.get("LogFilePath") or value.get("S3OutputLocation")
        if link:
            return LogPlace(LogKind.LINK, str(value.get("StepName") or value.get("JobRunName") or ""), link=str(link))
        make = _PLACES.get(member)
        arn = str(value.get("Arn") or "")
        if make is not None and arn:
            return make(arn)
    return NOWHERE


def log_key(step: StepState) -> str:
    """What tells one log of a step from the next: a retried step has a new job, or runs at another time."""
    place = log_place(step.metadata)
    if place.kind is LogKind.WINDOW and step.started is not None:
        return f"{place.group} {step.started.timestamp():.3f}"
    return f"{place.group} {place.name} {place.link}"


def _streams(group: str, arn: str) -> LogPlace:
    name = _name(arn)
    return LogPlace(LogKind.STREAMS, name, group, f"{name}/")


def _tuning(arn: str) -> LogPlace:
    name = _name(arn)  # its training jobs are named <tuning job>-001-<hash>
    return LogPlace(LogKind.TUNING, name, TRAINING_GROUP, f"{name}-")


def _job(arn: str) -> LogPlace:
    # arn:…:job/<category>/<name>
    category, _, name = arn.partition(":job/")[2].partition("/")
    return LogPlace(LogKind.STREAMS, name, f"/aws/sagemaker/Job/{category}", name)


def _function(arn: str) -> LogPlace:
    name = arn.partition(":function:")[2].partition(":")[0]  # a version or alias may follow
    return LogPlace(LogKind.WINDOW, name, f"/aws/lambda/{name}")


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]


_PLACES: Mapping[str, Callable[[str], LogPlace]] = {
    "TrainingJob": lambda arn: _streams(TRAINING_GROUP, arn),
    "ProcessingJob": lambda arn: _streams(PROCESSING_GROUP, arn),
    "TransformJob": lambda arn: _streams(TRANSFORM_GROUP, arn),
    "TuningJob": _tuning,
    "AutoMLJob": lambda arn: LogPlace(LogKind.AUTOML, _name(arn)),
    "Job": _job,
    "Lambda": _function,
    "Endpoint": lambda arn: LogPlace(LogKind.WINDOW, _name(arn), f"/aws/sagemaker/Endpoints/{_name(arn)}"),
    "InferenceComponent": lambda arn: LogPlace(
        LogKind.WINDOW, _name(arn), f"/aws/sagemaker/InferenceComponents/{_name(arn)}"
    ),
}
