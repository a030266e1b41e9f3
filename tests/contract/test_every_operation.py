"""Every pipeline operation by the AWS CLI, and every paginator of boto3 that the engine can feed."""

from __future__ import annotations

import json
import re

import pytest

from sm_pipeline_widgets.engine.operations.registry import OPERATIONS
from sm_pipeline_widgets.engine.wire import service_model

TEXT = json.dumps(
    {
        "Version": "2020-12-01",
        "Parameters": [{"Name": at, "Type": "String", "DefaultValue": "d"} for at in ("p", "q", "r")],
        "Steps": [
            {"Name": at, "Type": "Callback", "SqsQueueUrl": f"https://sqs.us-east-1.amazonaws.com/1/cli-{at}",
             "Arguments": {}, "OutputParameters": []}
            for at in ("good", "bad")
        ],
    }
)  # fmt: skip


def of_pipelines() -> set[str]:
    """The operations about pipelines that the API has, and those of tags, as the CLI spells them."""
    names = {name for name in service_model("sagemaker").operation_names if "Pipeline" in name}
    names |= {"AddTags", "ListTags", "DeleteTags"}
    return {re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower() for name in names}


@pytest.mark.timeout(600)  # thirty starts of the CLI
def test_every_pipeline_operation_by_the_cli(engine, aws, wait, tmp_path):
    (tmp_path / "definition.json").write_text(TEXT)
    done: set[str] = set()

    def sagemaker(operation: str, **options: str):
        done.add(operation)
        words = [word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", value)]
        return aws("sagemaker", operation, *words)

    name, role = "cli-every", engine.endpoint.role
    arn = sagemaker(
        "create-pipeline", pipeline_name=name, role_arn=role, pipeline_definition="file://definition.json",
        tags="Key=a,Value=b",
    )["PipelineArn"]  # fmt: skip
    assert sagemaker("list-tags", resource_arn=arn)["Tags"] == [{"Key": "a", "Value": "b"}]
    sagemaker("add-tags", resource_arn=arn, tags="Key=c,Value=d")
    sagemaker("delete-tags", resource_arn=arn, tag_keys="a")
    assert sagemaker("update-pipeline", pipeline_name=name, pipeline_description="said")["PipelineArn"] == arn
    assert sagemaker("describe-pipeline", pipeline_name=name)["PipelineDescription"] == "said"
    assert [
        at["PipelineArn"] for at in sagemaker("list-pipelines", pipeline_name_prefix=name)["PipelineSummaries"]
    ] == [arn]
    versions = sagemaker("list-pipeline-versions", pipeline_name=name)["PipelineVersionSummaries"]
    version = str(versions[0]["PipelineVersionId"])
    sagemaker(
        "update-pipeline-version", pipeline_arn=arn, pipeline_version_id=version, pipeline_version_display_name="v"
    )

    run = sagemaker(
        "start-pipeline-execution", pipeline_name=name, pipeline_parameters="Name=p,Value=x",
        pipeline_execution_display_name="one",
    )["PipelineExecutionArn"]  # fmt: skip
    given = sagemaker("list-pipeline-parameters-for-execution", pipeline_execution_arn=run)["PipelineParameters"]
    assert {at["Name"]: at["Value"] for at in given} == {"p": "x", "q": "d", "r": "d"}
    text = sagemaker("describe-pipeline-definition-for-execution", pipeline_execution_arn=run)["PipelineDefinition"]
    assert json.loads(text) == json.loads(TEXT)
    sagemaker("update-pipeline-execution", pipeline_execution_arn=run, pipeline_execution_description="changed")
    assert (
        sagemaker("describe-pipeline-execution", pipeline_execution_arn=run)["PipelineExecutionDescription"]
        == "changed"
    )
    steps = sagemaker("list-pipeline-execution-steps", pipeline_execution_arn=run)["PipelineExecutionSteps"]
    tokens = {step["StepName"]: step["Metadata"]["Callback"]["CallbackToken"] for step in steps}
    sagemaker("send-pipeline-execution-step-success", callback_token=tokens["good"])
    sagemaker("send-pipeline-execution-step-failure", callback_token=tokens["bad"], failure_reason="no")
    assert wait(run)["PipelineExecutionStatus"] == "Failed"

    assert sagemaker("retry-pipeline-execution", pipeline_execution_arn=run)["PipelineExecutionArn"] == run
    sagemaker("stop-pipeline-execution", pipeline_execution_arn=run)
    steps = sagemaker("list-pipeline-execution-steps", pipeline_execution_arn=run)["PipelineExecutionSteps"]
    token = next(at for at in steps if at["StepName"] == "bad")["Metadata"]["Callback"]["CallbackToken"]
    sagemaker("send-pipeline-execution-step-success", callback_token=token)
    assert wait(run)["PipelineExecutionStatus"] == "Stopped"
    listed = sagemaker("list-pipeline-executions", pipeline_name=name)["PipelineExecutionSummaries"]
    assert [at["PipelineExecutionArn"] for at in listed] == [run]
    sagemaker("delete-pipeline", pipeline_name=name)
    assert done == of_pipelines()


@pytest.fixture(scope="module")
def many(engine):
    """Three of everything that is listed, all named `page-…`."""
    client, role = engine.client("sagemaker"), engine.endpoint.role
    steps = [{"Name": f"part-{n}", "Type": "Model", "Arguments": {"ExecutionRoleArn": role}} for n in range(3)]
    text = json.dumps({**json.loads(TEXT), "Steps": steps})
    inference = {
        "Containers": [{"Image": "i"}],
        "SupportedContentTypes": ["a/b"],
        "SupportedResponseMIMETypes": ["a/b"],
    }
    variant = {"VariantName": "v", "ModelName": "page-0", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    client.create_model_package_group(ModelPackageGroupName="page-group")
    for n in range(3):
        name = f"page-{n}"
        client.create_pipeline(PipelineName=name, PipelineDefinition=text, RoleArn=role)
        client.update_pipeline(PipelineName="page-0", PipelineDefinition=text)
        arn = client.start_pipeline_execution(PipelineName="page-0")["PipelineExecutionArn"]
        client.create_model(ModelName=name, ExecutionRoleArn=role, PrimaryContainer={"Image": "i"})
        client.create_model_package_group(ModelPackageGroupName=name)
        client.create_model_package(ModelPackageGroupName="page-group", InferenceSpecification=inference)
        client.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
        source = {"SourceUri": f"s3://page/{n}"}
        client.create_action(ActionName=name, ActionType="page-t", Source=source)
        client.create_artifact(ArtifactName=name, ArtifactType="page-t", Source=source)
        client.create_context(ContextName=name, ContextType="page-t", Source=source)
        client.add_association(SourceArn="arn:aws:sagemaker:us-east-1:000000000000:action/page-0", DestinationArn=(
            f"arn:aws:sagemaker:us-east-1:000000000000:context/{name}"))  # fmt: skip
    return {"execution": arn}


FOUND = {"Name": "PipelineName", "Operator": "In", "Value": "page-0,page-1,page-2"}
PAGED = {
    "ListActions": ({"ActionType": "page-t"}, 3),
    "ListArtifacts": ({"ArtifactType": "page-t"}, 3),
    "ListAssociations": ({"SourceArn": "arn:aws:sagemaker:us-east-1:000000000000:action/page-0"}, 3),
    "ListContexts": ({"ContextType": "page-t"}, 3),
    "ListEndpointConfigs": ({"NameContains": "page-"}, 3),
    "ListEndpoints": ({"NameContains": "page-"}, 0),
    "ListHyperParameterTuningJobs": ({"NameContains": "page-"}, 0),
    "ListModelPackageGroups": ({"NameContains": "page-"}, 4),
    "ListModelPackages": ({"ModelPackageGroupName": "page-group"}, 3),
    "ListModels": ({"NameContains": "page-"}, 3),
    "ListPipelineExecutionSteps": ({"PipelineExecutionArn": "$execution"}, 3),
    "ListPipelineExecutions": ({"PipelineName": "page-0"}, 3),
    "ListPipelineParametersForExecution": ({"PipelineExecutionArn": "$execution"}, 3),
    "ListPipelineVersions": ({"PipelineName": "page-0"}, 4),
    "ListPipelines": ({"PipelineNamePrefix": "page"}, 3),
    "ListProcessingJobs": ({"NameContains": "page-"}, 0),
    "ListTags": ({"ResourceArn": "arn:aws:sagemaker:us-east-1:000000000000:model/page-0"}, 0),
    "ListTrainingJobs": ({"NameContains": "page-"}, 0),
    "ListTransformJobs": ({"NameContains": "page-"}, 0),
    "Search": ({"Resource": "Pipeline", "SearchExpression": {"Filters": [FOUND]}}, 3),
}
NEED_A_TUNING_JOB = {"ListTrainingJobsForHyperParameterTuningJob"}


def paginated(client) -> dict[str, str]:
    """The operations that have a paginator here, by method."""
    methods = {
        method: name for method, name in client.meta.method_to_api_mapping.items() if client.can_paginate(method)
    }
    return {name: method for method, name in methods.items() if name in OPERATIONS["sagemaker"]}


def test_the_table_has_every_paginator(engine):
    assert set(PAGED) | NEED_A_TUNING_JOB == set(paginated(engine.client("sagemaker")))


@pytest.mark.parametrize("operation", PAGED)
def test_pages_of_one_hold_what_one_page_holds(engine, many, wait, operation):
    client = engine.client("sagemaker")
    wait(many["execution"])
    parameters, count = PAGED[operation]
    parameters = {key: many.get(str(value)[1:], value) for key, value in parameters.items()}
    method = paginated(client)[operation]
    paginator = client.get_paginator(method)
    (key,) = (at.expression for at in paginator.result_keys[:1])
    # the least that the API's model allows
    size = client.meta.service_model.operation_model(operation).input_shape.members["MaxResults"].metadata.get("min", 1)
    pages = list(paginator.paginate(**parameters, PaginationConfig={"PageSize": size}))
    whole = getattr(client, method)(**parameters)[key]
    assert [item for page in pages for item in page[key]] == whole
    # what cannot be narrowed down to this test's own holds what other tests made as well
    assert len(whole) == count if parameters else len(whole) >= count
    assert len(pages) == max(1, len(whole))
