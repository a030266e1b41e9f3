"""Lambda functions over the wire: created from a zip, called, updated, deleted."""

from __future__ import annotations

import base64
import io
import json
import os
import zipfile

import pytest
from botocore.exceptions import ClientError

ROLE = "arn:aws:iam::000000000000:role/r"


@pytest.fixture
def lambda_(engine):
    return engine.client("lambda")


def zipped(code: str, name: str = "scale.py") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, code)
    return buffer.getvalue()


@pytest.fixture
def create(lambda_):
    """Create a function; its name."""

    def function(name: str, code: str, **more) -> str:
        lambda_.create_function(
            FunctionName=name, Runtime="python3.12", Role=ROLE, Handler="scale.handler",
            Code={"ZipFile": zipped(code)}, **more,
        )  # fmt: skip
        return name

    return function


def called(lambda_, name, event=None, **more):
    answer = lambda_.invoke(FunctionName=name, Payload=json.dumps(event or {}), **more)
    return answer, json.loads(answer["Payload"].read())


def test_a_functions_life(engine, lambda_, create):
    name = create("life", "def handler(event, context):\n    return {'twice': event['n'] * 2}\n", Tags={"a": "b"})
    lambda_.get_waiter("function_active_v2").wait(FunctionName=name)
    answer, value = called(lambda_, name, {"n": 21})
    assert (answer["StatusCode"], answer.get("FunctionError"), value) == (200, None, {"twice": 42})
    described = lambda_.get_function(FunctionName=name)
    assert described["Configuration"]["Handler"] == "scale.handler"
    assert described["Tags"] == {"a": "b"}
    arn = described["Configuration"]["FunctionArn"]
    assert called(lambda_, arn, {"n": 1})[1] == {"twice": 2}

    lambda_.update_function_code(FunctionName=name, ZipFile=zipped("def handler(event, context):\n    return 'new'\n"))
    assert called(lambda_, name)[1] == "new"
    engine.client("s3").put_object(
        Bucket=engine.endpoint.bucket, Key="code.zip", Body=zipped("def handler(event, context):\n    return 's3'\n")
    )
    lambda_.update_function_code(FunctionName=arn, S3Bucket=engine.endpoint.bucket, S3Key="code.zip")
    assert called(lambda_, name)[1] == "s3"
    names = [
        at["FunctionName"] for page in lambda_.get_paginator("list_functions").paginate() for at in page["Functions"]
    ]
    assert name in names
    with pytest.raises(lambda_.exceptions.ResourceConflictException):
        create(name, "")
    lambda_.delete_function(FunctionName=name)
    with pytest.raises(lambda_.exceptions.ResourceNotFoundException):
        lambda_.get_function(FunctionName=name)
    with pytest.raises(lambda_.exceptions.ResourceNotFoundException):
        lambda_.invoke(FunctionName=name)


def test_a_function_sees_its_context_its_variables_and_only_the_engine(lambda_, create):
    code = (
        "import os, boto3\n"
        "def handler(event, context):\n"
        "    print('asked')\n"
        "    return [context.function_name, context.invoked_function_arn, os.environ['XY'],\n"
        "            0 < context.get_remaining_time_in_millis() <= 30000,\n"
        "            boto3.client('sts').get_caller_identity()['Account']]\n"
    )
    name = create("context", code, Timeout=30, Environment={"Variables": {"XY": "y"}})
    answer, value = called(lambda_, name, LogType="Tail")
    assert value == [name, f"arn:aws:lambda:us-east-1:000000000000:function:{name}", "y", True, "000000000000"]
    assert base64.b64decode(answer["LogResult"]).decode() == "asked"
    lambda_.delete_function(FunctionName=name)


@pytest.mark.parametrize(
    "code, kind, message",
    [
        ("def handler(e, c):\n    raise ValueError('no such customer')\n", "ValueError", "no such customer"),
        ("def other(e, c):\n    pass\n", "ImportError", "Handler 'handler' missing"),
        ("import nothere\n", "ModuleNotFoundError", "nothere"),
        ("def handler(e, c):\n    return object()\n", "TypeError", "not JSON serializable"),
        ("import os\ndef handler(e, c):\n    os._exit(3)\n", "Runtime.ExitError", "exit status 3"),
        ("import time\ndef handler(e, c):\n    time.sleep(60)\n", "Sandbox.Timedout", "timed out after 1.00 seconds"),
    ],
)
def test_what_goes_wrong_in_a_function(lambda_, create, code, kind, message):
    name = create("wrong", code, Timeout=1)
    try:
        answer, error = called(lambda_, name)
    finally:
        lambda_.delete_function(FunctionName=name)
    assert answer["FunctionError"] == "Unhandled"
    assert error["errorType"] == kind
    assert message in error["errorMessage"]


@pytest.mark.parametrize(
    "changed, words",
    [
        ({"Code": {"ZipFile": b"no zip"}}, "Could not unzip"),
        ({"Runtime": "nodejs20.x"}, "Python functions"),
        ({"Handler": "nodot"}, "file.function"),
        ({"Code": {"ImageUri": "x"}}, "zip"),
        ({"Code": {"S3Bucket": "sagemaker-us-east-1-000000000000", "S3Key": "not/there"}}, "NoSuchKey"),
    ],
)
def test_what_cannot_be_created(lambda_, changed, words):
    whole = {"FunctionName": "bad", "Runtime": "python3.12", "Role": ROLE, "Handler": "a.b"} | changed
    with pytest.raises(ClientError, match=words):
        lambda_.create_function(**{"Code": {"ZipFile": zipped("")}, **whole})


def test_a_zip_cannot_write_outside(engine, lambda_):
    lambda_.create_function(
        FunctionName="escape", Runtime="python3.12", Role=ROLE, Handler="a.b",
        Code={"ZipFile": zipped("x", "../../../escaped.py")},
    )  # fmt: skip
    # jobs' folders come and go meanwhile, which rglob does not bear
    escaped = [folder for folder, _, names in os.walk(engine.home) if "escaped.py" in names]
    assert all("functions" in folder for folder in escaped)
    lambda_.delete_function(FunctionName="escape")


def test_the_cli_calls_functions_and_endpoints(aws, create, lambda_, tmp_path):
    name = create("cli", "def handler(event, context):\n    return event['n'] + 1\n")
    answer = aws("lambda", "invoke", "--function-name", name, "--payload", '{"n": 41}', "answer.json")
    assert (answer["StatusCode"], (tmp_path / "answer.json").read_text()) == (200, "42")
    (tmp_path / "body").write_text("1,2")
    words = ("--endpoint-name", "nothere", "--content-type", "text/csv", "--body", "file://body", "out")
    assert "Endpoint nothere not found" in aws("sagemaker-runtime", "invoke-endpoint", *words, fails=True)
    lambda_.delete_function(FunctionName=name)
