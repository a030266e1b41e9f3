"""Requests and answers over a socket: the service's own formats, whatever comes in."""

from __future__ import annotations

import json
import logging
import socket
import time
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

LONG_ENOUGH = "0" * 32


def test_answer_holds_what_the_shape_has_and_nothing_else(served):
    answer = served.client("sagemaker").list_pipelines(PipelineNamePrefix="p", MaxResults=5)
    summary = answer["PipelineSummaries"][0]
    assert summary["CreationTime"].astimezone(UTC) == datetime(2026, 1, 2, 3, 4, 5, 679000, tzinfo=UTC)
    assert set(summary) == {"PipelineName", "CreationTime"}
    assert served.calls[-1] == {"PipelineNamePrefix": "p", "MaxResults": 5}


def test_timestamps_come_in_as_moments(served):
    moment = datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)
    served.client("sagemaker").list_pipelines(CreatedAfter=moment)
    assert served.calls[-1] == {"CreatedAfter": moment}


def test_an_operations_refusal_reaches_the_client(served):
    client = served.client("sagemaker")
    with pytest.raises(client.exceptions.ResourceNotFound) as caught:
        client.describe_pipeline(PipelineName="nothere")
    assert caught.value.response["Error"]["Message"] == "Pipeline 'nothere' does not exist."
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert caught.value.response["ResponseMetadata"]["RequestId"]


def test_a_mistake_in_an_operation_is_logged_and_answered(served, caplog):
    with caplog.at_level(logging.ERROR), pytest.raises(ClientError) as caught:
        served.client("sagemaker").delete_pipeline(PipelineName="p", ClientRequestToken=LONG_ENOUGH)
    error = caught.value.response
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert error["Error"]["Code"] == "InternalFailure"
    assert "ZeroDivisionError" in caplog.text
    assert error["ResponseMetadata"]["RequestId"] in caplog.text


def test_operations_the_engine_does_not_have(served):
    with pytest.raises(ClientError) as caught:
        served.client("sagemaker").list_models()
    assert caught.value.response["Error"]["Code"] == "UnknownOperationException"
    assert "does not answer 'ListModels'" in caught.value.response["Error"]["Message"]


def test_services_the_engine_does_not_have(served):
    with pytest.raises(ClientError) as caught:
        served.client("dynamodb").list_tables()
    assert "does not answer the service 'dynamodb'" in caught.value.response["Error"]["Message"]


def test_who_am_i(served):
    answer = served.client("sts").get_caller_identity()
    assert answer["Account"] == "000000000000"
    assert answer["Arn"].startswith("arn:aws:sts::000000000000:assumed-role/")


@pytest.mark.parametrize(
    "operation, body, message",
    [
        (
            "CreatePipeline",
            {"PipelineName": "-bad-", "ClientRequestToken": LONG_ENOUGH, "RoleArn": "arn:aws:iam::000000000000:role/r"},
            (
                "1 validation error detected: Value '-bad-' at 'pipelineName' failed to satisfy constraint: "
                "Member must satisfy regular expression pattern: "
            ),
        ),
        (
            "CreatePipeline",
            {"PipelineName": "p", "ClientRequestToken": "short"},
            (
                "2 validation errors detected: Value null at 'roleArn' failed to satisfy constraint: Member must not be null; "
                "Value 'short' at 'clientRequestToken' failed to satisfy constraint: "
                "Member must have length greater than or equal to 32"
            ),
        ),
        (
            "ListPipelines",
            {"SortBy": "Colour"},
            "Value 'Colour' at 'sortBy' failed to satisfy constraint: Member must satisfy enum value set: [Name, CreationTime]",
        ),
        (
            "ListPipelines",
            {"MaxResults": 101},
            "Value '101' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 100",
        ),
        (
            "UpdatePipeline",
            {"PipelineName": "p", "ParallelismConfiguration": {"MaxParallelExecutionSteps": 0}},
            (
                "Value '0' at 'parallelismConfiguration.maxParallelExecutionSteps' failed to satisfy constraint: "
                "Member must have value greater than or equal to 1"
            ),
        ),
        (
            "CreatePipeline",
            {
                "PipelineName": "p",
                "ClientRequestToken": LONG_ENOUGH,
                "RoleArn": "arn:aws:iam::000000000000:role/r",
                "Tags": [{"Key": "a", "Value": "b"}, {"Key": "a"}],
            },
            "Value null at 'tags.2.member.value' failed to satisfy constraint: Member must not be null",
        ),
    ],
)
def test_constraints_in_the_services_words(served, operation, body, message):
    status, headers, answer = served.ask_json(operation, json.dumps(body).encode())
    error = json.loads(answer)
    assert (status, error["__type"]) == (400, "ValidationException")
    assert headers["content-type"] == "application/x-amz-json-1.1"
    assert message in error["message"]


MALFORMED = [
    b"{",
    b"[]",
    b'"text"',
    b"null",
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"MaxResults": "many"}',
    b'{"MaxResults": 1.5}',
    b'{"MaxResults": 1e999}',
    b'{"MaxResults": NaN}',
    b'{"MaxResults": true}',
    b'{"PipelineNamePrefix": 3}',
    b'{"PipelineNamePrefix": "\\ud800"}',
    b'{"CreatedAfter": "yesterday"}',
    b'{"CreatedAfter": 1e300}',
    b'{"CreatedAfter": {}}',
    b'{"PipelineNamePrefix": ["p"]}',
]


@pytest.mark.parametrize("body", MALFORMED, ids=lambda body: repr(body[:40]))
def test_bodies_that_cannot_be_read(served, body):
    status, _, answer = served.ask_json("ListPipelines", body)
    assert (status, json.loads(answer)["__type"]) == (400, "SerializationException")


def test_an_empty_body_is_an_empty_call(served):
    assert served.ask_json("ListPipelines", b"")[0] == 200


def test_unknown_members_are_ignored(served):
    assert served.ask_json("ListPipelines", b'{"FromTheFuture": 1}')[0] == 200
    assert served.calls[-1] == {}


def test_a_large_definition_is_read_quickly(served):
    definition = json.dumps({"Steps": [{"Name": f"s{index}", "Type": "Fail"} for index in range(20_000)]}, indent=2)
    body = {"PipelineName": "p", "PipelineDefinition": definition[:1_000_000]}
    assert served.ask_json("UpdatePipeline", json.dumps(body).encode())[0] == 200


def test_a_body_too_large_is_refused(served):
    status, _, answer = served.ask_json("ListPipelines", b" " * (9 << 20))
    assert status == 400
    assert b"EntityTooLarge" in answer


@pytest.mark.parametrize("target", ["", "SageMaker", "SageMaker.", "SageMaker.Nothing", "Logs_20140328.GetLogEvents"])
def test_targets_that_name_nothing(served, target):
    headers = served.signed("sagemaker", "POST", "/", b"{}", X_Amz_Target=target)
    status, _, answer = served.ask("POST", "/", headers, b"{}")
    assert (status, json.loads(answer)["__type"]) == (400, "UnknownOperationException")


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "OPTIONS", "DELETE"])
def test_json_services_take_posts_only(served, method):
    headers = served.signed("sagemaker", method, "/", X_Amz_Target="SageMaker.ListPipelines")
    assert served.ask(method, "/", headers)[0] == 400


def test_a_method_nobody_knows(served):
    status, _, _ = served.ask("BREW", "/", served.signed("sagemaker", "BREW", "/"))
    assert status == 405
    deadline = time.monotonic() + 5
    while served.server.in_flight:
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("body", [b"", b"Action=", b"Action=Nothing&Version=2011-06-15", b"Action=%ff%fe", b"&&=&"])
def test_forms_that_ask_nothing(served, body):
    headers = served.signed("sts", "POST", "/", body, Content_Type="application/x-www-form-urlencoded")
    status, _, answer = served.ask("POST", "/", headers, body)
    assert 400 <= status < 500
    assert answer.startswith(b"<?xml")
    assert b"<Code>" in answer


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET http://elsewhere/ HTTP/1.1\r\nHost: elsewhere\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -4\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 4, 5\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 20_000 + b"\r\n",
    ],
)
def test_bytes_that_are_no_request_end_the_connection(served, request_bytes):
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as connection:
        connection.sendall(request_bytes)
        connection.shutdown(socket.SHUT_WR)
        try:
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        except ConnectionResetError:
            answer = b""
    assert not answer or answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 403"))
    assert served.client("sts").get_caller_identity()
