"""One poll of an execution: ask, derive, read logs, build the report, and say what changed.

Has no thread and no clock of its own; :class:`~sm_pipeline_widgets.watch.watcher.Watcher` calls it in time.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.aws.codes import DENIED, NOT_FOUND
from sm_pipeline_widgets.errors import PipelineWidgetsError, ServiceError
from sm_pipeline_widgets.execution.derive import ACTIVE, derive
from sm_pipeline_widgets.execution.outline import Outline, outline
from sm_pipeline_widgets.execution.state import ExecutionStatus
from sm_pipeline_widgets.watch.health import Health, Trouble, message_for, trouble_of
from sm_pipeline_widgets.watch.job_progress import ProgressBook
from sm_pipeline_widgets.watch.pace import AWS, LOCAL, Pace
from sm_pipeline_widgets.watch.reporter import Reporter
from sm_pipeline_widgets.watch.step_logs import Moment, StepLogs

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sm_pipeline_widgets.execution.failure import CodeOrigin, FailureReport
    from sm_pipeline_widgets.execution.progress import JobProgress
    from sm_pipeline_widgets.execution.state import ExecutionState
    from sm_pipeline_widgets.watch.log_store import LogStore
    from sm_pipeline_widgets.watch.source import Source

HOPELESS = DENIED | NOT_FOUND | {"ValidationException", "ParamValidation"}
"""Refusals of the very first question that asking again will not change."""

OPEN_WORDS = frozenset({"Starting", "Executing", "Stopping"})
LAG = 5
"""So many times what a log may lag, the list of steps may lag behind the execution's end."""

GONE = "the service knows this execution no longer (its pipeline was deleted?): this is the last that was seen of it"


@dataclass(frozen=True, slots=True)
class Update:
    """What a listener is told.

    ``state`` is None only while nothing could be read yet; ``changed`` names the steps whose state differs from the
    update before; ``logs`` has the number of log lines of every step that has any; ``progress`` what running jobs do,
    by step; ``now`` is the service's time, against which its own times are measured.
    """

    state: ExecutionState | None
    changed: tuple[str, ...]
    logs: Mapping[str, int]
    report: FailureReport | None
    health: Health
    progress: Mapping[str, JobProgress] = field(default_factory=dict)
    now: datetime | None = None


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
        self._jobs = ProgressBook(source, self._pace)
        self._reporter = Reporter(source, store, sources)
        self._plan: Outline = outline({})
        self._is_begun = False
        self._definition: Mapping[str, Any] = {}
        self._parameters: Mapping[str, str] = {}
        self._described: Mapping[str, Any] = {}
        self._items: Sequence[Mapping[str, Any]] = ()
        self._undescribed = 0
        self._failures = 0
        self._refusals = 0
        self._is_settled = False
        self._must_tell = False
        self._owes_logs = False
        self._expecting_since: float | None = None
        self._ended_at: float | None = None
        self.delay = self._pace.fastest
        self.ease = 0.0
        """The fewest seconds between two polls, as somebody who pays for them wants it."""
        self.hopeless: ServiceError | None = None
        self.gone: ServiceError | None = None
        self.last: Update = Update(None, (), {}, None, Health(ok=True, since=None))

    @property
    def pace(self) -> Pace:
        return self._pace

    @property
    def is_settled(self) -> bool:
        """Whether the execution has ended (or is gone) and nothing more is expected of it."""
        return self._is_settled

    @property
    def is_failing(self) -> bool:
        """Whether the last poll could not read the execution."""
        return self._failures > 0

    @property
    def may_go_on(self) -> bool:
        """Whether an execution that has ended could be retried by somebody."""
        state = self.last.state
        is_over = state is not None and state.status.is_end and state.status is not ExecutionStatus.SUCCEEDED
        return is_over and self.gone is None

    def has_moved(self) -> bool:
        """Ask, with one request, whether the execution has ended, or has begun anew.

        Raises
        ------
        PipelineWidgetsError
            It cannot be asked.
        """
        state = self.last.state
        if state is not None and state.status.is_end and not self._source.is_up:
            return False  # an engine that has ended is not started for this
        described = self._source.describe(self._arn)
        if state is None or state.status.is_end:  # a retry may be over already: then its times differ
            return described != self._described
        return bool(described.get("PipelineExecutionStatus") != state.status.value)

    def expect(self, now: float) -> None:
        """Something was done to the execution: look closely for a while, also when it has ended."""
        self._expecting_since = now
        self._is_settled = False
        self.delay = self._pace.fastest

    def begin_again(self) -> None:
        """Forget that all was given up: somebody asks anew."""
        self.hopeless, self._refusals = None, 0

    @property
    def owes_news(self) -> bool:
        """Whether what :meth:`stale` said has not been taken back yet."""
        return self._must_tell

    def wake_log(self, step: str) -> None:
        """A step's log is worth a look at the next poll."""
        self._logs.wake(step)

    def stale(self, message: str, now: float) -> Update:
        """What to tell while an answer is overdue; the next poll takes it back."""
        self._must_tell = True
        since = self.last.health.since
        health = Health(ok=False, since=since, message=message, trouble=Trouble.UNREACHABLE, is_stale=True)
        return replace(self.last, changed=(), health=health, now=self._there(now))

    def poll(self, followed: Collection[str], now: float, *, logs_only: bool = False) -> Update | None:
        """Read once; None when nothing at all has changed. Afterwards ``delay`` says when to read again.

        With `logs_only` the state is not asked for, once there is one, and ``delay`` stays. A poll that finds a job
        failed only tells so, with the end of its log; the next one, due at once, reads the logs.
        """
        before = self.last
        owed, self._owes_logs = self._owes_logs, False
        moment = Moment(now, now - self._source.clock_ahead)
        state, report = before.state, before.report
        troubles: list[PipelineWidgetsError] = []
        is_whole = state is None or not (logs_only or owed)
        try:
            if is_whole:
                state = self._read_state(before.state)
                self.gone, self.hopeless, self._refusals = None, None, 0
        except PipelineWidgetsError as error:
            troubles.append(error)
            self._judge(error, state)
        try:
            if state is not None and (not troubles or self.gone):
                if state is not before.state and self._reporter.is_news(state):
                    self._owes_logs = True  # a long log takes its time, and why it failed is told at once
                else:
                    self._logs.read(state, followed, moment)
                    self._jobs.read(state, followed, now)
                if state is not before.state or self._store.totals() != before.logs or self._reporter.is_waiting:
                    report = self._reporter.report(state, self._plan)
        except PipelineWidgetsError as error:
            troubles.append(error)
        self.last = Update(
            state=state,
            changed=_changed(before.state, state),
            logs=self._store.totals(),
            report=report,
            health=self._health(troubles, datetime.fromtimestamp(now, UTC) if is_whole else before.health.since),
            progress=self._jobs.progress,
            now=self._there(now),
        )
        differs = _differs(before, self.last)
        if is_whole or owed:
            self._set_delay(has_changed=differs, has_failed=bool(troubles))
        if self._owes_logs:
            self.delay = 0.0
        self._is_settled = not self._owes_logs and self._has_settled(
            followed, now, is_troubled=bool(troubles), has_changed=differs
        )
        must_tell, self._must_tell = self._must_tell or before.progress != self.last.progress, False
        return self.last if differs or must_tell else None

    def _there(self, now: float) -> datetime:
        """Now, by the service's clock."""
        return datetime.fromtimestamp(now - self._source.clock_ahead, UTC)

    def _judge(self, error: PipelineWidgetsError, state: ExecutionState | None) -> None:
        """Whether a refusal is for good: a new execution may take a moment to be known everywhere."""
        if not isinstance(error, ServiceError) or error.code not in (HOPELESS if state is None else NOT_FOUND):
            self._refusals = 0
            return
        self._refusals += 1
        if self._refusals >= self._pace.refusals:
            if state is None:
                self.hopeless = error
            else:
                self.gone = error

    def _has_settled(self, followed: Collection[str], now: float, *, is_troubled: bool, has_changed: bool) -> bool:
        if self._expecting_since is not None:
            if not has_changed and abs(now - self._expecting_since) < self._pace.expect:
                return False
            self._expecting_since = None
        state = self.last.state
        if state is None or not (self.gone or (state.status.is_end and not is_troubled)):
            return False
        return not self._lags(state, now) and self._logs.is_settled(state, followed)

    def _lags(self, state: ExecutionState, now: float) -> bool:
        """Whether the list of steps has not caught up yet with the end of the execution."""
        if not state.status.is_end:
            self._ended_at = None
            return False
        self._ended_at = now if self._ended_at is None else self._ended_at
        is_open = any(item.get("StepStatus") in OPEN_WORDS for item in self._items)
        return is_open and not self.gone and abs(now - self._ended_at) < LAG * self._pace.settle

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

    def _health(self, troubles: Sequence[PipelineWidgetsError], moment: datetime | None) -> Health:
        of_logs = [f"the log of `{step}`: {message_for(error)}" for step, error in self._logs.troubles.items()]
        words = [GONE if error is self.gone else message_for(error) for error in troubles]
        errors = [*troubles, *self._logs.troubles.values()]
        return Health(
            ok=not errors,
            since=self.last.health.since if troubles else moment,
            message="; ".join([*words, *of_logs]),
            trouble=trouble_of(errors[0]) if errors else Trouble.NONE,
            is_stale=bool(troubles),
        )

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
