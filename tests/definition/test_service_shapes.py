"""The API's shapes: patterns of Java, paths of responses, and the model read only when it is needed."""

from __future__ import annotations

import subprocess
import sys
import warnings

import pytest

from sm_pipeline_widgets.definition.service_shapes import (
    PropertyPathError,
    check_request,
    kind_at,
    knows,
    output_shape,
    pattern,
    service,
)

PATTERNS = [
    (r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*", "Größe 3", "a;b"),
    (r"arn:[\p{Alnum}\-]+:lambda:.*", "arn:aws:lambda:x", "arn:aws_x:lambda:x"),
    (r"(https|s3)://([^/]+)/?(.*)", "s3://bucket/key", "s3:/bucket"),
]


@pytest.mark.parametrize("written, right, wrong", PATTERNS)
def test_a_pattern_of_java_takes_what_it_took(written, right, wrong):
    matches = pattern(written)
    assert matches is not None
    assert matches(right)
    assert not matches(wrong)


@pytest.mark.parametrize("written", [r"[\p{P}\p{S}]+", r"(a*)${1,128}", "[\ud800-\udc00", "(["])
def test_a_pattern_that_cannot_be_translated_is_passed_over(written):
    assert pattern(written) is None


def test_every_pattern_of_the_api_compiles_without_a_warning():
    shapes = service("sagemaker")["shapes"].values()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        taken = [pattern(shape["pattern"]) for shape in shapes if "pattern" in shape]
    assert sum(one is not None for one in taken) > 0.9 * len(taken)


KINDS = [
    ("DescribeTrainingJob", ("ModelArtifacts", "S3ModelArtifacts"), "string"),
    ("DescribeTrainingJob", ("FinalMetricDataList", "val:acc", "Value"), "float"),
    ("DescribeTrainingJob", ("HyperParameters", "depth"), "string"),
    ("DescribeTrainingJob", ("InputDataConfig", 0, "ChannelName"), "string"),
    ("DescribeTrainingJob", ("ResourceConfig", "InstanceCount"), "integer"),
    ("DescribeTrainingJob", ("EnableNetworkIsolation",), "boolean"),
    ("DescribeTrainingJob", ("ResourceConfig",), "structure"),
    ("DescribeTrainingJob", ("CreationTime",), None),
    ("DescribeProcessingJob", ("ProcessingOutputConfig", "Outputs", "train", "S3Output", "S3Uri"), "string"),
    ("DescribeProcessingJob", ("ProcessingInputs", "x", "S3Input", "S3Uri"), "string"),
]


@pytest.mark.parametrize("operation, path, kind", KINDS)
def test_what_lies_at_a_path_of_a_response(operation, path, kind):
    assert kind_at("sagemaker", output_shape("sagemaker", operation), path) == kind


@pytest.mark.parametrize(
    "path", [("Nothing",), ("TrainingJobName", "x"), ("InputDataConfig", "x"), ("ModelArtifacts", 0)]
)
def test_a_path_that_leads_nowhere_says_so(path):
    with pytest.raises(PropertyPathError) as refused:
        kind_at("sagemaker", output_shape("sagemaker", "DescribeTrainingJob"), path)
    assert refused.value.fix


def test_what_this_botocore_does_not_know_is_not_checked():
    assert not knows("sagemaker", "CreateSomethingOfNextYear")
    assert check_request("sagemaker", "CreateSomethingOfNextYear", {"x": 1}, lambda _: None) == []
    assert service("a-service-of-next-year") == {"operations": {}, "shapes": {}}


def test_the_model_is_not_read_before_a_step_needs_it():
    program = (
        "from sm_pipeline_widgets.definition.compile import compile_spec\n"
        "from sm_pipeline_widgets.definition.spec import read_spec\n"
        "from sm_pipeline_widgets.definition.service_shapes import service\n"
        "compile_spec(read_spec('steps: {a: {type: Fail, message: x}}'), 'p')\n"
        "print(service.cache_info().currsize, end=' ')\n"
        "compile_spec(read_spec('steps: {a: {type: Processing, image: a/b}}'), 'p')\n"
        "print(service.cache_info().currsize)\n"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.split() == ["0", "1"]
