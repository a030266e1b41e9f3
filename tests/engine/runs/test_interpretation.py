"""What the reference says of expressions, branches and order, where no other test tells it: as runs of whole pipelines."""

from __future__ import annotations

import json
import re

import pytest

from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.operations import executions, pipelines

ROLE = "arn:aws:iam::000000000000:role/local"
SHOW = "import sys; print(*sys.argv[1:], sep='|')"


def get(path):
    return {"Get": path}


def join(on, *values):
    return {"Std:Join": {"On": on, "Values": list(values)}}


@pytest.fixture
def show(lab):
    """A step that prints its arguments."""
    return lambda name, *words, **more: lab.processing(name, ["python3", "-S", "-c", SHOW, *words], **more)


def branches(lab, then=(), otherwise=(), left=1):
    conditions = [{"Type": "Equals", "LeftValue": left, "RightValue": 1}]
    arguments = {"Conditions": conditions, "IfSteps": list(then), "ElseSteps": list(otherwise)}
    return {"Name": "gate", "Type": "Condition", "Arguments": arguments}


def statuses(end):
    return {name: step["StepStatus"] for name, step in end.steps.items()}


def test_variables_of_an_execution(lab, show):
    names = ("PipelineName", "PipelineArn", "PipelineExecutionId", "PipelineExecutionArn")
    times = ("StartDateTime", "CurrentDateTime")
    end = lab.run([show("one", *(get(f"Execution.{name}") for name in (*names, *times, "ProcessingJobName")))])
    *told, start, now, job = end.log("one")[0].split("|")
    pipeline = end.arn.partition("/execution/")[0]
    assert told == ["demo", pipeline, end.arn.rpartition("/")[2], end.arn]
    assert job == lab.job_name(end.steps["one"])[1]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", start)
    assert now >= start


def test_a_jobs_own_name_is_known_only_inside_a_job_of_its_kind(lab, show):
    end = lab.run([show("one", get("Execution.TrainingJobName"))])
    assert end.steps["one"]["FailureReason"] == "{'Get': 'Execution.TrainingJobName'} is undefined."


def test_properties_with_odd_keys_are_found(lab, show):
    first = lab.processing("first", "pass", arguments={"Environment": {"it's": "quoted", "a.b": "dotted"}})
    words = [get("Steps.first.Environment['it's']"), get("Steps.first.Environment['a.b']")]
    assert lab.run([first, show("after", *words)]).log("after") == ["quoted|dotted"]


def test_json_paths_with_quotes_indexes_and_null(lab, show):
    code = "import json\njson.dump({'a.b': {'c': [1, {'k': True}]}, 'n': None}, open('/opt/ml/processing/output/o/e', 'w'))"
    file = {"PropertyFileName": "E", "OutputName": "o", "FilePath": "e"}
    first = lab.processing("first", code, outputs={"o": "s3://data/o"}, PropertyFiles=[file])
    paths = ("['a.b'].c[1].k", "n", "['a.b']['c'][0]")
    values = [{"Std:JsonGet": {"PropertyFile": get("Steps.first.PropertyFiles.E"), "Path": at}} for at in paths]
    assert lab.run([first, show("after", join(" ", *values))]).log("after") == ["true null 1"]


def test_a_step_below_both_branches_never_runs(lab):
    gate = branches(lab, [lab.processing("x", "pass")], [lab.processing("y", "pass")])
    end = lab.run([gate, lab.processing("both", "pass", DependsOn=["x", "y"])])
    assert (end.status, statuses(end)) == ("Succeeded", {"gate": "Succeeded", "x": "Succeeded"})


@pytest.mark.parametrize(
    ("needs", "left", "runs"), [("gate", 1, True), ("gate", 2, True), ("x", 1, True), ("x", 2, False)]
)
def test_steps_may_wait_for_a_condition_or_for_a_step_of_a_branch(lab, needs, left, runs):
    gate = branches(lab, [lab.processing("x", "pass")], left=left)
    end = lab.run([gate, lab.processing("after", "pass", DependsOn=[needs])])
    assert end.status == "Succeeded"
    assert ("after" in end.steps) is runs


def test_the_outcome_of_a_condition_is_a_word_in_metadata_and_lower_case_in_texts(lab, show):
    end = lab.run([branches(lab, left=2), show("after", join("", get("Steps.gate.Outcome")))])
    assert end.steps["gate"]["Metadata"]["Condition"] == {"Outcome": "False"}
    assert end.log("after") == ["false"]


def test_a_step_in_both_branches_is_refused(lab):
    step = lab.processing("x", "pass")
    with pytest.raises(ServiceException, match="Pipeline steps cannot have duplicate names: 'x'"):
        lab.create([branches(lab, [step], [step])])


@pytest.mark.parametrize(
    ("code", "trigger", "runs", "status"),
    [
        ("raise SystemExit(1)", "Failed", True, "CompletedWithFailures"),
        ("raise SystemExit(1)", "Any", True, "CompletedWithFailures"),
        ("raise SystemExit(1)", "Stopped", False, "Failed"),
        ("raise SystemExit(1)", "Completed", False, "Failed"),
        ("pass", "Failed", False, "Succeeded"),
        ("pass", "Any", True, "Succeeded"),
        ("pass", "Completed", True, "Succeeded"),
    ],
)
def test_run_conditions(lab, code, trigger, runs, status):
    after = lab.processing("after", "pass", DependsOn=[{"Step": "first", "Trigger": trigger}])
    end = lab.run([lab.processing("first", code), after])
    assert ("after" in end.steps, end.status) == (runs, status)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"DependsOn": [{"Step": "first", "Trigger": "Soon"}]}, "Trigger must be one of Completed, Failed, Stopped, Any, not 'Soon'"),
        ({"RetryPolicies": [{"ExceptionType": ["Step.Bored"]}]}, "ExceptionType must be of .*, not Step.Bored"),
    ],
)  # fmt: skip
def test_words_the_service_does_not_know_are_refused(lab, more, words):
    with pytest.raises(ServiceException, match=words):
        lab.create([lab.processing("first", "pass"), lab.processing("second", "pass", **more)])


ODD = (
    '{"Version": "2020-12-01", "Metadata": {}, "PipelineExperimentConfig": null, "MlflowConfig": null, "Parameters": ['
    '{"Name": "n", "Type": "Float", "DefaultValue": 1e+16}, {"Name": "zero", "Type": "Integer", "DefaultValue": 0}, '
    '{"Name": "no", "Type": "Boolean", "DefaultValue": false}, {"Name": "same", "Type": "String", "DefaultValue": "p"}], '
    '"Steps": [{"Name": "same", "Type": "Fail", "DisplayName": "\\ud800 x", "Arguments": {"ErrorMessage": '
    '{"Std:Join": {"On": "|", "Values": [{"Get": "Parameters.n"}, {"Get": "Parameters.zero"}, {"Get": "Parameters.no"}, '
    '{"Get": "Parameters.same"}, -0.0, 6.0, NaN, 9007199254740993, "a\\ud800b", "\\u00e9", null]}}}}]}'
)


def test_odd_numbers_and_texts_come_through_and_the_definition_stays_what_it_was(lab):
    pipelines.create_pipeline(lab.engine, {"PipelineName": "odd", "RoleArn": ROLE, "PipelineDefinition": ODD})
    end = lab.end(lab.begin("odd"))
    assert end.steps["same"]["FailureReason"] == "1e+16|0|false|p|-0.0|6.0|NaN|9007199254740993|a?b|é|null"
    assert end.steps["same"]["StepDisplayName"] == "? x"
    kept = executions.describe_pipeline_definition_for_execution(lab.engine, {"PipelineExecutionArn": end.arn})
    assert kept["PipelineDefinition"] == ODD
    assert json.loads(kept["PipelineDefinition"])["Steps"][0]["Name"] == "same"


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b"])
def test_a_text_that_no_process_can_be_given_is_the_steps_failure(lab, text):
    for more in ({"arguments": {"Environment": {"A": text}}}, {"DisplayName": "shown"}):
        command = ["python3", "-c", "pass", *(() if "arguments" in more else (text,))]
        end = lab.run([lab.processing("one", command, **more)])
        reason = end.steps["one"]["FailureReason"]
        assert reason.startswith("ClientError: "), reason
        assert "holds a character that no process can be given." in reason or "is not Unicode" in reason


def test_a_fail_step_without_a_message_has_no_reason(lab):
    end = lab.run([{"Name": "f", "Type": "Fail", "Arguments": {"ErrorMessage": ""}}])
    assert end.status == "Failed"
    assert "FailureReason" not in end.steps["f"]


def test_steps_come_when_they_start_and_have_an_end_when_they_have_ended(lab, tmp_path):
    wait = f"import os, time\nwhile not os.path.exists({str(tmp_path / 'go')!r}): time.sleep(0.01)"
    lab.create([lab.processing("first", wait), lab.processing("after", "pass", DependsOn=["first"])])
    arn = lab.begin()
    lab.until(lambda: lab.steps(arn).get("first", {}).get("StepStatus") == "Executing")
    assert list(lab.steps(arn)) == ["first"]
    assert "EndTime" not in lab.steps(arn)["first"]
    (tmp_path / "go").touch()
    end = lab.end(arn)
    assert list(end.steps) == ["first", "after"]
    assert all(step["EndTime"] >= step["StartTime"] for step in end.steps.values())
