"""The SageMaker SDK 3.x against the engine: real training, over the wire, in an interpreter of its own."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from sm_pipeline_widgets.engine import daemon

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]
PROGRAM = Path(__file__).with_name("programs.py")
# telemetry would call a host of its own
QUIET = "SchemaVersion: '1.0'\nSageMaker: {PythonSDK: {Modules: {TelemetryOptOut: true}}}\n"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A state folder of its own: its engine, and so its steps, have the interpreter with the SDK 3.x."""
    folder = tmp_path_factory.mktemp("sdk3-home")
    yield folder
    daemon.stop(folder)


@pytest.fixture
def run(python3, home, tmp_path):
    """Run one of the programs to its end; what it found."""
    (tmp_path / "quiet.yaml").write_text(QUIET)
    # 3.x makes a client as it is imported, and wants a region and keys for it; nobody is asked with them
    settings = {
        "PYTHONPATH": str(PROGRAM.parents[3]),
        "SAGEMAKER_USER_CONFIG_OVERRIDE": str(tmp_path / "quiet.yaml"),
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_EC2_METADATA_DISABLED": "true",
    }

    def program(name):
        command = [python3, "-W", "ignore", str(PROGRAM), str(home), str(tmp_path), name]
        done = subprocess.run(
            command, env={**os.environ, **settings}, cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-5000:]
        return json.loads((tmp_path / "found.json").read_text())

    return program


def states(ran):
    return {name: step["StepStatus"] for name, step in ran["steps"].items()}


def test_prepare_train_evaluate_and_register_or_fail(run):
    found = run("tutorial")
    first, second = found["first"], found["second"]
    assert first["status"] == "Succeeded", first
    assert states(first) == dict.fromkeys(["prepare", "train", "evaluate", "decide", "register"], "Succeeded")
    assert first["steps"]["register"]["Metadata"]["RegisterModel"]["Arn"].endswith(":model-package/sdk3-diabetes/1")
    assert second["status"] == "Failed"
    assert second["steps"]["too-bad"]["FailureReason"] == "rmse is over 1.0"
    assert second["steps"]["prepare"]["CacheHitResult"] == {"SourcePipelineExecutionArn": first["arn"]}


def test_functions_as_steps(run):
    found = run("functions")
    assert states(found) == {"double": "Succeeded", "more": "Succeeded", "bad": "Failed"}
    assert found["result"] == 21
    assert "not 20" in found["steps"]["bad"]["FailureReason"]


def test_train_tune_deploy_and_ask_without_a_pipeline(run):
    found = run("outside")
    assert found["status"] == "Completed"
    assert 40 < found["metrics"]["rmse"] < 60
    assert found["best"]
    assert [abs(a - b) < 100 for a, b in zip(found["predictions"], found["targets"], strict=True)] == [True] * 5
