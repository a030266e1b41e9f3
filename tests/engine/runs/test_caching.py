"""Results taken over from earlier runs of the same step."""

from __future__ import annotations

from dataclasses import dataclass

import pytest


@dataclass
class Clock:
    now: float = 1_700_000_000.0

    def __call__(self) -> float:
        self.now += 0.001
        return self.now


WRITE = "import time\nopen('/opt/ml/output/message', 'w').write(str(time.time_ns()))"
CACHED = {"Enabled": True, "ExpireAfter": "P30D"}


def cached(lab, code=WRITE, config=CACHED, **more):
    return lab.processing("one", code, CacheConfig=config, **more)


def test_an_equal_run_takes_the_earlier_result_over(lab):
    after = lab.processing(
        "after", ["python3", "-S", "-c", "import sys; print(sys.argv[1])", {"Get": "Steps.one.ExitMessage"}]
    )
    first = lab.run([cached(lab), after])
    second = lab.run([cached(lab), after])
    assert second.status == "Succeeded"
    assert "CacheHitResult" not in first.steps["one"]
    assert second.steps["one"]["CacheHitResult"] == {"SourcePipelineExecutionArn": first.arn}
    assert second.steps["one"]["Metadata"] == first.steps["one"]["Metadata"]
    assert second.log("after") == first.log("after")
    assert "CacheHitResult" not in second.steps["after"]


def test_a_hit_of_a_hit_names_the_run_that_did_the_work(lab):
    first, _, third = (lab.run([cached(lab)]) for _ in range(3))
    assert third.steps["one"]["CacheHitResult"] == {"SourcePipelineExecutionArn": first.arn}


@pytest.mark.parametrize(
    ("change", "hit"),
    [
        ({}, True),
        ({"RoleArn": "arn:aws:iam::000000000000:role/other"}, True),
        ({"StoppingCondition": {"MaxRuntimeInSeconds": 77}}, True),
        ({"Environment": {"A": "b"}}, False),
        ({"ProcessingInputs": []}, False),
    ],
)
def test_what_is_compared(lab, change, hit):
    lab.run([cached(lab)])
    assert ("CacheHitResult" in lab.run([cached(lab, arguments=change)]).steps["one"]) is hit


def test_values_are_compared_not_expressions(lab):
    declared = [{"Name": "n", "Type": "String", "DefaultValue": "x"}]
    step = lab.processing("one", ["python3", "-S", "-c", "pass", {"Get": "Parameters.n"}], CacheConfig=CACHED)
    runs = [lab.run([step], {"n": n}, declared=declared) for n in ("x", "y", "x")]
    assert ["CacheHitResult" in run.steps["one"] for run in runs] == [False, False, True]


def test_only_successes_of_this_pipeline_and_step_count(lab):
    lab.run([cached(lab, "raise SystemExit(1)")])
    assert "CacheHitResult" not in lab.run([cached(lab, "raise SystemExit(1)")]).steps["one"]
    lab.run([cached(lab)])
    assert "CacheHitResult" not in lab.run([cached(lab)], name="other").steps["one"]
    renamed = {**cached(lab), "Name": "two"}
    assert "CacheHitResult" not in lab.run([renamed]).steps["two"]


def test_who_does_not_ask_gets_no_hit_but_can_give_one(lab):
    first = lab.run([lab.processing("one", WRITE)])
    assert "CacheHitResult" not in lab.run([cached(lab, config={"Enabled": False})]).steps["one"]
    assert lab.run([cached(lab)]).steps["one"]["CacheHitResult"]["SourcePipelineExecutionArn"] != first.arn


@pytest.mark.parametrize(
    ("length", "good_for"),
    [("PT1H", 3600), ("P30D", 30 * 86400), ("30d", 30 * 86400), ("T16m", 16 * 60), ("12h", 12 * 3600)],
)
def test_a_result_expires(make_lab, length, good_for):
    clock = Clock()
    lab = make_lab(clock=clock)
    config = {"Enabled": True, "ExpireAfter": length}
    lab.run([cached(lab, config=config)])
    clock.now += good_for - 5
    assert "CacheHitResult" in lab.run([cached(lab, config=config)]).steps["one"]
    clock.now += 10
    assert "CacheHitResult" not in lab.run([cached(lab, config=config)]).steps["one"]


def test_a_length_nobody_can_read_is_refused(lab):
    with pytest.raises(Exception, match=r"Step 'one': 'soon' is no ISO 8601 duration such as P30D"):
        lab.create([cached(lab, config={"Enabled": True, "ExpireAfter": "soon"})])
