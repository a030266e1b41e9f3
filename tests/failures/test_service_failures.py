"""Failures of steps that are no script: data that is not there, conditions, calls, answers - and the service's own words."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from typing import Any

import pytest

from sm_pipeline_widgets import Execution, connect
from sm_pipeline_widgets.execution.derive import derive
from sm_pipeline_widgets.execution.failure import build_report
from sm_pipeline_widgets.execution.jobfacts import Stage

ROLE = "arn:aws:iam::000000000000:role/r"
QUEUE = "https://sqs.us-east-1.amazonaws.com/000000000000/work"
REPORT = "import json; json.dump({'rmse': 'low', 'r2': 0.5}, open('/opt/ml/processing/report/m.json', 'w'))"
HANDLER = "def handler(event, context):\n    raise ValueError('no table for ' + event['day'])\n"


def processing(name: str, code: str = "pass", **more: Any) -> dict[str, Any]:
    cluster = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 30}
    command = more.pop("command", ["python3", "-c", code])
    arguments = {
        "ProcessingResources": {"ClusterConfig": cluster},
        "AppSpecification": {"ImageUri": "python", "ContainerEntrypoint": command},
        "RoleArn": ROLE,
        **more.pop("arguments", {}),
    }
    return {"Name": name, "Type": "Processing", "Arguments": arguments, **more}


def condition(name: str, kind: str, left: Any, right: Any, **more: Any) -> dict[str, Any]:
    test = {"Type": kind, "LeftValue": left, "RightValue": right}
    return {
        "Name": name,
        "Type": "Condition",
        "Arguments": {"Conditions": [test], "IfSteps": [], "ElseSteps": []},
        **more,
    }


def json_get(path: str) -> dict[str, Any]:
    return {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.evaluate.PropertyFiles.metrics"}, "Path": path}}


def reads(uri: str) -> dict[str, Any]:
    source = {"S3Uri": uri, "LocalPath": "/opt/ml/processing/in", "S3DataType": "S3Prefix", "S3InputMode": "File"}
    return {"ProcessingInputs": [{"InputName": "data", "S3Input": source}]}


def lambda_step(name: str, arn: str) -> dict[str, Any]:
    return {"Name": name, "Type": "Lambda", "FunctionArn": arn, "Arguments": {"day": "monday"}, "OutputParameters": []}


@dataclass(frozen=True)
class Case:
    """A step that must be a root failure; ``says`` is in what is told of it, ``cause`` among its causes."""

    step: str
    says: str
    cause: str | None = None
    stage: Stage | None = None


CASES = (
    Case("no-objects", "s3://nowhere-at-all/in/", "nothing-at-the-input"),
    Case("no-command", "no-such-command", "command-missing"),
    Case("text-compared", "low"),
    Case("no-member", "accuracy"),
    Case("lambda-raises", "no table for monday"),
    Case("answered-no", "the data is from last year"),
    Case("on-purpose", "rmse was 0.5, that is too much"),
    Case("too-many-machines", "50 instances"),
)


@pytest.fixture(scope="module")
def roots(engine):
    """A few runs with all of them; the root failures by step. What fails apart goes together: no step starts after that."""
    (engine.home / "handlers.py").write_text(HANDLER)
    (engine.home / "engine.toml").write_text('[lambda]\n"raises" = "handlers.py:handler"\n')
    output = {"OutputName": "report", "S3Output": {"S3Uri": "s3://failures/report", "LocalPath": "/opt/ml/processing/report", "S3UploadMode": "EndOfJob"}}  # fmt: skip
    evaluate = processing(
        "evaluate",
        REPORT,
        arguments={"ProcessingOutputConfig": {"Outputs": [output]}},
        PropertyFiles=[{"PropertyFileName": "metrics", "OutputName": "report", "FilePath": "m.json"}],
    )
    words = {"Std:Join": {"On": "", "Values": ["rmse was ", json_get("r2"), ", that is too much"]}}
    many = {"ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 50, "VolumeSizeInGB": 1}}}  # fmt: skip
    independent = [
        processing("no-objects", arguments=reads("s3://nowhere-at-all/in/")),
        processing("no-command", command=["no-such-command"]),
        lambda_step("lambda-raises", "arn:aws:lambda:us-east-1:000000000000:function:raises"),
        {"Name": "answered-no", "Type": "Callback", "SqsQueueUrl": QUEUE, "Arguments": {}, "OutputParameters": []},
        processing("too-many-machines", arguments=many),
        processing("later", DependsOn=["answered-no"]),
    ]
    conditions = [
        evaluate,
        condition("text-compared", "GreaterThan", json_get("rmse"), 3),
        condition("no-member", "GreaterThan", json_get("accuracy"), 3),
    ]
    fail = {"Name": "on-purpose", "Type": "Fail", "Arguments": {"ErrorMessage": words}, "DependsOn": ["evaluate"]}
    engine.client("s3").create_bucket(Bucket="failures")
    started = [
        start(engine, f"services-{at}", steps) for at, steps in enumerate([independent, conditions, [evaluate, fail]])
    ]
    answer_no(started[0])
    found = {}
    for execution in started:
        execution.wait(60)
        found |= {root.step: root for root in execution.why().roots}
    return found


def start(engine: Any, name: str, steps: list[dict[str, Any]]) -> Execution:
    client = engine.client("sagemaker")
    text = json.dumps({"Version": "2020-12-01", "Steps": steps})
    client.create_pipeline(PipelineName=name, RoleArn=ROLE, PipelineDefinition=text)
    arn = client.start_pipeline_execution(PipelineName=name)["PipelineExecutionArn"]
    return Execution.attach(arn, connect("local", home=engine.home))


def answer_no(execution: Execution) -> None:
    """Let the Callback step fail, once it waits."""
    waits = threading.Event()

    def look(update):
        step = update.state.steps.get("answered-no") if update.state else None
        if step is not None and (step.metadata.get("Callback") or {}).get("CallbackToken"):
            waits.set()

    unsubscribe = execution.watcher.subscribe(look)
    execution.watcher.start()
    assert waits.wait(60)
    unsubscribe()
    execution.complete_callback("answered-no", failure="the data is from last year")


@pytest.mark.parametrize("case", CASES, ids=[case.step for case in CASES])
def test_a_step_without_a_script_is_explained(roots, case):
    root = roots[case.step]
    told = "\n".join([root.headline, *root.reasons, *map(str, root.conditions), *(line.text for line in root.log_tail)])
    assert case.says in told
    if case.cause is not None:
        assert case.cause in [cause.name for cause in root.causes]


SERVICE = (
    ("Training", "ResourceLimitExceeded: An error occurred (ResourceLimitExceeded) when calling the CreateTrainingJob operation: The account-level service limit 'ml.p3.2xlarge for training job usage' is 0 Instances, with current utilization of 0 Instances and a request delta of 1 Instances.", "quota", Stage.REFUSED),
    ("Processing", "ClientError: Failed to invoke sagemaker:CreateProcessingJob. Error Details: User: arn:aws:sts::123456789012:assumed-role/r/SageMaker is not authorized to perform: sagemaker:CreateProcessingJob on resource: arn:aws:sagemaker:us-east-1:123456789012:processing-job/x because no identity-based policy allows the sagemaker:CreateProcessingJob action", "permission", Stage.REFUSED),
    ("Training", "ClientError: Could not assume role arn:aws:iam::123456789012:role/r. Please ensure that the role exists and allows principal 'sagemaker.amazonaws.com' to assume the role.", "assume-role", Stage.REFUSED),
    ("Training", "CapacityError: Unable to provision requested ML compute capacity. Please retry using a different ML instance type.", "capacity", Stage.REFUSED),
    ("Training", "ThrottlingException: Rate exceeded", "throttled", Stage.REFUSED),
)  # fmt: skip


def test_a_function_that_raised_is_read_like_a_script(roots):
    root = roots["lambda-raises"]
    assert (root.exception_type, root.exception_message) == ("ValueError", "no table for monday")
    assert (root.own_frame.line, root.own_frame.function) == (2, "handler")
    assert [frame.function for frame in root.frames if frame.is_user] == ["handler"]


def test_data_that_is_not_there_never_started_a_program(roots):
    assert roots["no-objects"].stage in (Stage.DATA, Stage.UNKNOWN)


@pytest.mark.parametrize(("kind", "reason", "cause", "stage"), SERVICE, ids=[case[2] for case in SERVICE])
def test_the_services_own_refusals_are_explained(kind, reason, cause, stage):
    """Words that no engine of one machine says by itself, as a step's answer of the API holds them."""
    definition = {"Steps": [{"Name": "one", "Type": kind, "Arguments": {"RoleArn": ROLE}}]}
    item = {"StepName": "one", "StepStatus": "Failed", "FailureReason": reason, "Metadata": {}}
    state = derive(definition, {"PipelineExecutionStatus": "Failed", "PipelineExecutionArn": "arn:x"}, [item])
    (root,) = build_report(state, {}, {}).roots
    assert cause in [each.name for each in root.causes]
    assert root.stage is stage
    assert not root.started_at_all
