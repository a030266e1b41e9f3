"""What the cache did for each step of a run, as plain text: one line a step, and below a miss what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.execution.cache import CacheResult, CacheVerdict, Changed
from sm_pipeline_widgets.view.diff_text import Voices, said
from sm_pipeline_widgets.view.picture import duration, readable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST_CHANGES = 6
MOST_UNREAD = 6


def cache_text(verdicts: Sequence[CacheVerdict], unread: Sequence[str] = ()) -> str:
    """All verdicts, then what could not be read; a sentence where no step can be cached."""
    if not verdicts:
        return "No step of this run is of a type that can be cached."
    lines = [line for verdict in verdicts for line in _verdict(verdict)]
    shown = [f"  {readable(line)}" for line in unread[:MOST_UNREAD]]
    more = len(unread) - MOST_UNREAD
    last = [f"  and {more} more"] if more > 0 else []
    heading = ["What could not be read, so a change in it is not seen:"] if shown else []
    return "\n".join([*lines, *heading, *shown, *last])


def verdict_words(verdict: CacheVerdict) -> str:
    """A verdict in one sentence."""
    run = readable(verdict.source)
    words = {
        CacheResult.HIT: f"taken from run {run}",
        CacheResult.OFF: "ran: it asks for no caching (`cache: 30d` does)",
        CacheResult.NOT_REACHED: "did not come to run",
        CacheResult.FIRST: "ran: no earlier run of this step is known",
        CacheResult.NEVER_GOOD: f"ran: no earlier run of this step succeeded (the last was in {run})",
        CacheResult.EXPIRED: f"ran: its last result (run {run}) {_old(verdict)}",
        CacheResult.CHANGED: f"ran: something it is compared by is not as in run {run}",
        CacheResult.UNEXPLAINED: (
            f"ran, although all that is known of it is as in run {run}: a value that was not read, or a step that ran"
            " at the same time, may be why"
        ),
    }
    return words[verdict.result]


def verdict_lines(verdict: CacheVerdict) -> list[str]:
    """A verdict's sentence, and a line for each compared value that changed."""
    voices = Voices.of({}, {})
    changes = [f"{said(changed.change, voices)}{_because(changed)}" for changed in verdict.changes[:MOST_CHANGES]]
    more = len(verdict.changes) - MOST_CHANGES
    return [verdict_words(verdict), *changes, *([f"and {more} more"] if more > 0 else [])]


def _verdict(verdict: CacheVerdict) -> Iterator[str]:
    sign = "=" if verdict.result is CacheResult.HIT else "~" if verdict.result.is_miss else " "
    words, *changes = verdict_lines(verdict)
    yield f"{sign} {readable(verdict.step)}: {words}"
    yield from (f"    {line}" for line in changes)


def _because(changed: Changed) -> str:
    if changed.because:
        return readable(f" (the result of {', '.join(changed.because)}, which ran anew)")
    return " (it holds the run's own id, so it is new in every run)" if changed.is_new_each_run else ""


def _old(verdict: CacheVerdict) -> str:
    age = f"is {duration(verdict.age)} old" if verdict.age is not None else "is too old"
    return f"{age}, and results stay good for {duration(verdict.good_for)}" if verdict.good_for is not None else age
