"""ForEach: the body once per item, so many at a time, one iteration selected."""

from __future__ import annotations

import json

import pytest

from tests.commands import python

ECHO = "import sys\nopen('/opt/ml/output/message', 'w').write(sys.argv[1])\nprint(sys.argv[1])"


def body(lab, name="score", code=ECHO, argument=None, **more):
    return lab.processing(name, ["python3", "-S", "-c", code, argument or {"Get": "ForEach.CurrentItem"}], **more)


def loop(items, *steps, name="fan", **more):
    return {"Name": name, "Type": "ForEach", "Arguments": {"IterableItems": items, "ForEachBody": list(steps), **more}}


def test_the_body_runs_once_per_item(lab):
    first = lab.processing("first", "open('/opt/ml/output/message', 'w').write('c')")
    items = ["a", "b", {"Get": "Steps.first.ExitMessage"}]
    last = {"Get": "Steps.fan.IterationOutputs[2].score.ExitMessage"}
    after = lab.processing("after", ["python3", "-S", "-c", ECHO, last])
    end = lab.run([after, loop(items, body(lab)), first])
    assert end.status == "Succeeded", end.steps
    assert [end.log(f"score-{at}") for at in range(3)] == [["a"], ["b"], ["c"]]
    assert end.log("after") == ["c"]
    assert end.steps["score-1"]["IterationContext"] == {"ParentStepName": "fan", "Index": 1, "Item": "b"}
    assert end.steps["fan"]["Metadata"]["ForEach"] == {
        "Status": "Succeeded", "InputItemCount": 3, "TotalStepCount": 3, "SucceededStepCount": 3,
        "FailedStepCount": 0, "StoppedStepCount": 0,
    }  # fmt: skip


def test_items_may_be_the_text_of_a_list_and_have_fields(lab):
    items = json.dumps([json.dumps({"name": "x", "at": {"k": [1, 2]}}), json.dumps({"name": "y", "at": {"k": [3, 4]}})])
    argument = {
        "Std:Join": {
            "On": "=", "Values": [{"Get": "ForEach.CurrentItem.name"}, {"Get": "ForEach.CurrentItem.at['k'][1]"}]
        }
    }  # fmt: skip
    declared = [{"Name": "items", "Type": "String", "DefaultValue": items}]
    end = lab.run([loop({"Get": "Parameters.items"}, body(lab, argument=argument))], declared=declared)
    assert [end.log(f"score-{at}") for at in range(2)] == [["x=2"], ["y=4"]]


def test_steps_of_an_iteration_see_each_other_and_nobody_elses(lab):
    one = body(lab, "one")
    two = body(lab, "two", argument={"Get": "Steps.one.ExitMessage"})
    end = lab.run([loop(["a", "b"], two, one)])
    assert (end.log("two-0"), end.log("two-1")) == (["a"], ["b"])


def test_so_many_at_a_time(lab, tmp_path):
    code = (
        "import os, sys, time\nhere = sys.argv[2]\nopen(f'{here}/{sys.argv[1]}', 'w').close()\n"
        "print(len(os.listdir(here)))\ntime.sleep(0.1)\nos.unlink(f'{here}/{sys.argv[1]}')"
    )
    step = lab.processing("s", python(code, {"Get": "ForEach.CurrentItem"}, str(tmp_path / "in")))
    (tmp_path / "in").mkdir()
    end = lab.run([loop([str(at) for at in range(6)], step, MaxConcurrency=2)])
    assert end.status == "Succeeded"
    assert max(int(end.log(f"s-{at}")[0]) for at in range(6)) == 2


def test_a_limit_of_one_step_does_not_count_the_loop_itself(lab):
    lab.create([loop(["a", "b"], body(lab))])
    end = lab.end(lab.begin(ParallelismConfiguration={"MaxParallelExecutionSteps": 1}))
    assert end.status == "Succeeded"


@pytest.mark.parametrize(("pick", "chosen"), [("MaxBy", 1), ("MinBy", 2)])
def test_one_iteration_is_selected(lab, pick, chosen):
    selector = {"Pick": pick, "Field": {"Get": "IterationOutput.score.ExitMessage"}}
    after = lab.processing("after", ["python3", "-S", "-c", ECHO, {"Get": "Steps.fan.Selected.ExitMessage"}])
    items = ["0.5", "9", "-1"]
    end = lab.run([loop(items, body(lab), Selector=selector), after])
    assert end.log("after") == [items[chosen]]
    assert end.steps["fan"]["Metadata"]["ForEach"]["Selector"] == {"StepName": "score", "Index": chosen}


def test_when_one_iteration_fails_the_others_go_on(lab):
    code = "import sys\nsys.exit(sys.argv[1] == 'bad')"
    below = lab.processing("below", "pass", DependsOn=["fan"])
    end = lab.run([loop(["a", "bad", "c"], body(lab, code=code), MaxConcurrency=1), below])
    assert end.status == "Failed"
    assert {name: at["StepStatus"] for name, at in end.steps.items()} == {
        "fan": "Failed", "score-0": "Succeeded", "score-1": "Failed", "score-2": "Succeeded",
    }  # fmt: skip
    assert end.steps["fan"]["FailureReason"] == "ClientError: 1 of 3 steps of the loop failed: score-1."
    assert end.steps["fan"]["Metadata"]["ForEach"]["FailedStepCount"] == 1


@pytest.mark.parametrize(
    ("items", "more", "words"),
    [
        ("no list", {}, "no list and no text of a JSON list: no list"),
        ({"Get": "Parameters.n"}, {}, "no list and no text of a JSON list: 3"),
        (["a"], {"MaxConcurrency": 0}, "MaxConcurrency of step 'fan' must be a number from 1 to 50, not 0"),
        (["a"], {"Selector": {"Pick": "Best"}}, "needs Pick (MaxBy or MinBy)"),
        (
            ["a"],
            {"Selector": {"Pick": "MaxBy", "Field": {"Get": "IterationOutput.score.ExitMessage"}}},
            "finds no number at 'ExitMessage' of 'score-0'",
        ),
    ],
)
def test_what_cannot_be_looped_over_fails_the_loop(lab, items, more, words):
    declared = [{"Name": "n", "Type": "Integer", "DefaultValue": 3}]
    end = lab.run([loop(items, body(lab), **more)], declared=declared)
    assert end.status == "Failed"
    assert words in end.steps["fan"]["FailureReason"]


def test_an_empty_list_is_a_loop_of_nothing(lab):
    end = lab.run([loop("[]", body(lab)), lab.processing("after", "pass", DependsOn=["fan"])])
    assert end.status == "Succeeded"
    assert list(end.steps) == ["fan", "after"]


def test_a_loop_waits_for_what_its_body_reads(lab):
    late = lab.processing("late", "import time; time.sleep(0.2); open('/opt/ml/output/message', 'w').write('now')")
    argument = {"Get": "Steps.late.ExitMessage"}
    end = lab.run([loop(["a"], body(lab, argument=argument)), late])
    assert end.log("score-0") == ["now"]


def test_a_loop_that_waits_for_itself_is_refused(lab):
    between = lab.processing("between", "pass", DependsOn=["fan"])
    with pytest.raises(Exception, match="Cycle detected in pipeline step graph"):
        lab.create([loop(["a"], body(lab, DependsOn=["between"])), between])


def test_what_cannot_stand_in_a_loop_is_said_at_the_start(lab):
    lab.create([loop(["a"], {"Name": "f", "Type": "Fail", "Arguments": {"ErrorMessage": "x"}})])
    with pytest.raises(Exception, match=r"'fan' \(ForEach\): f cannot stand in a loop"):
        lab.begin()
