"""A job's record as it moves on: each move is in the store when its method returns.

Knows records and who asked for a stop, not how a job is done.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine.endings import Ending, cut
from sm_pipeline_widgets.engine.records import JobRecord, JobStatus, Transition

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sm_pipeline_widgets.engine.store import Store

STOP_ASKED = "stop-asked"
"""The file in a job's folder that says a person asked for its end, whatever happens to the engine meanwhile."""


class Progress:
    """One job on its way; several threads may look, one moves it on."""

    def __init__(self, job: JobRecord, folder: Path, store: Store, clock: Callable[[], float]) -> None:
        self.record = job
        self.folder = folder
        self.clock = clock
        self.stop_asked = threading.Event()
        self._store = store
        self._when_stopped: Callable[[], None] | None = None
        self._lock = threading.Lock()
        if (folder / STOP_ASKED).exists():
            self.stop_asked.set()

    @property
    def is_stopping(self) -> bool:
        return self.stop_asked.is_set()

    def ask_stop(self) -> None:
        """Note that the job is to end; how is the business of whoever does it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / STOP_ASKED).touch()
        self.stop_asked.set()
        with self._lock:
            if self.record.status is JobStatus.IN_PROGRESS:
                self._put(self._moved(replace(self.record, status=JobStatus.STOPPING), "Stopping", ""))
            act = self._when_stopped
        if act is not None:
            act()

    def when_stopped(self, act: Callable[[], None]) -> None:
        """Act as soon as a stop is asked for, in the asker's thread; at once if it was."""
        with self._lock:
            self._when_stopped = act
            is_stopping = self.is_stopping
        if is_stopping:
            act()

    def to(self, secondary: str, **changes: Any) -> None:
        """Enter a secondary status, with other changes of the record."""
        with self._lock:
            self._put(replace(self._moved(self.record, secondary, ""), **changes))

    def note(self, **changes: Any) -> None:
        """Change the record's other members; they are kept with its next move, and are found again until then."""
        with self._lock:
            self.record = replace(self.record, **changes)

    def finish(self, ending: Ending) -> JobRecord:
        """Bring the record to its end."""
        if self.is_stopping:
            # The end was asked for: however the command took it, the job is Stopped.
            ending = Ending(JobStatus.STOPPED, "Stopped")
        with self._lock:
            done = replace(self._moved(self.record, ending.secondary, ending.reason), status=ending.status)
            self._put(replace(done, ended=self.clock(), reason=cut(ending.reason)))
            return self.record

    def _moved(self, job: JobRecord, secondary: str, message: str) -> JobRecord:
        now = self.clock()
        before = job.transitions
        if before and before[-1].status == secondary:
            return job
        if before and before[-1].ended is None:
            before = (*before[:-1], replace(before[-1], ended=now))
        return replace(job, transitions=(*before, Transition(secondary, now, message)))

    def _put(self, job: JobRecord) -> None:
        status = JobStatus.STOPPING if self.is_stopping and not job.status.is_end else job.status
        self.record = replace(job, status=status, modified=self.clock())
        self._store.put_job(self.record)
