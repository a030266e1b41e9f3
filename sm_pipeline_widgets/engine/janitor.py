"""Removes what ended jobs leave on disk, behind everybody's back: it takes longer than many a step, and nobody waits.

(Removing a folder that was a mount point in a namespace that is just ending waits for the kernel.)
"""

from __future__ import annotations

import logging
import queue
import threading
from typing import TYPE_CHECKING

from sm_pipeline_widgets.engine import hosts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_log = logging.getLogger(__name__)


class Janitor:
    """Clears job folders, one after the other, in a thread of its own that begins with the first."""

    def __init__(self, jobs: Path, is_ended: Callable[[str], bool]) -> None:
        self._jobs = jobs
        self._is_ended = is_ended
        self._waiting: queue.SimpleQueue[Path] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def clear(self, folder: Path) -> None:
        """Have what an ended job no longer needs removed, some time soon."""
        self._waiting.put(folder)
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="janitor", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        try:
            self._clear_left()
        except Exception:  # noqa: BLE001 - logged; old remains do no harm, and the engine may be ending
            _log.info("what an earlier engine left could not be cleared", exc_info=True)
        while True:
            hosts.clear(self._waiting.get())

    def _clear_left(self) -> None:
        """What an engine left that was killed between a job's end and now."""
        for folder in sorted(self._jobs.iterdir()):
            if (folder / "opt_ml").exists() and self._is_ended(folder.name):
                hosts.clear(folder)
