"""Comparing runs, the cache and why - of runs as AWS answers for them, with pieces that are gone or may not be read."""

from __future__ import annotations

import json
import urllib.request

import pytest
from moto.server import ThreadedMotoServer

from sm_pipeline_widgets import Execution, connect

from .recorded import Refusal, recorded_service

ACCOUNT = "arn:aws:sagemaker:eu-west-1:123456789012"
PIPELINE = f"{ACCOUNT}:pipeline/churn"
GOOD, BAD = "aaaaaaaaaaaa", "bbbbbbbbbbbb"
BEGAN, ENDED = 1_790_000_000.0, 1_790_000_300.0
DENIED = {
    "__type": "AccessDeniedException",
    "message": "User: arn:aws:sts::123456789012:assumed-role/reader/me is not authorized to perform:"
    " sagemaker:DescribeTrainingJob on resource: arn:x because no identity-based policy allows the action",
}
GONE = {"__type": "ValidationException", "message": "Requested resource not found."}
NO_GROUP = {"__type": "ResourceNotFoundException", "message": "The specified log group does not exist."}
DEFINITION = {
    "Version": "2020-12-01",
    "Parameters": [{"Name": "alpha", "Type": "Float", "DefaultValue": 0.1}],
    "Steps": [
        {
            "Name": name,
            "Type": "Training",
            "Arguments": {"HyperParameters": {"alpha": {"Get": "Parameters.alpha"}}},
            "CacheConfig": {"Enabled": True, "ExpireAfter": "30d"},
        }
        for name in ("prepare", "train")
    ],
}


def run_of(request):
    return str(request["PipelineExecutionArn"]).rpartition("/")[2]


def job(run, step):
    return f"{ACCOUNT}:training-job/pipelines-{run}-{step}"


def described(request):
    run = run_of(request)
    return {
        "PipelineArn": PIPELINE,
        "PipelineExecutionArn": f"{PIPELINE}/execution/{run}",
        "PipelineExecutionStatus": "Succeeded" if run == GOOD else "Failed",
        "CreationTime": BEGAN,
        "LastModifiedTime": ENDED,
    }


def steps(request):
    run = run_of(request)
    failed = {"FailureReason": "AlgorithmError: , exit code: 1"} if run == BAD else {}
    return {
        "PipelineExecutionSteps": [
            {
                "StepName": name,
                "StartTime": BEGAN,
                "EndTime": ENDED,
                "StepStatus": "Failed" if failed and name == "train" else "Succeeded",
                "AttemptCount": 1,
                "Metadata": {"TrainingJob": {"Arn": job(run, name)}},
                **(failed if name == "train" else {}),
            }
            for name in ("train", "prepare")
        ]
    }


def training_job(request):
    name = request["TrainingJobName"]
    run = GOOD if GOOD in name else BAD
    channel = {"S3DataType": "S3Prefix", "S3Uri": f"s3://theirs/{run}"}
    return {
        "TrainingJobName": name,
        "TrainingJobArn": f"{ACCOUNT}:training-job/{name}",
        "TrainingJobStatus": "Completed",
        "SecondaryStatus": "Completed",
        "HyperParameters": {"alpha": "0.1"},
        "AlgorithmSpecification": {"TrainingImage": "1.dkr.ecr/x:1", "TrainingInputMode": "File"},
        "InputDataConfig": [{"ChannelName": "rows", "DataSource": {"S3DataSource": channel}}],
        "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30},
        "CreationTime": BEGAN,
    }


def except_for(name, refusal):
    """Described is every job but that one."""
    return lambda request: Refusal(refusal) if name in request["TrainingJobName"] else training_job(request)


ANSWERS = {
    "DescribePipelineExecution": described,
    "ListPipelineExecutionSteps": steps,
    "ListPipelineParametersForExecution": {"PipelineParameters": [{"Name": "alpha", "Value": "0.1"}]},
    "DescribePipelineDefinitionForExecution": {"PipelineDefinition": json.dumps(DEFINITION)},
    "ListPipelineExecutions": {
        "PipelineExecutionSummaries": [
            {
                "PipelineExecutionArn": f"{PIPELINE}/execution/{run}",
                "StartTime": at,
                "PipelineExecutionStatus": status,
            }
            for run, at, status in ((BAD, ENDED, "Failed"), (GOOD, BEGAN, "Succeeded"))
        ]
    },
    "DescribeTrainingJob": training_job,
    "DescribeLogStreams": {"logStreams": []},
}


@pytest.fixture(scope="module")
def s3():
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    urllib.request.urlopen(f"http://{host}:{port}/moto-api/reset", data=b"").close()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def runs(s3, monkeypatch):
    """``runs(operation=answer, …)``: the good run and the bad one of an account that answers so."""
    opened = []

    def attach(**changes):
        for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
            monkeypatch.delenv(name, raising=False)
        service = recorded_service({**ANSWERS, **changes})
        url = service.__enter__()
        settings = {
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_ACCESS_KEY_ID": "theirs",
            "AWS_SECRET_ACCESS_KEY": "theirs",
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_ENDPOINT_URL_S3": s3,
            "AWS_ENDPOINT_URL_SAGEMAKER": url,
            "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS": url,
        }
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        target = connect("aws", region="eu-west-1", role="arn:aws:iam::123456789012:role/theirs", bucket="theirs")
        made = [Execution.attach(f"{PIPELINE}/execution/{run}", target) for run in (GOOD, BAD)]
        opened.append((service, made))
        return made

    yield attach
    for service, made in opened:
        for execution in made:
            execution.watcher.close()
        service.__exit__(None, None, None)


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (DENIED, "the job of `train` (DescribeTrainingJob: AccessDeniedException)"),
        (GONE, "the job of `train` (DescribeTrainingJob: ValidationException)"),
    ],
    ids=["denied", "gone"],
)
def test_a_job_that_cannot_be_described_is_said_and_the_rest_is_compared(runs, refusal, words):
    good, bad = runs(DescribeTrainingJob=except_for(f"{GOOD}-train", refusal))
    text = str(bad.diff(good))
    assert "Succeeded → Failed" in text
    assert "What could not be read, so it was not compared" in text
    assert f"of run {GOOD}: {words}" in text
    # the last success is found by itself
    assert words in str(bad.diff())


def test_a_bucket_of_somebody_else_is_said(runs):
    good, bad = runs()
    text = str(bad.diff(good))
    assert f"what lies at s3://theirs/{GOOD} (ListObjectsV2: NoSuchBucket)" in text
    assert f"what lies at s3://theirs/{BAD}" in text


def test_nothing_but_the_steps_may_be_read_and_still_there_is_an_answer(runs):
    good, bad = runs(DescribeTrainingJob=Refusal(DENIED))
    assert "the job of `prepare`, the job of `train` (DescribeTrainingJob: AccessDeniedException)" in str(
        bad.diff(good)
    )
    cache = str(bad.cache())
    assert "What could not be read, so a change in it is not seen:" in cache
    assert f"of run {GOOD}: the job of `prepare`" in cache


def test_why_has_an_answer_though_job_and_log_are_gone(runs):
    _, bad = runs(DescribeTrainingJob=Refusal(GONE), DescribeLogStreams=Refusal(NO_GROUP))
    (root,) = bad.why().roots
    assert (root.step, root.exit_code, root.log_tail) == ("train", 1, ())
    assert root.headline
