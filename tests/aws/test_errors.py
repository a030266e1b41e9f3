"""What boto3 raises, as errors of this package's tree: in words a person can act on."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from sm_pipeline_widgets.aws.errors import surely, translate, translated
from sm_pipeline_widgets.errors import ServiceError, UnreachableError

PAGE = "<!doctype html>\n<html lang=en>\n<title>502 Bad Gateway</title>\n<h1>Bad Gateway</h1>"


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (PAGE, "a web page came in place of an answer (502 Bad Gateway)"),
        ("<html>x", "a web page came, and no answer"),
        ("Rate exceeded", "Rate exceeded"),
        ("", "the service gave no reason"),
    ],
)
def test_a_web_page_in_place_of_an_answer_is_said_in_a_line(message, words):
    error = translate(ClientError({"Error": {"Code": "502", "Message": message}}, "ListThings"))
    assert isinstance(error, ServiceError)
    assert error.message.endswith(words)


def test_an_answer_that_is_none_is_a_service_out_of_reach():
    with pytest.raises(UnreachableError, match="No proper answer"), translated():
        raise ResponseParserError(f"Unable to parse response: {PAGE}")


def test_what_is_done_once_is_asked_for_again_where_the_answer_got_lost():
    asked = []

    def ask():
        asked.append(1)
        if len(asked) == 1:
            raise ResponseParserError("half")
        return "arn"

    assert surely(ask) == "arn"
    assert len(asked) == 2


def test_a_refusal_is_an_answer():
    asked = []

    def ask():
        asked.append(1)
        raise ClientError({"Error": {"Code": "ValidationException", "Message": "no"}}, "Start")

    with pytest.raises(ServiceError, match="no"):
        surely(ask)
    assert len(asked) == 1


def test_a_member_that_an_older_boto3_does_not_know_says_what_to_do():
    client = boto3.client("sagemaker", region_name="us-east-1", aws_access_key_id="k", aws_secret_access_key="s")
    with pytest.raises(ServiceError) as refused, translated():
        client.describe_pipeline(PipelineName="demo", MemberOfTheFuture="x")
    assert "MemberOfTheFuture" in refused.value.message
    assert refused.value.fix == (
        f"boto3 {boto3.__version__} does not know that member: leave it out, or `pip install --upgrade boto3`."
    )
