"""The job behind a step: which one it is, where it logs, and what the service says of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.aws.errors import translated
from sm_pipeline_widgets.aws.pipelines import answer_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sm_pipeline_widgets.aws.target import Target


class JobKind(StrEnum):
    """Members of a step's ``Metadata`` that name a job which can be described."""

    TRAINING = "TrainingJob"
    PROCESSING = "ProcessingJob"
    TRANSFORM = "TransformJob"
    TUNING = "TuningJob"
    AUTOML = "AutoMLJob"


@dataclass(frozen=True, slots=True)
class JobRef:
    """A job, by ARN and name; ``log_group`` is empty for jobs without a log of their own.

    The names of the job's log streams begin with ``log_prefix``.
    """

    kind: JobKind
    arn: str
    name: str
    log_group: str = ""
    log_prefix: str = ""


_GROUPS = {
    JobKind.TRAINING: "/aws/sagemaker/TrainingJobs",
    JobKind.PROCESSING: "/aws/sagemaker/ProcessingJobs",
    JobKind.TRANSFORM: "/aws/sagemaker/TransformJobs",
    JobKind.TUNING: "/aws/sagemaker/TrainingJobs",
    JobKind.AUTOML: "",
}


def job_of(metadata: Mapping[str, Any]) -> JobRef | None:
    """The job that a step's ``Metadata`` names, or None for steps without one (or one not created yet)."""
    for member, value in metadata.items():
        if not isinstance(value, dict):
            continue
        if member in set(JobKind):
            return _ref(JobKind(member), str(value.get("Arn") or ""))
        if value.get("CheckJobArn"):  # QualityCheck and ClarifyCheck run a processing job
            return _ref(JobKind.PROCESSING, str(value["CheckJobArn"]))
    return None


def describe_job(target: Target, job: JobRef) -> Mapping[str, Any]:
    """The answer of the job's own Describe operation."""
    client = target.sagemaker
    calls: Mapping[JobKind, Callable[[], Mapping[str, Any]]] = {
        JobKind.TRAINING: lambda: client.describe_training_job(TrainingJobName=job.name),
        JobKind.PROCESSING: lambda: client.describe_processing_job(ProcessingJobName=job.name),
        JobKind.TRANSFORM: lambda: client.describe_transform_job(TransformJobName=job.name),
        JobKind.TUNING: lambda: client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=job.name),
        JobKind.AUTOML: lambda: client.describe_auto_ml_job(AutoMLJobName=job.name),
    }
    with translated():
        return answer_of(calls[job.kind]())


def _ref(kind: JobKind, arn: str) -> JobRef | None:
    name = arn.rpartition("/")[2]
    if not name:
        return None
    # the training jobs of a tuning job are named after it: <tuning job>-001-<hash>
    separator = "-" if kind is JobKind.TUNING else "/"
    return JobRef(kind, arn, name, _GROUPS[kind], f"{name}{separator}")
