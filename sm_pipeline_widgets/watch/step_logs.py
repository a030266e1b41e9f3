"""Which steps' logs are read, how often, and when one has been read to its end.

A job's end is not its log's end: lines arrive seconds later. So a log counts as complete only after at least two empty
readings and some time since the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sm_pipeline_widgets.aws.codes import DENIED
from sm_pipeline_widgets.errors import PipelineWidgetsError, ServiceError
from sm_pipeline_widgets.execution.derive import ACTIVE
from sm_pipeline_widgets.execution.log_places import log_key
from sm_pipeline_widgets.execution.state import StepStatus

if TYPE_CHECKING:
    from collections.abc import Collection

    from sm_pipeline_widgets.execution.state import ExecutionState, StepState
    from sm_pipeline_widgets.watch.log_store import LogStore
    from sm_pipeline_widgets.watch.pace import Pace
    from sm_pipeline_widgets.watch.source import LineReader, Source

EMPTY_READINGS = 2
RECENT_SECONDS = 30.0
_OPEN = ACTIVE | {StepStatus.WAITING}


@dataclass(frozen=True, slots=True)
class Moment:
    """Now, by this machine's clock and by the service's (both in seconds since the epoch)."""

    here: float
    there: float


@dataclass(slots=True)
class _Log:
    """One job's log, how complete it is, and when it is worth another look."""

    key: str
    reader: LineReader | None
    ended_at: float | None = None
    empty: int = 0
    is_complete: bool = False
    failures: int = 0
    failing_since: float = 0.0
    rest: float = 0.0
    read_at: float = 0.0
    is_told: bool = False
    read_once: bool = False

    def is_resting(self, now: float) -> bool:
        # a clock that was set meanwhile must not put anything off
        return 0 <= now - self.read_at < self.rest


class StepLogs:
    """Reads the logs that matter into a store."""

    def __init__(self, source: Source, store: LogStore, pace: Pace) -> None:
        self._source = source
        self._store = store
        self._pace = pace
        self._logs: dict[str, _Log] = {}
        self._seen_open: set[str] = set()
        self.is_behind = False
        self.troubles: dict[str, PipelineWidgetsError] = {}

    def read(self, state: ExecutionState, followed: Collection[str], now: Moment) -> None:
        """Read a little more of every log that matters; ``troubles`` then says which could not be read, and why."""
        self.is_behind = False
        self._seen_open.update(step.name for step in state.steps.values() if _is_recent(step, now.there))
        for step in self._wanted(state, followed):
            log = self._log_of(step)
            if log.is_resting(now.here) and (step.status in ACTIVE or log.failures):
                continue
            log.read_at = now.here
            try:
                has_lines = self._read_one(step, log, now)
            except PipelineWidgetsError as error:
                self.troubles[step.name] = error
                self._note_failure(step, log, now, is_denied=isinstance(error, ServiceError) and error.code in DENIED)
            else:
                self.troubles.pop(step.name, None)
                log.failures = 0
                looked_at = len(followed) if step.name in followed else 0
                log.rest = 0.0 if has_lines else self._pace.rest(log.rest, looked_at)

    def is_settled(self, state: ExecutionState, followed: Collection[str]) -> bool:
        """Whether every log that matters is read to its end."""
        return not self._wanted(state, followed)

    def wake(self, step: str) -> None:
        """Somebody looks at this step's log now, or knows that it has news."""
        if step in self._logs:
            self._logs[step].rest = 0.0

    def _wanted(self, state: ExecutionState, followed: Collection[str]) -> list[StepState]:
        """Steps whose log matters and is not read to its end yet."""
        with_job = [step for step in state.steps.values() if step.job_arn]
        most = self._pace.logs_unasked
        failed = [step.name for step in with_job if step.status is StepStatus.FAILED][:most]
        running = [step.name for step in with_job if step.status in ACTIVE][:most]
        names = {*followed, *failed, *running, *self._logs, *(self._seen_open if self._pace.logs_of_all else ())}
        return [step for step in with_job if step.name in names and not self._is_complete(step)]

    def _is_complete(self, step: StepState) -> bool:
        log = self._logs.get(step.name)
        return log is not None and log.is_complete and log.key == log_key(step)

    def _log_of(self, step: StepState) -> _Log:
        log = self._logs.get(step.name)
        key = log_key(step)
        if log is None or log.key != key:  # a retried step has a new job
            log = self._logs[step.name] = _Log(key, self._source.log_reader(step))
        return log

    def _read_one(self, step: StepState, log: _Log, now: Moment) -> bool:
        """Read on; whether there was anything."""
        if log.reader is None:
            log.is_complete = True
            return False
        if step.status not in ACTIVE and not log.is_told:
            log.is_told = True
            log.reader.end(step.ended)
        was_active = log.ended_at is None and log.read_once
        lines = log.reader.poll()
        log.read_once = True
        if lines:
            self._store.append(step.name, lines)
        if log.reader.is_behind:
            self.is_behind = True
        if step.status in ACTIVE:
            log.ended_at, log.empty, log.is_told = None, 0, False
        else:
            self._note_end(step, log, now, has_lines=bool(lines), was_active=was_active)
        return bool(lines) or log.reader.is_behind

    def _note_failure(self, step: StepState, log: _Log, now: Moment, *, is_denied: bool) -> None:
        log.failing_since = log.failing_since if log.failures else now.here
        log.failures += 1
        log.rest = self._pace.backoff(log.failures)
        if is_denied and step.status not in ACTIVE:  # it will not be allowed by asking on for ever
            has_lasted = abs(now.here - log.failing_since) >= self._pace.settle
            log.is_complete = log.failures > EMPTY_READINGS and has_lasted

    def _note_end(self, step: StepState, log: _Log, now: Moment, *, has_lines: bool, was_active: bool) -> None:
        if log.ended_at is None:  # an end long ago needs no waiting
            ago = now.there - step.ended.timestamp() if step.ended is not None and not was_active else 0.0
            log.ended_at = now.here - max(0.0, ago)
        if log.reader is None or log.reader.is_sure:
            is_behind = log.reader is not None and log.reader.is_behind
            log.empty = 0 if has_lines or is_behind else log.empty + 1
        log.is_complete = log.empty >= EMPTY_READINGS and abs(now.here - log.ended_at) >= self._pace.settle


def _is_recent(step: StepState, now: float) -> bool:
    """Whether a step runs, will run, or has ended only a moment ago: a quick one may never be seen running."""
    if step.status in _OPEN:
        return True
    return step.ended is not None and now - step.ended.timestamp() < RECENT_SECONDS
