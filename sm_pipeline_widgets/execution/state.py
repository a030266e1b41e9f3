"""The state of an execution and of each of its steps, as people are shown it.

The service reports six step states and leaves steps out that have not started; the others are derived here from the
definition's graph, and each derived state says why.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class ExecutionStatus(StrEnum):
    """``PipelineExecutionStatus`` of the API."""

    EXECUTING = "Executing"
    STOPPING = "Stopping"
    STOPPED = "Stopped"
    FAILED = "Failed"
    SUCCEEDED = "Succeeded"
    COMPLETED_WITH_FAILURES = "CompletedWithFailures"

    @property
    def is_end(self) -> bool:
        """Whether nothing will change any more (short of a retry)."""
        return self not in (ExecutionStatus.EXECUTING, ExecutionStatus.STOPPING)

    @property
    def is_bad(self) -> bool:
        """Whether some step failed."""
        return self in (ExecutionStatus.FAILED, ExecutionStatus.COMPLETED_WITH_FAILURES)


class StepStatus(StrEnum):
    """The words a step's state is shown with."""

    WAITING = "waiting"
    STARTING = "starting"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    CACHED = "cached"
    REUSED = "reused"
    FAILED = "failed"
    BLOCKED = "blocked"
    SKIPPED = "skipped"
    STOPPING = "stopping"
    STOPPED = "stopped"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class StepState:
    """Where one step stands.

    ``reason`` is the service's failure text, or the explanation of a derived state ("blocked: `train` failed").
    ``because`` names the steps that explain a derived state. ``metadata`` is the API's, untouched.
    """

    name: str
    type: str
    status: StepStatus
    started: datetime | None = None
    ended: datetime | None = None
    reason: str = ""
    job_arn: str | None = None
    attempts: int = 0
    cached_from: str | None = None
    display_name: str = ""
    because: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def seconds(self, now: datetime) -> float | None:
        """Seconds it has run, up to `now` while it runs; None when it never started."""
        if self.started is None:
            return None
        return max(0.0, ((self.ended or now) - self.started).total_seconds())


@dataclass(frozen=True, slots=True)
class ExecutionState:
    """One moment of an execution. ``steps`` has every step of the definition, in the definition's order."""

    arn: str
    pipeline: str
    status: ExecutionStatus
    steps: Mapping[str, StepState]
    started: datetime | None = None
    ended: datetime | None = None
    reason: str = ""
    display_name: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    definition: Mapping[str, Any] = field(default_factory=dict)
