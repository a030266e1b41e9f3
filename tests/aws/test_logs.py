from __future__ import annotations

import time

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from sm_pipeline_widgets.aws.logs import LogReader, host_of
from sm_pipeline_widgets.errors import ServiceError

GROUP = "/aws/sagemaker/TrainingJobs"
STREAM = "job/algo-1-1700000000"


def make_client():
    return boto3.client("logs", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")


@pytest.fixture
def stub():
    client = make_client()
    with Stubber(client) as stubber:
        stubber.reader = LogReader(client, GROUP, "job/", expected=1)
        yield stubber
        stubber.assert_no_pending_responses()


def events(*lines: tuple[int, str], token: str) -> dict:
    return {"events": [{"timestamp": t, "message": m} for t, m in lines], "nextForwardToken": token}


def asked(token: str | None = None, **more: object) -> dict:
    request = {"logGroupName": GROUP, "logStreamName": STREAM, "startFromHead": True}
    return request | ({"nextToken": token} if token else {}) | more


LISTED = {"logStreams": [{"logStreamName": STREAM}]}


def test_a_group_that_does_not_exist_yet_is_no_log_yet(stub):
    stub.add_client_error(
        "describe_log_streams", "ResourceNotFoundException", "The specified log group does not exist."
    )
    assert stub.reader.poll() == []
    stub.add_response("describe_log_streams", LISTED)
    stub.add_response("get_log_events", events((1, "hello"), token="f/1"), asked())
    stub.add_response("get_log_events", events(token="f/1"), asked("f/1"))
    assert [(line.time, line.stream, line.text) for line in stub.reader.poll()] == [(1, "algo-1", "hello")]


def test_an_empty_page_is_not_the_end_and_a_repeated_token_is(stub):
    stub.add_response("describe_log_streams", LISTED)
    stub.add_response("get_log_events", events(token="f/1"), asked())
    stub.add_response("get_log_events", events((5, "late"), token="f/2"), asked("f/1"))
    stub.add_response("get_log_events", events(token="f/2"), asked("f/2"))
    assert [line.text for line in stub.reader.poll()] == ["late"]
    assert not stub.reader.is_behind
    stub.add_response("get_log_events", events((6, "more"), token="f/3"), asked("f/2"))
    stub.add_response("get_log_events", events(token="f/3"), asked("f/3"))
    assert [line.text for line in stub.reader.poll()] == ["more"]


def test_a_long_log_is_read_in_several_polls(stub):
    stub.add_response("describe_log_streams", LISTED)
    for page in range(1, 6):
        stub.add_response("get_log_events", events((page, str(page)), token=f"f/{page}"))
    assert [line.text for line in stub.reader.poll()] == ["1", "2", "3", "4", "5"]
    assert stub.reader.is_behind


def test_an_expired_token_goes_on_behind_the_last_line_without_repeating_any(stub):
    stub.add_response("describe_log_streams", LISTED)
    stub.add_response("get_log_events", events((1, "a"), (2, "b"), (2, "c"), token="f/1"), asked())
    stub.add_response("get_log_events", events(token="f/1"), asked("f/1"))
    stub.reader.poll()
    stub.add_client_error("get_log_events", "InvalidParameterException", "The specified nextToken is invalid.")
    stub.add_response("get_log_events", events((2, "b"), (2, "c"), (2, "d"), (3, "e"), token="f/9"), asked(startTime=2))
    stub.add_response("get_log_events", events(token="f/9"), asked("f/9"))
    assert [line.text for line in stub.reader.poll()] == ["d", "e"]


def test_other_refusals_are_raised(stub):
    stub.add_response("describe_log_streams", LISTED)
    stub.add_client_error("get_log_events", "AccessDeniedException", "not authorized to perform: logs:GetLogEvents")
    with pytest.raises(ServiceError, match="logs:GetLogEvents"):
        stub.reader.poll()


def test_hosts_are_merged_by_time_and_new_ones_found():
    with mock_aws():
        client = make_client()
        client.create_log_group(logGroupName=GROUP)
        reader = LogReader(client, GROUP, "job/", expected=2)
        now = int(time.time() * 1000) - 1000

        def put(stream: str, *lines: tuple[int, str]) -> None:
            client.create_log_stream(logGroupName=GROUP, logStreamName=stream)
            client.put_log_events(
                logGroupName=GROUP,
                logStreamName=stream,
                logEvents=[{"timestamp": now + t, "message": m} for t, m in lines],
            )

        put("job/algo-1-1700000000", (1, "one"), (3, "three\nand more\r\n"))
        put("other/algo-1-1700000000", (1, "not ours"))
        assert [line.text for line in reader.poll()] == ["one", "three", "and more"]
        put("job/algo-2-1700000001", (2, "two"), (4, "four"))
        assert [(line.stream, line.text) for line in reader.poll()] == [("algo-2", "two"), ("algo-2", "four")]
        again = LogReader(client, GROUP, "job/")
        assert [line.text for line in again.poll()] == ["one", "two", "three", "and more", "four"]
        assert again.poll() == []


@pytest.mark.parametrize(
    ("stream", "prefix", "host"),
    [
        ("job/algo-1-1700000000", "job/", "algo-1"),
        ("job/i-0abc-1700000000000", "job/", "i-0abc"),
        ("job/algo-1", "job/", "algo-1"),
        ("tune-001-ff/algo-1-1700000000", "tune-", "001-ff/algo-1"),
        ("job/", "job/", "job/"),
    ],
)
def test_hosts(stream, prefix, host):
    assert host_of(stream, prefix) == host
