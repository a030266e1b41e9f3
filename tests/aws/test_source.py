"""The source a watcher reads, over real clients: job descriptions and objects."""

from __future__ import annotations

import pytest
from botocore.stub import Stubber
from moto import mock_aws

from sm_pipeline_widgets.aws.session import TargetSession
from sm_pipeline_widgets.aws.source import TargetSource
from sm_pipeline_widgets.aws.target import Target
from sm_pipeline_widgets.errors import ServiceError

ROLE = "arn:aws:iam::123456789012:role/r"


def make_target() -> Target:
    session = TargetSession(region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    return Target("aws", session, role=ROLE, account="123456789012")


def arn(kind: str, name: str) -> str:
    return f"arn:aws:sagemaker:us-east-1:123456789012:{kind}/{name}"


@pytest.mark.parametrize("key", ["out/e.json", "out/a?b#c/e.json", "out//e.json", "ünï/e.json"])
def test_any_object_can_be_read(key):
    with mock_aws():
        target = make_target()
        target.s3.create_bucket(Bucket="bucket")
        target.s3.put_object(Bucket="bucket", Key=key, Body=b"0123456789")
        source = TargetSource(target)
        assert source.read_object(f"s3://bucket/{key}", 4) == b"0123"
        with pytest.raises(ServiceError) as caught:
            source.read_object("s3://bucket/none", 4)
        assert caught.value.code == "NoSuchKey"


@pytest.mark.parametrize(
    ("member", "kind", "operation", "asked"),
    [
        ("TransformJob", "transform-job", "describe_transform_job", "TransformJobName"),
        (
            "TuningJob",
            "hyper-parameter-tuning-job",
            "describe_hyper_parameter_tuning_job",
            "HyperParameterTuningJobName",
        ),
        ("AutoMLJob", "automl-job", "describe_auto_ml_job", "AutoMLJobName"),
    ],
)
def test_each_kind_of_job_is_described_by_its_own_operation(member, kind, operation, asked):
    target = make_target()
    with Stubber(target.sagemaker) as stub:
        stub.add_client_error(operation, "ValidationException", "not found", expected_params={asked: "the-job"})
        with pytest.raises(ServiceError, match="not found"):
            TargetSource(target).describe_job({member: {"Arn": arn(kind, "the-job")}})
        stub.assert_no_pending_responses()


def test_steps_without_a_job_have_no_description_and_no_log():
    source = TargetSource(make_target())
    assert source.describe_job({"Condition": {"Outcome": "True"}}) == {}
    assert source.log_reader({"Condition": {"Outcome": "True"}}) is None
    assert source.log_reader({"AutoMLJob": {"Arn": arn("automl-job", "x")}}) is None
