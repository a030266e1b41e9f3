"""Takes a job from its record to its end, whatever its kind. Blocking: each job has a thread of its own."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine import hosts, logbook, transform, tuner, tuning
from sm_pipeline_widgets.engine.container import ContainerError, Place
from sm_pipeline_widgets.engine.endings import Ending
from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.hosts import Means
from sm_pipeline_widgets.engine.janitor import Janitor
from sm_pipeline_widgets.engine.making import tuned_by
from sm_pipeline_widgets.engine.progress import STOP_ASKED, Progress
from sm_pipeline_widgets.engine.records import JobKind, JobRecord, JobStatus, Transition
from sm_pipeline_widgets.engine.storage import StorageError, storing
from sm_pipeline_widgets.engine.supervised import LostError
from sm_pipeline_widgets.engine.transfer import TransferError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from sm_pipeline_widgets.engine.objects import ObjectStore
    from sm_pipeline_widgets.engine.sandbox import Mode
    from sm_pipeline_widgets.engine.search import Trial
    from sm_pipeline_widgets.engine.store import Store

PRUNE_SECONDS = 60.0

_log = logging.getLogger(__name__)

_WORK: dict[JobKind, Callable[[Progress, Means], Ending]] = {
    JobKind.TRAINING: hosts.work,
    JobKind.PROCESSING: hosts.work,
    JobKind.TRANSFORM: transform.work,
}


class Runner:
    """Runs jobs below ``home/jobs``.

    Parameters
    ----------
    place
        What a job is told of the engine; asked for each job, since the engine may move.
    mode
        How a job sees its folder as ``/opt/ml``.
    grace_seconds
        Between SIGTERM and SIGKILL; the service gives 120.
    """

    def __init__(
        self,
        *,
        home: Path,
        store: Store,
        objects: ObjectStore,
        place: Callable[[], Place],
        mode: Callable[[], Mode],
        clock: Callable[[], float],
        grace_seconds: float,
    ) -> None:
        self.means = Means(home, objects, place, mode, grace_seconds)
        self._jobs = home / "jobs"
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._running: dict[str, Progress] = {}
        self._prune_at = 0.0
        self._janitor = Janitor(self._jobs, self._is_ended)

    def folder(self, name: str) -> Path:
        return self._jobs / name

    def run(self, job: JobRecord) -> JobRecord:
        """The job's record at its end. Whatever goes wrong is the job's failure, told in its record."""
        with self._lock:
            progress = Progress(job, self.folder(job.name), self._store, self._clock)
            self._running[job.name] = progress
        try:
            done = progress.finish(self._work(progress))
        finally:
            with self._lock:
                del self._running[job.name]
        self._janitor.clear(self.folder(job.name))
        self._prune()
        return done

    def _prune(self) -> None:
        """Keep the logs within their limit, with a look once in a while."""
        with self._lock:
            if self._clock() < self._prune_at:
                return
            self._prune_at = self._clock() + PRUNE_SECONDS
        gone = logbook.prune(self.means.home, logbook.limit(self.means.place().environ), self._is_ended)
        if gone:
            _log.info("The logs of %s old jobs were removed: %s is reached", len(gone), logbook.LIMIT_VARIABLE)

    def _children(self, parent: JobRecord) -> tuner.Children:
        """How a tuning comes to its training jobs: they belong to its execution, or to itself where it has none."""

        def make(name: str, request: Mapping[str, Any], details: Mapping[str, Any]) -> JobRecord:
            now = self._clock()
            arn = parent.arn.rpartition(":")[0] + f":training-job/{name.lower()}"
            job = JobRecord(
                name=name,
                kind=JobKind.TRAINING,
                arn=arn,
                execution=parent.execution or parent.arn,
                step="",
                request=request,
                status=JobStatus.IN_PROGRESS,
                created=now,
                modified=now,
                stream=f"{name}/algo-1-{int(now)}",
                transitions=(Transition("Starting", now),),
                details=details,
            )
            self._store.put_job(job)
            return job

        def learned(name: str) -> list[Trial]:
            keys = (name, f"{name}+{JobKind.TUNING}")
            jobs = (job for key in keys if (job := self._store.job(key)) is not None)
            found = next((job for job in jobs if job.kind is JobKind.TUNING), None)
            return [] if found is None else tuning.trials_of(found, tuned_by(self._store, found))

        return tuner.Children(self._store.job, make, self.run, self.stop, self._values, learned)

    def _values(self, job: JobRecord, metric: str) -> list[float]:
        return hosts.metric_values(job, self.folder(job.name), metric)

    def _is_ended(self, name: str) -> bool:
        job = self._store.job(name)
        return job is not None and job.status.is_end

    def stop(self, name: str) -> None:
        """Ask a job to end; one that has not started never will."""
        folder = self.folder(name)
        with self._lock:
            progress = self._running.get(name)
            if progress is None:
                folder.mkdir(parents=True, exist_ok=True)
                (folder / STOP_ASKED).touch()
        if progress is not None:
            progress.ask_stop()
        else:
            job = self._store.job(name)
            if job is not None and job.status is JobStatus.IN_PROGRESS:
                self._store.put_job(replace(job, status=JobStatus.STOPPING, modified=self._clock()))
        hosts.stop(folder)

    def _work(self, progress: Progress) -> Ending:
        try:
            if progress.record.kind is JobKind.TUNING:
                return tuner.work(progress, self._children(progress.record))
            with storing(self._jobs):
                return _WORK[progress.record.kind](progress, self.means)
        except StorageError:
            # a full disk is no failure of the job: whoever runs it tries again
            raise
        except (ContainerError, TransferError) as error:
            return Ending(JobStatus.FAILED, "Failed", str(error))
        except ServiceException as error:
            return Ending(JobStatus.FAILED, "Failed", f"ClientError: {error.message}")
        except LostError as error:
            _log.warning("job %s has failed: %s", progress.record.name, error)
            return Ending(
                JobStatus.FAILED, "Failed", f"InternalServerError: the engine could not run this job: {error}"
            )
        except Exception as error:  # noqa: BLE001 - the job's record must come to an end and say why
            _log.exception("job %s failed inside the engine", progress.record.name)
            reason = f"InternalServerError: the engine could not run this job: {error}"
            return Ending(JobStatus.FAILED, "Failed", reason)
