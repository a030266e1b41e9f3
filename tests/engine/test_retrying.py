"""Retry policies and lengths of time, as tables."""

from __future__ import annotations

import pytest

from sm_pipeline_widgets.engine.caching import expiry_seconds
from sm_pipeline_widgets.engine.retrying import error_of, next_delay, policies_of

ALLOWED = {"Step.THROTTLING", "SageMaker.JOB_INTERNAL_ERROR", "SageMaker.CAPACITY_ERROR"}
INTERNAL = "SageMaker.JOB_INTERNAL_ERROR"


def policy(**more):
    return {"RetryPolicies": [{"ExceptionType": [INTERNAL], **more}]}


@pytest.mark.parametrize(
    ("step", "error", "retries", "elapsed", "delay"),
    [
        (policy(), INTERNAL, 0, 0, 1.0),
        (policy(), INTERNAL, 3, 0, 8.0),
        (policy(), INTERNAL, 5, 0, None),
        (policy(IntervalSeconds=10, BackoffRate=1.5), INTERNAL, 2, 0, 22.5),
        (policy(MaxAttempts=0), INTERNAL, 0, 0, None),
        (policy(MaxAttempts=20), INTERNAL, 19, 0, 43_200.0),
        (policy(ExpireAfterMin=1), INTERNAL, 4, 40, 16.0),
        (policy(ExpireAfterMin=1), INTERNAL, 4, 50, None),
        (policy(ExpireAfterMin=10, BackoffRate=1), INTERNAL, 99, 599, 1.0),
        (policy(ExceptionType="SageMaker.CAPACITY_ERROR"), "SageMaker.CAPACITY_ERROR", 0, 0, 1.0),
        (policy(), "SageMaker.CAPACITY_ERROR", 0, 0, None),
        (policy(), "", 0, 0, None),
        (policy(ExceptionType=["Emr.RESOURCE_LIMIT"]), "Emr.RESOURCE_LIMIT", 0, 0, None),
        ({}, INTERNAL, 0, 0, None),
    ],
)
def test_when_the_next_attempt_is(step, error, retries, elapsed, delay):
    assert next_delay(policies_of(step), error, ALLOWED, retries, elapsed) == delay


@pytest.mark.parametrize(
    ("reason", "error"),
    [
        ("InternalServerError: We encountered an internal error.", INTERNAL),
        ("CapacityError: Unable to provision requested ML compute capacity.", "SageMaker.CAPACITY_ERROR"),
        ("ResourceLimitExceeded: The account-level service limit", "SageMaker.RESOURCE_LIMIT"),
        ("ThrottlingException: Rate exceeded", "Step.THROTTLING"),
        ("AlgorithmError: InternalServerError: mine", ""),
        ("ClientError: no", ""),
        ("", ""),
    ],
)
def test_what_a_failure_is_called(reason, error):
    assert error_of(reason) == error


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("x", "Expecting start of Json Object"),
        ({"MaxAttempts": 21}, "between 0 and 20"),
        ({"MaxAttempts": 1, "ExpireAfterMin": 1}, "exclude each other"),
        ({"IntervalSeconds": "1"}, "IntervalSeconds must be a number"),
        ({"BackoffRate": True}, "BackoffRate must be a number"),
    ],
)
def test_a_policy_nobody_can_read(entry, words):
    with pytest.raises(ValueError, match=words):
        policies_of({"RetryPolicies": [entry]})


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("P30D", 2_592_000), ("PT1H", 3600), ("P4DT12H", 388_800), ("30d", 2_592_000), ("5y", 157_680_000),
        ("T16m", 960), ("T12H", 43_200), ("30dT5h", 2_610_000), ("p1w", 604_800), ("P1M", 2_592_000),
        ("PT1H30M", 5400), ("12h", 43_200), ("PT90S", 90), ("1y2m3d", 36_979_200),
    ],
)  # fmt: skip
def test_a_length_of_time(text, seconds):
    assert expiry_seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "P", "PT", "soon", "30", "-1d", "P1.5D", "1d 2h", "P30X", "9" * 5000])
def test_no_length_of_time(text):
    with pytest.raises(ValueError, match="no ISO 8601 duration"):
        expiry_seconds(text)
