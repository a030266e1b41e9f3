"""Every operation on pipelines that this package sends, against the engine and against moto: the same story in both.

What moto 5.2 does not have is in `ENGINE_ALONE`, with the reason.
"""

from __future__ import annotations

import itertools
import json

import pytest
from moto import mock_aws

from sm_pipeline_widgets import connect
from sm_pipeline_widgets.aws import pipelines
from sm_pipeline_widgets.aws.errors import is_not_there
from sm_pipeline_widgets.aws.pipelines import Outcome, Wanted
from sm_pipeline_widgets.definition.run_form import RunOptions
from sm_pipeline_widgets.errors import ServiceError

DEFINITION = {
    "Version": "2020-12-01",
    "Parameters": [{"Name": "p", "Type": "String", "DefaultValue": "x"}],
    "Steps": [{"Name": "end", "Type": "Fail", "Arguments": {"ErrorMessage": {"Get": "Parameters.p"}}}],
}
CHANGED = DEFINITION | {"Metadata": {"a": "b"}}
ENGINE_ALONE = {
    "versions": "moto keeps no versions",
    "the same token": "moto does not look at tokens",
    "steps": "moto runs nothing and raises NotImplementedError",
    "pages": "moto gives all executions at once",
}
numbers = itertools.count()


def aws_environment(monkeypatch, access_key, secret_key):
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret_key)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")


@pytest.fixture
def on_engine(engine, monkeypatch):
    at = engine.endpoint
    aws_environment(monkeypatch, at.access_key, at.secret_key)
    return connect("aws", region=at.region, endpoint_url=at.url)


@pytest.fixture
def on_moto(monkeypatch):
    aws_environment(monkeypatch, "AKIATEST", "test")
    with mock_aws():
        yield connect("aws", region="us-east-1", role="arn:aws:iam::123456789012:role/R")


@pytest.fixture(params=["on_engine", "on_moto"])
def target(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def name():
    return f"contract-{next(numbers)}"


def wanted(target, name, definition=DEFINITION, **more):
    return Wanted(name, definition, target.role, **more)


def test_create_describe_update_and_leave_alone(target, name):
    assert pipelines.deployed(target, name) is None
    arn, outcome = pipelines.deploy(target, wanted(target, name, description="first"), None)
    assert outcome is Outcome.CREATED
    there = pipelines.deployed(target, name)
    assert (there.arn, there.name, there.definition, there.description) == (arn, name, DEFINITION, "first")
    assert pipelines.deployed(target, arn) is not None or target.account == "123456789012"  # moto knows names alone
    same = wanted(target, name)
    assert not same.differs_from(there)
    assert pipelines.deploy(target, same, there) == (arn, Outcome.UNCHANGED)
    assert pipelines.deploy(target, wanted(target, name, CHANGED), there) == (arn, Outcome.UPDATED)
    assert pipelines.deployed(target, name).definition == CHANGED


def test_tags_are_given_at_creation_and_later(target, name):
    arn, _ = pipelines.deploy(target, wanted(target, name, tags=(("team", "a"),)), None)
    pipelines.deploy(target, wanted(target, name, tags=(("cost", "b"),)), pipelines.deployed(target, name))
    listed = target.sagemaker.list_tags(ResourceArn=arn)["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in listed} == {"team": "a", "cost": "b"}


def test_start_and_read_back(target, name):
    pipelines.deploy(target, wanted(target, name), None)
    arn = pipelines.start_run(target, name, RunOptions({"p": "y"}, "a-run", "a description"))
    described = pipelines.describe(target, arn)
    assert (described["PipelineExecutionDisplayName"], described["PipelineExecutionDescription"]) == (
        "a-run",
        "a description",
    )
    assert pipelines.parameters(target, arn) == {"p": "y"}
    assert pipelines.definition_of(target, arn) == DEFINITION
    assert pipelines.latest_execution(target, name).arn == arn
    (row,) = pipelines.list_executions(target, name)
    assert (row.arn, row.display_name) == (arn, "a-run")
    assert name in [one.name for one in pipelines.list_pipelines(target, name)]


def test_what_is_not_there_is_told_as_not_there(target, name):
    with pytest.raises(ServiceError) as caught:
        next(pipelines.iter_executions(target, name))
    assert is_not_there(caught.value)
    with pytest.raises(ServiceError):
        pipelines.start_run(target, name, RunOptions())


def test_a_name_that_is_taken_is_taken_over_or_refused_as_was_said(target, name):
    pipelines.deploy(target, wanted(target, name), None)
    with pytest.raises(ServiceError, match="already exists"):
        pipelines.deploy(target, wanted(target, name, CHANGED), None, take_over=False)
    assert pipelines.deploy(target, wanted(target, name, CHANGED), None)[1] is Outcome.UPDATED


def test_a_long_definition_goes_through_the_bucket(target, name):
    target.ensure_bucket()
    long = DEFINITION | {"Metadata": {f"key{number}": "x" * 1000 for number in range(1100)}}
    pipelines.deploy(target, wanted(target, name, long), None)
    assert json.dumps(pipelines.deployed(target, name).definition) == json.dumps(long)


def test_versions(on_engine, name):
    pipelines.deploy(on_engine, wanted(on_engine, name), None)
    pipelines.deploy(on_engine, wanted(on_engine, name, CHANGED), pipelines.deployed(on_engine, name))
    assert [one.number for one in pipelines.list_versions(on_engine, name)] == [2, 1]
    assert pipelines.deployed(on_engine, name, 1).definition == DEFINITION
    assert pipelines.deployed(on_engine, name, 9) is None
    arn = pipelines.start_run(on_engine, name, RunOptions(version=1))
    assert pipelines.describe(on_engine, arn)["PipelineVersionId"] == 1


def test_the_same_token_starts_once_and_with_another_wish_not_at_all(on_engine, name):
    pipelines.deploy(on_engine, wanted(on_engine, name), None)
    options = RunOptions(token=f"token-of-{name}".ljust(40, "-"))
    assert pipelines.start_run(on_engine, name, options) == pipelines.start_run(on_engine, name, options)
    with pytest.raises(ServiceError, match="ClientRequestToken"):
        pipelines.start_run(on_engine, name, RunOptions({"p": "z"}, token=f"token-of-{name}".ljust(40, "-")))


def test_steps_and_stop(on_engine, name, wait):
    pipelines.deploy(on_engine, wanted(on_engine, name), None)
    arn = pipelines.start_run(on_engine, name, RunOptions(parallelism=3))
    assert pipelines.describe(on_engine, arn)["ParallelismConfiguration"] == {"MaxParallelExecutionSteps": 3}
    assert wait(arn)["PipelineExecutionStatus"] == "Failed"
    assert [step["StepName"] for step in pipelines.steps(on_engine, arn)] == ["end"]
    with pytest.raises(ServiceError, match="Conflict"):
        pipelines.stop(on_engine, arn)


def test_pages_of_executions(on_engine, name, wait):
    pipelines.deploy(on_engine, wanted(on_engine, name), None)
    arns = [pipelines.start_run(on_engine, name, RunOptions()) for _ in range(5)]
    assert [one.arn for one in pipelines.iter_executions(on_engine, name, page=2)] == arns[::-1]
    for arn in arns:
        wait(arn)
