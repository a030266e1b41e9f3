"""Any graph of decisions, failures, loops and handlers: run to its end, and held against the rules of the service."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sm_pipeline_widgets.engine.local import PREFIX

NUMBERS = itertools.count()
TRIGGERS = ["Completed", "Completed", "Completed", "Failed", "Any"]


@st.composite
def graphs(draw):
    """Steps that end at once: good ones, failing ones, conditions with branches, loops; each may need earlier ones."""
    steps, names = [], []
    for at in range(draw(st.integers(1, 12))):
        name = f"s{at}"
        kind = draw(st.sampled_from(["good", "good", "good", "fail", "condition", "loop"]))
        needed = draw(st.lists(st.sampled_from(names), max_size=2, unique=True)) if names else []
        triggers = [draw(st.sampled_from(TRIGGERS)) for _ in needed]
        depends = [
            need if trigger == "Completed" else {"Step": need, "Trigger": trigger}
            for need, trigger in zip(needed, triggers, strict=True)
        ]
        steps.append({"Name": name, "DependsOn": depends, **body(kind, name, draw(st.booleans()))})
        names.append(name)
    return steps


def body(kind, name, flag):
    match kind:
        case "good":
            return {"Type": "EMR", "Arguments": {}}
        case "fail":
            return {"Type": "Fail", "Arguments": {"ErrorMessage": "no"}}
        case "condition":
            conditions = [{"Type": "Equals", "LeftValue": flag, "RightValue": True}]
            branches = {
                key: [{"Name": f"{name}{letter}", "Type": "EMR", "Arguments": {}}]
                for key, letter in (("IfSteps", "t"), ("ElseSteps", "e"))
            }
            return {"Type": "Condition", "Arguments": {"Conditions": conditions, **branches}}
    inner = [{"Name": f"{name}b", "Type": "EMR", "Arguments": {}}]
    return {"Type": "ForEach", "Arguments": {"IterableItems": ["1", "2"], "MaxConcurrency": 1, "ForEachBody": inner}}


def all_names(steps):
    for step in steps:
        yield step["Name"]
        for key in ("IfSteps", "ElseSteps", "ForEachBody"):
            yield from all_names(step["Arguments"].get(key, []))


def needs_of(steps):
    """By step, what it waits for: (step, trigger)."""
    found = {}
    for step in steps:
        found[step["Name"]] = [
            (at, "Completed") if isinstance(at, str) else (at["Step"], at["Trigger"]) for at in step["DependsOn"]
        ]
        for key in ("IfSteps", "ElseSteps"):
            for inner in step["Arguments"].get(key, []):
                found[inner["Name"]] = [(step["Name"], "Completed")]
    return found


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One engine for all graphs: each is a pipeline of its own."""
    made = []

    def lab(maker):
        if not made:
            made.append(maker(tmp_path_factory.mktemp("graphs") / "home"))
        return made[0]

    yield lab
    for each in made:
        each.close()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=graphs(), limit=st.sampled_from([None, 1, 2]))
def test_a_run_keeps_the_rules(shared, lab_class, steps, limit):
    lab = shared(lab_class)
    name = f"g{next(NUMBERS)}"
    metadata = {PREFIX + at: json.dumps({"outputs": {}}) for at in all_names(steps)}
    decisions = {"Condition", "Fail", "ForEach"}
    own = {step["Name"] for step in steps if step["Type"] in decisions}
    lab.create(
        steps, name, Metadata={key: text for key, text in metadata.items() if key.removeprefix(PREFIX) not in own}
    )
    more = {} if limit is None else {"ParallelismConfiguration": {"MaxParallelExecutionSteps": limit}}
    end = lab.end(lab.begin(name, **more))
    status = {at: step["StepStatus"] for at, step in end.steps.items()}
    needs = needs_of(steps)
    for at, step in end.steps.items():
        for need, trigger in needs.get(at, []):
            assert need in status, (at, need)
            assert trigger == "Any" or status[need] == {"Completed": "Succeeded"}.get(trigger, trigger)
            assert end.steps[need]["EndTime"] <= step["StartTime"]
    for step in steps:
        if step["Type"] == "Condition" and status.get(step["Name"]) == "Succeeded":
            taken = end.steps[step["Name"]]["Metadata"]["Condition"]["Outcome"] == "True"
            assert f"{step['Name']}{'e' if taken else 't'}" not in status
        if step["Type"] == "ForEach" and step["Name"] in status:
            assert [status[f"{step['Name']}b-{k}"] for k in range(2)] == ["Succeeded", "Succeeded"]
    handled = {need for at in status for need, trigger in needs.get(at, []) if trigger != "Completed"}
    failed = {at for at, word in status.items() if word == "Failed"}
    if end.status == "Succeeded":
        assert not failed
    elif end.status == "CompletedWithFailures":
        assert failed
        assert failed <= handled
    else:
        assert end.status == "Failed"
        assert failed
