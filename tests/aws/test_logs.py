from __future__ import annotations

import time

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st
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
        ("job/i-0abc-1700000000/data-log", "job/", "i-0abc/data-log"),
        ("job/i-0abc-1700000000/first-container", "job/", "i-0abc/first-container"),
        ("tune-001-ff/algo-1-1700000000", "tune-", "001-ff/algo-1"),
        ("job/", "job/", "job/"),
    ],
)
def test_hosts(stream, prefix, host):
    assert host_of(stream, prefix) == host


def test_lines_read_before_a_refusal_are_kept_and_the_refusal_told_when_nothing_is_left(stub):
    stub.add_response("describe_log_streams", LISTED)
    stub.add_response("get_log_events", events((1, "a"), token="f/1"), asked())
    stub.add_client_error("get_log_events", "ThrottlingException", "Rate exceeded")
    assert [line.text for line in stub.reader.poll()] == ["a"]
    stub.add_client_error("get_log_events", "ThrottlingException", "Rate exceeded", expected_params=asked("f/1"))
    with pytest.raises(ServiceError, match="Rate exceeded"):
        stub.reader.poll()
    stub.add_response("get_log_events", events((2, "b"), token="f/2"), asked("f/1"))
    stub.add_response("get_log_events", events(token="f/2"), asked("f/2"))
    assert [line.text for line in stub.reader.poll()] == ["b"]


def test_a_page_that_comes_twice_is_read_once(stub):
    stub.add_response("describe_log_streams", LISTED)
    page = events((1, "a"), (1, "a"), token="f/1")
    stub.add_response("get_log_events", page, asked())
    stub.add_response("get_log_events", page, asked("f/1"))
    stub.add_response("get_log_events", events((1, "a"), token="f/2"), asked("f/1"))
    stub.add_response("get_log_events", page, asked("f/2"))  # and an old one, later
    stub.add_response("get_log_events", events(token="f/2"), asked("f/2"))
    assert [line.text for line in stub.reader.poll()] == ["a", "a", "a"]  # two, and the one that really came after
    assert stub.reader.is_sure


def test_only_old_answers_say_nothing_about_the_end(stub):
    stub.add_response("describe_log_streams", LISTED)
    page = events((1, "a"), token="f/1")
    for _ in range(5):
        stub.add_response("get_log_events", page)
    assert [line.text for line in stub.reader.poll()] == ["a"]
    assert not stub.reader.is_sure


class Hosts:
    """A group whose streams hold many lines, given out in small pages."""

    def __init__(self, streams: dict[str, list[tuple[int, str]]], page: int) -> None:
        self.streams, self.page, self.calls = streams, page, 0

    def describe_log_streams(self, **_: object) -> dict:
        return {"logStreams": [{"logStreamName": name} for name in self.streams]}

    def get_log_events(self, logStreamName: str, nextToken: str = "0", **_: object) -> dict:  # noqa: N803
        self.calls += 1
        start = int(nextToken)
        found = self.streams[logStreamName][start : start + self.page]
        return {
            "events": [{"timestamp": t, "message": m} for t, m in found],
            "nextForwardToken": str(start + len(found)),
        }


def test_long_logs_of_several_hosts_are_merged_by_time_over_all_their_pages():
    """One host wrote everything in the first minute, the other took an hour: no line comes after a later one."""
    quick = [(n, f"quick {n}") for n in range(1000)]
    slow = [(n * 60, f"slow {n}") for n in range(1000)]
    client = Hosts({"job/algo-1": quick, "job/algo-2": slow}, page=10)
    reader = LogReader(client, GROUP, "job/")
    lines = []
    while (new := reader.poll()) or reader.is_behind:
        lines += new
    assert len(lines) == 2000
    assert [line.time for line in lines] == sorted(line.time for line in lines)
    assert [line.text for line in lines if line.stream == "algo-1"] == [text for _, text in quick]


@given(
    streams=st.lists(st.lists(st.integers(0, 50), max_size=40).map(sorted), min_size=1, max_size=4),
    page=st.integers(1, 7),
)
def test_every_line_comes_once_and_in_order_however_the_pages_fall(streams, page):
    held = {f"job/algo-{n}": [(t, f"{n}.{at}") for at, t in enumerate(times)] for n, times in enumerate(streams)}
    reader = LogReader(Hosts(held, page), GROUP, "job/")
    lines = []
    while (new := reader.poll()) or reader.is_behind:
        lines += new
    assert sorted(line.text for line in lines) == sorted(text for each in held.values() for _, text in each)
    assert [line.time for line in lines] == sorted(line.time for line in lines)


def test_a_host_that_cannot_be_read_does_not_hold_back_the_others():
    class Refusing(Hosts):
        def get_log_events(self, logStreamName: str, **asked: object) -> dict:  # noqa: N803
            if logStreamName == "job/algo-1" and asked.get("nextToken", "0") != "0":
                error = {"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}
                raise ClientError(error, "GetLogEvents")
            return super().get_log_events(logStreamName, **asked)

    early = [(n, f"early {n}") for n in range(20)]
    late = [(100 + n, f"late {n}") for n in range(20)]
    reader = LogReader(Refusing({"job/algo-1": early, "job/algo-2": late}, page=5), GROUP, "job/")
    lines, refused = [], 0
    for _ in range(12):
        try:
            lines += reader.poll()
        except ServiceError:
            refused += 1
    assert [line.text for line in lines if line.stream == "algo-2"] == [text for _, text in late]
    assert [line.text for line in lines if line.stream == "algo-1"] == [text for _, text in early[:5]]
    assert refused
