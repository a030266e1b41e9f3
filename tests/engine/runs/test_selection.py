"""Selective execution: some steps run, the results they read come from an earlier execution."""

from __future__ import annotations

import re

import pytest

SAY = "import sys, time; open('/opt/ml/output/message', 'w').write(' '.join(sys.argv[1:])); print(*sys.argv[1:])"


def say(lab, name, *words, **more):
    return lab.processing(name, ["python3", "-S", "-c", SAY, *words], **more)


def chain(lab):
    """a → b → c → d, each saying what the one before said; e apart."""
    said = [{"Get": f"Steps.{name}.ExitMessage"} for name in "abc"]
    return [
        say(lab, "a", {"Get": "Parameters.word"}), say(lab, "b", said[0]), say(lab, "c", said[1]),
        say(lab, "d", said[2]), say(lab, "e", "apart"),
    ]  # fmt: skip


def select(*steps, source=None):
    config = {"SelectedSteps": [{"StepName": name} for name in steps]}
    return {"SelectiveExecutionConfig": {**config, **({"SourcePipelineExecutionArn": source} if source else {})}}


@pytest.fixture
def source(lab):
    declared = [{"Name": "word", "Type": "String", "DefaultValue": "default"}]
    return lab.run(chain(lab), {"word": "first"}, declared=declared)


def test_only_the_selected_steps_run_on_earlier_results(lab, source):
    end = lab.end(lab.begin(**select("b", "c", source=source.arn)))
    assert end.status == "Succeeded"
    assert list(end.steps) == ["a", "b", "c"]
    assert end.steps["a"]["SelectiveExecutionResult"] == {"SourcePipelineExecutionArn": source.arn}
    assert end.steps["a"]["Metadata"] == source.steps["a"]["Metadata"]
    assert "SelectiveExecutionResult" not in end.steps["b"]
    assert end.log("c") == ["first"]
    assert end.job("c")["ProcessingJobArn"] != source.job("c")["ProcessingJobArn"]
    assert lab.describe(end.arn)["SelectiveExecutionConfig"] == {
        "SelectedSteps": [{"StepName": "b"}, {"StepName": "c"}], "SourcePipelineExecutionArn": source.arn,
    }  # fmt: skip


def test_a_first_step_needs_no_source(lab, source):
    end = lab.end(lab.begin(**select("a", "b")))
    assert (end.status, end.log("b")) == ("Succeeded", ["default"])


def test_a_selection_can_build_upon_a_selection(lab, source):
    second = lab.end(lab.begin(**select("b", source=source.arn)))
    third = lab.end(lab.begin(**select("b", source=second.arn)))
    assert third.steps["a"]["SelectiveExecutionResult"] == {"SourcePipelineExecutionArn": source.arn}


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        (["b"], "Invalid SourcePipelineExecutionArn: null. The selected steps [b] have dependencies on [a]."),
        (["a", "c"], "are not connected: [b] lie between them"),
        (["a", "e"], "[a, e] are not connected: select steps that follow one another"),
        (["a", "nope"], "Selected steps [nope] do not exist"),
    ],
)
def test_a_selection_that_cannot_run_is_refused(lab, source, steps, words):
    with pytest.raises(Exception, match=r"ValidationException: .*" + re.escape(words)):
        lab.begin(**select(*steps))


def test_a_source_must_have_what_is_read(lab, source):
    only_a = lab.end(lab.begin(**select("a")))
    with pytest.raises(Exception, match=r"The steps \[b\], which the selected steps depend on, have not succeeded"):
        lab.begin(**select("c", source=only_a.arn))
    with pytest.raises(Exception, match="no execution of pipeline 'demo'"):
        lab.begin(**select("c", source=source.arn[:-1] + "x"))
    other = lab.run([say(lab, "a", "b")], name="other")
    with pytest.raises(Exception, match="no execution of pipeline 'demo'"):
        lab.begin(**select("b", source=other.arn))


def test_a_failed_source_will_do_if_what_is_read_succeeded(lab):
    steps = [
        say(lab, "a", "x"),
        lab.processing("bad", "raise SystemExit(1)"),
        say(lab, "b", {"Get": "Steps.a.ExitMessage"}),
    ]
    source = lab.run(steps)
    assert source.status == "Failed"
    assert lab.end(lab.begin(**select("b", source=source.arn))).log("b") == ["x"]


def test_a_child_of_a_condition_runs_without_it(lab):
    def condition(outcome):
        arguments = {
            "Conditions": [{"Type": "Equals", "LeftValue": 1, "RightValue": outcome}],
            "IfSteps": [say(lab, "t", "then")],
            "ElseSteps": [say(lab, "f", "else")],
        }
        return {"Name": "c", "Type": "Condition", "Arguments": arguments}

    lab.create([condition(1)])
    assert list(lab.end(lab.begin(**select("f"))).steps) == ["f"]
    assert list(lab.end(lab.begin(**select("c"))).steps) == ["c"]
    assert list(lab.end(lab.begin(**select("c", "t", "f"))).steps) == ["c", "t"]


def test_what_is_not_selected_need_not_run_here(lab, source):
    lab.create([say(lab, "a", "x"), {"Name": "emr", "Type": "EMR", "Arguments": {}}])
    assert lab.end(lab.begin(**select("a"))).status == "Succeeded"


def test_a_retry_of_a_selection_runs_only_the_selection(lab, tmp_path):
    code = f"import os, sys; sys.exit(not os.path.exists({str(tmp_path / 'open')!r}))"
    steps = [say(lab, "a", "x"), lab.processing("b", code, DependsOn=["a"]), say(lab, "c", "y", DependsOn=["b"])]
    first = lab.run(steps)
    end = lab.end(lab.begin(**select("b", source=first.arn)))
    assert end.status == "Failed"
    (tmp_path / "open").touch()
    lab.retry(end.arn)
    end = lab.end(end.arn)
    assert (end.status, list(end.steps)) == ("Succeeded", ["a", "b"])
