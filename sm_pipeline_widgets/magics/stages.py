"""The stages of a submit as lines: each when it is over, and a long one while it goes on, in place."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from sm_pipeline_widgets.execution.submitting import Progress

SLOW = 2.0
"""Seconds from which on a stage is worth a line at the engine on this machine, and anywhere one while it goes on."""
AGAIN = 1.0
MEGABYTE = 1_000_000


class StageLines:
    """Writes what it is told of the stages.

    Parameters
    ----------
    is_local
        Whether the target is the engine on this machine, where only what takes its time is told.
    write
        Writes text as it is.
    overwrites
        Whether a carriage return leads back to the beginning of a line: in a notebook, and on a screen.
    """

    def __init__(
        self,
        *,
        is_local: bool,
        write: Callable[[str], object] | None = None,
        clock: Callable[[], float] = time.time,
        overwrites: bool = True,
    ) -> None:
        self._is_local = is_local
        self._write = write or _print
        self._clock = clock
        self._overwrites = overwrites
        self._told = 0.0
        self._width = 0

    def __call__(self, progress: Progress) -> None:
        if progress.seconds is None:
            self._goes_on(progress)
        elif self._width or not self._is_local or progress.seconds >= SLOW:
            back = "\r" if self._width else ""
            self._write(f"{back}{str(progress).ljust(self._width)}\n")
            self._width = 0

    def _goes_on(self, progress: Progress) -> None:
        now = self._clock()
        if not self._overwrites or now - progress.began < SLOW or now - self._told < AGAIN:
            return
        self._told = now
        part = f", {progress.done / MEGABYTE:.1f} of {progress.total / MEGABYTE:.1f} MB" if progress.total else ""
        line = f"{progress}{part} …"
        self._write("\r" + line.ljust(self._width))
        self._width = len(line)


def _print(text: str) -> None:
    print(text, end="", flush=True)  # noqa: T201 - a cell's output
