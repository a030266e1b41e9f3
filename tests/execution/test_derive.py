"""Tables of (definition, what the service said, what people are shown)."""

from __future__ import annotations

import doctest
from datetime import UTC, datetime, timedelta

import pytest

from sm_pipeline_widgets.execution import derive as module
from sm_pipeline_widgets.execution.derive import derive
from sm_pipeline_widgets.execution.state import ExecutionStatus, StepStatus

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
RUN = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/demo/execution/abcdefghijkl"


def step(name: str, type_: str = "Processing", *after: object, **arguments: object) -> dict:
    return {"Name": name, "Type": type_, "DependsOn": list(after), "Arguments": arguments}


def said(name: str, status: str, start: int = 0, end: int | None = None, **more: object) -> dict:
    item = {"StepName": name, "StepStatus": status, "StartTime": NOON + timedelta(seconds=start), **more}
    if end is not None:
        item["EndTime"] = NOON + timedelta(seconds=end)
    return item


def execution(status: str, **more: object) -> dict:
    return {
        "PipelineExecutionArn": RUN,
        "PipelineArn": RUN.split("/execution", maxsplit=1)[0],
        "PipelineExecutionStatus": status,
        "CreationTime": NOON,
    } | more


CHAIN = {"Steps": [step("a"), step("b", "Processing", "a"), step("c", "Training", "b")]}
BRANCH = {
    "Steps": [
        step("a"),
        step(
            "gate",
            "Condition",
            "a",
            IfSteps=[step("yes"), step("yes2", "Model", "yes")],
            ElseSteps=[step("no", "Fail")],
        ),
        step("after", "Training", "yes"),
        step("beside", "Training", "gate"),
    ]
}
TRIGGERS = {
    "Steps": [
        step("a"),
        step("on_fail", "Lambda", {"Step": "a", "Trigger": "Failed"}),
        step("always", "Lambda", {"Step": "a", "Trigger": "Any"}),
        step("plain", "Lambda", "a"),
    ]
}


def words(definition: dict, status: str, *items: dict, **more: object) -> dict[str, str]:
    state = derive(definition, execution(status, **more), items)
    return {
        name: f"{found.status} | {found.reason}" if found.reason else str(found.status)
        for name, found in state.steps.items()
    }


def test_steps_that_have_not_started_wait_and_say_for_what():
    assert words(CHAIN, "Executing", said("a", "Executing")) == {
        "a": "running",
        "b": "waiting | waiting for `a`",
        "c": "waiting | waiting for `b`",
    }


def test_a_failure_blocks_all_that_follows_and_they_name_the_root():
    state = derive(CHAIN, execution("Failed"), [said("a", "Failed", 0, 3, FailureReason="AlgorithmError: x")])
    assert state.steps["a"].reason == "AlgorithmError: x"
    assert (state.steps["b"].status, state.steps["b"].reason) == (StepStatus.BLOCKED, "blocked: `a` failed")
    assert (state.steps["c"].status, state.steps["c"].reason) == (StepStatus.BLOCKED, "blocked: `a` failed")
    assert state.steps["c"].because == ("a",)
    assert state.ended == NOON + timedelta(seconds=3)


def test_the_branch_not_taken_and_what_hangs_on_it_is_skipped():
    outcome = {"Condition": {"Outcome": "False"}}
    shown = words(
        BRANCH, "Failed", said("a", "Succeeded", 0, 1), said("gate", "Succeeded", 1, 1, Metadata=outcome),
        said("no", "Failed", 1, 1, FailureReason="bad", Metadata={"Fail": {"ErrorMessage": "bad"}}),
        said("beside", "Succeeded", 1, 2),
    )  # fmt: skip
    assert shown == {
        "a": "succeeded",
        "gate": "succeeded",
        "yes": "skipped | skipped: the condition `gate` was false",
        "yes2": "skipped | skipped: the condition `gate` was false",
        "no": "failed | bad",
        "after": "skipped | skipped: the condition `gate` was false",
        "beside": "succeeded",
    }


def test_before_the_condition_is_evaluated_both_branches_wait():
    shown = words(BRANCH, "Executing", said("a", "Executing"))
    assert shown["yes"] == shown["no"] == "waiting | waiting for `gate`"


def test_a_condition_that_failed_blocks_both_branches():
    shown = words(BRANCH, "Failed", said("a", "Succeeded", 0, 1), said("gate", "Failed", 1, 1, FailureReason="no file"))
    assert shown["yes"] == shown["no"] == shown["beside"] == "blocked | blocked: `gate` failed"


@pytest.mark.parametrize(
    ("status", "reported", "expected"),
    [
        (
            "Executing",
            "Succeeded",
            {
                "on_fail": "skipped | skipped: it runs only if `a` failed, but it succeeded",
                "always": "waiting | waiting: it can start now",
                "plain": "waiting | waiting: it can start now",
            },
        ),
        (
            "Executing",
            "Failed",
            {
                "on_fail": "waiting | waiting: it can start now",
                "always": "waiting | waiting: it can start now",
                "plain": "blocked | blocked: `a` failed",
            },
        ),
    ],
)
def test_triggers_decide_what_a_failure_means(status, reported, expected):
    shown = words(TRIGGERS, status, said("a", reported, 0, 1))
    assert {name: shown[name] for name in expected} == expected


def test_cached_and_reused_results_say_from_which_run():
    state = derive(
        CHAIN,
        execution("Executing"),
        [
            said("a", "Succeeded", 0, 0, CacheHitResult={"SourcePipelineExecutionArn": f"{RUN[:-1]}9"}),
            said("b", "Succeeded", 0, 0, SelectiveExecutionResult={"SourcePipelineExecutionArn": RUN}),
            said("c", "Succeeded", 0, 1, CacheHitResult={"SourcePipelineExecutionArn": ""}),
        ],
    )
    assert [found.status for found in state.steps.values()] == ["cached", "reused", "succeeded"]
    assert state.steps["a"].cached_from == f"{RUN[:-1]}9"
    assert state.steps["a"].reason == "cached: the result of run abcdefghijk9 was taken"


def test_steps_not_selected_are_skipped():
    config = {"SelectiveExecutionConfig": {"SelectedSteps": [{"StepName": "b"}]}}
    shown = words(CHAIN, "Succeeded", said("a", "Succeeded", 0, 0), said("b", "Succeeded", 0, 1), **config)
    assert shown["c"] == "skipped | skipped: not among the steps selected for this run"


def test_a_stopped_run_says_what_it_never_started():
    shown = words(CHAIN, "Stopping", said("a", "Stopping"))
    assert shown["b"] == "blocked | blocked: the run is being stopped before it started"
    shown = words(CHAIN, "Stopped", said("a", "Stopped", 0, 1))
    assert shown["b"] == "blocked | blocked: `a` was stopped"


def test_an_independent_step_that_never_started_says_that_the_run_ended_first():
    definition = {"Steps": [step("a"), step("b")]}
    assert words(definition, "Failed", said("a", "Failed", 0, 1))["b"] == (
        "blocked | blocked: the run ended before it started, because `a` failed"
    )


def test_a_run_that_ended_without_a_word_of_a_step_leaves_it_unknown():
    shown = words(CHAIN, "Succeeded", said("a", "Succeeded", 0, 1), said("b", "Executing", 1))
    assert shown["b"].startswith("unknown | unknown: the run has ended, but the service last reported")
    assert shown["c"].startswith("unknown")


def test_retried_steps_show_their_last_attempt():
    items = [said("a", "Executing", 60, AttemptCount=2), said("a", "Failed", 0, 5, FailureReason="CapacityError: none")]
    state = derive(CHAIN, execution("Executing"), items)
    assert (state.steps["a"].status, state.steps["a"].attempts, state.steps["a"].reason) == ("running", 2, "")


def test_iterations_of_a_for_each_stand_behind_their_body_step():
    definition = {"Steps": [step("fan", "ForEach", ForEachBody=[step("body", "Lambda")]), step("end", "Lambda", "fan")]}
    items = [
        said("fan", "Executing"),
        said("body-1", "Failed", 1, 2, IterationContext={"ParentStepName": "fan", "Index": 1}),
        said("body-0", "Succeeded", 1, 2, IterationContext={"ParentStepName": "fan", "Index": 0}),
    ]
    state = derive(definition, execution("Executing"), items)
    assert list(state.steps) == ["fan", "body", "body-0", "body-1", "end"]
    assert state.steps["body"].status is StepStatus.FAILED
    assert state.steps["body"].reason == "1 of 2 iterations failed"
    assert state.steps["body-0"].type == "Lambda"
    assert state.steps["end"].reason == "waiting for `fan`"


def test_names_the_definition_does_not_have_are_shown_at_the_end():
    items = [said("ghost", "Executing", Metadata={"TrainingJob": {"Arn": "arn:job"}}), said("a", "Paused")]
    state = derive(CHAIN, execution("Reticulating"), items)
    assert state.status is ExecutionStatus.EXECUTING
    assert list(state.steps)[-1] == "ghost"
    assert (state.steps["ghost"].type, state.steps["ghost"].job_arn) == ("Training", "arn:job")
    assert state.steps["a"].reason == "unknown: the service says `Paused`"


@pytest.mark.parametrize("definition", [{}, {"Steps": None}, {"Steps": [step("a", "X", "b"), step("b", "X", "a")]}])
def test_wrong_definitions_still_give_a_state(definition):
    assert derive(definition, execution("Executing"), []).status is ExecutionStatus.EXECUTING


def test_the_modules_example():
    assert doctest.testmod(module).failed == 0
