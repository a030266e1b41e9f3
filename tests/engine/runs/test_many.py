"""Many steps, many executions, limits on both, stops and restarts in the middle of them."""

from __future__ import annotations

import time

from sm_pipeline_widgets.engine.operations import execution_control
from tests.commands import python


def condition(name, *needs):
    arguments = {
        "Conditions": [{"Type": "Equals", "LeftValue": 1, "RightValue": 1}], "IfSteps": [], "ElseSteps": [],
    }  # fmt: skip
    return {"Name": name, "Type": "Condition", "DependsOn": list(needs), "Arguments": arguments}


def loop(items, *steps, **more):
    return {"Name": "fan", "Type": "ForEach", "Arguments": {"IterableItems": items, "ForEachBody": list(steps), **more}}


def sleeper(lab, name, tmp_path, **more):
    """A step that runs until a file is there; says when it has begun."""
    code = (
        f"import os, sys, time\nhere = {str(tmp_path)!r}\nname = sys.argv[1]\n"
        "open(f'{here}/{name}.begun', 'w').close()\n"
        "while not os.path.exists(f'{here}/go'): time.sleep(0.01)\nprint(name)"
    )
    return lab.processing(name, python(code, more.pop("word", name)), **more)


def begun(tmp_path):
    return {path.stem for path in tmp_path.glob("*.begun")}


def test_a_thousand_steps_in_a_chain_and_side_by_side(lab):
    chain = [condition(f"c{at}", *([f"c{at - 1}"] if at else [])) for at in range(500)]
    wide = [condition(f"w{at}") for at in range(500)]
    began = time.monotonic()
    end = lab.run(chain + wide)
    # a few seconds on an idle machine: what this must catch is a loop whose time grows with the square
    assert time.monotonic() - began < 50
    assert end.status == "Succeeded"
    arn = {"PipelineExecutionArn": end.arn}
    assert len(lab.engine.store.steps(arn["PipelineExecutionArn"])) == 1000


def test_fifty_executions_at_once(lab):
    lab.create([lab.processing("one", "print(1)"), lab.processing("two", "print(2)", DependsOn=["one"])])
    arns = [lab.begin() for _ in range(50)]
    ends = [lab.end(arn) for arn in arns]
    assert {end.status for end in ends} == {"Succeeded"}
    assert all((end.log("one"), end.log("two")) == (["1"], ["2"]) for end in (ends[0], ends[25], ends[49]))


def test_only_so_many_jobs_at_once_and_who_waits_can_be_stopped(make_lab, tmp_path):
    lab = make_lab(slots=2)
    lab.create([sleeper(lab, f"s{at}", tmp_path) for at in range(4)])
    arn = lab.begin()
    lab.until(lambda: len(begun(tmp_path)) == 2)
    waiting = {name for name, step in lab.steps(arn).items() if "Metadata" not in step}
    assert {lab.steps(arn)[name]["StepStatus"] for name in waiting} == {"Starting"}
    lab.stop(arn)
    end = lab.end(arn)
    assert end.status == "Stopped"
    assert {step["StepStatus"] for step in end.steps.values()} == {"Stopped"}
    assert len(begun(tmp_path)) == 2


def test_an_engine_started_anew_keeps_to_its_slots(make_lab, tmp_path):
    lab = make_lab(slots=2)
    lab.create([sleeper(lab, f"s{at}", tmp_path) for at in range(6)])
    arn = lab.begin()
    lab.until(lambda: len(begun(tmp_path)) == 2 and sum("Metadata" in step for step in lab.steps(arn).values()) == 2)
    lab.close()
    lab = make_lab(slots=2)
    lab.until(lambda: len(lab.engine.loop._queued) == 4)
    assert len(begun(tmp_path)) == 2
    (tmp_path / "go").touch()
    end = lab.end(arn)
    assert end.status == "Succeeded"
    assert [end.log(f"s{at}") for at in range(6)] == [[f"s{at}"] for at in range(6)]


def test_slots_are_given_on(make_lab):
    lab = make_lab(slots=1)
    lab.create([lab.processing(f"s{at}", "pass") for at in range(4)])
    assert {lab.end(arn).status for arn in [lab.begin() for _ in range(3)]} == {"Succeeded"}


def test_a_limit_can_be_raised_while_it_runs(lab, tmp_path):
    lab.create([sleeper(lab, f"s{at}", tmp_path) for at in range(4)])
    arn = lab.begin(ParallelismConfiguration={"MaxParallelExecutionSteps": 1})
    lab.until(lambda: len(begun(tmp_path)) == 1)
    assert len(lab.steps(arn)) == 1
    request = {"PipelineExecutionArn": arn, "ParallelismConfiguration": {"MaxParallelExecutionSteps": 3}}
    execution_control.update_pipeline_execution(lab.engine, request)
    lab.until(lambda: len(begun(tmp_path)) == 3)
    assert len(lab.steps(arn)) == 3
    (tmp_path / "go").touch()
    assert lab.end(arn).status == "Succeeded"


def test_a_stopped_loop_stops_its_iterations_and_begins_no_other(lab, tmp_path):
    step = sleeper(lab, "s", tmp_path, word={"Get": "ForEach.CurrentItem"})
    lab.create([loop(["a", "b", "c"], step, MaxConcurrency=2), lab.processing("after", "pass", DependsOn=["fan"])])
    arn = lab.begin()
    lab.until(lambda: begun(tmp_path) == {"a", "b"})
    lab.stop(arn)
    end = lab.end(arn)
    assert end.status == "Stopped"
    assert {name: at["StepStatus"] for name, at in end.steps.items()} == {
        "fan": "Stopped", "s-0": "Stopped", "s-1": "Stopped",
    }  # fmt: skip
    assert end.steps["fan"]["Metadata"]["ForEach"]["StoppedStepCount"] == 2


def test_a_loop_goes_on_in_an_engine_started_anew(make_lab, tmp_path):
    lab = make_lab()
    step = sleeper(lab, "s", tmp_path, word={"Get": "ForEach.CurrentItem"})
    lab.create([loop(["a", "b", "c"], step, MaxConcurrency=2)])
    arn = lab.begin()
    lab.until(lambda: begun(tmp_path) == {"a", "b"})
    lab.close()
    lab = make_lab()
    (tmp_path / "go").touch()
    end = lab.end(arn)
    assert end.status == "Succeeded"
    assert [end.log(f"s-{at}") for at in range(3)] == [["a"], ["b"], ["c"]]


def test_a_stop_goes_on_in_an_engine_started_anew(make_lab, tmp_path):
    lab = make_lab(grace_seconds=30.0)
    deaf = (
        "import os, signal, time\nsignal.signal(signal.SIGTERM, lambda *_: None)\n"
        f"open({str(tmp_path / 'one.begun')!r}, 'w').close()\n"
        f"while not os.path.exists({str(tmp_path / 'go')!r}): time.sleep(0.01)"
    )
    lab.create([lab.processing("one", deaf), lab.processing("after", "pass", DependsOn=["one"])])
    arn = lab.begin()
    lab.until(lambda: begun(tmp_path))
    lab.stop(arn)
    lab.close()
    lab = make_lab()
    assert lab.describe(arn)["PipelineExecutionStatus"] == "Stopping"
    (tmp_path / "go").touch()
    end = lab.end(arn)
    assert (end.status, list(end.steps)) == ("Stopped", ["one"])
