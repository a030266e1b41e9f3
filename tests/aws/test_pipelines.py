"""Submit, start, stop and read: against moto where it can, and botocore's Stubber where it cannot."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from botocore.config import Config
from botocore.stub import ANY, Stubber
from moto import mock_aws

from sm_pipeline_widgets.aws import pipelines
from sm_pipeline_widgets.aws.session import TargetSession
from sm_pipeline_widgets.aws.target import Target
from sm_pipeline_widgets.errors import DefinitionError, ServiceError, TargetError, UsageError

ROLE = "arn:aws:iam::123456789012:role/service-role/Pipelines"
ARN = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/demo"
RUN = f"{ARN}/execution/abcdefghijkl"
WHEN = datetime(2026, 11, 1, tzinfo=UTC)
DEFINITION = {"Version": "2020-12-01", "Parameters": [], "Steps": []}


def make_target() -> Target:
    session = TargetSession(region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    return Target("aws", session, role=ROLE, account="123456789012")


@pytest.fixture
def moto_target():
    with mock_aws():
        yield make_target()


@pytest.fixture
def stub():
    """A target and the Stubber of its sagemaker client, which checks every call that is made."""
    target = make_target()
    with Stubber(target.sagemaker) as stubber:
        stubber.target = target
        yield stubber
        stubber.assert_no_pending_responses()


def described(definition: dict, **more: object) -> dict:
    return {
        "PipelineArn": ARN,
        "PipelineName": "demo",
        "RoleArn": ROLE,
        "PipelineDefinition": json.dumps(definition),
    } | more


def test_submit_start_and_read_against_moto(moto_target):
    assert pipelines.deployed(moto_target, "demo") is None
    arn = pipelines.submit(moto_target, "demo", DEFINITION, "first")
    found = pipelines.deployed(moto_target, "demo")
    assert (found.arn, found.definition, found.description) == (arn, DEFINITION, "first")

    changed = {**DEFINITION, "Parameters": [{"Name": "p", "Type": "String", "DefaultValue": "x"}]}
    assert pipelines.submit(moto_target, "demo", changed, "second") == arn
    assert pipelines.deployed(moto_target, "demo").definition == changed

    assert pipelines.latest_execution(moto_target, "demo") is None
    run = pipelines.start(moto_target, "demo", {"p": "y"})
    assert pipelines.parameters(moto_target, run) == {"p": "y"}
    assert pipelines.definition_of(moto_target, run) == changed
    assert pipelines.describe(moto_target, run)["PipelineExecutionStatus"] == "Succeeded"
    assert pipelines.latest_execution(moto_target, "demo").arn == run
    assert [entry.name for entry in pipelines.list_pipelines(moto_target)] == ["demo"]


def test_an_unchanged_definition_makes_no_new_version(stub):
    stub.add_response("describe_pipeline", described(DEFINITION), {"PipelineName": "demo"})
    reordered = {"Steps": [], "Version": "2020-12-01", "Parameters": []}
    assert pipelines.submit(stub.target, "demo", reordered) == ARN


@pytest.mark.parametrize(("before", "after"), [({"n": 1}, {"n": 1.0}), ({"n": 1}, {"n": True})])
def test_values_that_python_calls_equal_are_still_a_change(stub, before, after):
    stub.add_response("describe_pipeline", described(DEFINITION | {"Metadata": before}))
    wanted = DEFINITION | {"Metadata": after}
    stub.add_response(
        "update_pipeline",
        {"PipelineArn": ARN},
        {"PipelineName": "demo", "RoleArn": ROLE, "PipelineDefinition": json.dumps(wanted)},
    )
    pipelines.submit(stub.target, "demo", wanted)


def test_a_pipeline_that_somebody_created_in_between_is_updated(stub):
    stub.add_client_error("describe_pipeline", "ResourceNotFound", "Pipeline 'demo' does not exist.")
    stub.add_client_error(
        "create_pipeline",
        "ValidationException",
        "Pipeline names must be unique within an AWS account and region. Pipeline with name (demo) already exists",
    )
    stub.add_response("update_pipeline", {"PipelineArn": ARN})
    assert pipelines.submit(stub.target, "demo", DEFINITION) == ARN


def test_a_definition_too_long_for_a_request_goes_through_s3(stub):
    definition = DEFINITION | {"Metadata": {"long": "x" * pipelines.INLINE_LIMIT}}
    stub.add_client_error("describe_pipeline", "ResourceNotFound", "no")
    stub.add_response(
        "create_pipeline",
        {"PipelineArn": ARN},
        {
            "PipelineName": "demo",
            "RoleArn": ROLE,
            "ClientRequestToken": ANY,
            "PipelineDefinitionS3Location": {"Bucket": "sagemaker-us-east-1-123456789012", "ObjectKey": ANY},
        },
    )
    with Stubber(stub.target.s3) as s3:
        s3.add_response("head_bucket", {})
        s3.add_response("put_object", {})
        pipelines.submit(stub.target, "demo", definition)


def test_start_sends_strings_as_the_sdk_spells_them(stub):
    stub.add_response(
        "start_pipeline_execution",
        {"PipelineExecutionArn": RUN},
        {
            "PipelineName": "demo",
            "ClientRequestToken": "t" * 36,
            "PipelineExecutionDisplayName": "a-run",
            "PipelineParameters": [
                {"Name": "alpha", "Value": "0.1"},
                {"Name": "n", "Value": "3"},
                {"Name": "on", "Value": "True"},
            ],
        },
    )
    values = {"alpha": 0.1, "n": 3, "on": True}
    assert pipelines.start(stub.target, "demo", values, display_name="a-run", token="t" * 36) == RUN


def test_a_parameter_cannot_be_a_list(stub):
    with pytest.raises(UsageError, match="`xs` cannot be a list"):
        pipelines.start(stub.target, "demo", {"xs": [1]})


def test_all_pages_of_steps_are_read_oldest_first(stub):
    first = {"StepName": "a", "StepStatus": "Succeeded", "StartTime": WHEN}
    second = {"StepName": "b", "StepStatus": "Executing", "StartTime": WHEN}
    asked = {"PipelineExecutionArn": RUN, "SortOrder": "Ascending", "MaxResults": 100}
    stub.add_response("list_pipeline_execution_steps", {"PipelineExecutionSteps": [first], "NextToken": "2"}, asked)
    stub.add_response("list_pipeline_execution_steps", {"PipelineExecutionSteps": [second]}, asked | {"NextToken": "2"})
    assert [step["StepName"] for step in pipelines.steps(stub.target, RUN)] == ["a", "b"]


def test_reading_stops_at_the_limit(stub):
    summaries = [{"PipelineExecutionArn": f"{RUN[:-1]}{n}", "PipelineExecutionStatus": "Failed"} for n in range(3)]
    stub.add_response("list_pipeline_executions", {"PipelineExecutionSummaries": summaries, "NextToken": "more"})
    assert [run.arn[-1] for run in pipelines.list_executions(stub.target, "demo", limit=2)] == ["0", "1"]


def test_stop_asks_once(stub):
    stub.add_response(
        "stop_pipeline_execution",
        {"PipelineExecutionArn": RUN},
        {"PipelineExecutionArn": RUN, "ClientRequestToken": ANY},
    )
    pipelines.stop(stub.target, RUN)


def test_a_refusal_says_operation_code_and_what_to_do(stub):
    stub.add_client_error(
        "stop_pipeline_execution",
        "AccessDeniedException",
        "User: arn:aws:iam::1:user/ada is not authorized to perform: sagemaker:StopPipelineExecution on resource: x",
    )
    with pytest.raises(ServiceError) as caught:
        pipelines.stop(stub.target, RUN)
    assert (caught.value.operation, caught.value.code) == ("StopPipelineExecution", "AccessDeniedException")
    assert "`sagemaker:StopPipelineExecution`" in caught.value.fix


def test_a_service_that_cannot_be_reached_is_told_apart_from_one_that_refuses():
    session = TargetSession(
        endpoint_url="http://127.0.0.1:9",
        config=Config(retries={"total_max_attempts": 1}),
        region_name="us-east-1",
        aws_access_key_id="a",
        aws_secret_access_key="b",
    )
    target = Target("aws", session, role=ROLE, account="123456789012")
    with pytest.raises(TargetError, match="cannot be reached"):
        pipelines.describe(target, RUN)


def test_a_definition_given_in_s3_reads_back_even_where_the_stand_in_writes_a_python_dict(moto_target):
    tricky = DEFINITION | {"Metadata": {"it's": 'a "text"', "n": None, "t": True, "f": 1.0, "é": "\n"}}
    moto_target.s3.create_bucket(Bucket="definitions")
    moto_target.s3.put_object(Bucket="definitions", Key="a.json", Body=json.dumps(tricky).encode())
    location = {"Bucket": "definitions", "ObjectKey": "a.json"}
    moto_target.sagemaker.create_pipeline(
        PipelineName="demo", RoleArn=ROLE, ClientRequestToken="t" * 36, PipelineDefinitionS3Location=location
    )
    assert moto_target.sagemaker.describe_pipeline(PipelineName="demo")["PipelineDefinition"].startswith("{'")
    assert json.dumps(pipelines.deployed(moto_target, "demo").definition) == json.dumps(tricky)


@pytest.mark.parametrize("text", ["", "{'a': __import__('os')}", "{'a': ", "hello", "[1]"])
def test_what_the_service_has_that_is_no_definition_is_said_to_be_none(stub, text):
    stub.add_response(
        "describe_pipeline", described({}) | {"PipelineDefinition": text or " "}, {"PipelineName": "demo"}
    )
    with pytest.raises(DefinitionError, match="not"):
        pipelines.deployed(stub.target, "demo")


def test_a_version_is_asked_for_by_its_number(stub):
    stub.add_response("describe_pipeline", described(DEFINITION), {"PipelineName": ARN, "PipelineVersionId": 3})
    assert pipelines.deployed(stub.target, ARN, 3).definition == DEFINITION
    stub.add_client_error("describe_pipeline", "ResourceNotFound", "no such version")
    assert pipelines.deployed(stub.target, "demo", 9) is None


def test_who_may_not_read_a_pipeline_is_told_what_is_needed(stub):
    words = "User: arn:aws:iam::1:user/ada is not authorized to perform: sagemaker:DescribePipeline on resource: x"
    stub.add_client_error("describe_pipeline", "AccessDeniedException", words)
    with pytest.raises(ServiceError) as caught:
        pipelines.deployed(stub.target, "demo")
    assert "`sagemaker:DescribePipeline`" in caught.value.fix
