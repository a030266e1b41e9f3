"""A step's two runs beside each other, as plain text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sm_pipeline_widgets.view.picture import duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

REASON_LENGTH = 300
MINUTE = 60


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one run of a step. ``seconds`` is None while it runs; ``place`` says where it ran, in words."""

    name: str
    status: str
    seconds: float | None
    reason: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)
    place: str = ""


def outcomes_text(
    step: str, outcomes: Sequence[Outcome], notes: Sequence[str] = (), log_difference: Sequence[str] = ()
) -> str:
    """A table of the outcomes, a column for each, and what their logs differ in."""
    rows = [("", *(one.name for one in outcomes)), *_rows(outcomes)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(outcomes) + 1)]
    table = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    reasons = [f"{one.name}: {one.reason[:REASON_LENGTH]}" for one in outcomes if one.reason]
    parts = [f"`{step}`, twice", *table, *reasons, *(f"Note: {note}" for note in notes)]
    if log_difference:
        parts += ["", "Lines of the log that differ:", *log_difference]
    return "\n".join(parts)


def _rows(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, ...]]:
    yield "where", *(one.place for one in outcomes)
    yield "outcome", *(one.status for one in outcomes)
    yield "time", *(_spent(one.seconds) for one in outcomes)
    names = dict.fromkeys(name for one in outcomes for name in one.metrics)
    for name in names:
        yield name, *(f"{one.metrics[name]:g}" if name in one.metrics else "" for one in outcomes)


def _spent(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f"{seconds:.1f} s" if seconds < MINUTE else duration(seconds)
