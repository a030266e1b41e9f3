"""An engine in the test's own process, asked through its operations; steps are real processes."""

from __future__ import annotations

import io
import json
import os
import tarfile
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from sm_pipeline_widgets.engine.objects import ObjectStore
from sm_pipeline_widgets.engine.operations import execution_control, executions, jobs, logs, pipelines
from sm_pipeline_widgets.engine.service import Engine, Settings
from tests.commands import python

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

BUCKET = "data"
ROLE = "arn:aws:iam::000000000000:role/local"
PATIENCE = 60.0


@dataclass(frozen=True)
class At:
    url: str = "http://127.0.0.1:9"
    access_key: str = "LOCALKEY"
    secret_key: str = "local secret"
    region: str = "eu-west-3"
    account: str = "000000000000"


def processing(name: str, code: str | list[str], **more: Any) -> dict[str, Any]:
    """A Processing step that runs Python code, or a command."""
    argv = python(code) if isinstance(code, str) else code
    arguments = {
        "ProcessingResources": {
            "ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}
        },
        "AppSpecification": {"ImageUri": "image", "ContainerEntrypoint": argv},
        "RoleArn": ROLE,
        **more.pop("arguments", {}),
    }
    outputs = more.pop("outputs", {})
    if outputs:
        arguments["ProcessingOutputConfig"] = {
            "Outputs": [
                {
                    "OutputName": at,
                    "S3Output": {
                        "S3Uri": uri,
                        "LocalPath": f"/opt/ml/processing/output/{at}",
                        "S3UploadMode": "EndOfJob",
                    },
                }
                for at, uri in outputs.items()
            ]
        }
    inputs = more.pop("inputs", {})
    if inputs:
        arguments["ProcessingInputs"] = [
            {
                "InputName": at,
                "S3Input": {"S3Uri": uri, "LocalPath": f"/opt/ml/processing/input/{at}", "S3DataType": "S3Prefix"},
            }
            for at, uri in inputs.items()
        ]
    return {"Name": name, "Type": "Processing", "Arguments": arguments, **more}


def training(name: str, hyperparameters: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    arguments = {
        "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File", **more.pop("algorithm", {})},
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/models"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "RoleArn": ROLE,
        "HyperParameters": dict(hyperparameters),
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        **more.pop("arguments", {}),
    }
    return {"Name": name, "Type": "Training", "Arguments": arguments, **more}


def until(condition: Callable[[], Any], patience: float = PATIENCE) -> Any:
    """What a condition gives when it holds; the test fails if it does not in time."""
    deadline = time.monotonic() + patience
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not come to pass in time"
        time.sleep(0.005)
    return found


@dataclass
class Ended:
    """An execution at its end, as the operations tell it."""

    lab: Lab
    arn: str
    status: str
    reason: str
    steps: dict[str, dict[str, Any]]

    def job(self, step: str) -> dict[str, Any]:
        return self.lab.job(self.steps[step])

    def log(self, step: str) -> list[str]:
        return [event["message"] for event in self.lab.events(self.steps[step])]


class Lab:
    processing = staticmethod(processing)
    training = staticmethod(training)
    until = staticmethod(until)

    def __init__(self, home: Path, clock: Callable[[], float] = time.time, **settings: Any) -> None:
        self.home = home
        self.is_closed = False
        self.objects = ObjectStore(home / "objects")
        self.settings = Settings(**{"grace_seconds": 1.0, **settings})
        self.engine = Engine(home, self.objects, At, clock, self.settings)
        self.engine.start()

    def close(self) -> None:
        if not self.is_closed:
            self.is_closed = True
            self.engine.stop()
            self.objects.close()

    def put(self, key: str, data: bytes | str) -> str:
        self.objects.put_bytes(BUCKET, key, data.encode() if isinstance(data, str) else data)
        return f"s3://{BUCKET}/{key}"

    def get(self, uri: str) -> bytes:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        with self.objects.open(bucket, key) as file:
            return file.read()

    def keys(self, prefix: str = "") -> list[str]:
        return [info.key for info in self.objects.iter(BUCKET, prefix)]

    def code(self, files: Mapping[str, str]) -> str:
        """Put a training code archive; its URI."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            for name, text in files.items():
                info = tarfile.TarInfo(name)
                info.size = len(text.encode())
                archive.addfile(info, io.BytesIO(text.encode()))
        return self.put(f"code/{abs(hash(tuple(files.items())))}/sourcedir.tar.gz", packed.getvalue())

    def create(self, steps: list[dict[str, Any]], name: str = "demo", **more: Any) -> None:
        request = {"PipelineName": name, "RoleArn": ROLE, "PipelineDefinition": json.dumps(definition(steps, **more))}
        if self.engine.store.pipeline(name) is None:
            pipelines.create_pipeline(self.engine, request)
        else:
            pipelines.update_pipeline(self.engine, request)

    def begin(self, name: str = "demo", parameters: Mapping[str, str] | None = None, **more: Any) -> str:
        given = [{"Name": at, "Value": value} for at, value in (parameters or {}).items()]
        request = {"PipelineName": name, "PipelineParameters": given, **more}
        return str(executions.start_pipeline_execution(self.engine, request)["PipelineExecutionArn"])

    def run(
        self, steps: list[dict[str, Any]], parameters: Mapping[str, str] | None = None, name: str = "demo", **more: Any
    ) -> Ended:
        self.create(steps, name, **more)
        return self.end(self.begin(name, parameters))

    def stop(self, arn: str) -> None:
        execution_control.stop_pipeline_execution(self.engine, {"PipelineExecutionArn": arn})

    def retry(self, arn: str, **more: Any) -> None:
        execution_control.retry_pipeline_execution(self.engine, {"PipelineExecutionArn": arn, **more})

    def describe(self, arn: str) -> dict[str, Any]:
        return executions.describe_pipeline_execution(self.engine, {"PipelineExecutionArn": arn})

    def steps(self, arn: str) -> dict[str, dict[str, Any]]:
        answer = executions.list_pipeline_execution_steps(
            self.engine, {"PipelineExecutionArn": arn, "SortOrder": "Ascending"}
        )
        return {step["StepName"]: step for step in answer["PipelineExecutionSteps"]}

    def end(self, arn: str) -> Ended:
        until(lambda: self.describe(arn)["PipelineExecutionStatus"] not in ("Executing", "Stopping"))
        found = self.describe(arn)
        return Ended(self, arn, found["PipelineExecutionStatus"], found.get("FailureReason", ""), self.steps(arn))

    def job_name(self, step: Mapping[str, Any]) -> tuple[str, str]:
        (kind, entry), *_ = step["Metadata"].items()
        return kind, entry["Arn"].rpartition("/")[2]

    def job(self, step: Mapping[str, Any]) -> dict[str, Any]:
        kind, name = self.job_name(step)
        describe = jobs.describe_training_job if kind == "TrainingJob" else jobs.describe_processing_job
        return describe(self.engine, {f"{kind}Name": name})

    def stream(self, step: Mapping[str, Any]) -> tuple[str, str]:
        """Log group and stream of a step."""
        kind, name = self.job_name(step)
        group = f"/aws/sagemaker/{kind}s"
        request = {"logGroupName": group, "logStreamNamePrefix": f"{name}/"}
        (stream,) = logs.describe_log_streams(self.engine, request)["logStreams"]
        return group, stream["logStreamName"]

    def events(self, step: Mapping[str, Any]) -> list[dict[str, Any]]:
        group, stream = self.stream(step)
        request = {"logGroupName": group, "logStreamName": stream, "startFromHead": True}
        return list(logs.get_log_events(self.engine, request)["events"])


def definition(steps: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {"Version": "2020-12-01", "Parameters": more.pop("declared", []), "Steps": steps, **more}


@pytest.fixture(name="processing")
def processing_maker() -> Callable[..., dict[str, Any]]:
    return processing


@pytest.fixture(name="until")
def until_waiter() -> Callable[..., Any]:
    return until


@pytest.fixture(scope="session")
def lab_class() -> type[Lab]:
    return Lab


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    made = Lab(tmp_path / "home")
    yield made
    made.close()


@pytest.fixture
def make_lab(tmp_path: Path) -> Iterator[Callable[..., Lab]]:
    made: list[Lab] = []

    def make(**settings: Any) -> Lab:
        made.append(Lab(tmp_path / "home", **settings))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def rewriting(tmp_path: Path) -> Iterator[Lab]:
    made = Lab(tmp_path / "home", environ={**os.environ, "SM_PIPELINE_WIDGETS_SANDBOX": "rewrite"})
    yield made
    made.close()
