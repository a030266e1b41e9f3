"""The AWS CLI and boto3's waiters over jobs and logs outside a pipeline."""

from __future__ import annotations

import json
import time

import boto3
import pytest
from botocore.config import Config

from tests.commands import python

GROUP = "/aws/sagemaker/ProcessingJobs"


def request(engine, name, code, **more):
    return {
        "ProcessingJobName": name,
        "ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}},
        "AppSpecification": {"ImageUri": "image", "ContainerEntrypoint": python(code)},
        "RoleArn": engine.endpoint.role,
        **more,
    }  # fmt: skip


def ended(engine, name):
    deadline = time.monotonic() + 60
    while True:
        found = engine.client("sagemaker").describe_processing_job(ProcessingJobName=name)
        if found["ProcessingJobStatus"] not in ("InProgress", "Stopping"):
            return found
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_job_is_made_waited_for_and_its_log_read(engine, aws):
    code = """print('{"level": "ERROR", "n": 1}'); print('plain words'); print('last line')"""
    made = aws("sagemaker", "create-processing-job", "--cli-input-json", json.dumps(request(engine, "Cli-Job", code)))
    assert made["ProcessingJobArn"].endswith(":processing-job/cli-job")
    assert ended(engine, "Cli-Job")["ProcessingJobStatus"] == "Completed"
    aws("sagemaker", "wait", "processing-job-completed-or-stopped", "--processing-job-name", "Cli-Job")
    told = aws("logs", "filter-log-events", "--log-group-name", GROUP, "--log-stream-name-prefix", "Cli-Job/")
    messages = [event["message"] for event in told["events"]]
    assert messages == ['{"level": "ERROR", "n": 1}', "plain words", "last line"]
    found = aws(
        "logs", "filter-log-events", "--log-group-name", GROUP, "--log-stream-name-prefix", "Cli-Job/",
        "--filter-pattern", '{ $.level = "ERROR" }', "--page-size", "1",
    )  # fmt: skip
    assert [event["message"] for event in found["events"]] == ['{"level": "ERROR", "n": 1}']
    listed = aws("sagemaker", "list-processing-jobs", "--name-contains", "cli-j", "--status-equals", "Completed")
    assert [at["ProcessingJobName"] for at in listed["ProcessingJobSummaries"]] == ["Cli-Job"]


def test_a_job_is_stopped(engine, aws):
    code = "import time; print('up', flush=True); time.sleep(600)"
    engine.client("sagemaker").create_processing_job(**request(engine, "cli-long", code))
    aws("sagemaker", "stop-processing-job", "--processing-job-name", "cli-long")
    assert ended(engine, "cli-long")["ProcessingJobStatus"] == "Stopped"
    message = aws("sagemaker", "stop-processing-job", "--processing-job-name", "cli-long", fails=True)
    assert "is in status Stopped" in message


def test_boto3_waits(engine):
    """With the waiter's own rules, only more often."""
    sagemaker = engine.client("sagemaker")
    sagemaker.create_processing_job(**request(engine, "waited", "import time; time.sleep(0.5)"))
    waiter = sagemaker.get_waiter("processing_job_completed_or_stopped")
    waiter.wait(ProcessingJobName="waited", WaiterConfig={"Delay": 0.1, "MaxAttempts": 200})
    sagemaker.create_processing_job(**request(engine, "waited-badly", "raise SystemExit(4)"))
    with pytest.raises(Exception, match="Failed"):
        waiter.wait(ProcessingJobName="waited-badly", WaiterConfig={"Delay": 0.1, "MaxAttempts": 200})
    assert ended(engine, "waited-badly")["FailureReason"] == "AlgorithmError: , exit code: 4"


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        ("create_training_job", "trainingJobName"),
        ("create_processing_job", "processingJobName"),
        ("create_transform_job", "transformJobName"),
        ("create_hyper_parameter_tuning_job", "hyperParameterTuningJobName"),
    ],
)
def test_what_is_missing_is_said_by_the_engine_too(engine, operation, words):
    at = engine.endpoint
    session = boto3.Session(at.access_key, at.secret_key, region_name=at.region)
    client = session.client("sagemaker", endpoint_url=at.url, config=Config(parameter_validation=False))
    with pytest.raises(client.exceptions.ClientError) as caught:
        getattr(client, operation)()
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert words in caught.value.response["Error"]["Message"]


def test_a_name_that_is_none(engine):
    client = engine.client("sagemaker")
    with pytest.raises(client.exceptions.ClientError, match="failed to satisfy constraint"):
        client.create_processing_job(**request(engine, "../escape", "pass"))
