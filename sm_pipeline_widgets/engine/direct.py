"""Jobs that clients make themselves, outside a pipeline: a thread for each, found again by the next engine."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from sm_pipeline_widgets.engine.events import AGAIN_SECONDS
from sm_pipeline_widgets.engine.storage import StorageError

if TYPE_CHECKING:
    from sm_pipeline_widgets.engine.records import JobRecord
    from sm_pipeline_widgets.engine.runner import Runner
    from sm_pipeline_widgets.engine.store import Store

_log = logging.getLogger(__name__)


class DirectJobs:
    """The jobs of one engine that belong to no execution."""

    def __init__(self, store: Store, runner: Runner, slots: int) -> None:
        self._store = store
        self._runner = runner
        self._slots = threading.BoundedSemaphore(slots)
        self._lock = threading.Lock()
        self._threads: dict[str, threading.Thread] = {}
        self._is_closed = False

    @property
    def is_busy(self) -> bool:
        return bool(self._threads)

    def start(self) -> None:
        """Take up the jobs that an earlier engine left unfinished."""
        for job in self._store.unfinished_jobs():
            self._run(job)

    def close(self) -> None:
        """Begin no more. What runs goes on under its supervisors; the next engine hears of it."""
        self._is_closed = True

    def begin(self, job: JobRecord) -> None:
        """Keep a new job and run it."""
        self._store.put_job(job)
        self._run(job)

    def stop(self, name: str) -> None:
        self._runner.stop(name)

    def _run(self, job: JobRecord) -> None:
        thread = threading.Thread(target=self._work, args=(job,), name=f"job-{job.name}", daemon=True)
        with self._lock:
            self._threads[job.name] = thread
        thread.start()

    def _work(self, job: JobRecord) -> None:
        try:
            with self._slots:
                self._run_to_end(job)
        except Exception:  # noqa: BLE001 - logged
            # the engine's end closes the store under a job that goes on; anything else belongs into the log
            if not self._is_closed:
                _log.exception("job %s could not be brought to its end", job.name)
        finally:
            with self._lock:
                del self._threads[job.name]

    def _run_to_end(self, job: JobRecord) -> None:
        """Run a job, again and again while its record cannot be written: it goes on where it was."""
        while not self._is_closed:
            try:
                self._runner.run(self._store.job(job.name) or job)
            except StorageError as error:
                _log.warning("job %s: %s Trying again.", job.name, error.message)
                time.sleep(AGAIN_SECONDS)
            else:
                return
