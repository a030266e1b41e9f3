"""What a step type says of itself, and what one attempt of a step is given: the agreement between loop and types.

The loop knows no type by name. It resolves a step's arguments, looks for a cached result, hands a :class:`Task` to
the type's ``run`` in a thread of its own, and keeps the :class:`Done` that comes back.

Nothing may be done twice: an engine that was killed and started again calls ``run`` again for the same attempt, with
``Task.resumed`` set. Whatever ``run`` makes bears :attr:`Task.resource_name` (the same on every call for the attempt)
and is kept with ``put_resource_if_absent``, or runs under the supervisor.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine import names
from sm_pipeline_widgets.engine.plan import ServiceStepStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from sm_pipeline_widgets.engine.callbacks import Callbacks
    from sm_pipeline_widgets.engine.container import Place
    from sm_pipeline_widgets.engine.endpoints import Endpoints
    from sm_pipeline_widgets.engine.objects import ObjectStore
    from sm_pipeline_widgets.engine.queues import Queues
    from sm_pipeline_widgets.engine.records import ExecutionRecord
    from sm_pipeline_widgets.engine.resolve import Scope
    from sm_pipeline_widgets.engine.resources import Resources
    from sm_pipeline_widgets.engine.runner import Runner
    from sm_pipeline_widgets.engine.service import Settings
    from sm_pipeline_widgets.engine.store import Store

STEP_ERRORS = frozenset({"Step.SERVICE_FAULT", "Step.THROTTLING"})
"""What retry policies of any retryable step may name."""
JOB_ERRORS = STEP_ERRORS | {"SageMaker.JOB_INTERNAL_ERROR", "SageMaker.CAPACITY_ERROR", "SageMaker.RESOURCE_LIMIT"}
"""What those of jobs may."""


class ParityStatus(StrEnum):
    """How a step type here compares with the service's."""

    SAME = "same"
    APPROXIMATED = "approximated"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Parity:
    """One row of the parity table; ``how`` is a sentence for users."""

    status: ParityStatus
    how: str


class Stop(threading.Event):
    """Set when a step must stop; can also call somebody who cannot wait for it."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._calls: list[Callable[[], None]] = []

    def call(self, action: Callable[[], None]) -> None:
        """Act when the stop is asked for, in the asker's thread; at once if it was."""
        with self._lock:
            if not self.is_set():
                self._calls.append(action)
                return
        action()

    def set(self) -> None:
        with self._lock:
            super().set()
            calls, self._calls = self._calls, []
        for action in calls:
            action()


@dataclass(frozen=True, slots=True)
class Done:
    """How a step's attempt ended.

    Parameters
    ----------
    status
        SUCCEEDED, FAILED or STOPPED.
    reason
        The exact ``FailureReason``; cut to 1,024 characters by the loop.
    metadata
        The members of ``Metadata``: ``{"TrainingJob": {"Arn": …}}``.
    properties
        What ``Steps.X.…`` walks through: plain JSON, mostly the Describe answer.
    error
        What a retry policy may name, such as ``Step.THROTTLING``; read from the reason's prefix if empty.
    """

    status: ServiceStepStatus
    reason: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    properties: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""

    @classmethod
    def succeeded(cls, metadata: Mapping[str, Any], properties: Mapping[str, Any]) -> Done:
        return cls(ServiceStepStatus.SUCCEEDED, "", metadata, properties)

    @classmethod
    def failed(cls, reason: str, metadata: Mapping[str, Any] | None = None, error: str = "") -> Done:
        return cls(ServiceStepStatus.FAILED, reason, metadata or {}, {}, error)

    @classmethod
    def stopped(cls, metadata: Mapping[str, Any] | None = None) -> Done:
        return cls(ServiceStepStatus.STOPPED, "", metadata or {})


@dataclass(frozen=True, slots=True)
class Services:
    """What of the engine a step may use.

    ``arn(kind, name)`` makes an ARN, such as of kind ``training-job``; ``place()`` is the engine as a job sees it.
    """

    store: Store
    resources: Resources
    queues: Queues
    callbacks: Callbacks
    endpoints: Endpoints
    objects: ObjectStore
    runner: Runner
    clock: Callable[[], float]
    arn: Callable[[str, str], str]
    place: Callable[[], Place]
    settings: Settings
    home: Path


@dataclass(frozen=True, slots=True)
class Task:
    """One attempt of one step.

    Parameters
    ----------
    step
        The step as the definition has it.
    arguments
        Its ``Arguments``, resolved (as written, for a type that is not ``resolved``).
    keys
        Its other keys that mean something to its type, resolved: ``FunctionArn``, ``OutputParameters``, ``ModelName`` …
    local
        What the user declared for local runs (``local:`` in the cell).
    resumed
        The metadata an earlier engine had told when it began this attempt (maybe none); None for a fresh attempt.
    report
        Tells the step's metadata as soon as its resource exists: Starting becomes Executing.
    stopping
        Set when the step must stop; ``run`` must then end soon, with STOPPED.
    """

    execution: ExecutionRecord
    step: Mapping[str, Any]
    name: str
    attempt: int
    arguments: Mapping[str, Any]
    keys: Mapping[str, Any]
    local: Mapping[str, Any]
    resumed: Mapping[str, Any] | None
    scope: Scope
    services: Services
    report: Callable[[Mapping[str, Any]], None]
    stopping: Stop

    @property
    def resource_name(self) -> str:
        """``pipelines-<execution>-<step>-<10 characters>``: what this attempt's job or resource is called."""
        return names.job_name(self.execution.id, self.name, self.attempt)


@dataclass(frozen=True, slots=True)
class Loops:
    """What a type that runs its body several times asks for: one iteration per item, so many at a time."""

    items: tuple[Any, ...]
    at_a_time: int


@dataclass(frozen=True, slots=True)
class BodyEnd:
    """How a body's step ended in one iteration."""

    body: str
    name: str
    iteration: int
    status: ServiceStepStatus
    metadata: Mapping[str, Any]
    properties: Mapping[str, Any]


def always_runs(_step: Mapping[str, Any], _services: Services) -> str:
    """For types that can run every step of theirs."""
    return ""


@dataclass(frozen=True, slots=True)
class StepType:
    """One row of the table of step types.

    Parameters
    ----------
    run
        Blocking; in a thread of its own, or in the loop's for a type that is `at_once`.
    compared
        Of resolved arguments and keys, what a cached result must have in common (any JSON value). None: not cacheable.
    retryable
        The exception types this type's retry policies may name.
    check
        Why a step cannot run here, asked when an execution is started; nothing if it can. The step is unresolved.
    own_name
        The ``Execution.…`` variable that stands for the job's own name inside its arguments: ``TrainingJobName``.
    is_resolved
        False for a type that resolves its arguments itself, from ``Task.scope``.
    is_at_once
        Its run takes no time and has nothing to stop.
    takes_slot
        Its run is a job of this machine: only so many at once.
    loops
        For a type with a body: what it runs for. Then `run` is not called, but `finish` with what the body came to.
    ends_for_good
        An execution that failed with it cannot be retried.
    """

    name: str
    run: Callable[[Task], Done]
    parity: Parity
    compared: Callable[[Mapping[str, Any], Mapping[str, Any]], Any] | None = None
    retryable: frozenset[str] = frozenset()
    check: Callable[[Mapping[str, Any], Services], str] = always_runs
    own_name: str = ""
    is_resolved: bool = True
    is_at_once: bool = False
    takes_slot: bool = False
    loops: Callable[[Task], Loops] | None = None
    finish: Callable[[Task, Loops, Sequence[BodyEnd]], Done] | None = None
    ends_for_good: bool = False


def members(*wanted: str) -> Callable[[Mapping[str, Any], Mapping[str, Any]], Any]:
    """A ``compared`` of these members of the arguments."""

    def compared(arguments: Mapping[str, Any], _keys: Mapping[str, Any]) -> Any:
        return {name: arguments[name] for name in wanted if name in arguments}

    return compared
