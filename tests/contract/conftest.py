"""Pipelines small enough to run in a test, and the AWS CLI as a program of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.commands import python

ENDS = {"Succeeded", "Failed", "Stopped", "CompletedWithFailures"}


def processing(name: str, code: str, **more: Any) -> dict[str, Any]:
    """A Processing step whose container runs one line of Python."""
    arguments = {
        "ProcessingResources": {
            "ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 30}
        },
        "AppSpecification": {"ImageUri": "python", "ContainerEntrypoint": python(code, flags=())},
        "RoleArn": "arn:aws:iam::000000000000:role/r",
    }
    return {"Name": name, "Type": "Processing", "Arguments": arguments, **more}


def definition(*steps: dict[str, Any], parameters: list[dict[str, Any]] | None = None) -> str:
    return json.dumps({"Version": "2020-12-01", "Parameters": parameters or [], "Steps": list(steps)})


@pytest.fixture
def pipeline():
    """Builders of definitions."""
    return definition, processing


@pytest.fixture
def wait(engine):
    """Wait for an execution to end; its description."""

    def until_ended(arn: str, seconds: float = 60) -> dict[str, Any]:
        client = engine.client("sagemaker")
        deadline = time.monotonic() + seconds
        while (answer := client.describe_pipeline_execution(PipelineExecutionArn=arn))[
            "PipelineExecutionStatus"
        ] not in ENDS:
            assert time.monotonic() < deadline, answer
            time.sleep(0.03)
        return answer

    return until_ended


@pytest.fixture
def aws(engine, tmp_path):
    """Run the AWS CLI against the engine; what it prints, as JSON where it is JSON."""

    def run(*arguments: str, fails: bool = False) -> Any:
        command = [str(Path(sys.executable).with_name("aws")), *arguments]
        done = subprocess.run(
            command, env=engine.environment(), cwd=tmp_path, capture_output=True, text=True, timeout=90, check=False
        )
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        if fails:
            return done.stderr
        try:
            return json.loads(done.stdout)
        except ValueError:
            return done.stdout

    return run
