"""What a terminal gets, read as a person reads it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sm_pipeline_widgets.execution.causes import Cause
from sm_pipeline_widgets.execution.failure import FailureReport, Frame, RootFailure
from sm_pipeline_widgets.execution.loglines import LogLine
from sm_pipeline_widgets.execution.operands import Clause, ConditionWords
from sm_pipeline_widgets.execution.state import ExecutionState, ExecutionStatus, StepState, StepStatus
from sm_pipeline_widgets.view import text

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
ARN = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/diabetes/execution/k3l9abcdefgh"
MILLIS = int(NOON.timestamp() * 1000)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def step(
    name: str, status: StepStatus, start: float | None = None, end: float | None = None, reason: str = ""
) -> StepState:
    times = {"started": at(start) if start is not None else None, "ended": at(end) if end is not None else None}
    return StepState(name, "Processing", status, reason=reason, **times)


def report(*roots: RootFailure, **more: object) -> FailureReport:
    return FailureReport(ARN, "diabetes", ExecutionStatus.FAILED, roots, started=NOON, ended=at(20), **more)


ROOT = RootFailure(
    step="train",
    type="Training",
    reasons=(
        "ValueError: no such column",
        'AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage "ValueError"',
    ),
    exit_code=1,
    exit_meaning="the script ended with an error",
    exception_type="ValueError",
    exception_message="no such column",
    followed=("KeyError: 'rmse'",),
    frames=(
        Frame("/opt/ml/code/train.py", 31, "<module>", "main()", is_user=True, origin="cell train, line 31"),
        Frame("/opt/ml/code/train.py", 12, "main", "fit(frame)", is_user=True, origin="cell train, line 12"),
        Frame("/usr/lib/python3/site-packages/sklearn/base.py", 9, "fit"),
    ),
    log_tail=(
        LogLine(MILLIS + 120, "algo-1", "fitting \x1b[31m200\x1b[0m trees"),
        LogLine(MILLIS + 130, "algo-1", "Traceback (most recent call last):"),
        LogLine(MILLIS + 130, "algo-1", "ValueError: no such column"),
    ),
    traceback_at=1,
    causes=(Cause("The column is missing.", "Look at the data.", "column"),),
    job_arn="arn:aws:sagemaker:us-east-1:123456789012:training-job/pipelines-k3-train",
    facts=(("machine", "1 of ml.m5.large"), ("hyperparameter api_token", "hunter2")),
    started=at(3),
    ended=at(15),
)


def test_a_failure_report_reads_from_the_cause_to_the_consequences():
    told = text.failure_report(
        report(
            ROOT,
            blocked=(("evaluate", "blocked: `train` failed"), ("register", "blocked: `train` failed")),
            skipped=(("too_bad", "skipped: the condition `gate` was true"),),
            succeeded=("prepare",),
        )
    )
    assert (
        told
        == """\
diabetes (run k3l9abcdefgh) failed after 0:20.

✕ train (Training) failed after 0:12
  ValueError: no such column

  Where in your code:
    cell train, line 31
        main()
    cell train, line 12, in main
        fit(frame)
    (raised inside a library: sklearn/base.py, line 9, in fit)

  It came out of:
    KeyError: 'rmse'

  What may help:
    The column is missing.
    Look at the data.

  What it wrote before that (all of it: %pipeline logs train):
    12:00:00.120 algo-1  fitting 200 trees

  What the service said:
    AlgorithmError: ExecuteUserScriptError:
    ExitCode 1
    ErrorMessage "ValueError"

  machine                   1 of ml.m5.large
  hyperparameter api_token  •••••• (hidden: the name says it is a secret)
  job                       arn:aws:sagemaker:us-east-1:123456789012:training-job/pipelines-k3-train

Not run: evaluate, register (`train` failed)
Skipped: too_bad (the condition `gate` was true)
Done: prepare"""
    )


def test_a_fail_step_says_which_condition_led_to_it():
    clause = Clause("steps.evaluate.metrics.rmse (57.3) <= parameters.max_rmse (10)", outcome=False)
    root = RootFailure(
        "too_bad", "Fail", reasons=("rmse was 57.3",), conditions=(ConditionWords("good_enough", False, (clause,)),)
    )
    assert (
        text.failure_report(report(root), "too_bad")
        == """\
✕ too_bad ended the run on purpose (a Fail step)
  rmse was 57.3

  The condition that led here:
    `good_enough`: steps.evaluate.metrics.rmse (57.3) <= parameters.max_rmse (10) was false"""
    )


def test_a_condition_that_could_not_be_evaluated_shows_what_it_compares():
    clause = Clause("steps.evaluate.metrics.rmse (could not be read: no such file) <= 10", outcome=None)
    root = RootFailure(
        "gate", "Condition", reasons=("no such file",), conditions=(ConditionWords("gate", None, (clause,)),)
    )
    told = text.failure_report(replace(report(root), ended=at(0.2)))
    assert told.startswith("diabetes (run k3l9abcdefgh) failed within a second.")
    assert "  What it compares:\n    `gate`: steps.evaluate.metrics.rmse (could not be read: no such file)" in told


def test_a_step_that_never_started_says_so():
    refused = "AccessDeniedException: not authorized to perform: iam:PassRole"
    root = RootFailure("prepare", "Processing", reasons=(refused,), started_at_all=False)
    assert text.failure_report(report(root), "prepare") == (f"✕ prepare (Processing) could not be started\n  {refused}")


def test_steps_that_failed_alike_are_told_once():
    fan = [replace(ROOT, step=f"train-{n}") for n in range(30)]
    told = text.failure_report(report(*fan))
    assert told.count("ValueError: no such column") == 1
    assert "train-1, train-2," in told
    assert "and 17 more failed in the same way." in told
    assert "30 steps failed independently" in told


def test_many_different_failures_are_listed_after_the_first_few():
    roots = [RootFailure(f"s{n}", "Training", reasons=(f"reason {n}",)) for n in range(8)]
    told = text.failure_report(report(*roots))
    assert "These failed as well:\n  ✕ s5: reason 5\n  ✕ s6: reason 6\n  ✕ s7: reason 7" in told


def test_runs_without_a_root_say_what_the_service_says():
    told = text.failure_report(replace(report(), reason="Execution timed out"))
    assert told == "diabetes (run k3l9abcdefgh) failed after 0:20.\nThe service says: Execution timed out"
    stopped = replace(report(), status=ExecutionStatus.STOPPED, stopped=("train",))
    assert text.failure_report(stopped) == "diabetes (run k3l9abcdefgh) was stopped after 0:20.\n\nStopped: train"
    running = replace(report(ROOT), status=ExecutionStatus.EXECUTING, running=("other",))
    assert text.failure_report(running).startswith(
        "diabetes (run k3l9abcdefgh) is still running, but will not succeed."
    )


def test_the_state_table():
    steps = [
        step("prepare", StepStatus.SUCCEEDED, 0, 3),
        step("train", StepStatus.RUNNING, 3),
        step("quits", StepStatus.FAILED, 3, 4, "AlgorithmError: , exit code: 137"),
        step("evaluate", StepStatus.WAITING, reason="waiting for `train`"),
        step("register", StepStatus.SKIPPED, reason="skipped: the condition `gate` was false"),
    ]
    state = ExecutionState(
        ARN,
        "diabetes",
        ExecutionStatus.EXECUTING,
        {each.name: each for each in steps},
        started=NOON,
        display_name="try-1",
    )
    assert (
        text.state_table(state, at(42))
        == """\
diabetes (run k3l9abcdefgh, try-1): running for 0:42, 1 of 5 steps done

STATE        STEP      TYPE        TIME  WHY
✓ succeeded  prepare   Processing  0:03
◌ running    train     Processing  0:39
✕ failed     quits     Processing  0:01  exit code 137: it was killed, most often because memory ran out
○ waiting    evaluate  Processing        waiting for `train`
- skipped    register  Processing        the condition `gate` was false"""
    )


def test_every_state_has_a_sign():
    assert set(text.SIGNS) == set(StepStatus)
    assert set(text.EXECUTION_WORDS) == set(ExecutionStatus)


def test_text_from_outside_cannot_move_the_cursor_or_hide():
    hostile = "a\x1b[2Jb\u202ec\x07\nd" + "x" * 10_000
    root = RootFailure(hostile, "Training", reasons=(hostile,), log_tail=(LogLine(MILLIS, hostile, hostile),))
    state = ExecutionState(hostile, hostile, ExecutionStatus.FAILED, {hostile: step(hostile, StepStatus.FAILED)})
    for told in (text.failure_report(report(root)), text.state_table(state, NOON), text.log_lines(root.log_tail)):
        assert all(char == "\n" or char.isprintable() for char in told)
        assert "\u202e" not in told


def test_keys_in_a_log_are_hidden():
    line = LogLine(MILLIS, "algo-1", "using AKIAABCDEFGHIJKLMNOP now")
    assert "AKIAABCDEFGHIJKLMNOP" not in text.log_lines([line])


class Row:
    name, description, modified, last_run = "diabetes", "Predict\nthings", NOON, None


def test_lists():
    assert text.pipelines_table([Row()]) == (
        "PIPELINE  CHANGED               LAST RUN  DESCRIPTION\ndiabetes  2026-11-01 12:00 UTC  never     Predict things"
    )
    assert text.pipelines_table([]) == "There are no pipelines here yet."
