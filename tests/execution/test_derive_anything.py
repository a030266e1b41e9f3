"""Whatever the service lists, every step of the definition gets one of the known states, with a reason where it is derived."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sm_pipeline_widgets.execution.derive import derive
from sm_pipeline_widgets.execution.log_notes import log_note
from sm_pipeline_widgets.execution.log_places import log_key
from sm_pipeline_widgets.execution.state import ExecutionStatus, StepStatus

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
NAMES = ["a", "b", "c", "gate", "d", "e"]
DEFINITION = {
    "Steps": [
        {"Name": "a", "Type": "Processing"},
        {"Name": "b", "Type": "Training", "DependsOn": ["a"]},
        {"Name": "c", "Type": "Lambda", "DependsOn": [{"Step": "b", "Trigger": "Failed"}]},
        {
            "Name": "gate",
            "Type": "Condition",
            "DependsOn": ["b"],
            "Arguments": {
                "Conditions": [],
                "IfSteps": [{"Name": "d", "Type": "Tuning"}],
                "ElseSteps": [{"Name": "e", "Type": "Fail"}],
            },
        },
    ]
}
ARNS = st.sampled_from(["", "arn:aws:sagemaker:r:1:training-job/x", "arn:aws:lambda:r:1:function:f"])
METADATA = st.one_of(
    st.none(),
    st.just({}),
    st.dictionaries(
        st.sampled_from(["TrainingJob", "TuningJob", "Lambda", "Job", "Endpoint", "SomethingNew"]),
        st.fixed_dictionaries({"Arn": ARNS}),
        max_size=1,
    ),
    st.fixed_dictionaries({"Condition": st.fixed_dictionaries({"Outcome": st.sampled_from(["True", "False", "Odd"])})}),
    st.fixed_dictionaries(
        {"QualityCheck": st.fixed_dictionaries({}, optional={"CheckJobArn": ARNS, "SkipCheck": st.booleans()})}
    ),
)
SOURCES = st.sampled_from(
    [None, {}, {"SourcePipelineExecutionArn": ""}, {"SourcePipelineExecutionArn": "arn:x/execution/y"}]
)
TIMES = st.integers(0, 3600).map(lambda seconds: NOON + timedelta(seconds=seconds))
ITEMS = st.fixed_dictionaries(
    {
        "StepName": st.sampled_from([*NAMES, "stranger"]),
        "StepStatus": st.sampled_from(
            ["Starting", "Executing", "Stopping", "Stopped", "Failed", "Succeeded", "Dreaming", ""]
        ),
    },
    optional={
        "StartTime": TIMES,
        "EndTime": TIMES,
        "Metadata": METADATA,
        "FailureReason": st.sampled_from(["", "ClientError: no"]),
        "AttemptCount": st.integers(0, 3),
        "CacheHitResult": SOURCES,
        "SelectiveExecutionResult": SOURCES,
        "StepDisplayName": st.just("A name"),
    },
)
EXECUTIONS = st.fixed_dictionaries(
    {"PipelineExecutionStatus": st.sampled_from([*map(str, ExecutionStatus), "Daydreaming"])},
    optional={
        "CreationTime": TIMES,
        "LastModifiedTime": TIMES,
        "SelectiveExecutionConfig": st.sampled_from(
            [{"SelectedSteps": [{"StepName": "b"}]}, {"SelectedSteps": []}, {}]
        ),
    },
)


@given(execution=EXECUTIONS, items=st.lists(ITEMS, max_size=9))
def test_every_step_has_a_state_and_every_derived_state_a_reason(execution, items):
    state = derive(DEFINITION, execution, items)
    assert [name for name in state.steps if name in NAMES] == list(state.steps)[: len(NAMES)]
    listed = {item["StepName"] for item in items}
    for step in state.steps.values():
        if step.name not in listed:
            assert step.status in (StepStatus.WAITING, StepStatus.BLOCKED, StepStatus.SKIPPED, StepStatus.UNKNOWN)
            assert step.reason
        if state.status.is_end:
            assert step.status not in (StepStatus.WAITING, StepStatus.STARTING, StepStatus.RUNNING, StepStatus.STOPPING)
        assert log_key(step)
        assert step.status in StepStatus
        log_note(step, has_lines=False)


@given(execution=EXECUTIONS, items=st.lists(ITEMS, max_size=9), turn=st.randoms(use_true_random=False))
def test_the_order_of_the_service_makes_no_difference(execution, items, turn):
    unique = list({item["StepName"]: item for item in items}.values())
    shuffled = turn.sample(unique, len(unique))
    first, second = derive(DEFINITION, execution, unique), derive(DEFINITION, execution, shuffled)
    assert {name: first.steps[name] for name in NAMES} == {name: second.steps[name] for name in NAMES}
