"""Requests that are broken, too large, unsigned or signed by somebody else: refused, quickly, and nothing changes."""

from __future__ import annotations

import contextlib
import json
import random
import socket
import sqlite3
import time
from contextlib import closing
from typing import Any

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session

from sm_pipeline_widgets.engine.operations.registry import OPERATIONS
from sm_pipeline_widgets.engine.wire import service_model

JSON_SERVICES = ("sagemaker", "logs", "sqs")
ALL = [(service, name) for service in JSON_SERVICES for name in sorted(OPERATIONS[service])]
ROUNDS = 300
SLOWEST_SECONDS = 15.0
AT_ONCE = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
"""As boto3 sets it: without it a request with a body waits 40 ms for an acknowledgement."""


def state_of(home):
    """Everything the engine remembers, as rows."""
    found = {}
    for name in ("engine.sqlite", "objects/index.sqlite"):
        with closing(sqlite3.connect(f"file:{home / name}?mode=ro", uri=True)) as db:
            tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for table in tables:
                # the names are the database's own
                found[name, table] = sorted(map(repr, db.execute(f"SELECT * FROM {table}")))  # noqa: S608
    return found


@pytest.fixture
def unchanged(engine):
    """Whatever the test sends must leave the state as it was, and the engine well."""
    before = state_of(engine.home)
    yield
    assert state_of(engine.home) == before
    engine.client("sagemaker").list_pipelines()
    assert "Traceback" not in (engine.home / "engine.log").read_text()


@pytest.fixture(scope="module", autouse=True)
def something_to_lose(engine):
    text = json.dumps({"Version": "2020-12-01", "Steps": []})
    engine.client("sagemaker").create_pipeline(
        PipelineName="fuzzed", PipelineDefinition=text, RoleArn=engine.endpoint.role
    )
    engine.client("s3").put_object(Bucket=engine.endpoint.bucket, Key="fuzzed", Body=b"x")


def send(engine, service, operation, body, *, key=None, secret=None, sign=True, tamper=None):
    """One call; its status and answer."""
    at = engine.endpoint
    model = service_model(service)
    headers = {
        "X-Amz-Target": f"{model.metadata['targetPrefix']}.{operation}",
        "Content-Type": f"application/x-amz-json-{model.metadata['jsonVersion']}",
    }
    request = AWSRequest("POST", f"{at.url}/", headers, data=body)
    if sign:
        keys = Credentials(key or at.access_key, secret or at.secret_key)
        SigV4Auth(keys, service, at.region).add_auth(request)
    prepared = request.prepare()
    if tamper is not None:
        tamper(prepared)
    began = time.monotonic()
    answer = URLLib3Session(timeout=20, socket_options=AT_ONCE).send(prepared)
    assert time.monotonic() - began < SLOWEST_SECONDS
    return answer.status_code, answer.content


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("service, operation", ALL)
def test_who_cannot_sign_changes_nothing(engine, service, operation):
    body = json.dumps({"PipelineName": "fuzzed", "QueueUrl": "q", "QueueName": "q", "MessageBody": "m"}).encode()

    def other_body(prepared: Any) -> None:
        prepared.body = body.replace(b"fuzzed", b"stolen")

    for refused in (
        send(engine, service, operation, body, sign=False),
        send(engine, service, operation, body, secret="wrong"),
        send(engine, service, operation, body, key="AKIAIOSFODNN7EXAMPLE"),
        send(engine, service, operation, body, tamper=other_body),
    ):
        assert refused[0] == 403, refused


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"PipelineName": "' + b"x" * (9 << 20) + b'"}', 400),
        (json.dumps({"PipelineName": "p", "RoleArn": "r" * 30, "PipelineDefinition": "x" * (2 << 20)}).encode(), 400),
        (b'{"PipelineName": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400),
        (b'{"Tags": [' + b"{}," * 200_000 + b"{}]}", 400),
        (b'{"PipelineName": "a", "PipelineName": ' + b"9" * 100_000 + b"}", 400),
        (b'{"PipelineName": "\\ud800", "RoleArn": "\\udfff"}', 400),
        (b'{"PipelineName": NaN}', 400),
    ],
    ids=["nine megabytes", "long definition", "deep", "many tags", "long number", "half surrogates", "nan"],
)
def test_what_is_too_large_or_too_deep(engine, body, status):
    found, answer = send(engine, "sagemaker", "CreatePipeline", body)
    assert found == status, (found, answer[:300])


@pytest.mark.usefixtures("unchanged")
def test_a_definition_too_deep_to_read(engine):
    joins = '{"Std:Join": {"On": "", "Values": [' * 2000 + '"x"' + "]}}" * 2000
    step = '{"Name": "f", "Type": "Fail", "Arguments": {"ErrorMessage": ' + joins + "}}"
    before = '{"Name": "c%d", "Type": "Condition", "Arguments": {"Conditions": [], "ElseSteps": [], "IfSteps": ['
    nested = "".join(before % at for at in range(1500)) + "]}}" * 1500
    for steps in (step, nested):
        text = f'{{"Version": "2020-12-01", "Steps": [{steps}]}}'
        body = json.dumps(
            {"PipelineName": "deep", "RoleArn": engine.endpoint.role, "ClientRequestToken": "d" * 36,
             "PipelineDefinition": text}
        )  # fmt: skip
        status, answer = send(engine, "sagemaker", "CreatePipeline", body.encode())
        assert status == 400, answer
        assert b"Unable to parse pipeline definition" in answer


def mutated(chance: random.Random, text: bytes) -> bytes:
    """A body with some bytes changed, cut, doubled or put in."""
    data = bytearray(text)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(data)) if data else 0
        match chance.randrange(5):
            case 0:
                data[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del data[at : at + chance.randint(1, 9)]
            case 2:
                data[at:at] = data[at : at + chance.randint(1, 30)]
            case 3:
                data[at:at] = chance.choice(
                    [b"null", b"{}", b"[]", b'""', b"-1", b"1e999", b"\\u0000", b"\xff", b",", b"true"]
                )
            case _:
                data = data[:at]
    return bytes(data)


SEEDS: list[tuple[str, str, dict[str, Any]]] = [
    ("sagemaker", "DescribePipeline", {"PipelineName": "fuzzed", "PipelineVersionId": 1}),
    ("sagemaker", "DescribePipelineExecution", {"PipelineExecutionArn": "arn:aws:sagemaker:us-east-1:000000000000:pipeline/fuzzed/execution/aaaaaaaaaaaa"}),
    ("sagemaker", "ListPipelineExecutionSteps", {"PipelineExecutionArn": "arn:aws:sagemaker:us-east-1:000000000000:pipeline/x/execution/y", "MaxResults": 5, "SortOrder": "Ascending"}),
    ("sagemaker", "ListPipelines", {"CreatedAfter": 1, "SortBy": "Name", "NextToken": "eA=="}),
    ("sagemaker", "ListPipelineVersions", {"PipelineName": "fuzzed", "MaxResults": 3}),
    ("sagemaker", "ListTrainingJobs", {"NameContains": "a", "CreationTimeAfter": 1.5, "StatusEquals": "Failed"}),
    ("sagemaker", "SendPipelineExecutionStepSuccess", {"CallbackToken": "aaaaaaaaaa", "ClientRequestToken": "t" * 36, "OutputParameters": [{"Name": "a", "Value": "b"}]}),
    ("sagemaker", "RetryPipelineExecution", {"PipelineExecutionArn": "arn:aws:sagemaker:us-east-1:000000000000:pipeline/x/execution/y", "ClientRequestToken": "t" * 36}),
    ("sagemaker", "StartPipelineExecution", {"PipelineName": "nobody", "ClientRequestToken": "t" * 36, "PipelineParameters": [{"Name": "a", "Value": "1"}], "SelectiveExecutionConfig": {"SelectedSteps": [{"StepName": "a"}]}}),
    ("logs", "FilterLogEvents", {"logGroupName": "/aws/sagemaker/ProcessingJobs", "filterPattern": "?ERROR -x", "startTime": 1}),
    ("logs", "GetLogEvents", {"logGroupName": "/aws/sagemaker/TrainingJobs", "logStreamName": "a/b", "nextToken": "f/1"}),
    ("sqs", "DeleteMessage", {"QueueUrl": "http://x/y/z", "ReceiptHandle": "a#1-b"}),
    ("sqs", "GetQueueAttributes", {"QueueUrl": "http://x/y/z", "AttributeNames": ["All"]}),
]  # fmt: skip


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("seed", range(len(SEEDS)), ids=[f"{service}.{name}" for service, name, _ in SEEDS])
def test_mutations_of_what_only_looks(engine, seed):
    service, operation, value = SEEDS[seed]
    chance = random.Random(seed)
    text = json.dumps(value).encode()
    for _ in range(ROUNDS // len(SEEDS)):
        body = mutated(chance, text)
        status, answer = send(engine, service, operation, body)
        assert status < 500, (body, answer)


HOST = b"Host: 127.0.0.1:PORT\r\n"
RAW = [
    b"\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET / HTTP/9.9\r\n" + HOST + b"\r\n",
    b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\n",
    b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 99999999999999999999\r\n\r\n",
    b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 200_000 + b"\r\n\r\n",
    b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET / HTTP/1.1\r\n" + HOST + b"Authorization: AWS4-HMAC-SHA256 Credential=\xff\xfe\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + HOST + b"Authorization: " + b"A, " * 5000 + b"\r\n\r\n",
    b"GET http://evil.example/ HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n",
    b"CONNECT evil.example:443 HTTP/1.1\r\n" + HOST + b"\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200,
    bytes(range(256)) * 20,
]


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("number", range(len(RAW)))
def test_bytes_that_are_no_request(engine, number):
    port = int(engine.endpoint.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=SLOWEST_SECONDS) as connection:
        # the engine may hang up before everything is said
        with contextlib.suppress(OSError):
            connection.sendall(RAW[number].replace(b"PORT", str(port).encode()))
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        # a reset is an answer to what is far too long
        with contextlib.suppress(ConnectionResetError):
            while piece := connection.recv(1 << 16):
                answer += piece
    if answer:
        status = int(answer.split(b" ", 2)[1])
        assert 400 <= status < 500, answer[:300]


@pytest.mark.usefixtures("unchanged")
def test_connections_that_say_nothing_hold_up_nobody(engine):
    port = int(engine.endpoint.url.rpartition(":")[2])
    silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(40)]
    try:
        for connection in silent[::2]:
            connection.sendall(b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n")
        began = time.monotonic()
        engine.client("sagemaker").list_pipelines()
        assert time.monotonic() - began < SLOWEST_SECONDS
    finally:
        for connection in silent:
            connection.close()


S3_TARGETS = [
    "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/%00/x", "/BUCKET/%ff%fe", "/BUCKET/" + "k" * 2000, "/" + "b" * 300,
    "/BUCKET?list-type=2&max-keys=-1", "/BUCKET?list-type=2&continuation-token=%00", "/BUCKET?uploads&max-uploads=x",
    "/BUCKET/fuzzed?partNumber=1&uploadId=none", "/BUCKET/fuzzed?versionId=9", "/BUCKET/fuzzed?unknown", "/BUCKET?acl",
]  # fmt: skip


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("target", S3_TARGETS)
def test_places_that_are_no_object(engine, method, target):
    at = engine.endpoint
    url = at.url + target.replace("BUCKET", at.bucket)
    request = AWSRequest(method, url, {}, data=b"")
    S3SigV4Auth(Credentials(at.access_key, at.secret_key), "s3", at.region).add_auth(request)
    answer = URLLib3Session(timeout=20, socket_options=AT_ONCE).send(request.prepare())
    # 501 is S3's own word for what it does not do
    assert answer.status_code < 500 or answer.status_code == 501, answer.content
    assert b"root:" not in answer.content


def test_nothing_of_all_this_was_the_engines_failure(engine):
    assert "Traceback" not in (engine.home / "engine.log").read_text()
