"""The job behind a step: which one it is, and what the service says of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.aws.errors import translated
from sm_pipeline_widgets.aws.pipelines import answer_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_sagemaker import SageMakerClient


class JobKind(StrEnum):
    """Members of a step's ``Metadata`` that name a thing which can be described."""

    TRAINING = "TrainingJob"
    PROCESSING = "ProcessingJob"
    TRANSFORM = "TransformJob"
    TUNING = "TuningJob"
    AUTOML = "AutoMLJob"
    JOB = "Job"
    MODEL = "Model"
    MODEL_PACKAGE = "RegisterModel"
    ENDPOINT = "Endpoint"
    ENDPOINT_CONFIG = "EndpointConfig"
    INFERENCE_COMPONENT = "InferenceComponent"


@dataclass(frozen=True, slots=True)
class JobRef:
    """A job (or model, endpoint, …) by ARN and name."""

    kind: JobKind
    arn: str
    name: str


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


def describe_job(client: SageMakerClient, job: JobRef) -> Mapping[str, Any]:
    """The answer of the job's own Describe operation."""
    name = job.name
    calls: Mapping[JobKind, Callable[[], Mapping[str, Any]]] = {
        JobKind.TRAINING: lambda: client.describe_training_job(TrainingJobName=name),
        JobKind.PROCESSING: lambda: client.describe_processing_job(ProcessingJobName=name),
        JobKind.TRANSFORM: lambda: client.describe_transform_job(TransformJobName=name),
        JobKind.TUNING: lambda: client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name),
        JobKind.AUTOML: lambda: client.describe_auto_ml_job(AutoMLJobName=name),
        JobKind.JOB: lambda: _describe_generic(client, job),
        JobKind.MODEL: lambda: client.describe_model(ModelName=name),
        JobKind.MODEL_PACKAGE: lambda: client.describe_model_package(ModelPackageName=job.arn),
        JobKind.ENDPOINT: lambda: client.describe_endpoint(EndpointName=name),
        JobKind.ENDPOINT_CONFIG: lambda: client.describe_endpoint_config(EndpointConfigName=name),
        JobKind.INFERENCE_COMPONENT: lambda: client.describe_inference_component(InferenceComponentName=name),
    }
    with translated():
        return answer_of(calls[job.kind]())


def _describe_generic(client: Any, job: JobRef) -> Mapping[str, Any]:
    """DescribeJob, which boto3 knows since 2026; an older one says so by an AttributeError nobody would understand."""
    if not hasattr(client, "describe_job"):
        return {}
    category = job.arn.partition(":job/")[2].partition("/")[0]
    answer: Mapping[str, Any] = client.describe_job(JobName=job.name, JobCategory=category)
    return answer


def _ref(kind: JobKind, arn: str) -> JobRef | None:
    name = arn.rpartition("/")[2]
    return JobRef(kind, arn, name) if name else None
