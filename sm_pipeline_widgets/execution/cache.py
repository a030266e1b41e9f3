"""Why a step was taken from the cache, or was not: from which run, or what it was compared by that changed.

Pure: a run and the pipeline's earlier runs in, a verdict for each step out. What is compared for which type of step is
``definition.cache_keys``; the rules (same name, only successful runs, the newest within the time) are the service's.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.cache_keys import COMPARED, compared_values, good_for
from sm_pipeline_widgets.definition.compare_values import canonical, value_changes
from sm_pipeline_widgets.definition.expressions import find_gets, step_of
from sm_pipeline_widgets.definition.graph import iter_steps
from sm_pipeline_widgets.execution.state import StepStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from sm_pipeline_widgets.definition.compare_values import ValueChange
    from sm_pipeline_widgets.execution.runs import Run, StepRun

_GOOD = frozenset({StepStatus.SUCCEEDED, StepStatus.CACHED})
_RAN = frozenset({StepStatus.SUCCEEDED, StepStatus.FAILED, StepStatus.STOPPED, StepStatus.RUNNING, StepStatus.STOPPING})


class CacheResult(StrEnum):
    """What the cache did for a step."""

    HIT = "hit"
    OFF = "off"
    NOT_REACHED = "not reached"
    FIRST = "first"
    NEVER_GOOD = "never good"
    EXPIRED = "expired"
    CHANGED = "changed"
    UNEXPLAINED = "unexplained"

    @property
    def is_miss(self) -> bool:
        """Whether the step asked for an earlier result and did not get one."""
        return self not in (CacheResult.HIT, CacheResult.OFF, CacheResult.NOT_REACHED)


@dataclass(frozen=True, slots=True)
class Changed:
    """A compared value that is not what it was: the change, and why, where that is known.

    ``because`` are the steps whose new result it is; ``is_new_each_run`` says that it holds the run's own id.
    """

    change: ValueChange
    because: tuple[str, ...] = ()
    is_new_each_run: bool = False


@dataclass(frozen=True, slots=True)
class CacheVerdict:
    """What the cache did for one step. ``source`` is the run it was taken from, or compared with, by its id."""

    step: str
    result: CacheResult
    source: str = ""
    changes: tuple[Changed, ...] = ()
    age: float | None = None
    good_for: int | None = None


def explain_cache(run: Run, earlier: Sequence[Run]) -> tuple[CacheVerdict, ...]:
    """A verdict for each step of a type that can be cached, in the definition's order.

    Parameters
    ----------
    earlier
        Other runs of the pipeline, in any order; those that began after this one are left out.
    """
    ordered = sorted(
        (each for each in earlier if each.arn != run.arn and _is_before(each, run)), key=_start, reverse=True
    )
    placed = {at.name: at.step for at in iter_steps(run.definition)}
    return tuple(
        _verdict(step, placed.get(name, {}), run, ordered) for name, step in run.steps.items() if step.type in COMPARED
    )


def _is_before(other: Run, run: Run) -> bool:
    return other.started is None or run.started is None or other.started < run.started


def _start(run: Run) -> float:
    return run.started.timestamp() if run.started is not None else 0.0


def _verdict(step: StepRun, written: Mapping[str, Any], run: Run, earlier: Sequence[Run]) -> CacheVerdict:
    config = step.own.get("CacheConfig")
    window = good_for(str(config.get("ExpireAfter") or "")) if isinstance(config, dict) else None
    if step.status is StepStatus.CACHED:
        return CacheVerdict(step.name, CacheResult.HIT, (step.cached_from or "").rpartition("/")[2], good_for=window)
    if not isinstance(config, dict) or config.get("Enabled") is not True:
        return CacheVerdict(step.name, CacheResult.OFF)
    if step.status not in _RAN:
        return CacheVerdict(step.name, CacheResult.NOT_REACHED, good_for=window)
    before = [(each, each.steps[step.name]) for each in earlier if step.name in each.steps]
    ran = [(each, one) for each, one in before if one.status in _GOOD | _RAN]
    good = [(each, one) for each, one in ran if one.status in _GOOD]
    if not good:
        result = CacheResult.NEVER_GOOD if ran else CacheResult.FIRST
        return CacheVerdict(step.name, result, ran[0][0].id if ran else "", good_for=window)
    return _compared(step, written, run, good, window)


def _compared(
    step: StepRun,
    written: Mapping[str, Any],
    run: Run,
    good: Sequence[tuple[Run, StepRun]],
    window: int | None,
) -> CacheVerdict:
    """The verdict on a step that has run well before: too long ago, or something it is compared by has changed.

    Of several earlier runs within the time the likest counts: the service would have taken any that is equal.
    """
    fresh = [pair for pair in good if not _is_over(_age(pair[1].ended, step.started), window)]
    if not fresh:
        other, one = good[0]
        return CacheVerdict(step.name, CacheResult.EXPIRED, other.id, (), _age(one.ended, step.started), window)
    candidates = [(other, one, tuple(_changes(step, one, written, run))) for other, one in fresh]
    other, one, changes = min(candidates, key=lambda found: len(found[2]))
    result = CacheResult.CHANGED if changes else CacheResult.UNEXPLAINED
    return CacheVerdict(step.name, result, other.id, changes, _age(one.ended, step.started), window)


def _changes(step: StepRun, earlier: StepRun, written: Mapping[str, Any], run: Run) -> Iterator[Changed]:
    before = compared_values(earlier.type, earlier.arguments, earlier.own)
    after = compared_values(step.type, step.arguments, step.own)
    arguments = written.get("Arguments")
    for change in value_changes(before, after):
        member = change.path.partition(".")[0].partition("[")[0]
        source = arguments.get(member) if isinstance(arguments, dict) else None
        is_new = bool(run.id) and run.id in _text(change.after)
        yield Changed(change, tuple(_made_anew(source, run)), is_new)


def _made_anew(source: Any, run: Run) -> Iterator[str]:
    """The steps that a member of the arguments reads from and that ran in this run, so that their results are new."""
    seen: set[str] = set()
    for get in find_gets(source):
        found = step_of(get, run.steps)
        if found is not None and found[0] not in seen and run.steps[found[0]].status in _RAN:
            seen.add(found[0])
            yield found[0]


def _text(value: Any) -> str:
    return canonical(value) if isinstance(value, (dict, list, str, int, float, bool)) else ""


def _age(ended: datetime | None, now: datetime | None) -> float | None:
    return (now - ended).total_seconds() if ended is not None and now is not None else None


def _is_over(age: float | None, window: int | None) -> bool:
    return age is not None and window is not None and age > window
