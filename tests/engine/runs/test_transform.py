"""Batch transforms: a step and jobs of one's own, with real servers."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
import tarfile

import pytest

from sm_pipeline_widgets.engine.operations.registry import OPERATIONS

CALL = OPERATIONS["sagemaker"]
ROLE = "arn:aws:iam::000000000000:role/local"
DOUBLE = """
import os
def model_fn(model_dir):
    print('batch', os.environ['SAGEMAKER_BATCH'], os.environ.get('MORE'))
    return 2
def transform_fn(model, data, content_type, accept):
    rows = [line.split(',') for line in data.splitlines() if line]
    print(len(rows), 'rows')
    return ''.join(str(model * sum(float(cell) for cell in row)) + '\\n' for row in rows), 'text/csv'
"""


def model(lab, code=DOUBLE, name="m"):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        info = tarfile.TarInfo("code/inference.py")
        info.size = len(code.encode())
        archive.addfile(info, io.BytesIO(code.encode()))
    uri = lab.put(f"models/{name}.tar.gz", packed.getvalue())
    container = {"Image": "image", "ModelDataUrl": uri}
    CALL["CreateModel"](lab.engine, {"ModelName": name, "PrimaryContainer": container, "ExecutionRoleArn": ROLE})
    return name


def arguments(name="m", **more):
    return {
        "ModelName": name,
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://data/in"}},
            "ContentType": "text/csv", "SplitType": "Line", **more.pop("given", {}),
        },
        "TransformOutput": {"S3OutputPath": "s3://data/out", "AssembleWith": "Line", "Accept": "text/csv"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        **more,
    }  # fmt: skip


def step(name="apply", **more):
    return {"Name": name, "Type": "Transform", "Arguments": arguments(**more)}


def job_of(lab, end, name="apply"):
    arn = end.steps[name]["Metadata"]["TransformJob"]["Arn"]
    return CALL["DescribeTransformJob"](lab.engine, {"TransformJobName": arn.rpartition("/")[2]})


def lines_of(lab, prefix=""):
    request = {"logGroupName": "/aws/sagemaker/TransformJobs", "logStreamNamePrefix": prefix}
    return [at["message"] for at in OPERATIONS["logs"]["FilterLogEvents"](lab.engine, request)["events"]]


def test_every_object_becomes_one(lab):
    model(lab)
    lab.put("in/a.csv", "1,2\n3,4\n")
    lab.put("in/deep/b.csv", "5\n")
    later = {"Name": "f", "Type": "Fail", "Arguments": {"ErrorMessage": {"Get": "Steps.apply.TransformOutput.S3OutputPath"}}}  # fmt: skip
    end = lab.run([step(BatchStrategy="SingleRecord", Environment={"MORE": "1"}), later])
    assert end.steps["apply"]["StepStatus"] == "Succeeded", end.steps["apply"]
    assert end.steps["f"]["FailureReason"] == "s3://data/out"
    assert lab.get("s3://data/out/a.csv.out") == b"6.0\n14.0\n"
    assert lab.get("s3://data/out/deep/b.csv.out") == b"10.0\n"
    job = job_of(lab, end)
    assert (job["TransformJobStatus"], job["ModelName"]) == ("Completed", "m")
    assert job["TransformStartTime"] <= job["TransformEndTime"]
    assert lines_of(lab) == ["batch true 1", "1 rows", "1 rows", "1 rows"]


def test_joined_and_filtered(lab):
    model(lab)
    lab.put("in/a.csv.gz", gzip.compress(b"id-1,1,2\nid-2,3,4\n"))
    processing = {"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,-1]"}
    end = lab.run([step(DataProcessing=processing, given={"CompressionType": "Gzip"}, MaxConcurrentTransforms=4)])
    assert end.status == "Succeeded", end.steps["apply"]
    assert lab.get("s3://data/out/a.csv.gz.out") == b"id-1,6.0\nid-2,14.0\n"


@pytest.mark.parametrize(
    ("data", "more", "words"),
    [
        ("x\n", {}, "AlgorithmError: See job logs for more information. Bad HTTP status received from algorithm: 500"),
        (None, {}, 'No S3 objects found under S3 URL "s3://data/in"'),
        ("1\n", {"given": {"SplitType": "TFRecord"}}, "ClientError: SplitType TFRecord is not known"),
        ("1\n", {"name": "none"}, 'Could not find model "arn:aws:sagemaker:eu-west-3:000000000000:model/none"'),
        ("1\n", {"given": {"CompressionType": "Gzip"}}, "s3://data/in/a.csv is not gzip"),
    ],
)
def test_what_goes_wrong_is_said(lab, data, more, words):
    model(lab)
    if data is not None:
        lab.put("in/a.csv", data)
    end = lab.run([{"Name": "apply", "Type": "Transform", "Arguments": arguments(**more)}])
    assert end.status == "Failed"
    assert words in end.steps["apply"]["FailureReason"]


def test_a_bad_record_is_in_the_data_log(lab):
    model(lab)
    lab.put("in/a.csv", "x\n")
    end = lab.run([step()])
    name = job_of(lab, end)["TransformJobName"]
    request = {"logGroupName": "/aws/sagemaker/TransformJobs", "logStreamNamePrefix": name}
    streams = OPERATIONS["logs"]["DescribeLogStreams"](lab.engine, request)["logStreams"]
    names = [at["logStreamName"] for at in streams]
    assert len(names) == 2
    assert names[1] == f"{names[0]}/data-log"
    assert any("could not convert string to float" in line for line in lines_of(lab, names[1]))


def test_a_model_that_does_not_load_is_the_reason(lab):
    model(lab, "def model_fn(model_dir):\n    raise RuntimeError('no weights here')\n")
    lab.put("in/a.csv", "1\n")
    end = lab.run([step()])
    assert "AlgorithmError: the model's server ended before it was ready" in end.steps["apply"]["FailureReason"]
    assert "no weights here" in end.steps["apply"]["FailureReason"]


def test_a_job_of_ones_own_is_stopped(lab, tmp_path):
    ready = tmp_path / "ready"
    model(
        lab,
        f"import time\ndef model_fn(d): return 1\ndef transform_fn(*a):\n    open({str(ready)!r}, 'w').close()\n    time.sleep(600)\n",
    )
    lab.put("in/a.csv", "1\n")
    CALL["CreateTransformJob"](lab.engine, {"TransformJobName": "mine", **arguments()})
    lab.until(ready.exists)
    CALL["StopTransformJob"](lab.engine, {"TransformJobName": "mine"})
    found = lab.until(
        lambda: (
            (at := CALL["DescribeTransformJob"](lab.engine, {"TransformJobName": "mine"}))["TransformJobStatus"]
            == "Stopped"
            and at
        )
    )
    assert "FailureReason" not in found
    listed = CALL["ListTransformJobs"](lab.engine, {})["TransformJobSummaries"]
    assert [(at["TransformJobName"], at["TransformJobStatus"]) for at in listed] == [("mine", "Stopped")]


ENGINE_TO_KILL = """
import json, sys, time
from pathlib import Path
from types import SimpleNamespace
from sm_pipeline_widgets.engine.objects import ObjectStore
from sm_pipeline_widgets.engine.operations.registry import OPERATIONS
from sm_pipeline_widgets.engine.service import Engine
home = Path(sys.argv[1])
at = SimpleNamespace(url="http://127.0.0.1:9", access_key="k", secret_key="s", region="eu-west-3", account="000000000000")
engine = Engine(home, ObjectStore(home / "objects"), lambda: at)
engine.start()
OPERATIONS["sagemaker"]["CreateTransformJob"](engine, json.loads(sys.argv[2]))
time.sleep(60)
"""


def test_an_engine_that_takes_a_job_up_goes_on_behind_what_is_done(make_lab, tmp_path):
    gate, seen = tmp_path / "gate", tmp_path / "seen"
    code = (
        "import os, time\ndef model_fn(d): return 1\n"
        "def transform_fn(model, data, kind, accept):\n"
        f"    open({str(seen)!r}, 'a').write(data)\n"
        f"    while data == 'b\\n' and not os.path.exists({str(gate)!r}): time.sleep(0.01)\n"
        "    return data.upper(), kind\n"
    )
    before = make_lab()
    model(before, code)
    for name in "abc":
        before.put(f"in/{name}", f"{name}\n")
    before.close()
    wanted = {"TransformJobName": "mine", **arguments(given={"SplitType": "None"})}
    with subprocess.Popen([sys.executable, "-c", ENGINE_TO_KILL, str(before.home), json.dumps(wanted)]) as process:
        before.until(lambda: seen.exists() and "b" in seen.read_text())
        process.kill()
    after = make_lab()
    gate.touch()
    describe = CALL["DescribeTransformJob"]
    after.until(lambda: describe(after.engine, {"TransformJobName": "mine"})["TransformJobStatus"] == "Completed")
    assert after.keys("out") == ["out/a.out", "out/b.out", "out/c.out"]
    assert after.get("s3://data/out/b.out") == b"B\n"
    assert seen.read_text().count("a") == 1
