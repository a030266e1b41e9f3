"""Conditions, property files, Fail steps, triggers."""

from __future__ import annotations

import json

import pytest


def gate(lab, limit, document='{"metrics": {"rmse": {"value": 57.5}}}', path="metrics.rmse.value"):
    """evaluate → good_enough → then: deploy → after; else: too_bad (Fail)."""
    write = (
        "import os\nos.makedirs('/opt/ml/processing/output/report', exist_ok=True)\n"
        f"open('/opt/ml/processing/output/report/evaluation.json', 'w').write({document!r})"
    )
    evaluate = lab.processing(
        "evaluate",
        write,
        outputs={"report": "s3://data/report"},
        PropertyFiles=[{"PropertyFileName": "Eval", "OutputName": "report", "FilePath": "evaluation.json"}],
    )
    value = {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.evaluate.PropertyFiles.Eval"}, "Path": path}}
    words = {"Std:Join": {"On": "", "Values": ["rmse was ", value, ", over ", {"Get": "Parameters.limit"}]}}
    condition = {
        "Name": "good_enough",
        "Type": "Condition",
        "Arguments": {
            "Conditions": [
                {"Type": "LessThanOrEqualTo", "LeftValue": value, "RightValue": {"Get": "Parameters.limit"}}
            ],
            "IfSteps": [lab.processing("deploy", "print('deployed')")],
            "ElseSteps": [{"Name": "too_bad", "Type": "Fail", "Arguments": {"ErrorMessage": words}}],
        },
    }
    after = lab.processing("after", "pass", DependsOn=["deploy"])
    return lab.run(
        [after, condition, evaluate],
        {"limit": str(limit)},
        declared=[{"Name": "limit", "Type": "Float"}],
    )


def test_the_condition_holds(lab):
    end = gate(lab, 60)
    assert end.status == "Succeeded"
    assert end.steps["good_enough"]["Metadata"] == {"Condition": {"Outcome": "True"}}
    assert list(end.steps) == ["evaluate", "good_enough", "deploy", "after"]


def test_the_condition_does_not_hold(lab):
    end = gate(lab, 50)
    assert end.status == "Failed"
    assert end.reason == "Step failure: One or multiple steps failed"
    assert list(end.steps) == ["evaluate", "good_enough", "too_bad"]
    assert end.steps["good_enough"]["StepStatus"] == "Succeeded"
    assert end.steps["good_enough"]["Metadata"] == {"Condition": {"Outcome": "False"}}
    assert end.steps["too_bad"]["FailureReason"] == "rmse was 57.5, over 50.0"
    assert end.steps["too_bad"]["Metadata"] == {"Fail": {"ErrorMessage": "rmse was 57.5, over 50.0"}}


@pytest.mark.parametrize(
    ("document", "path", "reason"),
    [
        ("{}", "metrics.rmse", "Invalid json path 'metrics.rmse'"),
        ("not json", "a", "Contents of file s3://data/report/evaluation.json are not in valid JSON format."),
        ('{"a": "57"}', "a", "LessThanOrEqualTo] not supported between [57] of type [str] and [60.0] of type [float]"),
        ('{"a": null}', "a", "not supported between [null]"),
    ],
)
def test_a_condition_that_cannot_be_evaluated_fails_its_step(lab, document, path, reason):
    end = gate(lab, 60, document, path)
    assert end.status == "Failed"
    assert end.steps["good_enough"]["StepStatus"] == "Failed"
    assert reason in end.steps["good_enough"]["FailureReason"]
    assert "Metadata" not in end.steps["good_enough"]


def test_a_missing_property_file_says_which(lab):
    step = lab.processing(
        "evaluate", "pass", outputs={"report": "s3://data/none"},
        PropertyFiles=[{"PropertyFileName": "Eval", "OutputName": "report", "FilePath": "e.json"}],
    )  # fmt: skip
    words = {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.evaluate.PropertyFiles.Eval"}, "Path": "a"}}
    end = lab.run([step, {"Name": "f", "Type": "Fail", "Arguments": {"ErrorMessage": words}}])
    assert end.steps["f"]["FailureReason"].startswith("Received an error while reading file s3://data/none/e.json")


def test_an_unresolved_reference_fails_the_step_before_it_has_a_job(lab):
    step = lab.processing("two", ["python3", {"Get": "Steps.one.ExitMessage"}])
    end = lab.run([lab.processing("one", "pass"), step])
    assert end.steps["two"]["StepStatus"] == "Failed"
    assert end.steps["two"]["FailureReason"] == "{'Get': 'Steps.one.ExitMessage'} is undefined."
    assert "Metadata" not in end.steps["two"]


def test_conditions_nest(lab):
    def condition(name, left, then, otherwise):
        arguments = {
            "Conditions": [{"Type": "Equals", "LeftValue": left, "RightValue": 1}],
            "IfSteps": then,
            "ElseSteps": otherwise,
        }
        return {"Name": name, "Type": "Condition", "Arguments": arguments}

    inner = condition("inner", 2, [lab.processing("a", "pass")], [lab.processing("b", "pass")])
    end = lab.run([condition("outer", 1, [inner], [lab.processing("c", "pass")])])
    assert end.status == "Succeeded"
    assert list(end.steps) == ["outer", "inner", "b"]


def test_a_failure_that_a_step_waits_for_is_handled(lab):
    clean = lab.processing("clean", "print('cleaned')", DependsOn=[{"Step": "bad", "Trigger": "Failed"}])
    end = lab.run(
        [lab.processing("bad", "raise SystemExit(1)"), clean, lab.processing("next", "pass", DependsOn=["bad"])]
    )
    assert end.status == "CompletedWithFailures"
    assert {name: at["StepStatus"] for name, at in end.steps.items()} == {"bad": "Failed", "clean": "Succeeded"}


def test_a_fail_step_lets_running_peers_finish(lab, tmp_path):
    seen = tmp_path / "seen"
    slow = lab.processing("slow", f"import time\nopen({str(seen)!r}, 'w').close()\ntime.sleep(0.3)\nprint('finished')")
    wait = lab.processing("wait", f"import os, time\nwhile not os.path.exists({str(seen)!r}): time.sleep(0.01)")
    fail = {"Name": "f", "Type": "Fail", "Arguments": {"ErrorMessage": "enough"}, "DependsOn": ["wait"]}
    later = lab.processing("later", "pass", DependsOn=["slow"])
    end = lab.run([slow, wait, fail, later])
    assert end.status == "Failed"
    assert end.log("slow") == ["finished"]
    assert end.steps["f"]["FailureReason"] == "enough"
    assert "later" not in end.steps


def test_a_property_file_may_feed_a_job(lab):
    write = f"open('/opt/ml/processing/output/o/e.json','w').write({json.dumps({'best': ['a', 'b']})!r})"
    first = lab.processing(
        "first", write, outputs={"o": "s3://data/o"},
        PropertyFiles=[{"PropertyFileName": "P", "OutputName": "o", "FilePath": "e.json"}],
    )  # fmt: skip
    value = {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.first.PropertyFiles.P"}, "Path": "best[1]"}}
    end = lab.run([first, lab.processing("second", ["python3", "-S", "-c", "import sys; print(sys.argv[1])", value])])
    assert end.log("second") == ["b"]
