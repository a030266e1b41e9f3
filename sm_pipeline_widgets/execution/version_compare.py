"""Two versions of a model beside each other: metrics, parameters, code, containers, decisions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sm_pipeline_widgets.execution.registry import APPROVAL_WORDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sm_pipeline_widgets.execution.model_metrics import Metric
    from sm_pipeline_widgets.execution.registry import Evidence, Version


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the comparison, each side as it is shown. ``note`` says of numbers how far they are apart."""

    section: str
    name: str
    before: str
    after: str
    note: str = ""

    @property
    def is_same(self) -> bool:
        return self.before == self.after


@dataclass(frozen=True, slots=True)
class VersionDifference:
    """What two versions have and in what they differ; metrics first."""

    before: Evidence
    after: Evidence
    rows: tuple[Row, ...]

    @property
    def differing(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if not row.is_same)


def compare_versions(before: Evidence, after: Evidence) -> VersionDifference:
    """Compare two versions, also of two groups."""
    return VersionDifference(before, after, tuple(_rows(before, after)))


def _rows(before: Evidence, after: Evidence) -> Iterator[Row]:
    yield from _metric_rows(before, after)
    one, two = (dict(at.origin.parameters) if at.origin else {} for at in (before, after))
    yield from _pairs("parameters", one, two)
    yield from _pairs("code", _code(before), _code(after))
    yield from _pairs("version", dict(_facts(before.version)), dict(_facts(after.version)))
    yield from _pairs("metadata", before.version.metadata, after.version.metadata)


def _metric_rows(before: Evidence, after: Evidence) -> Iterator[Row]:
    one, two = ({metric.name: metric for metric in at.metrics} for at in (before, after))
    for name in dict.fromkeys([*one, *two]):
        left, right = one.get(name), two.get(name)
        note = metric_change(left, right) if left and right else ""
        yield Row("metrics", name, _value(left), _value(right), note)


def metric_change(before: Metric, after: Metric) -> str:
    """``-3.1 (-5.4 %), better``: how far the second is from the first, and whether that is good where that is known."""
    change = after.value - before.value
    if not change:
        return ""
    share = f" ({100 * change / abs(before.value):+.3g} %)" if before.value else ""
    is_low = after.is_better_low
    verdict = "" if is_low is None else ", better" if (change < 0) == is_low else ", worse"
    return f"{change:+.4g}{share}{verdict}"


def _value(metric: Metric | None) -> str:
    return "" if metric is None else str(metric).removeprefix(f"{metric.name} ")


def _pairs(section: str, one: Mapping[str, str], two: Mapping[str, str]) -> Iterator[Row]:
    for name in dict.fromkeys([*one, *two]):
        yield Row(section, name, one.get(name, ""), two.get(name, ""))


def _code(of: Evidence) -> dict[str, str]:
    return {place.step: place.uri for place in of.origin.code} if of.origin else {}


def _facts(version: Version) -> Iterator[tuple[str, str]]:
    yield "status", APPROVAL_WORDS[version.approval]
    yield "note", str(version.decisions[0]) if version.decisions else ""
    yield "description", version.description
    yield "execution", version.generated_by
    for number, container in enumerate(version.containers, start=1):
        place = f" {number}" if len(version.containers) > 1 else ""
        yield f"image{place}", container.image
        yield f"model{place}", container.model
        for name, value in container.environment.items():
            yield f"{name}{place}", value
    yield "reads", ", ".join(version.content_types)
    yield "answers with", ", ".join(version.response_types)
