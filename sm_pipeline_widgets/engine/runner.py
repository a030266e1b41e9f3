"""Takes a job from its record to its end: data in, supervisor, data out. Blocking: each job has a thread of its own.

Every stage leaves a mark in the job's folder, so running the same job again (in an engine that was started again)
continues behind the last mark: ``spec`` — data is in; ``claim`` — a supervisor runs it; ``exit.json`` — it ended.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sm_pipeline_widgets.engine import joblog, supervisor
from sm_pipeline_widgets.engine.container import Container, ContainerError, Place, describe_container
from sm_pipeline_widgets.engine.endings import Ending, EndReason, Exit, cut, ending_of
from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.records import JobKind, JobRecord, JobStatus, Metric, Transition
from sm_pipeline_widgets.engine.sandbox import Command, Mode, host_path, write_spec
from sm_pipeline_widgets.engine.transfer import TransferError, fetch, fetch_archive, keep, keep_archive

if TYPE_CHECKING:
    from collections.abc import Callable

    from sm_pipeline_widgets.engine.objects import ObjectStore
    from sm_pipeline_widgets.engine.store import Store

_log = logging.getLogger(__name__)

TAIL_LINES = 200
LONGEST_MESSAGE = 1024


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
        self._jobs = home / "jobs"
        self._home = home
        self._store = store
        self._objects = objects
        self._place = place
        self._mode = mode
        self._clock = clock
        self._grace = grace_seconds
        self._lock = threading.Lock()
        self._stopping: set[str] = set()

    def folder(self, name: str) -> Path:
        return self._jobs / name

    def run(self, job: JobRecord) -> JobRecord:
        """The job's record at its end. Whatever goes wrong is the job's failure, told in its record."""
        try:
            return self._run(job)
        except (ContainerError, TransferError) as error:
            return self._finish(job, Ending(JobStatus.FAILED, "Failed", str(error)))
        except ServiceException as error:
            return self._finish(job, Ending(JobStatus.FAILED, "Failed", f"ClientError: {error.message}"))
        except Exception as error:  # noqa: BLE001 - the job's record must come to an end and say why
            _log.exception("job %s failed inside the engine", job.name)
            reason = f"InternalServerError: the engine could not run this job: {error}"
            return self._finish(job, Ending(JobStatus.FAILED, "Failed", reason))

    def stop(self, name: str) -> None:
        """Ask a job to end; one that has not started never will."""
        with self._lock:
            self._stopping.add(name)
            job = self._store.job(name)
            if job is not None and job.status is JobStatus.IN_PROGRESS:
                self._store.put_job(self._moved(replace(job, status=JobStatus.STOPPING), "Stopping"))
        folder = self.folder(name)
        if folder.exists():
            (folder / supervisor.STOP).touch()
            pid = _claimed_by(folder)
            if pid is not None and not (folder / supervisor.EXIT).exists():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM)

    def _run(self, job: JobRecord) -> JobRecord:
        container = describe_container(job, self._place())
        folder = self.folder(job.name)
        if not (folder / supervisor.SPEC).exists():
            job = self._put(self._moved(job, "Downloading"))
            self._prepare(folder, container)
        if self._is_stopping(job.name) and not (folder / supervisor.CLAIM).exists():
            return self._finish(job, Ending(JobStatus.STOPPED, "Stopped"))
        if not (folder / supervisor.EXIT).exists():
            job = self._put(replace(self._moved(job, "Training"), started=job.started or self._clock()))
            _supervise(folder)
        return self._collect(job, container, _read_exit(folder))

    def _prepare(self, folder: Path, container: Container) -> None:
        root = folder / "opt_ml"
        shutil.rmtree(root, ignore_errors=True)
        (folder / "work").mkdir(parents=True, exist_ok=True)
        for path in container.folders:
            _place(root, path).mkdir(parents=True, exist_ok=True)
        for path, text in container.files.items():
            target = host_path(root, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        for download in container.downloads:
            fetch(self._objects, download, _place(root, download.path))
        if container.code_archive.startswith("s3://"):
            fetch_archive(self._objects, container.code_archive, root / "code")
        program = _place(root, container.program) if container.program else None
        if program is not None and program.is_file():
            program.chmod(0o755)
        command = Command(
            argv=container.argv,
            env=container.env,
            cwd=container.cwd or str(folder / "work"),
            max_seconds=container.max_seconds,
            grace_seconds=self._grace,
            warnings=_warnings(root),
        )
        write_spec(folder, command, self._mode())

    def _collect(self, job: JobRecord, container: Container, end: Exit) -> JobRecord:
        folder = self.folder(job.name)
        root = folder / "opt_ml"
        tail = [event.text for event in joblog.tail(folder / supervisor.LOG, TAIL_LINES)]
        ending = ending_of(container, end, _text(root / "output" / "failure").strip(), tail)
        job = replace(job, started=end.started, exit_message=_text(root / "output" / "message"))
        if end.reason is EndReason.STOPPED:
            job = self._moved(job, "Stopping")
        if job.kind is JobKind.TRAINING:
            job = self._put(self._moved(job, "Uploading"))
            self._keep_training(container, folder)
            job = replace(job, model=container.model_uri, metrics=self._metrics(job))
        elif ending.status is JobStatus.COMPLETED:
            for upload in container.uploads:
                keep(self._objects, host_path(root, upload.path), upload.uri)
        return self._finish(job, ending)

    def _keep_training(self, container: Container, folder: Path) -> None:
        root = folder / "opt_ml"
        if container.model_uri.endswith(".tar.gz"):
            keep_archive(self._objects, root / "model", container.model_uri, folder / "model.tar.gz")
        else:
            keep(self._objects, root / "model", container.model_uri)
        data = root / "output" / "data"
        if data.is_dir() and any(data.iterdir()):
            keep_archive(self._objects, data, container.output_uri, folder / "output.tar.gz")
        if container.checkpoint is not None:
            keep(self._objects, host_path(root, container.checkpoint.path), container.checkpoint.uri)

    def _metrics(self, job: JobRecord) -> tuple[Metric, ...]:
        """The last value of each metric whose pattern the log matches."""
        found: dict[str, Metric] = {}
        patterns = [
            (str(at["Name"]), re.compile(str(at["Regex"])))
            for at in (job.request.get("AlgorithmSpecification") or {}).get("MetricDefinitions") or []
        ]
        if not patterns:
            return ()
        for event in joblog.read_forward(self.folder(job.name) / supervisor.LOG, 0):
            for name, pattern in patterns:
                match = pattern.search(event.text)
                if match and match.groups():
                    with contextlib.suppress(ValueError):
                        found[name] = Metric(name, float(match[1]), event.time / 1000)
        return tuple(found.values())

    def _finish(self, job: JobRecord, ending: Ending) -> JobRecord:
        now = self._clock()
        if self._is_stopping(job.name):
            # The end was asked for: however the command took it, the job is Stopped.
            ending = Ending(JobStatus.STOPPED, "Stopped")
        done = replace(self._moved(job, ending.secondary, ending.reason), status=ending.status)
        done = self._put(replace(done, ended=now, modified=now, reason=cut(ending.reason)))
        with self._lock:
            self._stopping.discard(job.name)
        for name in ("opt_ml", "work", "scratch"):
            shutil.rmtree(self.folder(job.name) / name, ignore_errors=True)
        return done

    def _moved(self, job: JobRecord, secondary: str, message: str = "") -> JobRecord:
        """The record with one more secondary status."""
        now = self._clock()
        before = job.transitions
        if before and before[-1].status == secondary:
            return job
        if before and before[-1].ended is None:
            before = (*before[:-1], replace(before[-1], ended=now))
        return replace(job, modified=now, transitions=(*before, Transition(secondary, now, message)))

    def _put(self, job: JobRecord) -> JobRecord:
        with self._lock:
            if job.name in self._stopping and not job.status.is_end:
                job = replace(job, status=JobStatus.STOPPING)
            self._store.put_job(job)
        return job

    def _is_stopping(self, name: str) -> bool:
        with self._lock:
            return name in self._stopping or (self.folder(name) / supervisor.STOP).exists()


def _supervise(folder: Path) -> None:
    """Start a supervisor, or find the one that already runs, and wait for its end."""
    if _claimed_by(folder) is None:
        place = str(Path(supervisor.__file__).parent)
        command = [sys.executable, "-I", "-S", "-c", supervisor.START, place, str(folder)]
        with (folder / "supervisor.err").open("ab") as errors:
            process = subprocess.Popen(  # noqa: S603 - the command is our own
                command, stdin=subprocess.DEVNULL, stdout=errors, stderr=errors, start_new_session=True, cwd="/"
            )
        process.wait()
    with (folder / supervisor.CLAIM).open("ab") as claim:
        fcntl.flock(claim, fcntl.LOCK_EX)


def _claimed_by(folder: Path) -> int | None:
    text = _text(folder / supervisor.CLAIM)
    return int(text) if text.isdigit() else None


def _read_exit(folder: Path) -> Exit:
    path = folder / supervisor.EXIT
    if not path.exists():
        words = _text(folder / "supervisor.err").strip() or "it was killed"
        raise OSError(f"the job's supervisor left no exit status: {words}")
    found = json.loads(path.read_text(encoding="utf-8"))
    return Exit(found["code"], EndReason(found["reason"]), found["started"], found["ended"])


def _place(root: Path, path: str) -> Path:
    try:
        return host_path(root, path)
    except ValueError as error:
        raise ContainerError(f"ClientError: {error}") from error


def _text(path: Path) -> str:
    """The first 1024 characters of a text file, or nothing."""
    try:
        with path.open("rb") as file:
            return file.read(4 * LONGEST_MESSAGE).decode("utf-8", "replace")[:LONGEST_MESSAGE]
    except (FileNotFoundError, IsADirectoryError):
        return ""


def _warnings(root: Path) -> tuple[str, ...]:
    if (root / "code" / "requirements.txt").exists():
        return ("warning: requirements.txt is not installed here; the step uses the packages of the engine's Python.",)
    return ()
