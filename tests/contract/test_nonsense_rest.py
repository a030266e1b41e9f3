"""Lambda and calls of endpoints, asked nonsense over the wire: refused in the service's way, never 500, never a hang."""

from __future__ import annotations

import json

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session

from .test_fuzz import AT_ONCE

FUNCTIONS = "/2015-03-31/functions"
NAMES = ("x", "a%2Fb", "..%2F..%2Fetc", "%00", "é".encode().hex(), "arn%3Aaws%3Alambda%3A%3A%3Afunction%3Ax", "a" * 300)
BODIES = (
    b"",
    b"{",
    b"[]",
    b"\xff",
    b"null",
    b"0",
    b'{"Code": 1}',
    b'{"Code": {"ZipFile": "%%%"}}',
    b'{"FunctionName": []}',
)


@pytest.fixture(scope="module")
def ask(engine):
    session = URLLib3Session(timeout=30, socket_options=AT_ONCE)
    at = engine.endpoint

    def asked(service: str, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, dict[str, object]]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = AWSRequest(method, f"{at.url}{path}", {"Content-Type": "application/json", **named}, data=body)
        SigV4Auth(Credentials(at.access_key, at.secret_key), service, at.region).add_auth(request)
        answer = session.send(request.prepare())
        code = answer.headers.get("x-amzn-errortype", "")
        return answer.status_code, {"code": code, **(json.loads(answer.content or b"{}") or {})}

    return asked


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "method, tail", [("GET", ""), ("DELETE", ""), ("POST", "/invocations"), ("PUT", "/code"), ("GET", "/configuration")]
)
def test_functions_with_strange_names(ask, method, tail, name):
    for body in BODIES if method in ("PUT", "POST") else (b"",):
        status, answer = ask("lambda", method, f"{FUNCTIONS}/{name}{tail}", body)
        assert 400 <= status < 500, answer
        assert answer["code"], answer
        assert answer["message"], answer


@pytest.mark.parametrize("body", BODIES)
def test_functions_made_of_nonsense(ask, body):
    status, answer = ask("lambda", "POST", FUNCTIONS, body)
    assert 400 <= status < 500, answer


@pytest.mark.parametrize(
    "service, method, path, code",
    [
        ("lambda", "GET", "/nowhere", "UnknownOperationException"),
        ("lambda", "PATCH", FUNCTIONS, "UnknownOperationException"),
        ("lambda", "GET", f"{FUNCTIONS}?MaxItems=many", "SerializationException"),
        ("lambda", "GET", f"{FUNCTIONS}?MaxItems=0", "ValidationException"),
        ("sagemaker", "POST", "/endpoints/nothere/invocations", "ValidationError"),
        ("sagemaker", "POST", "/endpoints/no_such_name/invocations", "ValidationException"),
        ("sagemaker", "GET", "/endpoints/x/invocations", "UnknownOperationException"),
        ("sagemaker", "POST", "/endpoints/x/async-invocations", "UnknownOperationException"),
        ("sagemaker", "POST", "/endpoints/", "UnknownOperationException"),
    ],
)
@pytest.mark.newest_boto3
def test_places_that_are_none(ask, service, method, path, code):
    status, answer = ask(service, method, path)
    assert (status, answer["code"]) == (400, code), answer


def test_an_unsigned_call_is_refused(engine):
    answer = URLLib3Session().send(AWSRequest("GET", f"{engine.endpoint.url}{FUNCTIONS}").prepare())
    assert answer.status_code == 403
