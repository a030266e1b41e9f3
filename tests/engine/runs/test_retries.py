"""Attempts: retry policies, and RetryPipelineExecution."""

from __future__ import annotations

import pytest

from tests.commands import python

BREAKS = (
    "import os, sys, time\n"
    "path = {path!r}\n"
    "count = int(open(path).read()) if os.path.exists(path) else 0\n"
    "open(path, 'w').write(str(count + 1))\n"
    "if count < {times}:\n"
    "    os.kill(os.getppid(), 9)\n"
    "    time.sleep(60)\n"
)
"""A step whose supervisor dies, as if the machine had failed: the service calls that an internal error."""


def policy(**more):
    kinds = ["SageMaker.JOB_INTERNAL_ERROR"]
    return {"RetryPolicies": [{"ExceptionType": kinds, "IntervalSeconds": 0, **more}]}


def fragile(lab, tmp_path, times, **more):
    return lab.processing("one", BREAKS.format(path=str(tmp_path / "count"), times=times), **more)


def test_an_internal_error_is_tried_again(lab, tmp_path):
    end = lab.run([fragile(lab, tmp_path, 2, **policy()), lab.processing("after", "pass", DependsOn=["one"])])
    assert end.status == "Succeeded"
    assert end.steps["one"]["AttemptCount"] == 3
    assert "FailureReason" not in end.steps["one"]
    assert end.steps["after"]["AttemptCount"] == 1
    assert len(list((lab.home / "jobs").iterdir())) == 4


def test_in_the_end_the_last_failure_stands(lab, tmp_path):
    end = lab.run([fragile(lab, tmp_path, 9, **policy(MaxAttempts=1))])
    assert end.status == "Failed"
    assert end.steps["one"]["AttemptCount"] == 2
    assert end.steps["one"]["FailureReason"].startswith("InternalServerError: ")


@pytest.mark.parametrize("more", [{}, policy(MaxAttempts=0), policy(ExceptionType=["SageMaker.CAPACITY_ERROR"])])
def test_without_a_policy_for_it_a_failure_is_final(lab, tmp_path, more):
    end = lab.run([fragile(lab, tmp_path, 9, **more)])
    assert (end.status, end.steps["one"]["AttemptCount"]) == ("Failed", 1)


def test_a_users_own_failure_is_never_tried_again(lab):
    end = lab.run([lab.processing("one", "raise SystemExit(1)", **policy())])
    assert (end.status, end.steps["one"]["AttemptCount"]) == ("Failed", 1)


def test_a_stop_ends_the_wait_for_the_next_attempt(lab, tmp_path):
    lab.create([fragile(lab, tmp_path, 9, **policy(IntervalSeconds=3600))])
    arn = lab.begin()
    lab.until(lambda: lab.steps(arn)["one"]["AttemptCount"] == 2)
    assert lab.steps(arn)["one"]["StepStatus"] == "Starting"
    lab.stop(arn)
    end = lab.end(arn)
    assert (end.status, end.steps["one"]["StepStatus"]) == ("Stopped", "Stopped")


def test_an_engine_started_anew_waits_on(make_lab, tmp_path):
    lab = make_lab()
    lab.create([fragile(lab, tmp_path, 1, **policy(IntervalSeconds=1))])
    arn = lab.begin()
    lab.until(lambda: lab.steps(arn)["one"]["AttemptCount"] == 2)
    lab.close()
    end = make_lab().end(arn)
    assert (end.status, end.steps["one"]["AttemptCount"]) == ("Succeeded", 2)


def gated(lab, tmp_path):
    """good → gate (fails until a file is there) → below; and a peer."""
    gate = lab.processing(
        "gate", f"import os, sys; sys.exit(not os.path.exists({str(tmp_path / 'open')!r}))", DependsOn=["good"]
    )
    return [lab.processing("good", "pass"), gate, lab.processing("below", "pass", DependsOn=["gate"])]


def test_a_retry_runs_what_failed_and_what_never_ran(lab, tmp_path):
    first = lab.run(gated(lab, tmp_path))
    assert (first.status, list(first.steps)) == ("Failed", ["good", "gate"])
    (tmp_path / "open").touch()
    lab.retry(first.arn)
    end = lab.end(first.arn)
    assert (end.status, end.reason) == ("Succeeded", "")
    assert list(end.steps) == ["good", "gate", "below"]
    assert {name: at["AttemptCount"] for name, at in end.steps.items()} == {"good": 1, "gate": 2, "below": 1}
    assert end.steps["good"]["Metadata"] == first.steps["good"]["Metadata"]
    assert end.steps["gate"]["Metadata"] != first.steps["gate"]["Metadata"]
    assert "FailureReason" not in end.steps["gate"]


def test_a_retry_keeps_the_definition_and_the_parameters(lab, tmp_path):
    declared = [{"Name": "words", "Type": "String"}]
    path = str(tmp_path / "open")
    code = "import os, sys; print(sys.argv[1]); sys.exit(not os.path.exists(sys.argv[2]))"
    step = lab.processing("one", python(code, {"Get": "Parameters.words"}, path))
    first = lab.run([step], {"words": "mine"}, declared=declared)
    lab.create([lab.processing("other", "pass")])
    (tmp_path / "open").touch()
    lab.retry(first.arn)
    assert lab.end(first.arn).log("one") == ["mine"]


def test_a_stopped_execution_can_be_retried(lab, tmp_path):
    path = str(tmp_path / "open")
    code = f"import os, time\nwhile not os.path.exists({path!r}): time.sleep(0.02)"
    lab.create([lab.processing("one", code)])
    arn = lab.begin()
    lab.until(lambda: "one" in lab.steps(arn))
    lab.stop(arn)
    assert lab.end(arn).status == "Stopped"
    lab.retry(arn, ParallelismConfiguration={"MaxParallelExecutionSteps": 3})
    assert lab.describe(arn)["ParallelismConfiguration"] == {"MaxParallelExecutionSteps": 3}
    (tmp_path / "open").touch()
    end = lab.end(arn)
    assert (end.status, end.steps["one"]["AttemptCount"]) == ("Succeeded", 2)


def test_a_loop_keeps_its_good_iterations(lab, tmp_path):
    code = f"import os, sys; sys.exit(sys.argv[1] == 'bad' and not os.path.exists({str(tmp_path / 'open')!r}))"
    step = lab.processing("s", python(code, {"Get": "ForEach.CurrentItem"}))
    fan = {"Name": "fan", "Type": "ForEach", "Arguments": {"IterableItems": ["a", "bad"], "ForEachBody": [step]}}
    first = lab.run([fan])
    assert first.status == "Failed"
    (tmp_path / "open").touch()
    lab.retry(first.arn)
    end = lab.end(first.arn)
    assert end.status == "Succeeded"
    assert {name: at["AttemptCount"] for name, at in end.steps.items()} == {"fan": 2, "s-0": 1, "s-1": 2}


def test_an_execution_that_a_fail_step_ended_cannot_be_retried(lab):
    end = lab.run([{"Name": "f", "Type": "Fail", "Arguments": {"ErrorMessage": "no"}}])
    with pytest.raises(Exception, match=r"ConflictException.*ended by the Fail step 'f'"):
        lab.retry(end.arn)


def test_what_succeeded_or_runs_cannot_be_retried(lab):
    end = lab.run([lab.processing("one", "pass")])
    with pytest.raises(Exception, match=r"ConflictException.*its status is Succeeded"):
        lab.retry(end.arn)
    lab.create([lab.processing("one", "import time; time.sleep(60)")])
    arn = lab.begin()
    with pytest.raises(Exception, match=r"ConflictException.*its status is Executing"):
        lab.retry(arn)
    lab.stop(arn)
    lab.end(arn)
