"""Real runs on the engine of this machine, watched through the same API as AWS's."""

from __future__ import annotations

import json
import threading

import pytest

from sm_pipeline_widgets.aws import pipelines
from sm_pipeline_widgets.aws.assets import cell_code, upload
from sm_pipeline_widgets.aws.source import TargetSource
from sm_pipeline_widgets.aws.target import Target, engine_target
from sm_pipeline_widgets.definition.code import archive_key
from sm_pipeline_widgets.execution.failure import CodeOrigin
from sm_pipeline_widgets.execution.state import ExecutionStatus, StepStatus
from sm_pipeline_widgets.watch.watcher import Watcher

CODE = "/opt/ml/processing/input/code"


@pytest.fixture(scope="module")
def target(engine) -> Target:
    return engine_target(engine.endpoint, lambda: engine.endpoint)


def processing(target: Target, name: str, script: str, *after: str, output: str | None = None, **more: object) -> dict:
    """A Processing step whose code is a cell."""
    asset = cell_code(name, f"%%step {name}\n{script}")
    upload(asset, target.s3, target.bucket, "files")
    code = {
        "InputName": "code",
        "AppManaged": False,
        "S3Input": {
            "S3Uri": f"s3://{target.bucket}/{asset.prefix}{asset.entry}",
            "LocalPath": CODE,
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
            "S3DataDistributionType": "FullyReplicated",
        },
    }
    arguments = {
        "ProcessingResources": {
            "ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 30}
        },
        "AppSpecification": {"ImageUri": "python", "ContainerEntrypoint": ["python3", f"{CODE}/{asset.entry}"]},
        "RoleArn": target.role,
        "ProcessingInputs": [code],
    }
    if output:
        uri = ["s3:/", target.bucket, {"Get": "Execution.PipelineExecutionId"}, name, output]
        arguments["ProcessingOutputConfig"] = {
            "Outputs": [
                {
                    "OutputName": output,
                    "AppManaged": False,
                    "S3Output": {
                        "S3Uri": {"Std:Join": {"On": "/", "Values": uri}},
                        "LocalPath": f"/opt/ml/processing/output/{output}",
                        "S3UploadMode": "EndOfJob",
                    },
                }
            ]
        }
    return {"Name": name, "Type": "Processing", "DependsOn": list(after), "Arguments": arguments, **more}


def run(
    target: Target, name: str, steps: list[dict], parameters: list[dict] | None = None, **values: object
) -> Watcher:
    definition = {"Version": "2020-12-01", "Parameters": parameters or [], "Steps": steps}
    pipelines.submit(target, name, definition)
    arn = pipelines.start(target, name, values)
    sources = {step["Name"]: CodeOrigin("cell", step["Name"]) for step in steps}
    return Watcher(TargetSource(target), arn, sources=sources)


def test_a_run_is_watched_to_its_end_with_every_log_line_once(target):
    talk = "import time\nfor n in range(300):\n    print('line', n)\n    if n % 100 == 0: time.sleep(0.2)\n"
    watcher = run(
        target,
        "watched",
        [processing(target, "one", talk), processing(target, "two", "print('done')\n", "one")],
    )
    told = []
    watcher.subscribe(told.append)
    state = watcher.wait(60, settled=True)
    watcher.close()
    assert state.status is ExecutionStatus.SUCCEEDED
    assert {step.status for step in state.steps.values()} == {StepStatus.SUCCEEDED}
    lines = [line.text for line in watcher.store.page("one", 0, 1000)]
    assert [text for text in lines if text.startswith("line ")] == [f"line {n}" for n in range(300)]
    assert "done" in [line.text for line in watcher.store.page("two", 0, 1000)]
    seen = [update.state.steps["one"].status for update in told if update.state]
    assert StepStatus.RUNNING in seen
    assert seen[-1] is StepStatus.SUCCEEDED
    assert told[0].state.steps["two"].status is StepStatus.WAITING
    assert watcher.report is None


def test_a_failing_run_reports_its_root_frames_and_exit_code(target):
    script = "import json\n\ndef load(text):\n    return json.loads(text)\n\nprint('loading')\nload('{')\n"
    watcher = run(
        target,
        "failing",
        [processing(target, "load", script), processing(target, "later", "print(1)\n", "load")],
    )
    state = watcher.wait(60, settled=True)
    watcher.close()
    assert state.status is ExecutionStatus.FAILED
    report = watcher.report
    (root,) = report.roots
    assert (root.step, root.exit_code) == ("load", 1)
    assert root.headline.startswith("json.decoder.JSONDecodeError: Expecting property name")
    assert [frame.origin for frame in root.frames if frame.is_user] == ["cell load, line 8", "cell load, line 5"]
    assert not root.frames[-1].is_user
    assert root.own_frame.source == "return json.loads(text)"
    assert any(line.text == "loading" for line in root.log_tail)
    assert report.blocked == (("later", "blocked: `load` failed"),)


def test_a_training_script_that_fails_is_reported_by_its_cell(target):
    script = (
        "import argparse\nimport os\n\nparser = argparse.ArgumentParser()\nparser.add_argument('--depth', type=int)\n"
    )
    script += "given = parser.parse_args()\nprint('depth', given.depth)\nos.listdir(os.environ['SM_CHANNEL_TRAIN'])\n"
    asset = cell_code("train", f"%%step train\n{script}")
    upload(asset, target.s3, target.bucket, "archive")
    step = {
        "Name": "train",
        "Type": "Training",
        "Arguments": {
            "AlgorithmSpecification": {"TrainingImage": "python", "TrainingInputMode": "File"},
            "RoleArn": target.role,
            "OutputDataConfig": {"S3OutputPath": f"s3://{target.bucket}/out"},
            "StoppingCondition": {"MaxRuntimeInSeconds": 600},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 30},
            "HyperParameters": {
                "depth": "3",
                "sagemaker_program": '"train.py"',
                "sagemaker_submit_directory": json.dumps(f"s3://{target.bucket}/{archive_key(asset.sha256)}"),
            },
        },
    }
    watcher = run(target, "training", [step])
    watcher.wait(60, settled=True)
    watcher.close()
    (root,) = watcher.report.roots
    assert root.headline == "KeyError: 'SM_CHANNEL_TRAIN'"
    assert root.own_frame.origin == "cell train, line 9"
    assert (root.exit_code, root.type) == (1, "Training")
    assert root.causes[0].title == "The script asks for `SM_CHANNEL_TRAIN`, but the step has no input of that name."
    assert ("hyperparameter depth", "3") in root.facts


def test_a_condition_that_ends_a_run_is_reported_with_the_metrics_value(target):
    metrics = {"m": {"rmse": 57.3}}
    folder = "/opt/ml/processing/output/report"
    script = f"open('{folder}/evaluation.json', 'w').write({json.dumps(json.dumps(metrics))})\n"
    evaluate = processing(
        target,
        "evaluate",
        script,
        output="report",
        PropertyFiles=[{"PropertyFileName": "metrics", "OutputName": "report", "FilePath": "evaluation.json"}],
    )
    read = {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.evaluate.PropertyFiles.metrics"}, "Path": "m.rmse"}}
    gate = {
        "Name": "good_enough",
        "Type": "Condition",
        "Arguments": {
            "Conditions": [{"Type": "LessThanOrEqualTo", "LeftValue": read, "RightValue": {"Get": "Parameters.limit"}}],
            "IfSteps": [],
            "ElseSteps": [{"Name": "too_bad", "Type": "Fail", "Arguments": {"ErrorMessage": "not good enough"}}],
        },
    }
    limit = {"Name": "limit", "Type": "Float", "DefaultValue": 60}
    watcher = run(target, "gated", [evaluate, gate], [limit], limit=10)
    state = watcher.wait(60, settled=True)
    watcher.close()
    assert state.status is ExecutionStatus.FAILED
    (root,) = watcher.report.roots
    assert (root.step, root.headline) == ("too_bad", "not good enough")
    assert str(root.conditions[0]) == (
        "`good_enough`: steps.evaluate.metrics.m.rmse (57.3) <= parameters.limit (10) was false"
    )


def test_a_stopped_run_ends_as_stopped(target):
    watcher = run(
        target, "stopped", [processing(target, "long", "import time\nprint('up', flush=True)\ntime.sleep(60)\n")]
    )
    watcher.start()
    up = threading.Event()
    watcher.subscribe(lambda update: up.set() if update.logs.get("long") else None)
    assert up.wait(30)
    pipelines.stop(target, watcher.arn)
    watcher.poke()
    state = watcher.wait(60, settled=True)
    watcher.close()
    assert state.status is ExecutionStatus.STOPPED
    assert state.steps["long"].status is StepStatus.STOPPED
    assert (watcher.report.roots, watcher.report.stopped) == ((), ("long",))
