"""Retries, selections and answers as AWS is asked for them: every call checked against the API's own shapes."""

from __future__ import annotations

import pytest
from botocore.config import Config
from botocore.stub import ANY, Stubber

from sm_pipeline_widgets.aws import control, pipelines
from sm_pipeline_widgets.aws.session import TargetSession
from sm_pipeline_widgets.aws.target import Target
from sm_pipeline_widgets.definition.run_form import RunOptions
from sm_pipeline_widgets.errors import ServiceError, UsageError

RUN = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/demo/execution/abcdefghijkl"


@pytest.fixture
def stub():
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "y", "region_name": "us-east-1"}
    session = TargetSession(config=Config(), **keys)
    target = Target("aws", session, role="arn:aws:iam::123456789012:role/R", account="123456789012")
    with Stubber(target.sagemaker) as stubber:
        stubber.target = target
        yield stubber
        stubber.assert_no_pending_responses()


def test_a_retry_is_asked_for_under_a_token_of_its_own(stub):
    request = {"PipelineExecutionArn": RUN, "ClientRequestToken": ANY}
    stub.add_response("retry_pipeline_execution", {"PipelineExecutionArn": RUN}, request)
    control.retry(stub.target, RUN)
    few = {**request, "ParallelismConfiguration": {"MaxParallelExecutionSteps": 2}}
    stub.add_response("retry_pipeline_execution", {"PipelineExecutionArn": RUN}, few)
    control.retry(stub.target, RUN, parallelism=2)


def test_what_the_service_refuses_is_told_in_its_words(stub):
    stub.add_client_error("retry_pipeline_execution", "ConflictException", "Its status is Succeeded")
    with pytest.raises(ServiceError, match="Its status is Succeeded"):
        control.retry(stub.target, RUN)


def test_selected_steps_and_their_source_are_sent(stub):
    request = {
        "PipelineName": "demo",
        "ClientRequestToken": ANY,
        "PipelineParameters": [{"Name": "alpha", "Value": "0.2"}],
        "SelectiveExecutionConfig": {
            "SourcePipelineExecutionArn": RUN,
            "SelectedSteps": [{"StepName": "train"}, {"StepName": "test"}],
        },
    }
    stub.add_response("start_pipeline_execution", {"PipelineExecutionArn": RUN}, request)
    options = RunOptions({"alpha": 0.2}, selected=("train", "test"), source=RUN)
    assert pipelines.start_run(stub.target, "demo", options) == RUN


def test_a_waiting_step_is_answered(stub):
    outputs = [{"Name": "verdict", "Value": "good"}]
    request = {"CallbackToken": "abcdefghij", "OutputParameters": outputs, "ClientRequestToken": ANY}
    stub.add_response("send_pipeline_execution_step_success", {"PipelineExecutionArn": RUN}, request)
    control.send_success(stub.target, "abcdefghij", {"verdict": "good"})
    request = {"CallbackToken": "abcdefghij", "FailureReason": "too old", "ClientRequestToken": ANY}
    stub.add_response("send_pipeline_execution_step_failure", {"PipelineExecutionArn": RUN}, request)
    control.send_failure(stub.target, "abcdefghij", "too old")


@pytest.mark.parametrize(
    ("send", "words"),
    [
        (lambda target: control.send_success(target, "t", {f"o{n}": "1" for n in range(51)}), "takes 50"),
        (lambda target: control.send_success(target, "t", {"o": "x" * 1025}), "`o` has 1025 characters"),
        (lambda target: control.send_failure(target, "t", "x" * 257), "takes 256"),
    ],
)
def test_more_than_the_service_takes_is_refused_before_it_is_asked(stub, send, words):
    with pytest.raises(UsageError, match=words):
        send(stub.target)
