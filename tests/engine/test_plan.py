"""Which steps start, which never will, how an execution ends: tables and properties."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sm_pipeline_widgets.engine.plan import Progress, ServiceStepStatus, decide, make_plan
from sm_pipeline_widgets.execution.state import ExecutionStatus

EXECUTING, STOPPING = ExecutionStatus.EXECUTING, ExecutionStatus.STOPPING


def step(name, *needs, type_="Processing", **arguments):
    return {"Name": name, "Type": type_, "DependsOn": list(needs), "Arguments": arguments}


def on(name, trigger):
    return {"Step": name, "Trigger": trigger}


def plan_of(*steps):
    return make_plan({"Steps": list(steps)})


def progress(**ends):
    """S succeeded, F failed, X stopped, E executing, T and N: conditions that held or not; ended in the order given."""
    words = {
        "S": ("Succeeded", None),
        "F": ("Failed", None),
        "X": ("Stopped", None),
        "E": ("Executing", None),
        "T": ("Succeeded", True),
        "N": ("Succeeded", False),
    }
    return {
        name: Progress(ServiceStepStatus(words[word][0]), at + 1, words[word][1])
        for at, (name, word) in enumerate(ends.items())
    }


CHAIN = [step("a"), step("b", "a"), step("c", "b")]
BRANCHES = [
    step("c", type_="Condition", IfSteps=[step("t")], ElseSteps=[step("e")]),
    step("below_t", "t"),
    step("both", "t", "e"),
]


@pytest.mark.parametrize(
    ("steps", "ends", "start", "never", "end"),
    [
        ([], {}, (), "", "Succeeded"),
        (CHAIN, {}, ("a",), "", None),
        (CHAIN, {"a": "E"}, (), "", None),
        (CHAIN, {"a": "S"}, ("b",), "", None),
        (CHAIN, {"a": "F"}, (), "b c", "Failed"),
        # the handler never runs: nobody took up the failure
        ([step("a"), step("b", "a"), step("c", "b", on("a", "Failed"))], {"a": "F"}, (), "b c", "Failed"),
        (CHAIN, {"a": "X"}, (), "b c", "Failed"),
        (CHAIN, {"a": "S", "b": "S", "c": "S"}, (), "", "Succeeded"),
        ([step("b", "a"), step("a"), step("x")], {}, ("a", "x"), "", None),
        (BRANCHES, {}, ("c",), "", None),
        (BRANCHES, {"c": "T"}, ("t",), "e both", None),
        (BRANCHES, {"c": "N"}, ("e",), "t below_t both", None),
        (BRANCHES, {"c": "N", "e": "S"}, (), "t below_t both", "Succeeded"),
        (BRANCHES, {"c": "F"}, (), "t e below_t both", "Failed"),
        # what was ready before the failure starts, what becomes ready after it does not
        ([step("a"), step("b"), step("late", "b")], {"a": "F"}, ("b",), "", None),
        ([step("a"), step("b"), step("late", "b")], {"a": "F", "b": "S"}, (), "late", "Failed"),
        ([step("a"), step("b"), step("late", "b")], {"b": "S", "a": "F"}, ("late",), "", None),
        ([step("a"), step("b")], {"a": "F", "b": "E"}, (), "", None),
        # triggers
        ([step("a"), step("h", on("a", "Failed"))], {"a": "F"}, ("h",), "", None),
        ([step("a"), step("h", on("a", "Failed"))], {"a": "F", "h": "S"}, (), "", "CompletedWithFailures"),
        ([step("a"), step("h", on("a", "Failed"))], {"a": "S"}, (), "h", "Succeeded"),
        ([step("a"), step("h", on("a", "Any"))], {"a": "F"}, ("h",), "", None),
        ([step("a"), step("h", on("a", "Any"))], {"a": "S"}, ("h",), "", None),
        ([step("a"), step("h", on("a", "Stopped"))], {"a": "X"}, ("h",), "", None),
        ([step("a"), step("h", on("a", "Stopped"))], {"a": "F"}, (), "h", "Failed"),
        ([step("a"), step("h", on("a", "Failed")), step("i", "h")], {"a": "F", "h": "F"}, (), "i", "Failed"),
    ],
)
def test_decisions(steps, ends, start, never, end):
    found = decide(plan_of(*steps), progress(**ends), EXECUTING)
    assert found.start == start
    assert found.never >= set(never.split())
    assert found.end == (end and ExecutionStatus(end))


def test_stopping_starts_nothing_and_ends_when_all_have():
    plan = plan_of(*CHAIN)
    assert decide(plan, progress(a="E"), STOPPING) == decide(plan, progress(a="E"), STOPPING)
    assert decide(plan, progress(a="E"), STOPPING).end is None
    assert decide(plan, progress(a="S"), STOPPING).start == ()
    assert decide(plan, progress(a="F"), STOPPING).end is ExecutionStatus.STOPPED
    assert decide(plan, {}, STOPPING).end is ExecutionStatus.STOPPED


def test_data_and_branches_make_needs():
    reference = {"Get": "Steps.a.ProcessingJobName"}
    plan = plan_of(
        step("b", x=[reference]), step("a"), step("c", type_="Condition", Conditions=[reference], IfSteps=[step("d")])
    )
    assert list(plan.steps) == ["a", "b", "c", "d"]
    assert {name: [need.step for need in needs] for name, needs in plan.needs.items()} == {
        "a": [], "b": ["a"], "c": ["a"], "d": ["c"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([step("a"), step("a")], "'a' is used twice"),
        ([step("a", "b")], "Step b is undefined"),
        ([step("a", "b"), step("b", "a")], "Cycle detected in pipeline step graph: a -> b."),
        ([step("a", "a")], "Cycle detected"),
    ],
)
def test_graphs_that_are_none(steps, words):
    with pytest.raises(ValueError, match=words):
        plan_of(*steps)


@st.composite
def graphs(draw):
    count = draw(st.integers(1, 12))
    steps = []
    for at in range(count):
        needs = draw(st.lists(st.integers(0, at - 1), unique=True, max_size=3)) if at else []
        triggers = [draw(st.sampled_from(["Completed", "Completed", "Failed", "Any", "Stopped"])) for _ in needs]
        steps.append(
            step(
                f"s{at}",
                *(
                    f"s{need}" if t == "Completed" else on(f"s{need}", t)
                    for need, t in zip(needs, triggers, strict=True)
                ),
            )
        )
    return draw(st.permutations(steps))


@given(graphs(), st.data())
def test_every_run_comes_to_an_end_and_respects_its_needs(steps, data):
    """Whatever ends how and when: a step starts once, after its needs are met, and the end is told once nothing runs."""
    plan = plan_of(*steps)
    now = {}
    for order in range(1, 4 * len(steps) + 4):
        decision = decide(plan, now, EXECUTING)
        assert not set(decision.start) & decision.never
        for name in decision.start:
            assert name not in now
            assert all(need.is_met_by(now[need.step]) for need in plan.needs[name])
            now[name] = Progress(ServiceStepStatus.EXECUTING)
        running = [name for name, at in now.items() if not at.status.is_end]
        if decision.end is not None:
            assert not running
            assert not decision.start
            assert set(now) | decision.never == set(plan.steps)
            failed = any(at.status is not ServiceStepStatus.SUCCEEDED for at in now.values())
            assert (decision.end is ExecutionStatus.SUCCEEDED) is not failed
            return
        assert running
        name = data.draw(st.sampled_from(sorted(running)))
        status = data.draw(
            st.sampled_from([ServiceStepStatus.SUCCEEDED] * 3 + [ServiceStepStatus.FAILED, ServiceStepStatus.STOPPED])
        )
        now[name] = Progress(status, order)
    pytest.fail("the run did not end")


def test_a_long_chain_is_planned_without_recursion():
    plan = plan_of(*(step(f"s{at}", *([f"s{at - 1}"] if at else [])) for at in range(3000)))
    assert decide(plan, {}, EXECUTING).start == ("s0",)
