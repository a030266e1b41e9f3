"""Waiting by the clock on the wall, for the time that a machine sleeps counts as well."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import threading

SLICE_SECONDS = 5.0


def sleep(event: threading.Event, seconds: float) -> None:
    """Wait until the event is set or so many seconds have passed, also while the machine was asleep."""
    wall, awake = time.time() + seconds, time.monotonic() + seconds  # the first clock may be set back meanwhile
    while (left := min(wall - time.time(), awake - time.monotonic())) > 0:
        if event.wait(min(left, SLICE_SECONDS)):
            return
