"""REST-JSON: what botocore writes is read as it was meant, and what is written is read by botocore."""

from __future__ import annotations

import json
from urllib.parse import quote, urlencode

import pytest
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from hypothesis import given
from hypothesis import strategies as st

from sm_pipeline_widgets.engine import restjson
from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.signature import RequestHead
from sm_pipeline_widgets.engine.wire import service_model

NAME = st.from_regex(r"[a-zA-Z0-9_-]{1,40}", fullmatch=True)
LINE = st.text(st.characters(codec="ascii", min_codepoint=33, max_codepoint=126), min_size=1, max_size=60)


def read(service: str, operation: str, parameters: dict) -> tuple[str, dict]:
    """What our side makes of a request that botocore wrote."""
    model = service_model(service)
    made = create_serializer("rest-json").serialize_to_request(parameters, model.operation_model(operation))
    query = made["query_string"]
    target = quote(made["url_path"], safe="/%:$") + (f"?{urlencode(query)}" if query else "")
    head = RequestHead(made["method"], target, tuple((str(k), str(v)) for k, v in made["headers"].items()))
    found = restjson.route(model, head)
    assert found is not None, target
    name, labels = found
    body = made["body"] if isinstance(made["body"], bytes) else str(made["body"] or "").encode()
    shape = model.operation_model(name).input_shape
    return name, restjson.read_parameters(shape, labels, head, body)


def parsed(service: str, operation: str, result: dict, status: int = 200) -> dict:
    """What botocore makes of an answer that our side wrote."""
    shape = service_model(service).operation_model(operation).output_shape
    given_status, headers, body = restjson.answer_parts(shape, result)
    raw = {"status_code": given_status or status, "headers": {k.lower(): v for k, v in headers.items()}, "body": body}
    answer = create_parser("rest-json").parse(raw, shape)
    del answer["ResponseMetadata"]
    return answer


@given(NAME, st.binary(max_size=200), st.sampled_from(["Event", "DryRun", "RequestResponse"]))
def test_invoke(name, payload, kind):
    given_ = {"FunctionName": name, "Payload": payload, "InvocationType": kind, "LogType": "Tail"}
    assert read("lambda", "Invoke", given_) == ("Invoke", given_)


@given(NAME, st.binary(max_size=200), LINE, LINE)
def test_invoke_endpoint(name, body, accept, custom):
    given_ = {
        "EndpointName": name,
        "Body": body,
        "ContentType": "text/csv",
        "Accept": accept,
        "CustomAttributes": custom,
    }
    assert read("sagemaker-runtime", "InvokeEndpoint", given_) == ("InvokeEndpoint", given_)


@given(
    NAME,
    st.dictionaries(st.from_regex(r"[a-zA-Z]\w{1,20}", fullmatch=True), st.text(max_size=30)),
    st.binary(min_size=1),
)
def test_create_function(name, variables, code):
    given_ = {
        "FunctionName": name, "Runtime": "python3.12", "Role": "r", "Handler": "a.b", "Timeout": 3,
        "Environment": {"Variables": variables}, "Code": {"ZipFile": code},
    }  # fmt: skip
    assert read("lambda", "CreateFunction", given_) == ("CreateFunction", given_)


@pytest.mark.parametrize(
    "operation, parameters",
    [
        ("GetFunction", {"FunctionName": "f", "Qualifier": "$LATEST"}),
        ("GetFunctionConfiguration", {"FunctionName": "f"}),
        ("DeleteFunction", {"FunctionName": "arn:aws:lambda:eu-west-1:123456789012:function:f"}),
        ("ListFunctions", {"MaxItems": 7, "Marker": "a b&c"}),
        ("UpdateFunctionCode", {"FunctionName": "f", "S3Bucket": "bucket", "S3Key": "k/ü", "DryRun": True}),
        ("UpdateFunctionConfiguration", {"FunctionName": "f", "Timeout": 9}),
    ],
)
def test_every_place_a_member_can_have(operation, parameters):
    assert read("lambda", operation, parameters) == (operation, parameters)


@given(st.binary(max_size=100), LINE)
def test_answers_with_a_payload(body, kind):
    result = {"Body": body, "ContentType": kind, "InvokedProductionVariant": "v"}
    shape = service_model("sagemaker-runtime").operation_model("InvokeEndpoint").output_shape
    status, headers, written = restjson.answer_parts(shape, result)
    assert (status, written) == (None, body)
    assert headers == {"Content-Type": kind, "x-Amzn-Invoked-Production-Variant": "v"}


def test_answers_of_members():
    configuration = {"FunctionName": "f", "Timeout": 3, "Environment": {"Variables": {"A": "ü"}}}
    assert parsed("lambda", "GetFunctionConfiguration", configuration) == configuration
    assert parsed("lambda", "ListFunctions", {"Functions": [configuration], "Unknown": 1}) == {
        "Functions": [configuration]
    }


def test_a_status_and_what_a_function_said_stand_in_their_places():
    shape = service_model("lambda").operation_model("Invoke").output_shape
    result = {"StatusCode": 202, "Payload": b"{}", "FunctionError": "Un\r\nhandled"}
    status, headers, body = restjson.answer_parts(shape, result)
    assert (status, body) == (202, b"{}")
    assert headers == {"X-Amz-Function-Error": "Un handled"}, "no line break gets into a header"


def test_errors_are_read_by_botocore():
    headers, body = restjson.error_parts(ServiceException("ModelError", "no", 424, {"OriginalStatusCode": 500}))
    raw = {"status_code": 424, "headers": {k.lower(): v for k, v in headers.items()}, "body": body}
    shape = service_model("sagemaker-runtime").operation_model("InvokeEndpoint").output_shape
    error = create_parser("rest-json").parse(raw, shape)["Error"]
    assert (error["Code"], error["Message"]) == ("ModelError", "no")
    assert json.loads(body)["OriginalStatusCode"] == 500


@pytest.mark.parametrize(
    "method, target",
    [("GET", "/nowhere"), ("POST", "/2015-03-31/functions/a/b/c/d"), ("BREW", "/2015-03-31/functions")],
)
def test_places_that_are_none(method, target):
    assert restjson.route(service_model("lambda"), RequestHead(method, target, ())) is None
