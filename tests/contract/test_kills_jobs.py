"""The engine killed while it tunes, transforms and runs several hosts: all come to their ends, nothing is done twice."""

from __future__ import annotations

import io
import json
import os
import random
import signal
import tarfile
import time
from collections import Counter

import boto3
import pytest
from botocore.config import Config

from sm_pipeline_widgets.engine import daemon
from sm_pipeline_widgets.engine.endpoint import LOCK_FILE
from sm_pipeline_widgets.engine.filelock import is_locked

NOTE = """
import os, time
def note(word):
    file = os.open(LEDGER, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, (word + '\\n').encode())
    os.close(file)
"""
TRAIN = (
    NOTE
    + """
import sys
note('train ' + os.environ['TRAINING_JOB_NAME'])
for at in range(10): print('line', at, flush=True); time.sleep(0.03)
print('loss=%s;' % sys.argv[sys.argv.index('-x') + 1])
"""
)
HOST = (
    NOTE
    + """
import json
me = json.load(open('/opt/ml/config/resourceconfig.json'))['current_host']
note('host ' + me)
for at in range(15): print('line', at, flush=True); time.sleep(0.05)
open('/opt/ml/processing/output/o/' + me, 'w').write(me)
"""
)
SERVE = (
    NOTE
    + """
def model_fn(folder): return 1
def transform_fn(model, data, kind, accept):
    time.sleep(0.1)
    return data.upper(), kind
"""
)
OBJECTS = 12


class Place:
    """A state folder whose engine dies now and then; its clients wait for the next one."""

    def __init__(self, home, seed):
        self.home = home
        self.chance = random.Random(seed)
        at = daemon.ensure(home)
        session = boto3.Session(at.access_key, at.secret_key, region_name=at.region)
        config = Config(retries={"total_max_attempts": 8, "mode": "standard"})
        self.bucket, self.role = at.bucket, at.role
        self.sagemaker, self.s3, self.logs = (
            session.client(name, endpoint_url=at.url, config=config) for name in ("sagemaker", "s3", "logs")
        )

    def kill(self):
        os.kill(daemon.ensure(self.home).pid, signal.SIGKILL)
        deadline = time.monotonic() + 30
        while is_locked(self.home / LOCK_FILE):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        daemon.ensure(self.home)

    def put_archive(self, key, **files):
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            for name, text in files.items():
                info = tarfile.TarInfo(name.replace("__", "/") + ".py")
                info.size = len(text.encode())
                archive.addfile(info, io.BytesIO(text.encode()))
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=packed.getvalue())
        return f"s3://{self.bucket}/{key}"

    def begin_tuning(self, name, code):
        static = {"sagemaker_program": '"train.py"', "sagemaker_submit_directory": json.dumps(code)}
        self.sagemaker.create_hyper_parameter_tuning_job(
            HyperParameterTuningJobName=name,
            HyperParameterTuningJobConfig={
                "Strategy": "Random",
                "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "loss"},
                "ResourceLimits": {"MaxNumberOfTrainingJobs": 6, "MaxParallelTrainingJobs": 2},
                "ParameterRanges": {"ContinuousParameterRanges": [{"Name": "x", "MinValue": "0", "MaxValue": "1"}]},
            },
            TrainingJobDefinition={
                "StaticHyperParameters": static,
                "AlgorithmSpecification": {
                    "TrainingImage": "image", "TrainingInputMode": "File",
                    "MetricDefinitions": [{"Name": "loss", "Regex": "loss=(.*?);"}],
                },
                "OutputDataConfig": {"S3OutputPath": f"s3://{self.bucket}/tuned"},
                "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
                "RoleArn": self.role,
                "StoppingCondition": {"MaxRuntimeInSeconds": 600},
            },
        )  # fmt: skip

    def begin_hosts(self, name, code):
        output = {
            "OutputName": "o",
            "S3Output": {"S3Uri": f"s3://{self.bucket}/{name}", "LocalPath": "/opt/ml/processing/output/o", "S3UploadMode": "EndOfJob"},
        }  # fmt: skip
        self.sagemaker.create_processing_job(
            ProcessingJobName=name,
            ProcessingResources={"ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 3, "VolumeSizeInGB": 1}},
            AppSpecification={"ImageUri": "image", "ContainerEntrypoint": ["python3", "-S", str(code)]},
            ProcessingOutputConfig={"Outputs": [output]},
            RoleArn=self.role,
        )  # fmt: skip

    def begin_transform(self, name, model):
        self.sagemaker.create_transform_job(
            TransformJobName=name,
            ModelName=model,
            TransformInput={"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{self.bucket}/in/"}}},
            TransformOutput={"S3OutputPath": f"s3://{self.bucket}/{name}"},
            TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
        )  # fmt: skip

    def statuses(self, name):
        api = self.sagemaker
        return (
            api.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=f"{name}-t")[
                "HyperParameterTuningJobStatus"
            ],
            api.describe_processing_job(ProcessingJobName=f"{name}-h")["ProcessingJobStatus"],
            api.describe_transform_job(TransformJobName=f"{name}-b")["TransformJobStatus"],
        )

    def keys(self, prefix):
        found = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix).get("Contents", [])
        return sorted(item["Key"].removeprefix(prefix) for item in found)


@pytest.fixture
def place(tmp_path):
    yield lambda seed: Place(tmp_path / "home", seed)
    daemon.stop(tmp_path / "home")


def run_and_kill(here, folder, kills):
    """Rounds of one tuning, one job of three hosts and one transform each, until so many engines have died."""
    ledger = folder / "ledger"
    (folder / "host.py").write_text(HOST.replace("LEDGER", repr(str(ledger))))
    code = here.put_archive("code.tar.gz", train=TRAIN.replace("LEDGER", repr(str(ledger))))
    data = here.put_archive("model.tar.gz", code__inference=SERVE.replace("LEDGER", repr(str(ledger))))
    here.sagemaker.create_model(ModelName="m", PrimaryContainer={"ModelDataUrl": data, "Image": "i"}, ExecutionRoleArn=here.role)  # fmt: skip
    for at in range(OBJECTS):
        here.s3.put_object(Bucket=here.bucket, Key=f"in/{at:02d}", Body=b"abc")
    dead = turn = 0
    while dead < kills:
        name = f"round-{turn}"
        ledger.unlink(missing_ok=True)
        here.begin_tuning(f"{name}-t", code)
        here.begin_hosts(f"{name}-h", folder / "host.py")
        here.begin_transform(f"{name}-b", "m")
        while not set(statuses := here.statuses(name)) <= {"Completed", "Failed", "Stopped"}:
            time.sleep(here.chance.random() * 0.4)
            if dead < kills:
                here.kill()
                dead += 1
        assert statuses == ("Completed", "Completed", "Completed"), here.sagemaker.describe_transform_job(TransformJobName=f"{name}-b")  # fmt: skip
        notes = Counter(ledger.read_text().splitlines())
        assert max(notes.values()) == 1, notes
        assert len(notes) == 6 + 3
        assert here.keys(f"{name}-b/") == [f"{at:02d}.out" for at in range(OBJECTS)]
        assert here.keys(f"{name}-h/") == ["algo-1", "algo-2", "algo-3"]
        check_logs(here, f"{name}-h")
        turn += 1


def check_logs(here, name):
    request = {"logGroupName": "/aws/sagemaker/ProcessingJobs", "logStreamNamePrefix": f"{name}/"}
    events = here.logs.filter_log_events(**request)["events"]
    by_stream = Counter(event["logStreamName"] for event in events)
    assert list(by_stream.values()) == [15] * 3


def test_engines_that_die(place, tmp_path):
    here = place(3)
    run_and_kill(here, tmp_path, kills=4)
    assert "Traceback" not in (here.home / "engine.log").read_text()


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(2))
def test_many_engines_that_die(place, tmp_path, seed):
    run_and_kill(place(100 + seed), tmp_path, kills=40)
