"""Every operation in its own protocol (JSON 1.0 and 1.1, REST-XML, REST-JSON, query): what is refused changes nothing.

Requests are made by botocore's own serialisers from nonsense that fits the shapes, then unsigned, tampered with or
broken.
"""

from __future__ import annotations

import random
import time
from urllib.parse import urlencode

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session
from botocore.serialize import create_serializer

from sm_pipeline_widgets.engine import daemon
from sm_pipeline_widgets.engine.operations.registry import OPERATIONS
from sm_pipeline_widgets.engine.operations.s3 import S3_OPERATIONS
from sm_pipeline_widgets.engine.wire import service_model

from .test_fuzz import AT_ONCE, SLOWEST_SECONDS, mutated, send, state_of
from .test_nonsense import some_value

SERVICES = {**{service: sorted(names) for service, names in OPERATIONS.items()}, "s3": sorted(S3_OPERATIONS)}
BROKEN = 6
"""Requests for each operation that are broken in a way of their own."""


class Sender:
    """Sends to an engine of its own, so that nobody else changes what it remembers."""

    def __init__(self, home):
        self.home = home
        self.at = daemon.ensure(home)
        self.session = URLLib3Session(timeout=20, socket_options=AT_ONCE)

    def call(self, service, operation, turn):
        """An operation's request, unsigned, as botocore writes it; names are those of what is there."""
        model = service_model(service)
        shape = model.operation_model(operation).input_shape
        value = some_value(shape, turn) if shape else {}
        there = {"Bucket": self.at.bucket, "Key": "kept", "QueueUrl": f"{self.at.url}/0/kept", "PipelineName": "kept"}
        value |= {name: text for name, text in there.items() if shape and name in shape.members}
        made = create_serializer(model.metadata["protocol"], include_validation=False).serialize_to_request(
            value, model.operation_model(operation)
        )
        # a length that is promised and not sent is waited for, as it must be
        made["headers"].pop("Content-Length", None)
        query, body = made["query_string"], made["body"]
        body = (
            body if isinstance(body, bytes) else urlencode(body).encode() if isinstance(body, dict) else body.encode()
        )
        url = (
            self.at.url
            + made["url_path"]
            + (f"?{query if isinstance(query, str) else urlencode(query)}" if query else "")
        )
        return AWSRequest(made["method"], url, {**made["headers"]}, data=body)

    def sign(self, service, request, secret=None):
        name = service_model(service).metadata.get("signingName") or service_model(service).metadata["endpointPrefix"]
        keys = Credentials(self.at.access_key, secret or self.at.secret_key)
        (S3SigV4Auth if service == "s3" else SigV4Auth)(keys, name, self.at.region).add_auth(request)
        return request.prepare()

    def send(self, prepared):
        began = time.monotonic()
        answer = self.session.send(prepared)
        assert time.monotonic() - began < SLOWEST_SECONDS
        return answer.status_code, answer.content


@pytest.fixture(scope="module")
def sender(tmp_path_factory):
    made = Sender(tmp_path_factory.mktemp("fuzzed"))
    yield made
    assert "Traceback" not in (made.home / "engine.log").read_text()
    daemon.stop(made.home)


@pytest.fixture(scope="module", autouse=True)
def something_to_lose(sender):
    for service, operation, value in (
        ("s3", "PutObject", b"x"),
        ("sqs", "CreateQueue", b'{"QueueName": "kept"}'),
    ):
        if service == "s3":
            request = AWSRequest("PUT", f"{sender.at.url}/{sender.at.bucket}/kept", {}, data=value)
            assert sender.send(sender.sign("s3", request))[0] == 200
        else:
            assert send(_As(sender.at), service, operation, value)[0] == 200


class _As:
    def __init__(self, endpoint):
        self.endpoint = endpoint


@pytest.mark.parametrize("service", SERVICES)
def test_who_cannot_sign_changes_nothing_by_any_operation(sender, service):
    before = state_of(sender.home)
    for operation in SERVICES[service]:
        for turn in (0, 1):
            unsigned = sender.call(service, operation, turn).prepare()
            wrong = sender.sign(service, sender.call(service, operation, turn), secret="wrong")
            tampered = sender.sign(service, sender.call(service, operation, turn))
            tampered.url += ("&" if "?" in tampered.url else "?") + "x=y"
            for request in (unsigned, wrong, tampered):
                status, answer = sender.send(request)
                assert status == 403, (operation, status, answer)
    assert state_of(sender.home) == before


@pytest.mark.parametrize("service", SERVICES)
def test_broken_requests_of_every_operation(sender, service):
    for operation in SERVICES[service]:
        chance = random.Random(operation)
        before = state_of(sender.home)
        statuses = []
        for turn in range(BROKEN):
            request = sender.call(service, operation, turn)
            if request.data and turn % 2:
                request.data = mutated(chance, request.data)
            else:
                at = request.url.index("/", 8)
                path = mutated(chance, request.url[at + 1 :].encode()).decode("latin-1").encode("ascii", "ignore")
                request.url = request.url[: at + 1] + path.replace(b" ", b"+").decode().translate(
                    {0: None, 10: None, 13: None}
                )
            status, answer = sender.send(sender.sign(service, request))
            # 501 is S3's own word for what it does not do
            assert status < 500 or (status == 501 and service == "s3"), (operation, request.url, request.data, answer)
            statuses.append(status)
        if min(statuses) >= 300:
            assert state_of(sender.home) == before, operation
