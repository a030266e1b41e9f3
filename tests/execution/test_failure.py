"""Reports of runs that went wrong, from the service's real answer shapes."""

from __future__ import annotations

import doctest
from datetime import UTC, datetime, timedelta

import pytest

from sm_pipeline_widgets.execution import operands, service_words
from sm_pipeline_widgets.execution.causes import find_causes
from sm_pipeline_widgets.execution.derive import derive
from sm_pipeline_widgets.execution.failure import CodeOrigin, build_report
from sm_pipeline_widgets.execution.frames import told_apart
from sm_pipeline_widgets.execution.loglines import LogLine
from sm_pipeline_widgets.execution.operands import Unread, clause
from sm_pipeline_widgets.execution.traceback import Spot

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
ARN = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/demo/execution/abcdefghijkl"
JOB = "arn:aws:sagemaker:us-east-1:123456789012:training-job/pipelines-abc-train-xyz"
DEFINITION = {
    "Parameters": [
        {"Name": "max_rmse", "Type": "Float", "DefaultValue": 60},
        {"Name": "on", "Type": "Boolean", "DefaultValue": True},
    ],
    "Steps": [
        {"Name": "prepare", "Type": "Processing"},
        {"Name": "train", "Type": "Training", "DependsOn": ["prepare"]},
        {"Name": "other", "Type": "Training", "DependsOn": ["prepare"]},
        {"Name": "evaluate", "Type": "Processing", "DependsOn": ["train"]},
        {
            "Name": "good_enough",
            "Type": "Condition",
            "DependsOn": ["evaluate"],
            "Arguments": {
                "Conditions": [
                    {
                        "Type": "LessThanOrEqualTo",
                        "LeftValue": {
                            "Std:JsonGet": {
                                "PropertyFile": {"Get": "Steps.evaluate.PropertyFiles.metrics"},
                                "Path": "rmse",
                            }
                        },
                        "RightValue": {"Get": "Parameters.max_rmse"},
                    },
                    {"Type": "Equals", "LeftValue": {"Get": "Parameters.on"}, "RightValue": True},
                ],
                "IfSteps": [{"Name": "register", "Type": "RegisterModel"}],
                "ElseSteps": [{"Name": "too_bad", "Type": "Fail", "Arguments": {"ErrorMessage": "rmse was 57.3"}}],
            },
        },
    ],
}
SCRIPT_MODE = (
    "AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage \"ValueError: could not convert string to float: 'abc'\"\n"
    'Command "/usr/bin/python3 train.py --alpha 0.1", exit code: 1'
)
LOG = """fitting 200 trees
Traceback (most recent call last):
  File "/opt/ml/code/train.py", line 31, in <module>
    main()
  File "/opt/ml/code/train.py", line 12, in main
    model.fit(frame)
  File "/usr/local/lib/python3.11/site-packages/sklearn/base.py", line 1473, in wrapper
    return fit_method(estimator)
ValueError: could not convert string to float: 'abc'"""


def said(name: str, status: str, start: int, end: int | None = None, **more: object) -> dict:
    item = {"StepName": name, "StepStatus": status, "StartTime": NOON + timedelta(seconds=start), **more}
    return item if end is None else item | {"EndTime": NOON + timedelta(seconds=end)}


def state_of(status: str, *items: dict, definition: dict = DEFINITION, **parameters: str):
    described = {
        "PipelineExecutionArn": ARN,
        "PipelineArn": ARN.split("/execution", maxsplit=1)[0],
        "PipelineExecutionStatus": status,
        "CreationTime": NOON,
        "FailureReason": "Step failure: One or multiple steps failed",
    }
    return derive(definition, described, items, parameters)


def failed_training(**more: object):
    return state_of(
        "Failed",
        said("prepare", "Succeeded", 0, 3),
        said(
            "train",
            "Failed",
            3,
            15,
            FailureReason=f"ClientError: {SCRIPT_MODE}",
            Metadata={"TrainingJob": {"Arn": JOB}},
        ),
        said("other", "Succeeded", 3, 20),
    )


def lines(text: str) -> list[LogLine]:
    return [LogLine(1000 + n, "algo-1", line) for n, line in enumerate(text.splitlines())]


DESCRIBED = {
    "TrainingJobName": "pipelines-abc-train-xyz",
    "TrainingJobStatus": "Failed",
    "SecondaryStatus": "Failed",
    "FailureReason": SCRIPT_MODE,
    "HyperParameters": {"alpha": "0.1", "sagemaker_program": '"train.py"'},
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 30},
    "AlgorithmSpecification": {"TrainingImage": "img", "TrainingInputMode": "File"},
    "InputDataConfig": [{"ChannelName": "train", "DataSource": {"S3DataSource": {"S3Uri": "s3://b/train"}}}],
}


def test_the_root_its_frames_and_what_it_blocked():
    report = build_report(
        failed_training(), {"train": DESCRIBED}, {"train": lines(LOG)}, {"train": CodeOrigin("cell", "train")}
    )
    (root,) = report.roots
    assert root.step == "train"
    assert root.headline == "ValueError: could not convert string to float: 'abc'"
    assert (root.exit_code, root.exit_meaning) == (1, "the script ended with an error")
    assert [(frame.is_user, frame.origin) for frame in root.frames] == [
        (True, "cell train, line 31"),
        (True, "cell train, line 12"),
        (False, ""),
    ]
    assert root.own_frame.source == "model.fit(frame)"
    assert root.reasons[-1].startswith("AlgorithmError: ExecuteUserScriptError")
    assert len(root.reasons) == 2
    assert root.fault == "the step's own code failed"
    assert ("machine", "2 of ml.m5.large") in root.facts
    assert ("hyperparameter alpha", "0.1") in root.facts
    assert not any("sagemaker_program" in name for name, _ in root.facts)
    assert root.log_tail[-1].text.startswith("ValueError")
    assert report.blocked == tuple(
        (name, "blocked: `train` failed") for name in ("evaluate", "good_enough", "register", "too_bad")
    )
    assert report.succeeded == ("prepare", "other")
    assert report.reason == "Step failure: One or multiple steps failed"


def test_without_a_log_the_services_words_are_taken_apart():
    (root,) = build_report(failed_training(), {"train": DESCRIBED}, {}).roots
    assert root.headline == "ValueError: could not convert string to float: 'abc'"
    assert root.frames == ()


def test_a_step_refused_before_its_job_existed():
    limit = (
        "ResourceLimitExceeded: The account-level service limit 'ml.p2.xlarge for training job usage' is 0 Instances, "
        "with current utilization of 0 Instances and a request delta of 1 Instances."
    )
    state = state_of("Failed", said("prepare", "Failed", 0, 1, FailureReason=f"ClientError: {limit}"))
    (root,) = build_report(state, {}, {}).roots
    assert not root.started_at_all
    assert root.causes[0].title == "The account may have only 0 of `ml.p2.xlarge for training job usage`."


def test_a_processing_job_that_only_left_an_exit_code():
    arn = "arn:aws:sagemaker:us-east-1:123456789012:processing-job/p"
    state = state_of("Failed", said("prepare", "Failed", 0, 1, Metadata={"ProcessingJob": {"Arn": arn}}))
    job = {"ProcessingJobStatus": "Failed", "FailureReason": "AlgorithmError: , exit code: 137"}
    (root,) = build_report(state, {"prepare": job}, {"prepare": lines("loading\nKilled")}).roots
    assert root.headline == "exit code 137: it was killed, most often because memory ran out"
    assert root.causes[0].title == "Memory ran out."


def test_a_condition_that_led_to_a_fail_step_is_told_with_its_values():
    state = state_of(
        "Failed",
        said("prepare", "Succeeded", 0, 1), said("train", "Succeeded", 1, 2), said("other", "Succeeded", 1, 2),
        said("evaluate", "Succeeded", 2, 3),
        said("good_enough", "Succeeded", 3, 3, Metadata={"Condition": {"Outcome": "False"}}),
        said("too_bad", "Failed", 3, 3, FailureReason="rmse was 57.3", Metadata={"Fail": {"ErrorMessage": "rmse was 57.3"}}),
        max_rmse="10", on="True",
    )  # fmt: skip
    report = build_report(state, {}, {}, values={"steps.evaluate.metrics.rmse": 57.3})
    (root,) = report.roots
    assert root.headline == "rmse was 57.3"
    assert [str(words) for words in root.conditions] == [
        "`good_enough`: steps.evaluate.metrics.rmse (57.3) <= parameters.max_rmse (10) was false"
    ]
    assert report.skipped == (("register", "skipped: the condition `good_enough` was false"),)
    unread = build_report(state, {}, {}, values={"steps.evaluate.metrics.rmse": Unread("no such object")})
    assert "(could not be read: no such object)" in str(unread.roots[0].conditions[0])


def test_several_roots_come_in_the_order_they_failed_and_followers_apart():
    definition = {
        "Steps": [
            {"Name": "a", "Type": "Training"},
            {"Name": "b", "Type": "Training"},
            {"Name": "clean", "Type": "Lambda", "DependsOn": [{"Step": "a", "Trigger": "Failed"}]},
        ]
    }
    state = state_of(
        "Failed", said("a", "Failed", 0, 9), said("b", "Failed", 0, 4), said("clean", "Failed", 9, 10, FailureReason="x"),
        definition=definition,
    )  # fmt: skip
    report = build_report(state, {}, {})
    assert [root.step for root in report.roots] == ["b", "a"]
    assert report.also_failed == (("clean", "x"),)


def test_the_iteration_is_the_root_not_its_for_each():
    definition = {
        "Steps": [
            {"Name": "fan", "Type": "ForEach", "Arguments": {"ForEachBody": [{"Name": "body", "Type": "Lambda"}]}}
        ]
    }
    context = {"IterationContext": {"ParentStepName": "fan", "Index": 1}}
    state = state_of(
        "Failed", said("fan", "Failed", 0, 4), said("body-1", "Failed", 1, 3, FailureReason="x", **context),
        definition=definition,
    )  # fmt: skip
    assert [root.step for root in build_report(state, {}, {}).roots] == ["body-1"]


def test_a_job_over_its_time_limit_says_so_whatever_its_log_holds():
    state = state_of(
        "Failed",
        said("prepare", "Succeeded", 0, 1),
        said("train", "Stopped", 1, 9, Metadata={"TrainingJob": {"Arn": JOB}}),
    )
    job = {
        "TrainingJobStatus": "Stopped",
        "SecondaryStatus": "MaxRuntimeExceeded",
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    }
    (root,) = build_report(state, {"train": job}, {"train": lines(LOG)}).roots
    assert root.headline == "it ran longer than it may (60 s) and was stopped"
    assert root.exception_type == ""


@pytest.mark.parametrize("status", ["Executing", "Succeeded"])
def test_there_is_no_report_while_nothing_is_wrong(status):
    assert build_report(state_of(status, said("prepare", "Succeeded", 0, 1)), {}, {}) is None


def test_a_failure_is_reported_while_others_still_run():
    state = state_of(
        "Executing", said("prepare", "Succeeded", 0, 1), said("train", "Failed", 1, 2), said("other", "Executing", 1)
    )
    report = build_report(state, {}, {})
    assert ([root.step for root in report.roots], report.running) == (["train"], ("other",))
    assert report.roots[0].headline == "it failed, and the service gave no reason"


def test_a_stopped_run_has_a_report_without_roots():
    report = build_report(state_of("Stopped", said("prepare", "Stopped", 0, 1)), {}, {})
    assert (report.roots, report.stopped) == ((), ("prepare",))


X, Y = {"Get": "Steps.a.Status"}, {"Get": "Parameters.y"}


@pytest.mark.parametrize(
    ("condition", "text", "outcome"),
    [
        ({"Type": "Equals", "LeftValue": X, "RightValue": "ok"}, 'steps.a.Status ("bad") == "ok"', False),
        (
            {"Type": "Not", "Condition": {"Type": "Equals", "LeftValue": X, "RightValue": "ok"}},
            'steps.a.Status ("bad") != "ok"',
            True,
        ),
        ({"Type": "In", "QueryValue": Y, "Values": [1, 3]}, "parameters.y (3) in [1, 3]", True),
        (
            {"Type": "Not", "Condition": {"Type": "In", "QueryValue": Y, "Values": [1]}},
            "parameters.y (3) not in [1]",
            True,
        ),
        (
            {
                "Type": "Or",
                "Conditions": [
                    {"Type": "GreaterThan", "LeftValue": Y, "RightValue": 5},
                    {"Type": "LessThan", "LeftValue": {"Get": "Execution.Unknown"}, "RightValue": 1},
                ],
            },
            "(parameters.y (3) > 5 or execution.Unknown < 1)",
            None,
        ),
        ({"Type": "GreaterThan", "LeftValue": X, "RightValue": 5}, 'steps.a.Status ("bad") > 5', None),
        ({"Type": "Sometimes"}, "a condition of type `Sometimes`", None),
    ],
)
def test_conditions_in_words(condition, text, outcome):
    found = clause(condition, {"steps.a.Status": "bad", "parameters.y": 3})
    assert (found.text, found.outcome) == (text, outcome)


@pytest.mark.parametrize(
    ("file", "origin", "expected"),
    [
        ("/opt/ml/code/train.py", CodeOrigin("cell", "train"), "cell train, line 7"),
        ("/opt/ml/code/helper.py", CodeOrigin("cell", "train"), "helper.py, line 7"),
        (
            "/opt/ml/processing/input/code/prepare.py",
            CodeOrigin("file", "steps/prepare.py"),
            "steps/prepare.py, line 7",
        ),
        ("/opt/ml/code/pkg/code/x.py", CodeOrigin("folder", "src/"), "src/pkg/code/x.py, line 7"),
        ("/home/me/code/engine/jobs/the-job/opt_ml/code/train.py", CodeOrigin("cell", "train"), "cell train, line 7"),
        ("train.py", None, "train.py, line 7"),
        ("/app/main.py", None, "/app/main.py, line 7"),
        ("/usr/lib/python3.11/json/decoder.py", None, ""),
        ("/opt/ml/code/venv/lib/python3.11/site-packages/x.py", None, ""),
    ],
)
def test_where_a_frame_is_found(file, origin, expected):
    (frame,) = told_apart([Spot(file, 7, "f")], origin, "the-job")
    assert (frame.origin, frame.is_user) == (expected, bool(expected))


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("ModuleNotFoundError: No module named 'lightgbm.basic'", "The package `lightgbm.basic` is not installed where the step runs."),
        ("KeyError: 'SM_CHANNEL_TEST'", "The script asks for `SM_CHANNEL_TEST`, but the step has no input of that name."),
        ("train.py: error: unrecognized arguments: --n 3", "The script does not take the arguments it was given (unrecognized arguments: --n 3)."),
        ("User: x is not authorized to perform: s3:GetObject on resource", "The role lacks the permission `s3:GetObject`."),
        (
            "ClientError: the job ran longer than StoppingCondition.MaxRuntimeInSeconds (1 s) and was stopped.",
            "The step ran longer than it may.",
        ),
        ("torch.cuda.OutOfMemoryError: CUDA out of memory. Tried", "The GPU's memory ran out."),
    ],
)  # fmt: skip
def test_known_causes(text, title):
    assert find_causes([text])[0].title == title


@pytest.mark.parametrize("text", ["ValueError: x", "0 errors", "memory: 3 GB free"])
def test_what_is_no_known_cause(text):
    assert find_causes([text]) == ()


def test_the_examples_in_the_modules():
    assert doctest.testmod(operands).failed == 0
    assert doctest.testmod(service_words).failed == 0
