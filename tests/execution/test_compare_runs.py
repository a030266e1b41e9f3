"""Two runs compared: what happened, what may have made it happen, what came of it - in this order."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sm_pipeline_widgets.execution.compare import Kind, compare_runs, outcomes
from sm_pipeline_widgets.execution.derive import derive
from sm_pipeline_widgets.execution.runs import InputFact, run_of
from sm_pipeline_widgets.view.run_diff_text import run_difference_text

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
B = "bbbbbbbbbbbb"
PREFIX = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/demo/execution/"
DEFINITION = {
    "Parameters": [{"Name": "alpha", "Type": "Float", "DefaultValue": 0.1}, {"Name": "db_password", "Type": "String"}],
    "Steps": [
        {"Name": "prepare", "Type": "Processing", "Arguments": {"AppSpecification": {"ImageUri": "img:1"}}},
        {
            "Name": "train",
            "Type": "Training",
            "DependsOn": ["prepare"],
            "Arguments": {
                "AlgorithmSpecification": {"TrainingImage": "img:1"},
                "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
                "HyperParameters": {"depth": "3"},
            },
        },
        {"Name": "report", "Type": "Processing", "Arguments": {"Environment": {"MODE": "fast"}}},
    ],
}


def run(
    name="aaaaaaaaaaaa",
    *,
    statuses=("Succeeded",) * 3,
    definition=DEFINITION,
    seconds=60,
    jobs=None,
    inputs=None,
    codes=None,
    **parameters,
):
    items = [
        {"StepName": step, "StepStatus": status, "StartTime": NOON, "EndTime": NOON + timedelta(seconds=seconds), "FailureReason": "AlgorithmError: x" if status == "Failed" else None}
        for step, status in zip(("prepare", "train", "report"), statuses, strict=False)
    ]  # fmt: skip
    status = "Failed" if "Failed" in statuses else "Succeeded"
    described = {"PipelineExecutionArn": PREFIX + name, "PipelineExecutionStatus": status, "CreationTime": NOON}
    return run_of(derive(definition, described, items, parameters), jobs or {}, inputs, codes)


def changed(**steps):
    definition = copy.deepcopy(DEFINITION)
    for step in definition["Steps"]:
        for member, values in steps.get(step["Name"], {}).items():
            step["Arguments"].setdefault(member, {}).update(values)
    return definition


def told(before, after):
    return [(one.kind, one.step, one.what) for one in compare_runs(before, after).findings]


def test_two_equal_runs_differ_in_nothing():
    difference = compare_runs(run(), run(B))
    assert difference.is_same
    assert "Nothing that is known of them differs" in run_difference_text(difference)


def test_what_happened_comes_first_then_what_concerns_the_failed_step_then_the_rest():
    definition = changed(
        train={"HyperParameters": {"depth": "9"}},
        report={"Environment": {"MODE": "slow"}},
        prepare={"Environment": {"A": "1"}},
    )
    found = told(run(), run(B, statuses=("Succeeded", "Failed"), definition=definition, alpha="0.2"))
    assert found[:3] == [(Kind.STATUS, "", "the run"), (Kind.OUTCOME, "train", ""), (Kind.OUTCOME, "report", "")]
    assert found[3:] == [
        (Kind.PARAMETER, "", "alpha"),
        (Kind.SETTING, "train", "HyperParameters.depth"),
        (Kind.SETTING, "prepare", "Environment"),
        (Kind.SETTING, "report", "Environment.MODE"),
    ]


def test_an_image_and_a_machine_are_told_once():
    definition = changed(
        train={"AlgorithmSpecification": {"TrainingImage": "img:2"}, "ResourceConfig": {"InstanceCount": 2}}
    )
    assert told(run(), run(B, definition=definition)) == [
        (Kind.IMAGE, "train", "the image"),
        (Kind.MACHINE, "train", "the machine"),
    ]


def test_code_and_data_are_told_apart():
    before = run(inputs={"train": [InputFact("train", "s3://b/x", 10, 1, "e1")]}, codes={"train": "c1"})
    after = run(B, inputs={"train": [InputFact("train", "s3://b/x", 12, 1, "e2")]}, codes={"train": "c2"})
    assert told(before, after) == [(Kind.CODE, "train", "the code"), (Kind.INPUT, "train", "input train")]
    text = run_difference_text(compare_runs(before, after))
    assert "s3://b/x (1 object, 10 bytes, etag e1) → s3://b/x (1 object, 12 bytes, etag e2)" in text.replace("…", "")


@pytest.mark.parametrize(
    ("was", "now", "differs"),
    [
        (InputFact("x", "s3://b/aaaaaaaaaaaa/x"), InputFact("x", "s3://b/bbbbbbbbbbbb/x"), False),
        (InputFact("x", "s3://b/1/x"), InputFact("x", "s3://b/2/x"), True),
        (InputFact("x", "s3://b/1/x", etag="e"), InputFact("x", "s3://b/2/x", etag="e"), False),
        (InputFact("x", "s3://b/x", etag="e"), InputFact("x", "s3://b/x", etag="f"), True),
        (InputFact("x", "s3://b/x", count=3), InputFact("x", "s3://b/x"), False),
    ],
)
def test_an_input_differs_by_what_lies_there_or_else_by_its_place(was, now, differs):
    found = told(run("aaaaaaaaaaaa", inputs={"train": [was]}), run(B, inputs={"train": [now]}))
    assert bool(found) is differs


def test_the_codes_place_counts_as_its_digest():
    def job(uri):
        return {"train": {"HyperParameters": {"sagemaker_submit_directory": uri}}}

    assert told(run(jobs=job("s3://b/1/x.tgz")), run(B, jobs=job("s3://b/2/x.tgz"))) == [
        (Kind.CODE, "train", "the code")
    ]


def test_metrics_and_durations_come_last_the_most_changed_first():
    def job(rmse, mae):
        return {
            "train": {
                "FinalMetricDataList": [{"MetricName": "rmse", "Value": rmse}, {"MetricName": "mae", "Value": mae}]
            }
        }

    found = compare_runs(run(jobs=job(10, 5)), run(B, jobs=job(11, 50), seconds=600)).findings
    assert [(one.kind, one.step, one.what) for one in found if one.step == "train"] == [
        (Kind.METRIC, "train", "mae"), (Kind.METRIC, "train", "rmse"), (Kind.DURATION, "train", "it took"),
    ]  # fmt: skip


@pytest.mark.parametrize(("seconds", "differs"), [(65, False), (89, False), (120, True), (30, True)])
def test_a_duration_counts_only_where_it_tells_something(seconds, differs):
    assert bool(compare_runs(run(), run(B, seconds=seconds)).of(Kind.DURATION)) is differs


def test_a_renamed_step_is_compared_with_what_it_was():
    definition = copy.deepcopy(DEFINITION)
    definition["Steps"][1]["Name"] = "fit"
    before = run()
    after = run(B, definition=definition)
    fit = replace(before.steps["train"], name="fit", machine="2 of ml.m5.large")
    found = told(before, replace(after, steps={**after.steps, "fit": fit}))
    assert (Kind.STEP, "fit", "renamed from train") in found
    assert (Kind.MACHINE, "fit", "the machine") in found


def test_secrets_and_control_characters_are_not_shown():
    text = run_difference_text(
        compare_runs(run(db_password="hunter2"), run(B, db_password="hunter3", alpha="\x1b[31m"))
    )
    assert "hunter" not in text
    assert "\x1b" not in text
    assert "db_password: changed, •••" in text


def test_the_whole_text():
    text = run_difference_text(
        compare_runs(run(), run(B, statuses=("Succeeded", "Failed"), alpha="0.2")), "yesterday", "today"
    )
    assert (
        text
        == (
            "yesterday → today\n\n"
            "What happened\n"
            "  the run: Succeeded → Failed\n"
            "  train: succeeded → failed (AlgorithmError: x)\n"
            "  report: succeeded → waiting\n\n"
            "What was changed for the whole run\n"
            "  parameter alpha: 0.1 → 0.2"
        )
        or "report: succeeded → " in text
    )


def test_two_failures_that_differ_in_the_runs_id_alone_are_one():
    def failed(name, words):
        made = run(name, statuses=("Succeeded", "Failed"))
        train = replace(made.steps["train"], reason=f"ClientError: nothing at s3://b/{name}/{words}")
        return replace(made, steps={**made.steps, "train": train})

    assert told(failed("aaaaaaaaaaaa", "x"), failed(B, "x")) == []
    assert told(failed("aaaaaaaaaaaa", "x"), failed(B, "y")) == [(Kind.OUTCOME, "train", "failed with other words")]


def test_of_long_values_the_part_that_differs_is_shown():
    before, after = (
        run(name, codes={"train": f"s3://bucket/{'a' * 90}/{digest}/sourcedir.tar.gz"})
        for name, digest in (("aaaaaaaaaaaa", "11"), (B, "22"))
    )
    assert "/11/" in run_difference_text(compare_runs(before, after))


def test_a_failure_is_told_in_its_most_precise_words():
    made = run(B, statuses=("Succeeded", "Failed"))
    reason = (
        'ClientError: AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage "ValueError: bad"\nCommand "x"'
    )
    after = replace(made, steps={**made.steps, "train": replace(made.steps["train"], reason=reason)})
    assert "train: succeeded → failed (ValueError: bad)" in run_difference_text(compare_runs(run(), after))


def test_a_table_of_outcomes():
    assert outcomes(compare_runs(run(), run(B, statuses=("Succeeded", "Failed"))))["train"] == "succeeded → failed"
