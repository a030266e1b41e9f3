"""Past runs: read as far as somebody looks, filtered, and shown with their parameters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from botocore.stub import Stubber
from moto import mock_aws

from sm_pipeline_widgets import Pipeline, connect, executions
from sm_pipeline_widgets.aws.session import TargetSession
from sm_pipeline_widgets.aws.target import Target
from sm_pipeline_widgets.errors import UsageError

ARN = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/demo"
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def stub():
    session = TargetSession(region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    target = Target("aws", session, role="arn:aws:iam::123456789012:role/R", account="123456789012")
    with Stubber(target.sagemaker) as stubber, Stubber(target.sts) as sts:
        sts.add_response("get_caller_identity", {"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/a"})
        stubber.target = target
        yield stubber


def page(first, count, status="Succeeded", **more):
    summaries = [
        {
            "PipelineExecutionArn": f"{ARN}/execution/{number:012d}",
            "PipelineExecutionStatus": status if number % 2 else "Failed",
            "StartTime": NOW - timedelta(hours=number),
            "PipelineExecutionDisplayName": f"run-{number}",
        }
        for number in range(first, first + count)
    ]
    return {"PipelineExecutionSummaries": summaries, **more}


def asked(size, **more):
    return {
        "PipelineName": "demo",
        "SortBy": "CreationTime",
        "SortOrder": "Descending",
        "MaxResults": size,
    } | more


def test_of_thousands_of_runs_only_the_pages_that_are_looked_at_are_read(stub):
    stub.add_response("list_pipeline_executions", page(0, 20, NextToken="2"), asked(20))
    found = executions("demo", stub.target, parameters=False)
    assert [run.display_name for run in found.first(3)] == ["run-0", "run-1", "run-2"]
    assert [run.display_name for run in found.first(20)][-1] == "run-19"
    stub.assert_no_pending_responses()
    stub.add_response("list_pipeline_executions", page(20, 20), asked(20, NextToken="2"))
    assert len(list(found)) == 40
    assert len(list(found)) == 40, "what was read is kept"


def test_a_status_is_picked_by_our_word_or_the_apis(stub):
    stub.add_response("list_pipeline_executions", page(0, 10), asked(100))
    found = executions("demo", stub.target, status="failed", parameters=False)
    assert [run.arn[-2:] for run in found] == ["00", "02", "04", "06", "08"]
    with pytest.raises(UsageError, match="Did you mean `failed`"):
        executions("demo", stub.target, status="faild")


def test_no_more_is_looked_at_than_was_said(stub):
    stub.add_response("list_pipeline_executions", page(0, 10, NextToken="2"), asked(6))
    found = executions("demo", stub.target, status="failed", parameters=False, look_at=6)
    assert len(list(found)) == 3
    assert "(of the newest 6)" in str(found)


def test_parameters_that_cannot_be_read_are_told_as_not_known(stub):
    stub.add_response("list_pipeline_executions", page(1, 1), asked(20))
    stub.add_client_error("list_pipeline_parameters_for_execution", "AccessDeniedException", "no")
    (run,) = executions("demo", stub.target)
    assert run.parameters is None


def test_a_pipeline_that_is_not_there(stub):
    stub.add_client_error("list_pipeline_executions", "ResourceNotFound", "no")
    with pytest.raises(UsageError, match="has no pipeline `demo`"):
        executions("demo", stub.target)


def test_a_pipeline_that_never_ran(stub):
    stub.add_response("list_pipeline_executions", {"PipelineExecutionSummaries": []}, asked(20))
    assert str(executions("demo", stub.target)).endswith("user a: none.")


def test_runs_are_found_by_their_parameters_on_a_real_engine(engine):
    target = connect("local", home=engine.home)
    text = """\
parameters: {alpha: 0.1, full: true}
steps: {stop: {type: Fail, message: no}}
"""
    pipeline = Pipeline.from_yaml(text, name="history")
    from sm_pipeline_widgets import run

    arns = [run(pipeline, target=target, parameters={"alpha": alpha}).arn for alpha in ("0.1", "0.20", "0.3")]
    assert [one.arn for one in executions(pipeline, target)] == arns[::-1]
    (found,) = executions("history", target, where={"alpha": 0.2, "full": "True"})
    assert found.arn == arns[1]
    assert found.attach().wait(60).status == "Failed"
    assert list(executions("history", target, where={"alpha": "x"})) == []


def test_moto_has_a_history_too(monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with mock_aws():
        target = connect("aws", region="us-east-1", role="arn:aws:iam::123456789012:role/R")
        client = target.sagemaker
        client.create_pipeline(
            PipelineName="demo", PipelineDefinition="{}", RoleArn=target.role, ClientRequestToken="t" * 32
        )
        for value in ("x", "y"):
            parameters = [{"Name": "p", "Value": value}]
            client.start_pipeline_execution(PipelineName="demo", PipelineParameters=parameters)
        assert [run.parameters for run in executions("demo", target, where={"p": "x"})] == [{"p": "x"}]
        with pytest.raises(UsageError, match="no pipeline `nope`"):
            executions("nope", target)
