"""The engine's records as values: what the store keeps and the operations show.

Times are seconds since the epoch; :func:`when` makes them what an answer holds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sm_pipeline_widgets.engine.plan import ServiceStepStatus
    from sm_pipeline_widgets.execution.state import ExecutionStatus


def when(seconds: float | None) -> datetime | None:
    """A record's time as an answer shows it."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


@dataclass(frozen=True, slots=True)
class PipelineRecord:
    """A pipeline; its definitions are versions."""

    name: str
    arn: str
    display_name: str
    description: str
    role: str
    created: float
    modified: float
    version: int
    last_run: float | None = None
    parallelism: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VersionRecord:
    """One definition a pipeline has or had, as its text came."""

    pipeline: str
    version: int
    definition: str
    created: float
    display_name: str = ""
    description: str = ""
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExecutionRecord:
    """One run of a version. ``parameters`` are the values given at the start, as strings."""

    arn: str
    pipeline: str
    version: int
    status: ExecutionStatus
    created: float
    modified: float
    role: str
    display_name: str = ""
    description: str = ""
    reason: str = ""
    parallelism: int | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    selection: Mapping[str, Any] = field(default_factory=dict)
    """The ``SelectiveExecutionConfig`` it was started with."""
    experiment: Mapping[str, str] = field(default_factory=dict)
    """The names behind ``PipelineExperimentConfig``."""

    @property
    def id(self) -> str:
        """The last segment of the ARN."""
        return self.arn.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class StepRecord:
    """A step that has started; ``end_order`` counts the ends within the execution.

    Parameters
    ----------
    cache_key
        What a later run's step must have in common to take over this one's result; empty if it never can.
    cached_from, reused_from
        The execution whose result this step has: a cache hit, or a step that was not selected.
    parent, iteration, item
        Of a step that a ForEach made.
    again_at
        When the next attempt begins, while a retry policy waits.
    first_attempt
        The attempt that the last RetryPipelineExecution began with; retry policies count from it.
    superseded
        RetryPipelineExecution runs this step again, but it has not started yet: only its attempts still count.
    """

    execution: str
    name: str
    position: int
    status: ServiceStepStatus
    started: float
    ended: float | None = None
    attempts: int = 1
    reason: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    end_order: int = 0
    display_name: str = ""
    description: str = ""
    cache_key: str = ""
    cached_from: str = ""
    reused_from: str = ""
    parent: str = ""
    iteration: int | None = None
    item: str = ""
    again_at: float | None = None
    first_attempt: int = 1
    superseded: bool = False


class JobKind(StrEnum):
    """The value is the log group's and the metadata's word."""

    TRAINING = "Training"
    PROCESSING = "Processing"
    TRANSFORM = "Transform"
    TUNING = "HyperParameterTuning"


class JobStatus(StrEnum):
    """``TrainingJobStatus`` and ``ProcessingJobStatus`` of the API."""

    IN_PROGRESS = "InProgress"
    COMPLETED = "Completed"
    FAILED = "Failed"
    STOPPING = "Stopping"
    STOPPED = "Stopped"

    @property
    def is_end(self) -> bool:
        return self not in (JobStatus.IN_PROGRESS, JobStatus.STOPPING)


@dataclass(frozen=True, slots=True)
class Transition:
    """One line of a training job's ``SecondaryStatusTransitions``."""

    status: str
    started: float
    message: str = ""
    ended: float | None = None


@dataclass(frozen=True, slots=True)
class Metric:
    """The last value of a metric a training job's log gave."""

    name: str
    value: float
    time: float


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A job. ``request`` is the resolved ``Arguments``; ``stream`` its (first) log stream's name.

    ``execution`` and ``step`` are empty for a job that no step made; ``details`` holds what only some kinds have.
    ``name`` is unique over all kinds; a second job of the same name and another kind has ``+`` and its kind behind it.
    """

    name: str
    kind: JobKind
    arn: str
    execution: str
    step: str
    request: Mapping[str, Any]
    status: JobStatus
    created: float
    modified: float
    stream: str
    started: float | None = None
    ended: float | None = None
    reason: str = ""
    exit_message: str = ""
    model: str = ""
    transitions: tuple[Transition, ...] = ()
    metrics: tuple[Metric, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def api_name(self) -> str:
        """The name that clients know, unique among the jobs of a kind."""
        return self.name.partition("+")[0]
