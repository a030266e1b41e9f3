"""The pipelines and executions of one target, asked for as rarely as a list that is looked at allows.

A look costs one request for the pipelines, and one more for each of those whose executions may have changed: what
runs, what has run since, what somebody has opened. So a quiet account costs one request a look.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sm_pipeline_widgets.aws import pipelines
from sm_pipeline_widgets.server.facts import PipelineEntry, is_running, run_entry
from sm_pipeline_widgets.view.machine import millis

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from sm_pipeline_widgets.aws.pipelines import ExecutionSummary, PipelineSummary
    from sm_pipeline_widgets.aws.target import Target

MOST_PIPELINES = 500
RUNS = 20
"""Executions of each pipeline that the panel lists; a notebook's `%pipeline runs` lists them all."""


@dataclass(frozen=True, slots=True)
class Thrift:
    """How much one look may cost: requests for executions, and for how many seconds an opened list is good.

    A retry is seen no earlier than that: the list of pipelines does not tell of it.
    """

    requests: int
    good_for: float


LOCAL = Thrift(requests=60, good_for=5.0)
AWS = Thrift(requests=5, good_for=120.0)


@dataclass(frozen=True, slots=True)
class _Read:
    """The executions of a pipeline, newest first, as they were read."""

    last_run: datetime | None
    at: float
    runs: tuple[ExecutionSummary, ...]

    @property
    def is_live(self) -> bool:
        return any(is_running(run) for run in self.runs)


class Listing:
    """What was read of one target. Safe to be asked by several threads; they share what is read."""

    def __init__(self, target: Target, clock: Callable[[], float]) -> None:
        self.target = target
        self._clock = clock
        self._thrift = LOCAL if target.is_local else AWS
        self._read: dict[str, _Read] = {}
        self._lock = threading.Lock()

    def look(self, opened: Collection[str] = ()) -> list[PipelineEntry]:
        """The pipelines with the newest run first, those that never ran last.

        Parameters
        ----------
        opened
            Names of pipelines whose executions somebody looks at.

        Raises
        ------
        TargetError, ServiceError
            The target cannot be asked, or refuses.
        """
        with self._lock:
            found = sorted(pipelines.list_pipelines(self.target, limit=MOST_PIPELINES), key=_freshness, reverse=True)
            self._read = {one.name: self._read[one.name] for one in found if one.name in self._read}
            self._read_again(found, opened)
            return [self._entry(one) for one in found]

    def _read_again(self, found: list[PipelineSummary], opened: Collection[str]) -> None:
        wanting = [one for one in found if self._is_due(one, opened)]
        # what runs first, then what is looked at; what ran last comes first among equals
        wanting.sort(key=lambda one: (not self._is_live(one.name), one.name not in opened))
        for one in wanting[: self._thrift.requests]:
            runs = pipelines.list_executions(self.target, one.name, limit=RUNS)
            self._read[one.name] = _Read(one.last_run, self._clock(), runs)

    def _is_due(self, one: PipelineSummary, opened: Collection[str]) -> bool:
        known = self._read.get(one.name)
        if known is None:
            return one.last_run is not None or one.name in opened
        if known.is_live or known.last_run != one.last_run:
            return True
        return one.name in opened and self._clock() - known.at > self._thrift.good_for

    def _is_live(self, name: str) -> bool:
        return name in self._read and self._read[name].is_live

    def _entry(self, one: PipelineSummary) -> PipelineEntry:
        known = self._read.get(one.name)
        return PipelineEntry(
            name=one.name,
            arn=one.arn,
            title=one.display_name,
            description=one.description,
            last_run=millis(one.last_run),
            runs=None if known is None else [run_entry(run) for run in known.runs],
            has_more=known is not None and len(known.runs) == RUNS,
        )


def _freshness(one: PipelineSummary) -> tuple[float, float]:
    return ((one.last_run.timestamp() if one.last_run else 0.0), (one.created.timestamp() if one.created else 0.0))
