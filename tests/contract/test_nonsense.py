"""Every operation of the real engine, asked nonsense: refused in the service's way, never 500, never a hang."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session

from sm_pipeline_widgets.engine.operations.registry import OPERATIONS
from sm_pipeline_widgets.engine.wire import operation_model, service_model

from .test_fuzz import AT_ONCE

JSON_OPERATIONS = [(service, name) for service in ("sagemaker", "logs", "sqs") for name in sorted(OPERATIONS[service])]
WORDS = [
    "x",
    "abcdefghijkl",
    "arn:aws:sagemaker:us-east-1:000000000000:pipeline/x",
    "a" * 40,
    "{}",
    "[]",
    "null",
    '{"Steps": 1}',
]
NUMBERS = [0, 1, 7, 100, 10_000]


@pytest.fixture(scope="module")
def ask(engine):
    session = URLLib3Session(timeout=20, socket_options=AT_ONCE)
    at = engine.endpoint

    def asked(service: str, operation: str, body: bytes) -> tuple[int, dict[str, Any]]:
        target = f"{service_model(service).metadata['targetPrefix']}.{operation}"
        headers = {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1"}
        request = AWSRequest("POST", f"{at.url}/", headers, data=body)
        SigV4Auth(Credentials(at.access_key, at.secret_key), service, at.region).add_auth(request)
        answer = session.send(request.prepare())
        return answer.status_code, json.loads(answer.content or b"{}")

    return asked


def some_value(shape: Any, turn: int, depth: int = 0) -> Any:
    """A value of the right type that means nothing."""
    match shape.type_name:
        case "structure" if depth < 4:
            wanted = shape.members if turn % 2 else shape.required_members
            return {name: some_value(shape.members[name], turn, depth + 1) for name in wanted}
        case "structure" | "map":
            return {}
        case "list":
            return [some_value(shape.member, turn, depth + 1)]
        case "string" if shape.enum:
            return shape.enum[turn % len(shape.enum)]
        case "string":
            words = [w for w in WORDS if fits(shape, w)] or ["x"]
            return words[turn % len(words)]
        case "boolean":
            return bool(turn % 2)
        case "timestamp":
            return NUMBERS[turn % len(NUMBERS)]
        case "blob":
            return ""
        case _:
            low, high = shape.metadata.get("min", 0), shape.metadata.get("max", 10_000)
            return min(max(NUMBERS[turn % len(NUMBERS)], low), high)


def fits(shape: Any, word: str) -> bool:
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max", 10**9)
    try:
        pattern = re.compile(shape.metadata.get("pattern", r"[\s\S]*"))
    except re.error:
        # a class of Java's patterns that Python does not know
        return True
    return low <= len(word) <= high and bool(pattern.fullmatch(word))


@pytest.mark.parametrize("service, operation", JSON_OPERATIONS)
def test_well_formed_nonsense(ask, service, operation):
    shape = operation_model(service, operation).input_shape
    for turn in range(10):
        value = some_value(shape, turn) if shape else {}
        if "WaitTimeSeconds" in value:
            # who asks to wait has to
            value["WaitTimeSeconds"] = turn % 2
        status, answer = ask(service, operation, json.dumps(value).encode())
        assert status < 500, (value, answer)
        assert status == 200 or answer["message"], (value, answer)


@pytest.mark.parametrize("service, operation", JSON_OPERATIONS)
def test_wrong_tokens_are_refused(ask, service, operation):
    shape = operation_model(service, operation).input_shape
    token = next((name for name in ("NextToken", "nextToken") if shape and name in shape.members), None)
    if token is None:
        return
    for word in ("nonsense", "====", "-1", "é" * 3, '{"a": 1}'):
        value = {**some_value(shape, 0), token: word}
        status, answer = ask(service, operation, json.dumps(value).encode())
        assert status in (200, 400, 404), (value, answer)


@pytest.mark.parametrize("service, operation", JSON_OPERATIONS)
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b"null", b"0"])
def test_bodies_that_are_no_call(ask, service, operation, body):
    status, answer = ask(service, operation, body)
    assert status < 500, answer


DEFINITIONS: list[Any] = [
    {},
    {"Version": "2020-12-01"},
    {"Version": "2020-12-01", "Steps": {}},
    {"Version": "2020-12-01", "Steps": [1]},
    {"Version": "2020-12-01", "Steps": [{}]},
    {"Version": "2020-12-01", "Steps": [{"Name": "a"}]},
    {"Version": "2020-12-01", "Steps": [{"Name": "a", "Type": "Processing"}]},
    {"Version": "2020-12-01", "Steps": [{"Name": "a", "Type": "Processing", "Arguments": []}]},
    {"Version": "2020-12-01", "Steps": [{"Name": "a", "Type": "Processing", "Arguments": {"AppSpecification": 3}}]},
    {"Version": "2020-12-01", "Steps": [{"Name": 7, "Type": "Fail", "Arguments": {}}]},
    {"Version": "2020-12-01", "Steps": [{"Name": "a", "Type": "Nothing", "Arguments": {}}]},
    {
        "Version": "2020-12-01",
        "Steps": [{"Name": "a", "Type": "Fail", "DependsOn": "a", "Arguments": {"ErrorMessage": 1}}],
    },
    {"Version": "2020-12-01", "Steps": [{"Name": "a", "Type": "Fail", "DependsOn": ["a"], "Arguments": {}}]},
    {"Version": "2020-12-01", "Steps": [{"Name": "a", "Type": "Condition", "Arguments": {"Conditions": 1}}]},
    {
        "Version": "2020-12-01",
        "Steps": [{"Name": "a", "Type": "Condition", "Arguments": {"Conditions": [{}], "IfSteps": {}}}],
    },
    {"Version": "2020-12-01", "Parameters": 3, "Steps": []},
    {"Version": "2020-12-01", "Parameters": [{}], "Steps": []},
    {"Version": "2020-12-01", "Parameters": [{"Name": "a", "Type": "Float", "DefaultValue": "x"}], "Steps": []},
    {"Version": "1999", "Steps": []},
    {"Version": 1, "Steps": [{"Name": "a", "Type": "Fail", "Arguments": {"ErrorMessage": {"Std:Join": 1}}}]},
    [],
    "text",
    None,
]


@pytest.mark.parametrize("number", range(len(DEFINITIONS)))
def test_definitions_that_mean_nothing(engine, ask, number):
    name = f"nonsense-{number}"
    body = {
        "PipelineName": name,
        "RoleArn": engine.endpoint.role,
        "ClientRequestToken": "t" * 36,
        "PipelineDefinition": json.dumps(DEFINITIONS[number]),
    }
    status, answer = ask(
        "sagemaker", "CreatePipeline", json.dumps({**body, "ClientRequestToken": f"{number:040}"}).encode()
    )
    assert status in (200, 400), answer
    if status == 200:
        start = {"PipelineName": name, "ClientRequestToken": "s" * 36 + str(number)}
        status, answer = ask("sagemaker", "StartPipelineExecution", json.dumps(start).encode())
        assert status in (200, 400), answer


def test_the_engine_logged_no_failure_of_its_own(engine):
    log = (engine.home / "engine.log").read_text()
    assert "Traceback" not in log, log[-3000:]
