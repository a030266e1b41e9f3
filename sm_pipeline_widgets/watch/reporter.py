"""Fetches what a failure report needs - job descriptions, values of conditions - and has it built."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.aws.codes import DENIED, NOT_FOUND
from sm_pipeline_widgets.errors import ServiceError
from sm_pipeline_widgets.execution.failure import build_report, conditions_before, root_steps
from sm_pipeline_widgets.execution.log_digest import LogDigest
from sm_pipeline_widgets.execution.state import ExecutionStatus, StepStatus
from sm_pipeline_widgets.watch.values import condition_values

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sm_pipeline_widgets.execution.failure import CodeOrigin, FailureReport
    from sm_pipeline_widgets.execution.loglines import LogLine
    from sm_pipeline_widgets.execution.outline import Outline
    from sm_pipeline_widgets.execution.state import ExecutionState, StepState
    from sm_pipeline_widgets.watch.log_store import LogStore
    from sm_pipeline_widgets.watch.source import Source

LINES_AT_ONCE = 10_000
"""Lines taken out of the store at a time."""

MOST_JOBS = 20
"""Jobs described for one report: a fan of a thousand steps that fail alike needs no thousand calls."""

_ENDED = frozenset({"Completed", "Failed", "Stopped"})


@dataclass(slots=True)
class _Read:
    """How far one job's log is read: from which time on, up to which line."""

    job: str
    since: int
    at: int
    digest: LogDigest = field(default_factory=LogDigest)


class Reporter:
    """Builds the report of one execution again whenever it has changed, asking for nothing twice."""

    def __init__(self, source: Source, store: LogStore, sources: Mapping[str, CodeOrigin]) -> None:
        self._source = source
        self._store = store
        self._sources = sources
        self._origins: dict[str, CodeOrigin | None] = {}
        self._jobs: dict[str, Mapping[str, Any]] = {}
        self._digests: dict[str, _Read] = {}
        self._values: dict[tuple[str, ...], dict[str, object]] = {}
        self._ends: dict[str, tuple[LogLine, ...]] = {}
        self._told: set[tuple[str, str]] = set()
        self.is_waiting = False

    def is_news(self, state: ExecutionState) -> bool:
        """Whether a job has failed of which no report has told yet; the ends of such jobs' logs are read for the next.

        Asked once for each: then it is told.
        """
        news = [step for step in _suspects(state)[:MOST_JOBS] if step.job_arn and self._key(step) not in self._told]
        self._told.update(self._key(step) for step in news)
        for step in news:
            self._ends[step.job_arn or ""] = tuple(self._source.log_end(step))
        return bool(news)

    @staticmethod
    def _key(step: StepState) -> tuple[str, str]:
        return step.name, step.job_arn or ""

    def report(self, state: ExecutionState, plan: Outline) -> FailureReport | None:
        """The report, or None while nothing has gone wrong; ``is_waiting`` says that it will be better later.

        Raises
        ------
        PipelineWidgetsError
            A job could not be described.
        """
        self.is_waiting = True
        jobs = {step.name: self._job(step) for step in _suspects(state)[:MOST_JOBS]}
        roots, _ = root_steps(state, jobs, plan)
        digests = {step.name: self._digest(step, jobs.get(step.name, {})) for step in roots}
        tails = {step.name: self._tail(step, digests[step.name]) for step in roots}
        errors = {name: digest.first_errors() for name, digest in digests.items()}
        values = self._values_for(state, plan, roots)
        self.is_waiting = any(job and not _is_over(job) for job in jobs.values())
        return build_report(state, jobs, tails, self._origins_of(roots), values, known_outline=plan, errors=errors)

    def _tail(self, step: StepState, digest: LogDigest) -> tuple[LogLine, ...]:
        """The end of a step's log: as it was read in order, or while that is not as far, what was read from there."""
        read, end = digest.tail(), self._ends.get(step.job_arn or "", ())
        return end if end and (not read or read[-1].time < end[-1].time) else read

    def _digest(self, step: StepState, job: Mapping[str, Any]) -> LogDigest:
        """The telling lines of a step's log, read on to its end; a retried step's log begins with its last job."""
        key = step.job_arn or ""
        read = self._digests.get(step.name)
        if read is None or read.job != key:
            begun = job.get("CreationTime") if step.attempts > 1 else None
            since = int(begun.timestamp() * 1000) - 1000 if begun is not None else 0
            read = self._digests[step.name] = _Read(key, since, self._store.dropped(step.name))
        total = self._store.total(step.name)
        while read.at < total:
            lines = self._store.page(step.name, read.at, min(LINES_AT_ONCE, total - read.at))
            read.digest.feed(line for line in lines if line.time >= read.since)
            read.at += len(lines)
        return read.digest

    def _origins_of(self, roots: list[StepState]) -> dict[str, CodeOrigin]:
        for step in roots:
            if step.name not in self._origins:  # finding out may cost a read
                self._origins[step.name] = self._sources.get(step.name)
        return {name: origin for name, origin in self._origins.items() if origin is not None}

    def _job(self, step: StepState) -> Mapping[str, Any]:
        key = step.job_arn or ""
        if key and key not in self._jobs:
            job = self._describe(step)
            if not _is_over(job):  # the step may be told to have failed a moment before its job is
                return job
            self._jobs[key] = job
        return self._jobs.get(key, {})

    def _describe(self, step: StepState) -> Mapping[str, Any]:
        """The job's description; where it may not be read or is gone, the step's own words must do."""
        try:
            return self._source.describe_job(step.metadata)
        except ServiceError as error:
            if error.code in DENIED | NOT_FOUND | {"ValidationException"}:
                return {}
            raise

    def _values_for(self, state: ExecutionState, plan: Outline, roots: list[StepState]) -> dict[str, object]:
        conditions = tuple(dict.fromkeys(name for step in roots for name in conditions_before(step, plan)))
        if not conditions:
            return {}
        if conditions not in self._values:
            self._values[conditions] = condition_values(self._source, state, conditions)
        return self._values[conditions]


def _suspects(state: ExecutionState) -> list[StepState]:
    """Steps that may be a root: failed ones, and stopped ones of a run that nobody stopped."""
    wanted = {StepStatus.FAILED}
    if state.status not in (ExecutionStatus.STOPPED, ExecutionStatus.STOPPING):
        wanted.add(StepStatus.STOPPED)
    return [step for step in state.steps.values() if step.status in wanted]


def _is_over(job: Mapping[str, Any]) -> bool:
    status = next((str(value) for name, value in job.items() if name.endswith("JobStatus")), "Failed")
    return status in _ENDED
