"""Where each kind of step logs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sm_pipeline_widgets.execution.log_places import NOWHERE, LogKind, log_key, log_place
from sm_pipeline_widgets.execution.state import StepState, StepStatus

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def arn(kind: str) -> str:
    return f"arn:aws:sagemaker:us-east-1:123456789012:{kind}"


@pytest.mark.parametrize(
    ("metadata", "kind", "group", "prefix"),
    [
        ({"TrainingJob": {"Arn": arn("training-job/t")}}, LogKind.STREAMS, "/aws/sagemaker/TrainingJobs", "t/"),
        ({"ProcessingJob": {"Arn": arn("processing-job/p")}}, LogKind.STREAMS, "/aws/sagemaker/ProcessingJobs", "p/"),
        ({"TransformJob": {"Arn": arn("transform-job/b")}}, LogKind.STREAMS, "/aws/sagemaker/TransformJobs", "b/"),
        (
            {"QualityCheck": {"CheckJobArn": arn("processing-job/c")}},
            LogKind.STREAMS,
            "/aws/sagemaker/ProcessingJobs",
            "c/",
        ),
        (
            {"ClarifyCheck": {"CheckJobArn": arn("processing-job/c")}},
            LogKind.STREAMS,
            "/aws/sagemaker/ProcessingJobs",
            "c/",
        ),
        (
            {"TuningJob": {"Arn": arn("hyper-parameter-tuning-job/h")}},
            LogKind.TUNING,
            "/aws/sagemaker/TrainingJobs",
            "h-",
        ),
        ({"AutoMLJob": {"Arn": arn("automl-job/a")}}, LogKind.AUTOML, "", ""),
        ({"Job": {"Arn": arn("job/AgentRFT/j")}}, LogKind.STREAMS, "/aws/sagemaker/Job/AgentRFT", "j"),
        ({"Lambda": {"Arn": "arn:aws:lambda:us-east-1:1:function:f"}}, LogKind.WINDOW, "/aws/lambda/f", ""),
        ({"Lambda": {"Arn": "arn:aws:lambda:us-east-1:1:function:f:live"}}, LogKind.WINDOW, "/aws/lambda/f", ""),
        ({"Endpoint": {"Arn": arn("endpoint/e")}}, LogKind.WINDOW, "/aws/sagemaker/Endpoints/e", ""),
        (
            {"InferenceComponent": {"Arn": arn("inference-component/i")}},
            LogKind.WINDOW,
            "/aws/sagemaker/InferenceComponents/i",
            "",
        ),
    ],
)
def test_where_a_step_logs(metadata, kind, group, prefix):
    place = log_place(metadata)
    assert (place.kind, place.group, place.prefix) == (kind, group, prefix)


@pytest.mark.parametrize(
    ("metadata", "link"),
    [
        (
            {"EMR": {"ClusterId": "j-1", "StepId": "s-1", "StepName": "x", "LogFilePath": "s3://logs/j-1/steps/s-1/"}},
            "s3://logs/j-1/steps/s-1/",
        ),
        ({"EMRServerless": {"ApplicationId": "a", "JobRunId": "1", "LogFilePath": "s3://logs/a/1"}}, "s3://logs/a/1"),
        ({"Athena": {"QueryExecutionId": "q", "S3OutputLocation": "s3://out/q.csv"}}, "s3://out/q.csv"),
    ],
)
def test_some_only_leave_files_in_s3(metadata, link):
    assert (log_place(metadata).kind, log_place(metadata).link) == (LogKind.LINK, link)


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"Condition": {"Outcome": "True"}},
        {"Callback": {"CallbackToken": "abcdefghij", "SqsQueueUrl": "https://sqs"}},
        {"Fail": {"ErrorMessage": "no"}},
        {"Model": {"Arn": arn("model/m")}},
        {"RegisterModel": {"Arn": arn("model-package/g/1")}},
        {"TrainingJob": {}},
        {"TrainingJob": {"Arn": ""}},
        {"Unheard": {"Arn": arn("unheard/u")}},
        {"QualityCheck": {"SkipCheck": True}},
        {"EMR": {"ClusterId": "j-1"}},
        {"Odd": "text"},
    ],
)
def test_some_write_none(metadata):
    assert log_place(metadata) == NOWHERE


def test_a_retried_step_has_another_log():
    job = {"TrainingJob": {"Arn": arn("training-job/t")}}
    call = {"Lambda": {"Arn": "arn:aws:lambda:us-east-1:1:function:f"}}

    def key(metadata: dict, started: datetime) -> str:
        return log_key(StepState("s", "", StepStatus.RUNNING, started=started, metadata=metadata))

    later = NOON + timedelta(minutes=1)
    assert key(job, NOON) == key(job, later)
    assert key(call, NOON) != key(call, later)
