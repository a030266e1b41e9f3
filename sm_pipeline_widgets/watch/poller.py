"""One poll of an execution: ask, derive, read logs, build the report, and say what changed.

Has no thread and no clock of its own; :class:`~sm_pipeline_widgets.watch.watcher.Watcher` calls it in time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.aws.errors import DENIED, NOT_FOUND
from sm_pipeline_widgets.errors import PipelineWidgetsError, ServiceError
from sm_pipeline_widgets.execution.derive import ACTIVE, derive
from sm_pipeline_widgets.execution.outline import Outline, outline
from sm_pipeline_widgets.watch.health import Health, message_for
from sm_pipeline_widgets.watch.pace import AWS, LOCAL, Pace
from sm_pipeline_widgets.watch.reporter import Reporter
from sm_pipeline_widgets.watch.step_logs import StepLogs

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sm_pipeline_widgets.execution.failure import CodeOrigin, FailureReport
    from sm_pipeline_widgets.execution.state import ExecutionState
    from sm_pipeline_widgets.watch.log_store import LogStore
    from sm_pipeline_widgets.watch.source import Source

HOPELESS = DENIED | NOT_FOUND | {"ValidationException", "ParamValidation"}
"""Refusals of the very first question that asking again will not change."""


@dataclass(frozen=True, slots=True)
class Update:
    """What a listener is told.

    ``state`` is None only while nothing could be read yet; ``changed`` names the steps whose state differs from the
    update before; ``logs`` has the number of log lines of every step that has any.
    """

    state: ExecutionState | None
    changed: tuple[str, ...]
    logs: Mapping[str, int]
    report: FailureReport | None
    health: Health


class Poller:
    """Reads one execution, a little more at every poll."""

    def __init__(
        self, source: Source, arn: str, store: LogStore, *, sources: Mapping[str, CodeOrigin], pace: Pace | None = None
    ) -> None:
        self._source = source
        self._arn = arn
        self._store = store
        self._pace = pace or (LOCAL if source.is_local else AWS)
        self._logs = StepLogs(source, store, self._pace)
        self._reporter = Reporter(source, store, sources)
        self._plan: Outline = outline({})
        self._is_begun = False
        self._definition: Mapping[str, Any] = {}
        self._parameters: Mapping[str, str] = {}
        self._described: Mapping[str, Any] = {}
        self._items: Sequence[Mapping[str, Any]] = ()
        self._undescribed = 0
        self._failures = 0
        self._is_settled = False
        self.delay = self._pace.fastest
        self.hopeless: ServiceError | None = None
        self.last: Update = Update(None, (), {}, None, Health(ok=True, since=None))

    @property
    def is_settled(self) -> bool:
        """Whether the execution has ended and nothing more is expected of it."""
        return self._is_settled

    def poll(self, followed: Collection[str], now: float) -> Update | None:
        """Read once; None when nothing at all has changed. Afterwards ``delay`` says when to read again."""
        before = self.last
        state, report = before.state, before.report
        troubles: list[str] = []
        try:
            state = self._read_state(before.state)
            self._logs.read(state, followed, now)
            if state is not before.state or self._store.totals() != before.logs or self._reporter.is_waiting:
                report = self._reporter.report(state, self._plan)
        except PipelineWidgetsError as error:
            troubles.append(message_for(error))
            if state is None and isinstance(error, ServiceError) and error.code in HOPELESS:
                self.hopeless = error
        moment = datetime.fromtimestamp(now, UTC)
        self.last = Update(
            state=state,
            changed=_changed(before.state, state),
            logs=self._store.totals(),
            report=report,
            health=self._health(troubles, moment),
        )
        differs = _differs(before, self.last)
        self._set_delay(has_changed=differs, has_failed=bool(troubles or self._logs.troubles))
        self._is_settled = (
            state is not None and state.status.is_end and not troubles and self._logs.is_settled(state, followed)
        )
        return self.last if differs or not self.last.health.ok else None

    def _read_state(self, before: ExecutionState | None) -> ExecutionState:
        if not self._is_begun:
            self._definition = self._source.definition(self._arn)
            self._parameters = self._source.parameters(self._arn)
            self._plan = outline(self._definition)
            self._is_begun = True
        items = self._source.steps(self._arn)
        has_moved = before is None or list(items) != list(self._items)
        described = self._described
        runs = before is not None and any(step.status in ACTIVE for step in before.steps.values())
        self._undescribed += 1
        if has_moved or not runs or self._undescribed >= self._pace.describe_every:
            self._described = self._source.describe(self._arn)
            self._undescribed = 0
            if self._ended_since(before):  # steps may have moved between the two answers
                items = self._source.steps(self._arn)
        if before is not None and not has_moved and described == self._described:
            return before
        self._items = items
        return derive(self._definition, self._described, items, self._parameters, known_outline=self._plan)

    def _ended_since(self, before: ExecutionState | None) -> bool:
        was_open = before is None or not before.status.is_end
        return was_open and self._described.get("PipelineExecutionStatus") not in {"Executing", "Stopping"}

    def _health(self, troubles: Sequence[str], moment: datetime) -> Health:
        of_logs = [f"the log of `{step}`: {message_for(error)}" for step, error in self._logs.troubles.items()]
        since = self.last.health.since if troubles else moment
        return Health(ok=not (troubles or of_logs), since=since, message="; ".join([*troubles, *of_logs]))

    def _set_delay(self, *, has_changed: bool, has_failed: bool) -> None:
        self._failures = self._failures + 1 if has_failed else 0
        if has_failed:
            self.delay = self._pace.backoff(self._failures)
        elif self._logs.is_behind:
            self.delay = 0.0
        else:
            self.delay = self._pace.next_delay(self.delay, has_changed=has_changed)


def _changed(before: ExecutionState | None, after: ExecutionState | None) -> tuple[str, ...]:
    if after is None:
        return ()
    known = before.steps if before is not None else {}
    return tuple(name for name, step in after.steps.items() if known.get(name) != step)


def _differs(before: Update, after: Update) -> bool:
    return bool(
        after.changed
        or (before.state is None) != (after.state is None)
        or (before.state and after.state and before.state.status is not after.state.status)
        or before.logs != after.logs
        or before.report != after.report
        or before.health.message != after.health.message
    )
