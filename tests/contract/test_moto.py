"""The same calls against the engine and against moto: what they answer alike, and where they differ, with the reason.

Compared are the error's code, or the members of the answer. moto knows 46 of the operations the engine answers and runs
no step; where they differ, the reason says whose word the engine follows.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

ROLE = "arn:aws:iam::000000000000:role/local-role-name"
DATA = "s3://sagemaker-us-east-1-000000000000/moto/model.tar.gz"
STRANGE = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/p/execution/aaaaaaaaaaaa"
DEFINITION = json.dumps(
    {
        "Version": "2020-12-01",
        "Parameters": [{"Name": "p", "Type": "String", "DefaultValue": "d"}],
        "Steps": [{"Name": "no", "Type": "Fail", "Arguments": {"ErrorMessage": "no"}}],
    }
)
INFERENCE = {
    "Containers": [{"Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/x:1"}],
    "SupportedContentTypes": ["text/csv"],
    "SupportedResponseMIMETypes": ["text/csv"],
}
VARIANTS = [{"VariantName": "v", "ModelName": "m", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}]


@dataclass(frozen=True)
class Call:
    """One call; a value that begins with `$` is what an earlier call answered."""

    label: str
    operation: str
    parameters: dict[str, Any] = field(default_factory=dict)


CALLS = (
    Call(
        "create-pipeline",
        "create_pipeline",
        {"PipelineName": "p", "PipelineDefinition": DEFINITION, "RoleArn": ROLE, "Tags": [{"Key": "a", "Value": "b"}]},
    ),
    Call(
        "create-pipeline-2", "create_pipeline", {"PipelineName": "p", "PipelineDefinition": DEFINITION, "RoleArn": ROLE}
    ),
    Call("create-pipeline-3", "create_pipeline", {"PipelineName": "q", "RoleArn": ROLE}),
    Call(
        "create-pipeline-4", "create_pipeline", {"PipelineName": "q", "RoleArn": ROLE, "PipelineDefinition": "no json"}
    ),
    Call("describe-pipeline", "describe_pipeline", {"PipelineName": "p"}),
    Call("describe-pipeline-that-is-not-there", "describe_pipeline", {"PipelineName": "nothere"}),
    Call("list-pipelines", "list_pipelines", {}),
    Call("list-pipelines-2", "list_pipelines", {"PipelineNamePrefix": "p"}),
    Call("update-pipeline", "update_pipeline", {"PipelineName": "p", "PipelineDisplayName": "shown"}),
    Call(
        "update-pipeline-that-is-not-there",
        "update_pipeline",
        {"PipelineName": "nothere", "PipelineDisplayName": "shown"},
    ),
    Call(
        "start-pipeline-execution",
        "start_pipeline_execution",
        {"PipelineName": "p", "PipelineParameters": [{"Name": "p", "Value": "x"}]},
    ),
    Call("start-pipeline-execution-that-is-not-there", "start_pipeline_execution", {"PipelineName": "nothere"}),
    Call("list-pipeline-executions", "list_pipeline_executions", {"PipelineName": "p"}),
    Call("list-pipeline-executions-that-is-not-there", "list_pipeline_executions", {"PipelineName": "nothere"}),
    Call("describe-pipeline-execution", "describe_pipeline_execution", {"PipelineExecutionArn": "$arn"}),
    Call(
        "describe-pipeline-definition-for-execution",
        "describe_pipeline_definition_for_execution",
        {"PipelineExecutionArn": "$arn"},
    ),
    Call(
        "list-pipeline-parameters-for-execution",
        "list_pipeline_parameters_for_execution",
        {"PipelineExecutionArn": "$arn"},
    ),
    Call("describe-pipeline-execution-2", "describe_pipeline_execution", {"PipelineExecutionArn": STRANGE}),
    Call("list-tags", "list_tags", {"ResourceArn": "$pipeline"}),
    Call("add-tags", "add_tags", {"ResourceArn": "$pipeline", "Tags": [{"Key": "c", "Value": "d"}]}),
    Call("delete-tags", "delete_tags", {"ResourceArn": "$pipeline", "TagKeys": ["c"]}),
    Call("delete-pipeline", "delete_pipeline", {"PipelineName": "p"}),
    Call("delete-pipeline-2", "delete_pipeline", {"PipelineName": "p"}),
    Call(
        "create-model",
        "create_model",
        {"ModelName": "m", "ExecutionRoleArn": ROLE, "PrimaryContainer": {"Image": "i", "ModelDataUrl": DATA}},
    ),
    Call(
        "create-model-2",
        "create_model",
        {"ModelName": "m", "ExecutionRoleArn": ROLE, "PrimaryContainer": {"Image": "i", "ModelDataUrl": DATA}},
    ),
    Call(
        "create-model-3",
        "create_model",
        {"ModelName": "n", "ExecutionRoleArn": ROLE, "PrimaryContainer": {"Image": "i", "ModelDataUrl": DATA + "x"}},
    ),
    Call("describe-model", "describe_model", {"ModelName": "m"}),
    Call("describe-model-that-is-not-there", "describe_model", {"ModelName": "nothere"}),
    Call("list-models", "list_models", {"NameContains": "m"}),
    Call(
        "create-model-package-group",
        "create_model_package_group",
        {"ModelPackageGroupName": "g", "ModelPackageGroupDescription": "d"},
    ),
    Call("create-model-package-group-2", "create_model_package_group", {"ModelPackageGroupName": "g"}),
    Call("describe-model-package-group", "describe_model_package_group", {"ModelPackageGroupName": "g"}),
    Call(
        "describe-model-package-group-that-is-not-there",
        "describe_model_package_group",
        {"ModelPackageGroupName": "nothere"},
    ),
    Call("list-model-package-groups", "list_model_package_groups", {}),
    Call(
        "create-model-package",
        "create_model_package",
        {
            "ModelPackageGroupName": "g",
            "InferenceSpecification": INFERENCE,
            "ModelApprovalStatus": "PendingManualApproval",
        },
    ),
    Call(
        "create-model-package-that-is-not-there",
        "create_model_package",
        {"ModelPackageGroupName": "nothere", "InferenceSpecification": INFERENCE},
    ),
    Call("describe-model-package", "describe_model_package", {"ModelPackageName": "$package"}),
    Call("describe-model-package-that-is-not-there", "describe_model_package", {"ModelPackageName": "nothere"}),
    Call("list-model-packages", "list_model_packages", {"ModelPackageGroupName": "g"}),
    Call(
        "update-model-package",
        "update_model_package",
        {"ModelPackageArn": "$package", "ModelApprovalStatus": "Approved", "ApprovalDescription": "ok"},
    ),
    Call("describe-model-package-3", "describe_model_package", {"ModelPackageName": "$package"}),
    Call(
        "create-endpoint-config", "create_endpoint_config", {"EndpointConfigName": "c", "ProductionVariants": VARIANTS}
    ),
    Call(
        "create-endpoint-config-2",
        "create_endpoint_config",
        {"EndpointConfigName": "c", "ProductionVariants": VARIANTS},
    ),
    Call("describe-endpoint-config", "describe_endpoint_config", {"EndpointConfigName": "c"}),
    Call("describe-endpoint-config-that-is-not-there", "describe_endpoint_config", {"EndpointConfigName": "nothere"}),
    Call("list-endpoint-configs", "list_endpoint_configs", {}),
    Call("create-endpoint", "create_endpoint", {"EndpointName": "e", "EndpointConfigName": "c"}),
    Call(
        "create-endpoint-that-is-not-there", "create_endpoint", {"EndpointName": "f", "EndpointConfigName": "nothere"}
    ),
    Call("describe-endpoint", "describe_endpoint", {"EndpointName": "e"}),
    Call("describe-endpoint-that-is-not-there", "describe_endpoint", {"EndpointName": "nothere"}),
    Call("list-endpoints", "list_endpoints", {}),
    Call("delete-endpoint", "delete_endpoint", {"EndpointName": "e"}),
    Call("delete-endpoint-2", "delete_endpoint", {"EndpointName": "e"}),
    Call("delete-endpoint-config", "delete_endpoint_config", {"EndpointConfigName": "c"}),
    Call("delete-endpoint-config-2", "delete_endpoint_config", {"EndpointConfigName": "c"}),
    Call("delete-model", "delete_model", {"ModelName": "m"}),
    Call("delete-model-2", "delete_model", {"ModelName": "m"}),
    Call("describe-training-job-that-is-not-there", "describe_training_job", {"TrainingJobName": "nothere"}),
    Call("describe-processing-job-that-is-not-there", "describe_processing_job", {"ProcessingJobName": "nothere"}),
    Call("describe-transform-job-that-is-not-there", "describe_transform_job", {"TransformJobName": "nothere"}),
    Call("list-training-jobs", "list_training_jobs", {}),
)
THE_MODEL = "the API's model has ResourceNotFound for it; moto says ValidationException"
CHECKED = "the engine checks what the service checks"
MORE = "moto leaves out, or makes up, members that the request did not give"
DIFFERENCES = {
    "create-pipeline-4": CHECKED + ": a definition that is no JSON is refused",
    "create-model-2": CHECKED + ": a model's name is taken",
    "create-model-3": CHECKED + ": model data must be there",
    "create-model-package-group-2": CHECKED + ": a group's name is taken",
    "create-endpoint-config-2": CHECKED + ": a configuration's name is taken",
    "describe-pipeline-that-is-not-there": THE_MODEL,
    "update-pipeline-that-is-not-there": THE_MODEL,
    "start-pipeline-execution-that-is-not-there": THE_MODEL,
    "list-pipeline-executions-that-is-not-there": THE_MODEL,
    "describe-pipeline-execution-2": THE_MODEL,
    "delete-pipeline-2": THE_MODEL,
    "update-pipeline": MORE + ": PipelineVersionId, since moto has no versions",
    "describe-pipeline-execution": MORE + ": PipelineVersionId; an experiment that nobody configured",
    "describe-model": MORE + ": empty Containers and VpcConfig",
    "describe-model-package-group": MORE + ": the description that was given",
    "describe-model-package": MORE + ": ModelPackageName, which the API's model requires",
    "describe-model-package-3": MORE + ": as before; moto names who changed it",
    "describe-endpoint-config": MORE + ": an empty DataCaptureConfig",
    "describe-endpoint": MORE + ": moto's is in service at once, without a model being loaded",
}


def outcome(client, call: Call, names: dict[str, str]) -> tuple[str, ...]:
    """An error's code, or the names of an answer's members."""
    parameters = {
        key: names.get(value[1:], value) if isinstance(value, str) and value.startswith("$") else value
        for key, value in call.parameters.items()
    }
    try:
        answer = getattr(client, call.operation)(**parameters)
    except ClientError as error:
        return (error.response["Error"]["Code"],)
    del answer["ResponseMetadata"]
    for member, name in (("PipelineExecutionArn", "arn"), ("PipelineArn", "pipeline"), ("ModelPackageArn", "package")):
        if member in answer and call.operation.startswith(("create", "start")):
            names.setdefault(name, answer[member])
    return ("ok", *sorted(answer))


def outcomes(client) -> dict[str, tuple[str, ...]]:
    names: dict[str, str] = {}
    return {call.label: outcome(client, call, names) for call in CALLS}


@pytest.fixture(scope="module")
def both(engine):
    """What the engine and moto answer to all calls."""
    bucket, _, key = DATA.removeprefix("s3://").partition("/")
    engine.client("s3").put_object(Bucket=bucket, Key=key, Body=b"x")
    ours = outcomes(engine.client("sagemaker"))
    with mock_aws():
        return ours, outcomes(boto3.Session("a", "b", region_name="us-east-1").client("sagemaker"))


@pytest.mark.parametrize("label", [call.label for call in CALLS])
def test_both_answer_alike_or_differ_for_a_reason(both, label):
    ours, theirs = (answers[label] for answers in both)
    if label in DIFFERENCES:
        assert ours != theirs, "they agree: take it out of DIFFERENCES"
        assert DIFFERENCES[label]
    else:
        assert ours == theirs


def test_labels_are_told_apart_and_every_difference_is_a_call():
    labels = [call.label for call in CALLS]
    assert len(labels) == len(set(labels))
    assert set(DIFFERENCES) <= set(labels)
