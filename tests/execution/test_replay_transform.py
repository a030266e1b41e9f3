"""A Transform step's request with its model: where all it reads lies, what a replay makes of it."""

from __future__ import annotations

import pytest

from sm_pipeline_widgets.errors import UsageError
from sm_pipeline_widgets.execution.replay import request_of, with_code

JOB = {
    "TransformJobName": "pipelines-abc-apply-1",
    "TransformJobArn": "arn:aws:sagemaker:eu-west-1:123456789012:transform-job/pipelines-abc-apply-1",
    "TransformJobStatus": "Failed",
    "ModelName": "pipelines-abc-made-1",
    "TransformInput": {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://b/in"}}},
    "TransformOutput": {"S3OutputPath": "s3://b/out", "AssembleWith": "Line", "KmsKeyId": "k"},
    "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    "DataCaptureConfig": {"DestinationS3Uri": "s3://b/captured"},
    "CreationTime": "…",
}
SCRIPT = {"SAGEMAKER_PROGRAM": "serve.py", "SAGEMAKER_SUBMIT_DIRECTORY": "s3://b/code/sourcedir.tar.gz"}


def container(**more):
    return {"Image": "1.dkr.ecr/x:1", "Mode": "SingleModel", "ModelDataUrl": "s3://b/model.tar.gz", **more}


def request(*containers, **model):
    described = {"Containers": list(containers)} if len(containers) > 1 else {"PrimaryContainer": containers[0]}
    return request_of("apply", "Transform", JOB, {}, {**described, "ExecutionRoleArn": "arn:role", **model})


@pytest.mark.parametrize(
    ("of", "uris", "program"),
    [
        (container(), ["s3://b/in", "s3://b/model.tar.gz"], ("s3://b/model.tar.gz", "code/inference.py")),
        (
            container(Environment=SCRIPT),
            ["s3://b/in", "s3://b/model.tar.gz", "s3://b/code/sourcedir.tar.gz"],
            ("s3://b/code/sourcedir.tar.gz", "serve.py"),
        ),
        (
            container(Environment={**SCRIPT, "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}),
            ["s3://b/in", "s3://b/model.tar.gz"],
            ("s3://b/model.tar.gz", "code/serve.py"),
        ),
        (
            {"Image": "x", "ModelDataSource": {"S3DataSource": {"S3Uri": "s3://b/m/", "S3DataType": "S3Prefix"}}},
            ["s3://b/in", "s3://b/m/"],
            None,
        ),
    ],
    ids=["in the model", "of its own", "named in the model", "no archive"],
)
def test_everything_it_reads_and_its_program_are_found(of, uris, program):
    found = request(of)
    assert [at.uri for at in found.inputs] == uris
    assert (found.code and (found.code.uri, found.code.entry)) == program


def test_moved_it_reads_and_writes_elsewhere_and_brings_its_model():
    moved = request(container(Environment=SCRIPT)).moved(
        {"s3://b/in": "s3://mine/in", "s3://b/model.tar.gz": "s3://mine/m.tar.gz"}, "s3://mine/out"
    )
    model, step = with_code(moved, "s3://mine/code.tar.gz").definition()["Steps"]
    assert (model["Name"], model["Type"]) == ("apply-model", "Model")
    own = model["Arguments"]["PrimaryContainer"]
    assert own["ModelDataUrl"] == "s3://mine/m.tar.gz"
    assert own["Environment"]["SAGEMAKER_SUBMIT_DIRECTORY"] == "s3://mine/code.tar.gz"
    given = step["Arguments"]
    assert given["ModelName"] == {"Get": "Steps.apply-model.ModelName"}
    assert given["TransformOutput"] == {"S3OutputPath": "s3://mine/out", "AssembleWith": "Line"}
    assert not {"TransformJobName", "DataCaptureConfig", "Model", "CreationTime"} & set(given)


def test_a_chain_of_containers_keeps_each_of_its_models():
    found = request(container(), container(ModelDataUrl="s3://b/second.tar.gz"))
    assert [at.uri for at in found.inputs] == ["s3://b/in", "s3://b/model.tar.gz", "s3://b/second.tar.gz"]
    assert len(found.definition()["Steps"][0]["Arguments"]["Containers"]) == 2


@pytest.mark.parametrize(
    ("model", "words"),
    [({}, "is gone"), ({"PrimaryContainer": {"ModelPackageName": "arn:p"}}, "is made of a model package")],
)
def test_a_model_that_cannot_be_served_is_said(model, words):
    with pytest.raises(UsageError, match=words) as caught:
        request_of("apply", "Transform", JOB, {}, model)
    assert "--from" in caught.value.fix
