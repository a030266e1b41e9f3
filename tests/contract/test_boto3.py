"""Plain boto3 against the engine: what works here works against AWS, and the other way round."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def sagemaker(engine):
    return engine.client("sagemaker")


@pytest.fixture
def create(engine, sagemaker):
    """Create a pipeline and start it."""

    def and_start(name: str, text: str, **more) -> str:
        sagemaker.create_pipeline(PipelineName=name, PipelineDefinition=text, RoleArn=engine.endpoint.role)
        return sagemaker.start_pipeline_execution(PipelineName=name, **more)["PipelineExecutionArn"]

    return and_start


def log_messages(engine, job_arn):
    events = engine.client("logs").filter_log_events(
        logGroupName="/aws/sagemaker/ProcessingJobs", logStreamNamePrefix=job_arn.rpartition("/")[2]
    )["events"]
    return [event["message"] for event in events]


def test_a_pipeline_runs_and_its_log_is_read(engine, sagemaker, create, wait, pipeline):
    definition, processing = pipeline
    text = definition(processing("hello", "print('good morning')"))
    arn = create("boto3-hello", text)
    assert wait(arn)["PipelineExecutionStatus"] == "Succeeded"

    (step,) = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)["PipelineExecutionSteps"]
    assert (step["StepName"], step["StepStatus"]) == ("hello", "Succeeded")
    assert step["StartTime"] <= step["EndTime"]
    job_arn = step["Metadata"]["ProcessingJob"]["Arn"]
    assert log_messages(engine, job_arn) == ["good morning"]
    job = sagemaker.describe_processing_job(ProcessingJobName=job_arn.rpartition("/")[2])
    assert job["ProcessingJobStatus"] == "Completed"

    described = sagemaker.describe_pipeline(PipelineName="boto3-hello")
    assert json.loads(described["PipelineDefinition"]) == json.loads(text)
    assert described["PipelineStatus"] == "Active"
    names = [
        item["PipelineName"]
        for page in sagemaker.get_paginator("list_pipelines").paginate()
        for item in page["PipelineSummaries"]
    ]
    assert "boto3-hello" in names
    summaries = sagemaker.list_pipeline_executions(PipelineName="boto3-hello")["PipelineExecutionSummaries"]
    assert [item["PipelineExecutionArn"] for item in summaries] == [arn]
    used = sagemaker.describe_pipeline_definition_for_execution(PipelineExecutionArn=arn)
    assert json.loads(used["PipelineDefinition"]) == json.loads(text)


def test_parameters_reach_the_step(engine, sagemaker, create, wait, pipeline):
    definition, processing = pipeline
    step = processing("hello", "import os; print('x is', os.environ['X'])")
    step["Arguments"]["Environment"] = {"X": {"Get": "Parameters.x"}}
    text = definition(step, parameters=[{"Name": "x", "Type": "String", "DefaultValue": "one"}])
    arn = create("boto3-parameters", text, PipelineParameters=[{"Name": "x", "Value": "two"}])
    assert wait(arn)["PipelineExecutionStatus"] == "Succeeded"
    (step,) = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)["PipelineExecutionSteps"]
    assert log_messages(engine, step["Metadata"]["ProcessingJob"]["Arn"]) == ["x is two"]
    answer = sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=arn)
    assert answer["PipelineParameters"] == [{"Name": "x", "Value": "two"}]


def test_a_failure_says_why(sagemaker, create, wait, pipeline):
    definition, processing = pipeline
    arn = create(
        "boto3-failure",
        definition(processing("bad", "raise SystemExit(3)"), processing("after", "print()", DependsOn=["bad"])),
    )
    answer = wait(arn)
    assert answer["PipelineExecutionStatus"] == "Failed"
    assert answer["FailureReason"].startswith("Step failure: One or multiple steps failed")
    (step,) = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)["PipelineExecutionSteps"]
    assert (step["StepName"], step["StepStatus"]) == ("bad", "Failed")
    assert "3" in step["FailureReason"]


def test_stop(sagemaker, create, wait, pipeline):
    definition, processing = pipeline
    arn = create("boto3-stop", definition(processing("long", "import time; print('up', flush=True); time.sleep(60)")))
    assert sagemaker.stop_pipeline_execution(PipelineExecutionArn=arn)["PipelineExecutionArn"] == arn
    assert wait(arn)["PipelineExecutionStatus"] == "Stopped"


def test_update_and_delete(engine, sagemaker, pipeline):
    definition, processing = pipeline
    role = engine.endpoint.role
    text = definition(processing("one", "print()"))
    arn = sagemaker.create_pipeline(PipelineName="boto3-life", PipelineDefinition=text, RoleArn=role)["PipelineArn"]
    with pytest.raises(ClientError) as caught:
        sagemaker.create_pipeline(PipelineName="boto3-life", PipelineDefinition=text, RoleArn=role)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert "already exists" in caught.value.response["Error"]["Message"]
    newer = definition(processing("two", "print()"))
    assert sagemaker.update_pipeline(PipelineName="boto3-life", PipelineDefinition=newer)["PipelineArn"] == arn
    assert json.loads(sagemaker.describe_pipeline(PipelineName=arn)["PipelineDefinition"]) == json.loads(newer)
    assert sagemaker.delete_pipeline(PipelineName="boto3-life")["PipelineArn"] == arn
    with pytest.raises(sagemaker.exceptions.ResourceNotFound):
        sagemaker.describe_pipeline(PipelineName="boto3-life")


def test_the_same_token_starts_once(engine, sagemaker, wait, pipeline):
    definition, processing = pipeline
    sagemaker.create_pipeline(
        PipelineName="boto3-token",
        PipelineDefinition=definition(processing("a", "print()")),
        RoleArn=engine.endpoint.role,
    )
    token = "t" * 40
    arns = {
        sagemaker.start_pipeline_execution(PipelineName="boto3-token", ClientRequestToken=token)["PipelineExecutionArn"]
        for _ in range(2)
    }
    assert len(arns) == 1
    wait(arns.pop())


def test_pages(engine, sagemaker, pipeline):
    definition, processing = pipeline
    text = definition(processing("a", "print()"))
    for number in range(5):
        sagemaker.create_pipeline(
            PipelineName=f"boto3-page-{number}", PipelineDefinition=text, RoleArn=engine.endpoint.role
        )
    pages = list(
        sagemaker.get_paginator("list_pipelines").paginate(
            PipelineNamePrefix="boto3-page", SortBy="Name", SortOrder="Ascending", PaginationConfig={"PageSize": 2}
        )
    )
    assert [len(page["PipelineSummaries"]) for page in pages] == [2, 2, 1]
    names = [item["PipelineName"] for page in pages for item in page["PipelineSummaries"]]
    assert names == [f"boto3-page-{number}" for number in range(5)]


@pytest.mark.parametrize(
    "operation, parameters",
    [
        ("describe_pipeline", {"PipelineName": "nothere"}),
        ("start_pipeline_execution", {"PipelineName": "nothere"}),
        ("list_pipeline_executions", {"PipelineName": "nothere"}),
        (
            "describe_pipeline_execution",
            {"PipelineExecutionArn": "arn:aws:sagemaker:us-east-1:000000000000:pipeline/a/execution/abcdefghijkl"},
        ),
        ("delete_pipeline", {"PipelineName": "nothere"}),
    ],
)
def test_what_is_not_there(sagemaker, operation, parameters):
    with pytest.raises(sagemaker.exceptions.ResourceNotFound):
        getattr(sagemaker, operation)(**parameters)


def test_a_step_talks_to_the_engine_with_plain_boto3(engine, sagemaker, create, wait, pipeline):
    definition, processing = pipeline
    code = (
        "import boto3; s3 = boto3.client('s3'); "
        f"s3.put_object(Bucket='{engine.endpoint.bucket}', Key='from-a-step', Body=b'hello'); "
        "print(boto3.client('sts').get_caller_identity()['Account'])"
    )
    arn = create("boto3-inside", definition(processing("inside", code)))
    assert wait(arn)["PipelineExecutionStatus"] == "Succeeded"
    body = engine.client("s3").get_object(Bucket=engine.endpoint.bucket, Key="from-a-step")["Body"]
    assert body.read() == b"hello"


def test_logs_by_stream_and_by_group(engine, sagemaker, create, wait, pipeline):
    definition, processing = pipeline
    arn = create("boto3-logs", definition(processing("count", "for n in range(30): print('line', n)")))
    wait(arn)
    (step,) = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)["PipelineExecutionSteps"]
    job = step["Metadata"]["ProcessingJob"]["Arn"].rpartition("/")[2]
    logs = engine.client("logs")
    group = "/aws/sagemaker/ProcessingJobs"
    assert group in [item["logGroupName"] for item in logs.describe_log_groups()["logGroups"]]
    (stream,) = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=job)["logStreams"]
    names = {"logGroupName": group, "logStreamName": stream["logStreamName"], "startFromHead": True, "limit": 12}
    answer, lines = logs.get_log_events(**names), []
    while answer["events"]:
        lines += [event["message"] for event in answer["events"]]
        answer = logs.get_log_events(**names, nextToken=answer["nextForwardToken"])
    assert lines == [f"line {number}" for number in range(30)]
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=group, logStreamNamePrefix=job, PaginationConfig={"PageSize": 7}
    )
    assert [event["message"] for page in pages for event in page["events"]] == lines
    with pytest.raises(logs.exceptions.ResourceNotFoundException):
        logs.get_log_events(logGroupName="/aws/nothere", logStreamName="x")
