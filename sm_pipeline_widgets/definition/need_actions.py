"""The actions that a pipeline's role must be allowed for each type of step (sagemaker.md §3.7)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CALLER_PIPELINE = (
    "sagemaker:CreatePipeline", "sagemaker:UpdatePipeline", "sagemaker:DescribePipeline",
    "sagemaker:StartPipelineExecution", "sagemaker:ListPipelineExecutions",
)  # fmt: skip
CALLER_EXECUTION = (
    "sagemaker:DescribePipelineExecution", "sagemaker:DescribePipelineDefinitionForExecution",
    "sagemaker:ListPipelineExecutionSteps", "sagemaker:ListPipelineParametersForExecution",
    "sagemaker:StopPipelineExecution", "sagemaker:RetryPipelineExecution",
)  # fmt: skip
LOGS = ("logs:DescribeLogStreams", "logs:GetLogEvents", "logs:FilterLogEvents")

Row = tuple[tuple[str, ...], tuple[Any, ...], bool]
"""Actions, the resources (texts or expressions), and whether a role's policies alone decide."""

# Names that the service makes for jobs begin with `pipelines-`.
_JOBS = {
    "Processing": ("processing-job", "ProcessingJob"),
    "QualityCheck": ("processing-job", "ProcessingJob"),
    "ClarifyCheck": ("processing-job", "ProcessingJob"),
    "Training": ("training-job", "TrainingJob"),
    "Transform": ("transform-job", "TransformJob"),
    "Tuning": ("hyper-parameter-tuning-job", "HyperParameterTuningJob"),
    "AutoML": ("automl-job", "AutoMLJob"),
}
_RESOURCES = {
    "Model": ("model/*", ("CreateModel", "DescribeModel")),
    "RegisterModel": ("model-package/*", ("CreateModelPackage", "DescribeModelPackage")),
    "EndpointConfig": ("endpoint-config/*", ("CreateEndpointConfig", "DescribeEndpointConfig")),
    "Endpoint": ("endpoint/*", ("CreateEndpoint", "UpdateEndpoint", "DescribeEndpoint")),
    "InferenceComponent": (
        "inference-component/*",
        ("CreateInferenceComponent", "UpdateInferenceComponent", "DescribeInferenceComponent"),
    ),
}
_LINEAGE = {
    "Actions": ("action/*", "CreateAction"),
    "Artifacts": ("artifact/*", "CreateArtifact"),
    "Contexts": ("context/*", "CreateContext"),
    "Associations": ("*", "AddAssociation"),
}
_QUEUE = re.compile(r"https://sqs\.(?P<region>[\w-]+)\.[^/]+/(?P<account>\d{12})/(?P<name>[\w.-]+)")


class Place(Protocol):
    """What of an account the rows need."""

    @property
    def account(self) -> str: ...
    @property
    def region(self) -> str: ...
    @property
    def partition(self) -> str: ...
    def sagemaker(self, resource: str) -> str: ...


def step_actions(kind: str, step: Mapping[str, Any], at: Place) -> Iterator[Row]:
    """What the pipeline's role must be allowed so that a step can be started, watched and stopped."""
    found = step.get("Arguments")
    arguments: Mapping[str, Any] = found if isinstance(found, dict) else {}
    if kind in _JOBS:
        resource, noun = _JOBS[kind]
        actions = [f"sagemaker:{verb}{noun}" for verb in ("Create", "Describe", "Stop")]
        if kind == "Tuning":
            actions.append("sagemaker:ListTrainingJobsForHyperParameterTuningJob")
        yield _tagged(actions, arguments), (at.sagemaker(f"{resource}/pipelines-*"),), True
    elif kind in _RESOURCES:
        resource, names = _RESOURCES[kind]
        yield _tagged([f"sagemaker:{name}" for name in names], arguments), (at.sagemaker(resource),), True
    elif kind == "Lambda" and step.get("FunctionArn"):
        yield ("lambda:InvokeFunction",), (step["FunctionArn"],), False
    elif kind == "Callback":
        queue = _QUEUE.fullmatch(str(step.get("SqsQueueUrl")))
        if queue:
            arn = f"arn:{at.partition}:sqs:{queue['region']}:{queue['account']}:{queue['name']}"
            yield ("sqs:SendMessage",), (arn,), False
    elif kind == "Lineage":
        for member, (resource, action) in _LINEAGE.items():
            if arguments.get(member):
                where = resource if resource == "*" else at.sagemaker(resource)
                yield (f"sagemaker:{action}",), (where,), True
    elif kind in {"EMR", "EMRServerless"}:
        yield from _emr(kind, arguments, at)


def _tagged(actions: list[str], arguments: Mapping[str, Any]) -> tuple[str, ...]:
    return (*actions, *(["sagemaker:AddTags"] if arguments.get("Tags") else []))


def _emr(kind: str, arguments: Mapping[str, Any], at: Place) -> Iterator[Row]:
    if kind == "EMRServerless":
        base = f"arn:{at.partition}:emr-serverless:{at.region}:{at.account}:/applications/*"
        actions = ["StartJobRun", "GetJobRun", "CancelJobRun", "GetApplication"]
        actions += ["CreateApplication", "StartApplication"] if arguments.get("ApplicationConfig") else []
        yield tuple(f"emr-serverless:{name}" for name in actions), (base,), True
        return
    clusters = f"arn:{at.partition}:elasticmapreduce:{at.region}:{at.account}:cluster/*"
    yield (
        tuple(
            f"elasticmapreduce:{name}" for name in ("AddJobFlowSteps", "CancelSteps", "DescribeCluster", "DescribeStep")
        ),
        (clusters,),
        True,
    )
    if arguments.get("ClusterConfig"):
        yield ("elasticmapreduce:RunJobFlow",), ("*",), True
        yield ("elasticmapreduce:TerminateJobFlows",), (clusters,), True
    rule = f"arn:{at.partition}:events:{at.region}:{at.account}:rule/SageMakerPipelineExecutionEMRStepStatusUpdateRule"
    yield ("events:DescribeRule", "events:PutRule", "events:PutTargets"), (rule,), True
