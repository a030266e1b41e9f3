"""Training jobs: script mode, own entry points, models, metrics."""

from __future__ import annotations

import io
import json
import os
import tarfile


def script(lab, files, hyperparameters=None, **more):
    given = {"sagemaker_program": '"train.py"', "sagemaker_submit_directory": json.dumps(lab.code(files))}
    return lab.training("train", {**given, **(hyperparameters or {})}, **more)


def unpacked(data):
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return {at.name: archive.extractfile(at).read() for at in archive.getmembers() if at.isfile()}


def test_script_mode_gives_arguments_variables_and_folders(lab):
    lab.put("in/train/a.csv", "1,2")
    code = (
        "import json, os, sys\nfrom helper import NAME\n"
        "print(sys.argv[1:], NAME, os.getcwd())\n"
        "print(os.environ['SM_CHANNEL_TRAIN'], os.listdir(os.environ['SM_CHANNEL_TRAIN']))\n"
        "print(json.loads(os.environ['SM_HPS']), os.environ['SM_HP_ALPHA'], os.environ['SM_MODEL_DIR'])\n"
        "print(json.load(open('/opt/ml/input/config/hyperparameters.json'))['alpha'])\n"
        "print(sorted(json.load(open('/opt/ml/input/config/inputdataconfig.json'))))\n"
        "print(json.load(open('/opt/ml/input/config/resourceconfig.json'))['hosts'])\n"
        "os.makedirs('/opt/ml/model/code')\n"
        "open('/opt/ml/model/model.txt', 'w').write('weights')\n"
        "open('/opt/ml/model/code/x.py', 'w').write('x')\n"
        "open(os.environ['SM_OUTPUT_DATA_DIR'] + '/plot.txt', 'w').write('plot')\n"
    )
    channel = {
        "ChannelName": "train",
        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://data/in/train/"}},
    }
    step = script(
        lab, {"train.py": code, "helper.py": "NAME = 'helped'"},
        {"alpha": "0.1", "name": '"abc"', "k": "3"}, arguments={"InputDataConfig": [channel]},
    )  # fmt: skip
    end = lab.run([step])
    assert end.status == "Succeeded", end.log("train")
    assert end.log("train") == [
        "['--alpha', '0.1', '-k', '3', '--name', 'abc'] helped /opt/ml/code",
        "/opt/ml/input/data/train ['a.csv']",
        "{'alpha': 0.1, 'k': 3, 'name': 'abc'} 0.1 /opt/ml/model",
        "0.1",
        "['train']",
        "['algo-1']",
    ]
    job = end.job("train")
    assert job["ModelArtifacts"]["S3ModelArtifacts"] == f"s3://data/models/{job['TrainingJobName']}/output/model.tar.gz"
    assert unpacked(lab.get(job["ModelArtifacts"]["S3ModelArtifacts"])) == {"model.txt": b"weights", "code/x.py": b"x"}
    output = f"s3://data/models/{job['TrainingJobName']}/output/output.tar.gz"
    assert unpacked(lab.get(output)) == {"plot.txt": b"plot"}
    statuses = [at["Status"] for at in job["SecondaryStatusTransitions"]]
    assert statuses == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert job["SecondaryStatus"] == "Completed"
    assert job["TrainingStartTime"] <= job["TrainingEndTime"]


def test_a_model_goes_to_the_next_step(lab):
    train = script(lab, {"train.py": "open('/opt/ml/model/m', 'w').write('w')"})
    code = "import tarfile; print(tarfile.open('/opt/ml/processing/input/model/model.tar.gz').getnames())"
    use = lab.processing("use", code, inputs={"model": {"Get": "Steps.train.ModelArtifacts.S3ModelArtifacts"}})
    assert lab.run([train, use]).log("use") == ["['m']"]


def test_an_exception_in_the_script_is_the_reason(lab):
    code = "def fit():\n    raise ValueError('bad \"alpha\"')\n\nfit()\n"
    end = lab.run([script(lab, {"train.py": code}, {"alpha": "0.1"})])
    assert end.status == "Failed"
    log = end.log("train")
    assert log[0] == "Traceback (most recent call last):"
    assert '  File "/opt/ml/code/train.py", line 2, in fit' in log
    assert log[-1] == 'ValueError: bad "alpha"'
    reason = end.steps["train"]["FailureReason"]
    lines = reason.splitlines()
    assert lines[:3] == [
        "AlgorithmError: ExecuteUserScriptError:",
        "ExitCode 1",
        "ErrorMessage \"ValueError: bad 'alpha'\"",
    ]
    assert lines[3].startswith('Command "')
    assert lines[3].endswith(' train.py --alpha 0.1"')
    job = end.job("train")
    assert (job["TrainingJobStatus"], job["SecondaryStatus"], job["FailureReason"]) == ("Failed", "Failed", reason)


def test_a_shell_script_is_a_program_too(lab):
    files = {"train.py": "", "go.sh": '#!/bin/bash\necho "args $@"\nexit 4'}
    step = script(lab, files, {"sagemaker_program": '"go.sh"', "a": "1"})
    end = lab.run([step])
    assert end.log("train") == ["args -a 1"]
    assert "ExitCode 4" in end.steps["train"]["FailureReason"]
    assert "go.sh -a 1" in end.steps["train"]["FailureReason"]


def test_an_own_entry_point(lab):
    algorithm = {"ContainerEntrypoint": ["/bin/sh", "-c"], "ContainerArguments": ["echo ran $TRAINING_JOB_NAME; echo 'rmse=4.5;'; echo 'rmse=3.5;'"],
                 "MetricDefinitions": [{"Name": "rmse", "Regex": "rmse=(.*?);"}]}  # fmt: skip
    step = lab.training("train", {"a": "1"}, algorithm=algorithm)
    words = {"Std:Join": {"On": "", "Values": ["rmse ", {"Get": "Steps.train.FinalMetricDataList['rmse'].Value"}]}}
    end = lab.run([step, {"Name": "f", "Type": "Fail", "Arguments": {"ErrorMessage": words}}])
    job = end.job("train")
    assert end.log("train")[0] == f"ran {job['TrainingJobName']}"
    assert [(at["MetricName"], at["Value"]) for at in job["FinalMetricDataList"]] == [("rmse", 3.5)]
    assert end.steps["f"]["FailureReason"] == "rmse 3.5"


def test_a_failure_file_is_the_reason_of_an_own_entry_point(lab):
    algorithm = {"ContainerEntrypoint": ["/bin/sh", "-c", "echo 'no such column' > /opt/ml/output/failure; exit 3"]}
    end = lab.run([lab.training("train", {}, algorithm=algorithm)])
    assert end.steps["train"]["FailureReason"] == "AlgorithmError: no such column, exit code: 3"


def test_missing_data_and_code_are_the_jobs_failure(lab):
    channel = {
        "ChannelName": "train",
        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://data/nothing"}},
    }
    end = lab.run([script(lab, {"train.py": ""}, arguments={"InputDataConfig": [channel]})])
    reason = end.steps["train"]["FailureReason"]
    assert reason.startswith('ClientError: Data download failed:No S3 objects found under S3 URL "s3://data/nothing"')
    assert end.steps["train"]["Metadata"]["TrainingJob"]["Arn"]
    given = {"sagemaker_program": '"train.py"', "sagemaker_submit_directory": '"s3://data/none.tar.gz"'}
    end = lab.run([lab.training("train", given)])
    assert "NoSuchKey (404)" in end.steps["train"]["FailureReason"]


def test_a_code_archive_cannot_write_outside_its_folder(lab, tmp_path):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.addfile(tarfile.TarInfo("../../../../escaped.txt"))
    uri = lab.put("evil.tar.gz", packed.getvalue())
    given = {"sagemaker_program": '"train.py"', "sagemaker_submit_directory": json.dumps(uri)}
    end = lab.run([lab.training("train", given)])
    assert "cannot be unpacked" in end.steps["train"]["FailureReason"]
    assert "escaped.txt" not in {name for _, _, names in os.walk(tmp_path) for name in names}


def test_a_metric_that_cannot_be_read_is_told_before_anything_runs(lab):
    algorithm = {"ContainerEntrypoint": ["echo", "ran"], "MetricDefinitions": [{"Name": "rmse", "Regex": "rmse=(.*"}]}
    end = lab.run([lab.training("train", {}, algorithm=algorithm)])
    words = "ClientError: the Regex 'rmse=(.*' of metric 'rmse' cannot be read: "
    assert end.steps["train"]["FailureReason"].startswith(words)
