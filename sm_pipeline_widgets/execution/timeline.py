"""Where a run's time went: when each step could have begun, when it did, and the chain of steps that decided the end.

Pure: a state and which steps wait for which in, bars out. What a step waits for is the graph's business.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sm_pipeline_widgets.execution.derive import ACTIVE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sm_pipeline_widgets.execution.state import ExecutionState, StepState


@dataclass(frozen=True, slots=True)
class Bar:
    """One step's time.

    ``ready`` is when nothing it waits for was left; from then to ``started`` it waited for the service (a machine, a
    place among the steps that may run at once). ``ended`` is None while it runs.
    """

    step: str
    ready: datetime
    started: datetime
    ended: datetime | None
    is_critical: bool = False

    def seconds(self, now: datetime) -> float:
        """How long it has run."""
        return max(0.0, ((self.ended or now) - self.started).total_seconds())

    @property
    def waited(self) -> float:
        """Seconds between the moment it could have begun and its begin."""
        return max(0.0, (self.started - self.ready).total_seconds())


@dataclass(frozen=True, slots=True)
class Timeline:
    """The bars of every step that has begun, in the definition's order, and the critical path from first to last."""

    bars: tuple[Bar, ...] = ()
    critical: tuple[str, ...] = ()

    def lanes(self) -> tuple[tuple[Bar, ...], ...]:
        """The bars in as few rows as they fit into side by side; waiting is part of a bar's room."""
        rows: list[list[Bar]] = []
        for bar in sorted(self.bars, key=lambda each: (each.ready, each.started)):
            free = (row for row in rows if row[-1].ended is not None and row[-1].ended <= bar.ready)
            row = next(free, None)
            if row is None:
                rows.append([bar])
            else:
                row.append(bar)
        return tuple(map(tuple, rows))


def timeline(state: ExecutionState, before: Mapping[str, Sequence[str]]) -> Timeline:
    """The timeline of a moment.

    Parameters
    ----------
    before
        For each step the steps it waits for.
    """
    begun = {name: step for name, step in state.steps.items() if step.started is not None}
    origin = state.started or min((step.started for step in begun.values() if step.started), default=None)
    if origin is None:
        return Timeline()
    chain = _critical(begun, before)
    bars = tuple(
        _bar(step, before.get(name, ()), begun, origin, is_critical=name in chain) for name, step in begun.items()
    )
    return Timeline(tuple(bar for bar in bars if bar is not None), tuple(reversed(chain)))


def _bar(
    step: StepState, waits_for: Sequence[str], begun: Mapping[str, StepState], origin: datetime, *, is_critical: bool
) -> Bar | None:
    if step.started is None:
        return None
    ends = [ended for name in waits_for if name in begun and (ended := begun[name].ended) is not None]
    ready = min(step.started, max([origin, *ends]))
    # a step that has ended without the service saying when took no time that is known
    ended = step.ended if step.ended is not None or step.status in ACTIVE else step.started
    return Bar(step.name, ready, step.started, ended, is_critical)


def _critical(begun: Mapping[str, StepState], before: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The chain from the step that decides the end back to one that waited for nothing."""
    at = _decider(begun)
    chain: list[str] = []
    while at is not None and at not in chain:
        chain.append(at)
        earlier = [name for name in before.get(at, ()) if name in begun and begun[name].ended is not None]
        at = max(earlier, key=lambda name: (begun[name].ended, name), default=None)
    return tuple(chain)


def _decider(begun: Mapping[str, StepState]) -> str | None:
    """What runs longest, or has ended last."""
    running = [step for step in begun.values() if step.status in ACTIVE and step.ended is None]
    if running:
        return min(running, key=lambda step: (step.started, step.name)).name
    ended = [step for step in begun.values() if step.ended is not None]
    return max(ended, key=lambda step: (step.ended, step.name)).name if ended else None
