"""Read-only targets: every look passes, everything else is refused before it is sent."""

from __future__ import annotations

import pytest
from moto import mock_aws

from sm_pipeline_widgets.aws.readonly import is_look
from sm_pipeline_widgets.aws.target import aws_target
from sm_pipeline_widgets.errors import ReadOnlyError


@pytest.fixture
def target(monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with mock_aws():
        yield aws_target(region="eu-west-1", read_only=True)


@pytest.mark.parametrize(
    "service, operation, looks",
    [
        ("s3", "GetObject", True),
        ("s3", "HeadBucket", True),
        ("s3", "PutObject", False),
        ("s3", "CreateMultipartUpload", False),
        ("sagemaker", "ListPipelineExecutionSteps", True),
        ("sagemaker", "Search", True),
        ("sagemaker", "StartPipelineExecution", False),
        ("sagemaker", "StopPipelineExecution", False),
        ("sagemaker", "SendPipelineExecutionStepSuccess", False),
        ("logs", "FilterLogEvents", True),
        ("logs", "StartLiveTail", True),
        ("logs", "PutLogEvents", False),
        ("iam", "SimulatePrincipalPolicy", True),
        ("iam", "PassRole", False),
        ("sts", "AssumeRole", True),
        ("sqs", "ReceiveMessage", False),
        ("lambda", "Invoke", False),
        ("dynamodb", "Getaway", False),
    ],
)
def test_what_is_a_look(service, operation, looks):
    assert is_look(service, operation) == looks


def test_looking_works_and_changing_is_refused_in_words(target):
    assert target.s3.list_buckets()["Buckets"] == []
    assert target.account == "123456789012"
    with pytest.raises(ReadOnlyError, match=r"CreateBucket was not sent: target `aws` is read-only"):
        target.ensure_bucket()
    assert target.s3.list_buckets()["Buckets"] == []


def test_other_peoples_clients_and_presigned_urls_are_held_to_it_too(target):
    with pytest.raises(ReadOnlyError):
        target.session.client("sqs").create_queue(QueueName="q")
    with pytest.raises(ReadOnlyError):
        target.session.resource("s3").Bucket("b").create()
    with pytest.raises(ReadOnlyError):
        target.s3.generate_presigned_url("put_object", Params={"Bucket": "b", "Key": "k"})
    assert "X-Amz-Signature" in target.s3.generate_presigned_url("get_object", Params={"Bucket": "b", "Key": "k"})
    assert target.words.endswith("read-only")
