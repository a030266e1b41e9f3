"""Metrics of training jobs over time: out of log lines, by the patterns that the definition gives, and out of what the
service says of a job while it runs.

>>> patterns = metric_patterns({"Steps": [{"Name": "train", "Arguments": {"AlgorithmSpecification": {
...     "MetricDefinitions": [{"Name": "rmse", "Regex": "rmse=([0-9.]+)"}]}}}]})
>>> [(pattern.step, pattern.name) for pattern in patterns]
[('train', 'rmse')]
"""

from __future__ import annotations

import math
import re
from bisect import insort
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.graph import iter_steps
from sm_pipeline_widgets.execution.log_search import is_dangerous, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sm_pipeline_widgets.execution.loglines import LogLine
    from sm_pipeline_widgets.execution.progress import JobProgress

MOST_POINTS = 500
"""Points of one metric that are kept: past that every second one goes, and the newest always stays."""
LONGEST_LINE = 2_000
MOST_METRICS = 40
"""Metrics of one step: the service takes as many definitions."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A metric definition of a step. The first group of the expression is the value."""

    step: str
    name: str
    expression: re.Pattern[str]


@dataclass(frozen=True, slots=True, order=True)
class Point:
    """A value at a time, in milliseconds since the epoch."""

    time: int
    value: float


@dataclass(frozen=True, slots=True)
class Series:
    """A metric of a step, in the order of time."""

    step: str
    name: str
    points: tuple[Point, ...]


def metric_patterns(definition: Mapping[str, Any]) -> tuple[Pattern, ...]:
    """The metric definitions of a pipeline; one that is no expression, or could take for ever, finds nothing."""
    found = []
    for placed in iter_steps(definition):
        arguments = placed.step.get("Arguments")
        algorithm = arguments.get("AlgorithmSpecification") if isinstance(arguments, dict) else None
        entries = algorithm.get("MetricDefinitions") if isinstance(algorithm, dict) else None
        for entry in entries[:MOST_METRICS] if isinstance(entries, list) else ():
            expression = _expression(entry)
            if expression is not None:
                found.append(Pattern(placed.name, str(entry["Name"]), expression))
    return tuple(found)


def _expression(entry: Any) -> re.Pattern[str] | None:
    match entry:
        case {"Name": str(), "Regex": str(text)} if not is_dangerous(text):
            try:
                return re.compile(text)
            except re.error:
                return None
    return None


@dataclass(slots=True)
class MetricBook:
    """Collects points; says what has changed since it was asked last."""

    patterns: tuple[Pattern, ...] = ()
    _points: dict[tuple[str, str], list[Point]] = field(default_factory=dict)
    _changed: set[tuple[str, str]] = field(default_factory=set)

    @property
    def steps(self) -> frozenset[str]:
        """The steps whose logs tell metrics."""
        return frozenset(pattern.step for pattern in self.patterns)

    def read(self, step: str, lines: Iterable[LogLine]) -> None:
        """Take what the lines of a step's log tell."""
        wanted = [pattern for pattern in self.patterns if pattern.step == step]
        for line in lines:
            text = plain(line.text[:LONGEST_LINE])
            for pattern in wanted:
                found = pattern.expression.search(text)
                if found and found.groups():
                    self._note(step, pattern.name, line.time, found[1])

    def note_progress(self, step: str, progress: JobProgress) -> None:
        """Take the newest values that the service knows of a job; of metrics that a log tells, the log's are taken."""
        told = {
            pattern.name for pattern in self.patterns if pattern.step == step and (step, pattern.name) in self._points
        }
        for metric in progress.metrics:
            if metric.name not in told and metric.at is not None:
                self._note(step, metric.name, int(metric.at.timestamp() * 1000), metric.value)

    def changes(self) -> tuple[Series, ...]:
        """The metrics that have changed since the last call."""
        changed, self._changed = self._changed, set()
        return tuple(self._series(key) for key in self._points if key in changed)

    def all(self) -> tuple[Series, ...]:
        """Every metric."""
        return tuple(map(self._series, self._points))

    def _series(self, key: tuple[str, str]) -> Series:
        return Series(*key, tuple(self._points[key]))

    def _note(self, step: str, name: str, time: int, value: str | float | None) -> None:
        try:
            number = float(value) if value is not None else math.nan
        except ValueError:
            return
        points = self._points.setdefault((step, name), [])
        point = Point(time, number)
        if not math.isfinite(number) or point in points[-3:]:
            return
        insort(points, point, key=lambda each: each.time)
        if len(points) > MOST_POINTS:
            del points[1:-1:2]
        self._changed.add((step, name))
