"""Whether a failed attempt is followed by another one, and when (``sagemaker.md`` §2.7). Pure.

Retries are counted over the whole step, whichever of its policies asked for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

MOST_ATTEMPTS = 20
LONGEST_INTERVAL = 43_200.0
MOST_MINUTES = 14_400.0
ERRORS = frozenset(
    {"Step.SERVICE_FAULT", "Step.THROTTLING", "SageMaker.JOB_INTERNAL_ERROR", "SageMaker.CAPACITY_ERROR",
     "SageMaker.RESOURCE_LIMIT", "Emr.RESOURCE_LIMIT", "EMR.RESOURCE_LIMIT"}
)  # fmt: skip
"""What a policy may name; EMR's is found in two spellings."""
_PREFIXES = {
    "InternalServerError:": "SageMaker.JOB_INTERNAL_ERROR",
    "CapacityError:": "SageMaker.CAPACITY_ERROR",
    "ResourceLimitExceeded": "SageMaker.RESOURCE_LIMIT",
    "ThrottlingException": "Step.THROTTLING",
    "ServiceUnavailable": "Step.SERVICE_FAULT",
}


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """One entry of ``RetryPolicies``; its defaults are the service's."""

    errors: frozenset[str]
    interval_seconds: float = 1.0
    backoff_rate: float = 2.0
    max_attempts: int | None = 5
    expire_seconds: float | None = None

    def delay(self, retries: int, elapsed: float) -> float | None:
        """Seconds until the next attempt after so many retries and seconds; None when there is none any more."""
        if self.max_attempts is not None and retries >= self.max_attempts:
            return None
        wait = min(self.interval_seconds * self.backoff_rate ** min(retries, 64), LONGEST_INTERVAL)
        if self.expire_seconds is not None and elapsed + wait > self.expire_seconds:
            return None
        return wait


def error_of(reason: str) -> str:
    """What a policy calls a failure, read from its reason; nothing for a user's own failure, which is never retried."""
    return next((error for prefix, error in _PREFIXES.items() if reason.startswith(prefix)), "")


def policies_of(step: Mapping[str, Any]) -> tuple[RetryPolicy, ...]:
    """The retry policies of a step.

    Raises
    ------
    ValueError
        One cannot be read; the text says why.
    """
    return tuple(_policy(entry) for entry in step.get("RetryPolicies") or ())


def next_delay(
    policies: Sequence[RetryPolicy], error: str, allowed: Collection[str], retries: int, elapsed: float
) -> float | None:
    """Seconds until the next attempt: the first policy that names the error decides. None: the step has failed."""
    if not error or error not in allowed:
        return None
    policy = next((policy for policy in policies if error in policy.errors), None)
    return None if policy is None else policy.delay(retries, elapsed)


def _policy(entry: Any) -> RetryPolicy:
    if not isinstance(entry, dict):
        raise ValueError("RetryPolicies: Expecting start of Json Object")  # noqa: TRY004 - the definition's fault
    given = entry.get("ExceptionType") or []
    kinds = frozenset([given] if isinstance(given, str) else map(str, given))
    unknown = ", ".join(sorted(kinds - ERRORS))
    if unknown:
        raise ValueError(f"RetryPolicies: ExceptionType must be of {', '.join(sorted(ERRORS))}, not {unknown}")
    attempts, expires = entry.get("MaxAttempts"), entry.get("ExpireAfterMin")
    if attempts is not None and expires is not None:
        raise ValueError("RetryPolicies: MaxAttempts and ExpireAfterMin exclude each other")
    if attempts is not None and not 0 <= _number(attempts, "MaxAttempts") <= MOST_ATTEMPTS:
        raise ValueError(f"RetryPolicies: MaxAttempts must lie between 0 and {MOST_ATTEMPTS}, not {attempts}")
    for name, most in (("IntervalSeconds", LONGEST_INTERVAL), ("ExpireAfterMin", MOST_MINUTES)):
        if _number(entry.get(name) or 0, name) > most:
            raise ValueError(f"RetryPolicies: {name} must be at most {most:.0f}, not {entry[name]}")
    return RetryPolicy(
        errors=kinds,
        interval_seconds=_number(entry.get("IntervalSeconds", 1), "IntervalSeconds"),
        backoff_rate=_number(entry.get("BackoffRate", 2.0), "BackoffRate"),
        max_attempts=None if expires is not None else int(_number(5 if attempts is None else attempts, "MaxAttempts")),
        expire_seconds=None if expires is None else 60 * _number(expires, "ExpireAfterMin"),
    )


def _number(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise ValueError(f"RetryPolicies: {name} must be a number from 0, not {value!r}")
    return float(value)
