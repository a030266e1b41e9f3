"""Logs of steps that have no streams of their own: by a window of time, or of the jobs that a job started."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from botocore.stub import Stubber
from moto import mock_aws

from sm_pipeline_widgets.aws.log_children import TuningStreams
from sm_pipeline_widgets.aws.logs import LogReader
from sm_pipeline_widgets.aws.session import TargetSession
from sm_pipeline_widgets.aws.source import TargetSource
from sm_pipeline_widgets.aws.target import Target
from sm_pipeline_widgets.errors import ServiceError
from sm_pipeline_widgets.execution.state import StepState, StepStatus

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
MS = int(NOON.timestamp() * 1000)
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:notify"
STREAM = "2026/11/01/[$LATEST]0123456789abcdef0123456789abcdef"


def arn(kind: str, name: str) -> str:
    return f"arn:aws:sagemaker:us-east-1:123456789012:{kind}/{name}"


@contextmanager
def reading(metadata: dict, status: StepStatus = StepStatus.RUNNING):
    """A reader of such a step's log, and the answers of both services."""
    session = TargetSession(region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    source = TargetSource(Target("aws", session, account="123456789012"))
    with Stubber(session.reader("logs")) as logs, Stubber(session.reader("sagemaker")) as sagemaker:
        yield source.log_reader(StepState("s", "", status, started=NOON, metadata=metadata)), logs, sagemaker
        logs.assert_no_pending_responses()
        sagemaker.assert_no_pending_responses()


def event(identity: str, after: int, message: str, stream: str = STREAM) -> dict:
    return {"eventId": identity, "timestamp": MS + after, "message": message, "logStreamName": stream}


def window(start: int = -1000, **more: object) -> dict:
    return {"logGroupName": "/aws/lambda/notify", "startTime": MS + start} | more


def test_a_functions_lines_are_those_of_the_steps_time():
    with reading({"Lambda": {"Arn": FUNCTION}}) as (reader, logs, _):
        logs.add_client_error(
            "filter_log_events", "ResourceNotFoundException", "The specified log group does not exist."
        )
        assert reader.poll() == []
        first = [event("1", 5, "START RequestId: x\n"), event("2", 9, "hello\n")]
        logs.add_response("filter_log_events", {"events": first, "nextToken": "t"}, window())
        logs.add_response("filter_log_events", {"events": [], "nextToken": "u"}, window(nextToken="t"))
        logs.add_response("filter_log_events", {"events": [event("3", 7, "between")]}, window(nextToken="u"))
        lines = reader.poll()
        assert [(line.stream, line.text) for line in lines] == [
            ("[$LATEST]01234567", "START RequestId: x"),
            ("[$LATEST]01234567", "between"),
            ("[$LATEST]01234567", "hello"),
        ]
        reader.end(NOON + timedelta(seconds=20))
        again = [*first, event("3", 7, "between"), event("4", 8, "late")]
        logs.add_response("filter_log_events", {"events": again}, window(endTime=MS + 25_000))
        assert [line.text for line in reader.poll()] == ["late"]


def test_a_long_functions_lines_are_asked_for_from_where_they_may_be_new():
    with reading({"Lambda": {"Arn": FUNCTION}}) as (reader, logs, _):
        logs.add_response("filter_log_events", {"events": [event("1", 500_000, "a")]}, window())
        logs.add_response(
            "filter_log_events", {"events": [event("1", 500_000, "a"), event("2", 500_001, "b")]}, window(380_000)
        )
        assert [line.text for line in reader.poll() + reader.poll()] == ["a", "b"]


def test_a_page_that_is_refused_is_asked_for_again():
    with reading({"Lambda": {"Arn": FUNCTION}}) as (reader, logs, _):
        logs.add_response("filter_log_events", {"events": [event("1", 1, "a")], "nextToken": "t"}, window())
        logs.add_client_error("filter_log_events", "ThrottlingException", "Rate exceeded")
        assert [line.text for line in reader.poll()] == ["a"]
        assert reader.is_behind
        logs.add_client_error("filter_log_events", "ThrottlingException", "Rate exceeded")
        with pytest.raises(ServiceError, match="Rate exceeded"):
            reader.poll()
        logs.add_response("filter_log_events", {"events": [event("2", 2, "b")]}, window(nextToken="t"))
        assert [line.text for line in reader.poll()] == ["b"]


def test_an_endpoints_lines_name_variant_and_instance():
    with reading({"Endpoint": {"Arn": arn("endpoint", "e")}}) as (reader, logs, _):
        found = {"events": [event("1", 1, "up", "AllTraffic/i-0abc")]}
        logs.add_response("filter_log_events", found, window() | {"logGroupName": "/aws/sagemaker/Endpoints/e"})
        assert [(line.stream, line.text) for line in reader.poll()] == [("AllTraffic/i-0abc", "up")]


def test_a_cached_call_of_a_function_has_no_log_of_its_own():
    with reading({"Lambda": {"Arn": FUNCTION}}, StepStatus.CACHED) as (reader, _logs, _sagemaker):
        assert reader is None


def page_of(*lines: tuple[int, str], token: str) -> dict:
    return {"events": [{"timestamp": MS + t, "message": m} for t, m in lines], "nextForwardToken": token}


def got(stream: str, token: str | None = None) -> dict:
    request = {"logGroupName": "/aws/sagemaker/TrainingJobs", "logStreamName": stream, "startFromHead": True}
    return request | ({"nextToken": token} if token else {})


def child(name: str, status: str) -> dict:
    return {
        "TrainingJobName": name,
        "TrainingJobArn": arn("training-job", name),
        "CreationTime": NOON,
        "TrainingJobStatus": status,
        "TunedHyperParameters": {},
    }


def test_a_tuning_jobs_log_is_that_of_its_training_jobs_and_of_no_others():
    listed = "list_training_jobs_for_hyper_parameter_tuning_job"
    with reading({"TuningJob": {"Arn": arn("hyper-parameter-tuning-job", "tune")}}) as (reader, logs, sagemaker):
        sagemaker.add_response(
            listed, {"TrainingJobSummaries": []}, {"HyperParameterTuningJobName": "tune", "MaxResults": 100}
        )
        assert reader.poll() == []
        sagemaker.add_response(listed, {"TrainingJobSummaries": [child("tune-001-aa", "Completed")], "NextToken": "n"})
        sagemaker.add_response(listed, {"TrainingJobSummaries": [child("tune-002-bb", "InProgress")]})
        streams = ["tune-001-aa/algo-1-1700000000", "tune-002-bb/algo-1-1700000001", "tune-b-001-cc/algo-1-1700000002"]
        found = {"logStreams": [{"logStreamName": name} for name in streams]}
        logs.add_response("describe_log_streams", found)
        logs.add_response("get_log_events", page_of((1, "one"), (4, "four"), token="f/2"), got(streams[0]))
        logs.add_response("get_log_events", page_of(token="f/2"), got(streams[0], "f/2"))
        logs.add_response("get_log_events", page_of((2, "two"), token="f/1"), got(streams[1]))
        logs.add_response("get_log_events", page_of(token="f/1"), got(streams[1], "f/1"))
        assert [(line.stream, line.text) for line in reader.poll()] == [
            ("001/algo-1", "one"),
            ("002/algo-1", "two"),
            ("001/algo-1", "four"),
        ]


def test_training_jobs_that_are_over_are_not_asked_again():
    streams = [f"tune-{n:03}-aa/algo-1-1700000000" for n in range(40)]
    asked: list[str] = []

    class Services:
        """Forty training jobs, all over but the last."""

        def get_paginator(self, _name: str) -> Services:
            return self

        def paginate(self, **_: object):
            children = [child(name.partition("/")[0], "Completed") for name in streams]
            yield {"TrainingJobSummaries": [*children[:-1], children[-1] | {"TrainingJobStatus": "InProgress"}]}

        def describe_log_streams(self, **_: object) -> dict:
            return {"logStreams": [{"logStreamName": name} for name in streams]}

        def get_log_events(self, logStreamName: str, **_: object) -> dict:  # noqa: N803
            asked.append(logStreamName)
            return page_of(token="f/0")

    service = Services()
    reader = LogReader(service, "g", TuningStreams(service, service, "tune", "tune-"))
    for _ in range(5):
        reader.poll()
    asked.clear()
    reader.poll()
    assert asked == [streams[-1]]


def test_an_automl_jobs_log_is_that_of_its_candidates_jobs_in_three_groups():
    kinds = ["ProcessingJob", "TrainingJob", "TransformJob"]
    steps = [
        {
            "CandidateStepType": f"AWS::SageMaker::{kind}",
            "CandidateStepArn": arn("x", "y"),
            "CandidateStepName": kind.lower(),
        }
        for kind in kinds
    ]
    candidate = {
        "CandidateName": "c",
        "ObjectiveStatus": "Pending",
        "CandidateSteps": steps,
        "CandidateStatus": "InProgress",
        "CreationTime": NOON,
        "LastModifiedTime": NOON,
    }
    with reading({"AutoMLJob": {"Arn": arn("automl-job", "auto")}}) as (reader, logs, sagemaker):
        sagemaker.add_response("list_candidates_for_auto_ml_job", {"Candidates": [candidate]})
        for at, kind in enumerate(["TrainingJob", "ProcessingJob", "TransformJob"]):
            group, stream = f"/aws/sagemaker/{kind}s", f"{kind.lower()}/algo-1-1700000000"
            asked = {"logGroupName": group, "logStreamNamePrefix": f"{kind.lower()}/", "limit": 50}
            logs.add_response("describe_log_streams", {"logStreams": [{"logStreamName": stream}]}, asked)
            logs.add_response(
                "get_log_events", page_of((9 - at, kind), token="f/1"), got(stream) | {"logGroupName": group}
            )
            logs.add_response("get_log_events", page_of(token="f/1"), got(stream, "f/1") | {"logGroupName": group})
        assert [(line.stream, line.text) for line in reader.poll()] == [
            ("transformjob/algo-1", "TransformJob"),
            ("processingjob/algo-1", "ProcessingJob"),
            ("trainingjob/algo-1", "TrainingJob"),
        ]


def test_an_automl_job_without_candidates_has_no_lines_yet():
    with reading({"AutoMLJob": {"Arn": arn("automl-job", "auto")}}) as (reader, _logs, sagemaker):
        sagemaker.add_client_error("list_candidates_for_auto_ml_job", "ResourceNotFound", "no candidates")
        assert reader.poll() == []


def test_moto_agrees_on_windows():
    with mock_aws():
        session = TargetSession(region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
        source = TargetSource(Target("aws", session, account="123456789012"))
        now = datetime.now(UTC)
        client, at = session.client("logs"), int(now.timestamp() * 1000)
        step = StepState("s", "Lambda", StepStatus.RUNNING, started=now, metadata={"Lambda": {"Arn": FUNCTION}})
        reader = source.log_reader(step)
        assert reader.poll() == []

        def put(*lines: tuple[int, str]) -> None:
            events = [{"timestamp": at + after, "message": text} for after, text in lines]
            client.put_log_events(logGroupName="/aws/lambda/notify", logStreamName=STREAM, logEvents=events)

        client.create_log_group(logGroupName="/aws/lambda/notify")
        client.create_log_stream(logGroupName="/aws/lambda/notify", logStreamName=STREAM)
        put((-60_000, "another call, before"), (10, "one"), (20, "two"))
        assert [line.text for line in reader.poll()] == ["one", "two"]
        put((30, "three"), (9_000, "another call, after"))
        reader.end(now + timedelta(seconds=1))
        assert [line.text for line in reader.poll()] == ["three"]
        assert reader.poll() == []
