"""Fetches what a failure report needs - job descriptions, values of conditions - and has it built."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.aws.codes import DENIED, NOT_FOUND
from sm_pipeline_widgets.errors import ServiceError
from sm_pipeline_widgets.execution.failure import build_report, conditions_before, root_steps
from sm_pipeline_widgets.execution.state import ExecutionStatus, StepStatus
from sm_pipeline_widgets.watch.values import condition_values

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sm_pipeline_widgets.execution.failure import CodeOrigin, FailureReport
    from sm_pipeline_widgets.execution.outline import Outline
    from sm_pipeline_widgets.execution.state import ExecutionState, StepState
    from sm_pipeline_widgets.watch.log_store import LogStore
    from sm_pipeline_widgets.watch.source import Source

TAIL = 400
"""Lines searched for the traceback that ended a step."""

MOST_JOBS = 20
"""Jobs described for one report: a fan of a thousand steps that fail alike needs no thousand calls."""

_ENDED = frozenset({"Completed", "Failed", "Stopped"})


class Reporter:
    """Builds the report of one execution again whenever it has changed, asking for nothing twice."""

    def __init__(self, source: Source, store: LogStore, sources: Mapping[str, CodeOrigin]) -> None:
        self._source = source
        self._store = store
        self._sources = sources
        self._origins: dict[str, CodeOrigin | None] = {}
        self._jobs: dict[str, Mapping[str, Any]] = {}
        self._values: dict[tuple[str, ...], dict[str, object]] = {}
        self.is_waiting = False

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
        tails = {step.name: self._store.tail(step.name, TAIL) for step in roots}
        values = self._values_for(state, plan, roots)
        self.is_waiting = any(job and not _is_over(job) for job in jobs.values())
        return build_report(state, jobs, tails, self._origins_of(roots), values, known_outline=plan)

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
