"""Which steps' logs are read, and when one has been read to its end.

A job's end is not its log's end: lines arrive seconds later. So a log counts as complete only after at least two empty
readings and some time since the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sm_pipeline_widgets.aws.errors import DENIED
from sm_pipeline_widgets.errors import PipelineWidgetsError, ServiceError
from sm_pipeline_widgets.execution.derive import ACTIVE
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


@dataclass(slots=True)
class _Log:
    """One job's log and how complete it is."""

    job: str
    reader: LineReader | None
    ended_at: float | None = None
    empty: int = 0
    is_complete: bool = False


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

    def read(self, state: ExecutionState, followed: Collection[str], now: float) -> None:
        """Read a little more of every log that matters; ``troubles`` then says which could not be read, and why."""
        self.is_behind = False
        self._seen_open.update(step.name for step in state.steps.values() if _is_recent(step, now))
        for step in self._wanted(state, followed):
            log = self._log_of(step)
            try:
                self._read_one(step, log, now)
            except PipelineWidgetsError as error:
                self.troubles[step.name] = error
                # what may not be read will not be allowed by asking on after the end
                log.is_complete = step.status not in ACTIVE and isinstance(error, ServiceError) and error.code in DENIED
            else:
                self.troubles.pop(step.name, None)

    def is_settled(self, state: ExecutionState, followed: Collection[str]) -> bool:
        """Whether every log that matters is read to its end."""
        return not self._wanted(state, followed)

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
        return log is not None and log.is_complete and log.job == step.job_arn

    def _log_of(self, step: StepState) -> _Log:
        log = self._logs.get(step.name)
        if log is None or log.job != step.job_arn:  # a retried step has a new job
            log = self._logs[step.name] = _Log(str(step.job_arn), self._source.log_reader(step.metadata))
        return log

    def _read_one(self, step: StepState, log: _Log, now: float) -> None:
        if log.reader is None:
            log.is_complete = True
            return
        lines = log.reader.poll()
        if lines:
            self._store.append(step.name, lines)
        if log.reader.is_behind:
            self.is_behind = True
        if step.status in ACTIVE:
            log.ended_at, log.empty = None, 0
            return
        if log.ended_at is None:  # an end long ago needs no waiting
            log.ended_at = min(now, step.ended.timestamp()) if step.ended is not None else now
        log.empty = 0 if lines or log.reader.is_behind else log.empty + 1
        log.is_complete = log.empty >= EMPTY_READINGS and now - log.ended_at >= self._pace.settle


def _is_recent(step: StepState, now: float) -> bool:
    """Whether a step runs, will run, or has ended only a moment ago: a quick one may never be seen running."""
    if step.status in _OPEN:
        return True
    return step.ended is not None and now - step.ended.timestamp() < RECENT_SECONDS
