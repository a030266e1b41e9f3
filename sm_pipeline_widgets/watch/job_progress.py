"""Describes running jobs one after the other, seldom: what the service does with them now, and their metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sm_pipeline_widgets.errors import PipelineWidgetsError
from sm_pipeline_widgets.execution.derive import ACTIVE
from sm_pipeline_widgets.execution.progress import JobProgress, progress_of
from sm_pipeline_widgets.watch.health import message_for

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sm_pipeline_widgets.execution.state import ExecutionState, StepState
    from sm_pipeline_widgets.watch.pace import Pace
    from sm_pipeline_widgets.watch.source import Source

_KINDS = frozenset({"TrainingJob", "ProcessingJob", "TransformJob", "TuningJob", "AutoMLJob", "Job", "Endpoint"})


@dataclass(slots=True)
class _Known:
    arn: str
    asked_at: float
    is_final: bool = False


class ProgressBook:
    """The newest progress of every step whose job was described."""

    def __init__(self, source: Source, pace: Pace) -> None:
        self._source = source
        self._pace = pace
        self._known: dict[str, _Known] = {}
        self._asked_at: float | None = None
        self.progress: Mapping[str, JobProgress] = {}

    def read(self, state: ExecutionState, followed: Collection[str], now: float) -> None:
        """Describe the one job whose description is oldest, if it is time for one; who is looked at comes first."""
        if self._asked_at is not None and 0 <= now - self._asked_at < self._pace.job_every:
            return
        due = [step for step in state.steps.values() if self._is_due(step)]
        if not due:
            return
        step = min(due, key=lambda each: (each.name not in followed and self._was_asked(each), self._age(each)))
        self._asked_at = now
        self._known[step.name] = _Known(str(step.job_arn), now, is_final=step.status not in ACTIVE)
        self.progress = {**self.progress, step.name: self._ask(step)}

    def _is_due(self, step: StepState) -> bool:
        if not step.job_arn or not _KINDS & step.metadata.keys():
            return False
        known = self._known.get(step.name)
        if step.status in ACTIVE:
            return True
        # once more after the end, for the last metrics, where it was seen running
        return known is not None and known.arn == step.job_arn and not known.is_final

    def _was_asked(self, step: StepState) -> bool:
        known = self._known.get(step.name)
        return known is not None and known.arn == step.job_arn

    def _age(self, step: StepState) -> float:
        return self._known[step.name].asked_at if self._was_asked(step) else 0.0

    def _ask(self, step: StepState) -> JobProgress:
        try:
            return progress_of(self._source.describe_job(step.metadata))
        except PipelineWidgetsError as error:
            return JobProgress("", detail=message_for(error))
