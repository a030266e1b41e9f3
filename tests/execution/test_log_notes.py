"""What stands where a log's lines would: for every kind of step, and for every moment of one."""

from __future__ import annotations

import pytest

from sm_pipeline_widgets.execution.log_notes import log_note
from sm_pipeline_widgets.execution.progress import JobProgress
from sm_pipeline_widgets.execution.state import StepState, StepStatus

TRAINING = {"TrainingJob": {"Arn": "arn:aws:sagemaker:r:1:training-job/t"}}
FUNCTION = {"Lambda": {"Arn": "arn:aws:lambda:r:1:function:f"}}


def step(kind: str, status: StepStatus, metadata: dict | None = None, reason: str = "") -> StepState:
    return StepState("s", kind, status, reason=reason, metadata=metadata or {})


@pytest.mark.parametrize(
    ("given", "progress", "note"),
    [
        (step("Condition", StepStatus.SUCCEEDED), None, "Condition steps write no log."),
        (
            step("EMR", StepStatus.RUNNING, {"EMR": {"LogFilePath": "s3://logs/x/"}}),
            None,
            "Its logs are files in S3: s3://logs/x/",
        ),
        (step("Training", StepStatus.WAITING, reason="waiting for `a`"), None, "There is no log: waiting for `a`."),
        (
            step("Training", StepStatus.SKIPPED, reason="skipped: the condition `g` was false"),
            None,
            "There is no log: skipped: the condition `g` was false.",
        ),
        (
            step("Training", StepStatus.RUNNING, TRAINING),
            JobProgress("downloading its image"),
            "No line yet: downloading its image. The log begins with the first line that its container writes.",
        ),
        (
            step("Training", StepStatus.STARTING),
            None,
            "No line yet. The log begins with the first line that its container writes.",
        ),
        (step("Training", StepStatus.FAILED), None, "It ended before it had a job."),
        (
            step("Training", StepStatus.FAILED, TRAINING),
            None,
            "Its job ended before a container wrote a line; the reason is under Why.",
        ),
        (step("Training", StepStatus.SUCCEEDED, TRAINING), None, "It wrote no line."),
        (
            step("QualityCheck", StepStatus.SUCCEEDED, {"QualityCheck": {"SkipCheck": True}}),
            None,
            "The check was skipped, so no job ran.",
        ),
        (
            step("Lambda", StepStatus.CACHED, FUNCTION, reason="cached: the result of run x was taken"),
            None,
            "Nothing ran here: cached: the result of run x was taken.",
        ),
    ],
)
def test_an_empty_log_says_why(given, progress, note):
    assert log_note(given, progress, has_lines=False) == note


def test_lines_speak_for_themselves_unless_they_may_be_somebody_elses():
    assert log_note(step("Training", StepStatus.RUNNING, TRAINING), has_lines=True) == ""
    assert "everybody who used it" in log_note(step("Lambda", StepStatus.RUNNING, FUNCTION), has_lines=True)
