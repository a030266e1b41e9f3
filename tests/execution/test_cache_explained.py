"""Hits and misses of the cache, explained."""

from __future__ import annotations

import copy
import doctest
from datetime import UTC, datetime, timedelta

import pytest

from sm_pipeline_widgets.definition import cache_keys
from sm_pipeline_widgets.definition.cache_keys import COMPARED, compared, compared_values, good_for
from sm_pipeline_widgets.execution.cache import CacheResult, explain_cache
from sm_pipeline_widgets.execution.derive import derive
from sm_pipeline_widgets.execution.runs import run_of
from sm_pipeline_widgets.view.cache_text import cache_text

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
PREFIX = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/demo/execution/"
CACHE = {"Enabled": True, "ExpireAfter": "P1D"}
MADE = {"Get": "Steps.prepare.ProcessingOutputConfig.Outputs['o'].S3Output.S3Uri"}
DEFINITION = {
    "Steps": [
        {
            "Name": "prepare",
            "Type": "Processing",
            "CacheConfig": CACHE,
            "Arguments": {"AppSpecification": {"ImageUri": "i"}},
        },
        {
            "Name": "train",
            "Type": "Training",
            "CacheConfig": CACHE,
            "Arguments": {
                "InputDataConfig": [{"ChannelName": "x", "DataSource": {"S3DataSource": {"S3Uri": MADE}}}],
                "HyperParameters": {"depth": "3"},
            },
        },
        {"Name": "end", "Type": "Lambda"},
    ]
}


def request(uri="s3://b/aaaa/x", depth="3", machine="ml.m5.large"):
    return {
        "InputDataConfig": [{"ChannelName": "x", "DataSource": {"S3DataSource": {"S3Uri": uri}}}],
        "HyperParameters": {"depth": depth},
        "ResourceConfig": {"InstanceType": machine},
    }


def run(name, hours, *, prepare="Succeeded", train="Succeeded", job=None, definition=DEFINITION, **items):
    at = NOON + timedelta(hours=hours)
    found = [
        {"StepName": step, "StepStatus": status, "StartTime": at, "EndTime": at, **items.get(step, {})}
        for step, status in (("prepare", prepare), ("train", train))
        if status
    ]
    described = {"PipelineExecutionArn": PREFIX + name, "PipelineExecutionStatus": "Succeeded", "CreationTime": at}
    return run_of(
        derive(definition, described, found),
        {"train": job or request(), "prepare": {"AppSpecification": {"ImageUri": "i"}}},
    )


def verdict(this, *earlier):
    return next(each for each in explain_cache(this, earlier) if each.step == "train")


def test_a_hit_names_the_run_it_was_taken_from():
    hit = {"CacheHitResult": {"SourcePipelineExecutionArn": PREFIX + "old"}}
    items = [{"StepName": "train", "StepStatus": "Succeeded", "StartTime": NOON, "EndTime": NOON, **hit}]
    state = derive(DEFINITION, {"PipelineExecutionArn": PREFIX + "new", "PipelineExecutionStatus": "Succeeded"}, items)
    found = verdict(run_of(state, {}), run("old", 0))
    assert (found.result, found.source) == (CacheResult.HIT, "old")


def test_a_changed_hyperparameter_is_named():
    found = verdict(run("new", 1, job=request(depth="4")), run("old", 0))
    assert (found.result, found.source) == (CacheResult.CHANGED, "old")
    assert [(each.change.path, each.change.before, each.change.after) for each in found.changes] == [
        ("HyperParameters.depth", "3", "4")
    ]


def test_what_is_not_compared_is_not_blamed():
    assert (
        verdict(run("new", 1, job=request(machine="ml.p4d.24xlarge")), run("old", 0)).result is CacheResult.UNEXPLAINED
    )


def test_the_new_result_of_a_step_before_it_is_told_as_such():
    (changed,) = verdict(run("new", 1, job=request("s3://b/new/x")), run("old", 0)).changes
    assert (changed.because, changed.is_new_each_run) == (("prepare",), True)
    text = cache_text(explain_cache(run("new", 1, job=request("s3://b/new/x")), [run("old", 0)]))
    assert "(the result of prepare, which ran anew)" in text


def test_of_several_earlier_runs_the_likest_is_compared_with():
    found = verdict(
        run("new", 2, job=request(depth="4")), run("far", 1, job=request("s3://other", "9")), run("near", 0)
    )
    assert found.source == "near"


@pytest.mark.parametrize(
    ("earlier", "result"),
    [
        ([], CacheResult.FIRST),
        ([run("old", 0, train="Failed")], CacheResult.NEVER_GOOD),
        ([run("old", -40)], CacheResult.EXPIRED),
        ([run("old", 0, train="")], CacheResult.FIRST),
        ([run("later", 9)], CacheResult.FIRST),
    ],
)
def test_without_a_good_and_fresh_earlier_run_there_is_nothing_to_find(earlier, result):
    found = verdict(run("new", 1), *earlier)
    assert found.result is result
    assert found.result.is_miss


def test_a_step_that_does_not_ask_and_one_that_did_not_run():
    definition = copy.deepcopy(DEFINITION)
    del definition["Steps"][1]["CacheConfig"]
    assert verdict(run("new", 1, definition=definition), run("old", 0)).result is CacheResult.OFF
    assert verdict(run("new", 1, train=""), run("old", 0)).result is CacheResult.NOT_REACHED


def test_only_types_that_can_be_cached_are_told():
    assert [each.step for each in explain_cache(run("new", 1), [])] == ["prepare", "train"]
    assert cache_text(()).startswith("No step")


def test_the_text_says_how_old_and_how_long():
    text = cache_text(explain_cache(run("new", 1), [run("old", -40)]))
    assert "~ train: ran: its last result (run old) is " in text
    assert "and results stay good for" in text


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("P30D", 2_592_000), ("PT1H", 3600), ("P4DT12H", 388_800), ("30d", 2_592_000), ("5y", 157_680_000), ("T16m", 960), ("30dT5h", 2_610_000), ("", None), ("soon", None), ("P", None)],
)  # fmt: skip
def test_how_long_a_result_stays_good(text, seconds):
    assert good_for(text) == seconds


@pytest.mark.parametrize("kind", [kind for kind in COMPARED if "Tuning" not in kind])
def test_checks_and_explanations_read_the_same_members(kind):
    arguments = {member: {"a": 1} for member in COMPARED[kind]}
    assert (
        {path[-1] for path, _ in compared(kind, arguments)}
        == set(compared_values(kind, arguments))
        == set(COMPARED[kind])
    )


def test_of_a_tuning_job_only_a_part_is_compared():
    one = {"InputDataConfig": [1], "RoleArn": "r"}
    assert compared_values("Tuning", {"TrainingJobDefinitions": [one]}) == {
        "TrainingJobDefinitions": [{"InputDataConfig": [1]}]
    }


def test_the_modules_example():
    assert doctest.testmod(cache_keys).failed == 0
