"""One step's request, read from what the service says of its job, and what a replay changes of it."""

from __future__ import annotations

import json

import pytest

from sm_pipeline_widgets.errors import UsageError
from sm_pipeline_widgets.execution.replay import JobRequest, request_of, sampled, with_code
from sm_pipeline_widgets.execution.step_data import place_of, places_of

TRAINED = {
    "TrainingJobName": "pipelines-abc-train-1",
    "TrainingJobArn": "arn:aws:sagemaker:eu-west-1:123456789012:training-job/pipelines-abc-train-1",
    "TrainingJobStatus": "Failed",
    "SecondaryStatus": "Failed",
    "FailureReason": "AlgorithmError: …",
    "ModelArtifacts": {"S3ModelArtifacts": "s3://b/out/pipelines-abc-train-1/output/model.tar.gz"},
    "AlgorithmSpecification": {"TrainingImage": "1.dkr.ecr.eu-west-1.amazonaws.com/sklearn:1", "TrainingInputMode": "File"},
    "HyperParameters": {
        "alpha": "0.1",
        "sagemaker_program": '"train.py"',
        "sagemaker_submit_directory": '"s3://b/code/sourcedir.tar.gz"',
    },
    "InputDataConfig": [
        {
            "ChannelName": "train",
            "DataSource": {"S3DataSource": {"S3Uri": "s3://b/data/train", "S3DataType": "S3Prefix"}},
        }
    ],
    "OutputDataConfig": {"S3OutputPath": "s3://b/out", "KmsKeyId": "k"},
    "CheckpointConfig": {"S3Uri": "s3://b/checkpoints"},
    "VpcConfig": {"Subnets": ["s"], "SecurityGroupIds": ["g"]},
    "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
    "RoleArn": "arn:aws:iam::123456789012:role/r",
}  # fmt: skip
PROCESSED = {
    "ProcessingJobName": "p",
    "ProcessingJobArn": "arn:aws:sagemaker:eu-west-1:123456789012:processing-job/p",
    "ProcessingInputs": [
        {"InputName": "raw", "S3Input": {"S3Uri": "s3://b/raw/", "LocalPath": "/opt/ml/processing/input/raw"}},
        {"InputName": "code", "S3Input": {"S3Uri": "s3://b/c/x.py", "LocalPath": "/opt/ml/processing/input/code"}},
    ],
    "ProcessingOutputConfig": {
        "Outputs": [{"OutputName": "train", "S3Output": {"S3Uri": "s3://b/t", "LocalPath": "/opt/ml/processing/t"}}]
    },
    "AppSpecification": {
        "ImageUri": "i",
        "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/x.py"],
        "ContainerArguments": ["--alpha", "1", "--beta=2", "--verbose"],
    },
    "Environment": {"A": "1"},
    "ProcessingEndTime": "…",
}


@pytest.fixture
def trained():
    return request_of("train", "Training", TRAINED, {})


@pytest.fixture
def processed():
    return request_of("prepare", "Processing", PROCESSED, {})


def test_only_what_a_request_takes_is_taken(trained):
    assert set(trained.arguments) == {
        "AlgorithmSpecification", "HyperParameters", "InputDataConfig", "OutputDataConfig", "ResourceConfig",
        "StoppingCondition", "RoleArn",
    }  # fmt: skip


def test_inputs_and_programs_are_found(trained, processed):
    assert [(at.name, at.uri, at.local) for at in trained.inputs] == [
        ("train", "s3://b/data/train", "/opt/ml/input/data/train")
    ]
    assert (trained.code.uri, trained.code.entry, trained.code.is_archive) == (
        "s3://b/code/sourcedir.tar.gz", "train.py", True
    )  # fmt: skip
    assert [at.name for at in processed.inputs if at.is_code] == ["code"]
    assert (processed.code.uri, processed.code.entry, processed.code.is_archive) == ("s3://b/c/x.py", "x.py", False)


def test_nothing_is_read_or_written_where_it_was(trained, processed):
    new = {"s3://b/data/train": "s3://mine/1/", "s3://b/code/sourcedir.tar.gz": "s3://mine/2/sourcedir.tar.gz"}
    moved = trained.moved(new, "s3://mine/out")
    assert "s3://b/" not in json.dumps(dict(moved.arguments))
    assert "s3://b/" in json.dumps(dict(trained.arguments)), "the original stays as it was"
    moved = processed.moved({"s3://b/raw/": "s3://mine/1/", "s3://b/c/x.py": "s3://mine/2/x.py"}, "s3://mine/out")
    assert "s3://b/" not in json.dumps(dict(moved.arguments))
    assert moved.arguments["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"] == "s3://mine/out/train"


def test_parameters_are_hyperparameters_or_options(trained, processed):
    changed = trained.changed({"alpha": 0.5, "fast": True}, {"B": 2})
    assert changed.arguments["HyperParameters"]["alpha"] == "0.5"
    assert changed.arguments["HyperParameters"]["fast"] == "true"
    assert changed.arguments["Environment"] == {"B": "2"}
    changed = processed.changed({"alpha": 5, "beta": 6}, {"B": "x"})
    arguments = changed.arguments["AppSpecification"]["ContainerArguments"]
    assert arguments == ["--alpha", "5", "--beta=6", "--verbose"]
    assert changed.arguments["Environment"] == {"A": "1", "B": "x"}
    with pytest.raises(UsageError, match="has no `--gamma`") as caught:
        processed.changed({"gamma": 1}, {})
    assert "--env" in caught.value.fix


def test_a_program_is_replaced_in_the_form_it_had(trained, processed):
    assert with_code(trained, "s3://mine/s.tar.gz").code.uri == "s3://mine/s.tar.gz"
    assert with_code(processed, "s3://mine/y.py").code.uri == "s3://mine/y.py"
    without = JobRequest("s", "Processing", {"AppSpecification": {"ContainerEntrypoint": ["python3", "-c", "1"]}})
    with pytest.raises(UsageError, match="is not known"):
        with_code(without, "s3://x/y")


def test_a_quality_check_is_the_processing_job_it_ran():
    assert request_of("check", "QualityCheck", PROCESSED, {}).type == "Processing"


@pytest.mark.parametrize("type_", ["Lambda", "Condition", "RegisterModel", "Tuning"])
def test_what_is_no_job_cannot_be_replayed(type_):
    with pytest.raises(UsageError, match="only `Training`, `Processing` and `Transform` steps") as caught:
        request_of("s", type_, {}, {})
    assert "--select" in caught.value.fix


def test_a_job_that_never_was_is_made_of_the_definition_where_that_says_all():
    arguments = {"AppSpecification": {"ImageUri": "i"}, "ProcessingInputs": [], "ProcessingJobName": "x"}
    assert set(request_of("s", "Processing", {}, arguments).arguments) == {"AppSpecification", "ProcessingInputs"}
    unknown = {"AppSpecification": {"ImageUri": "steps.build.outputs.image"}}
    with pytest.raises(UsageError, match=r"not known: steps\.build\.outputs\.image"):
        request_of("s", "Processing", {}, unknown)


@pytest.mark.parametrize(
    ("count", "sample", "taken", "part"),
    [
        (4, None, 4, 1.0),
        (4, 2, 2, 1.0),
        (4, 9, 4, 1.0),
        (10, 0.3, 3, 1.0),
        (10, 0.01, 1, 1.0),
        (1, 0.25, 1, 0.25),
        (1, 1, 1, 1.0),
        (0, 0.5, 0, 1.0),
    ],
)
def test_samples(count, sample, taken, part):
    names = [f"{at}.csv" for at in range(count)]
    found, lines = sampled(names, sample, lambda name: name.endswith(".csv"))
    assert (len(found), lines) == (taken, part)
    assert found == sorted(found, key=names.index)


@pytest.mark.parametrize("sample", [0, -1, 0.0, 1.5])
def test_a_sample_of_nothing_is_refused(sample):
    with pytest.raises(UsageError, match="is none"):
        sampled(["a"], sample, lambda _name: True)


def test_places_have_the_names_a_person_says():
    places = places_of(TRAINED)
    assert places == {
        "input:train": "s3://b/data/train",
        "model": "s3://b/out/pipelines-abc-train-1/output/model.tar.gz",
        "output": "s3://b/out/pipelines-abc-train-1/output/output.tar.gz",
        "checkpoints": "s3://b/checkpoints",
    }
    assert place_of("train", "train", places) == "s3://b/data/train"
    assert set(places_of(PROCESSED)) == {"input:raw", "input:code", "output:train"}
    with pytest.raises(UsageError, match="has no `modl`") as caught:
        place_of("train", "modl", places)
    assert "model" in caught.value.fix
