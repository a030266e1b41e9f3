"""How a job ended, in the service's words (``sagemaker.md`` §5.3, §5.4). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sm_pipeline_widgets.engine import script_mode
from sm_pipeline_widgets.engine.records import JobStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sm_pipeline_widgets.engine.container import Container

LONGEST_REASON = 1024


class EndReason(StrEnum):
    """Why the supervisor ended a command itself; empty when it ended of its own."""

    OWN = ""
    STOPPED = "stopped"
    TIMED_OUT = "timed out"


@dataclass(frozen=True, slots=True)
class Exit:
    """What a supervisor reports; ``lost`` lines are missing at the end of its log, since the disk was full."""

    code: int
    reason: EndReason
    started: float
    ended: float
    lost: int = 0


@dataclass(frozen=True, slots=True)
class Ending:
    """A job's last state. ``secondary`` is what a training job shows."""

    status: JobStatus
    secondary: str
    reason: str = ""


def ending_of(container: Container, end: Exit, failure: str, tail: Sequence[str]) -> Ending:
    """How a job ended, from its exit, the failure file's text and the last lines of its log."""
    if end.reason is EndReason.STOPPED:
        return Ending(JobStatus.STOPPED, "Stopped")
    if end.reason is EndReason.TIMED_OUT:
        limit = f"{container.max_seconds:g}"
        return Ending(
            JobStatus.STOPPED,
            "MaxRuntimeExceeded",
            f"ClientError: the job ran longer than StoppingCondition.MaxRuntimeInSeconds ({limit} s) and was stopped.",
        )
    if end.code == 0:
        return Ending(JobStatus.COMPLETED, "Completed")
    return Ending(JobStatus.FAILED, "Failed", cut(_failure_words(container, end.code, failure, tail)))


def cut(text: str) -> str:
    """A reason no longer than the API allows."""
    return text[:LONGEST_REASON]


def _failure_words(container: Container, code: int, failure: str, tail: Sequence[str]) -> str:
    if container.script:
        words = failure or script_mode.failure(code, tail, container.script)
        return f"AlgorithmError: {words}"
    return f"AlgorithmError: {failure}, exit code: {code}"
