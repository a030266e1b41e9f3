"""A job whose work is a container's: each of its hosts prepared, supervised and collected. Blocking.

Every stage leaves a mark in a host's folder, so doing the same job again (in an engine that was started again)
continues behind the last mark: ``spec`` — data is in; ``claim`` — a supervisor runs it; ``exit.json`` — it ended.
"""

from __future__ import annotations

import errno
import math
import os
import shutil
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sm_pipeline_widgets.engine import environments, joblog, logbook, supervised, supervisor
from sm_pipeline_widgets.engine.container import Container, ContainerError, Place, describe_container, metric_patterns
from sm_pipeline_widgets.engine.endings import Ending, EndReason, Exit, ending_of
from sm_pipeline_widgets.engine.records import JobKind, JobRecord, JobStatus, Metric
from sm_pipeline_widgets.engine.sandbox import Command, Mode, host_path, write_spec
from sm_pipeline_widgets.engine.storage import is_full
from sm_pipeline_widgets.engine.sync import Mirror, syncing
from sm_pipeline_widgets.engine.transfer import Download, TransferError, fetch, fetch_archive, keep, keep_archive

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from sm_pipeline_widgets.engine.objects import ObjectStore
    from sm_pipeline_widgets.engine.progress import Progress

TAIL_LINES = 200
LONGEST_MESSAGE = 1024
LEFTOVERS = ("opt_ml", "work", "scratch", "env", "hosts", "output", "key", "port")


@dataclass(frozen=True, slots=True)
class Means:
    """What work on this machine needs; ``place`` and ``mode`` are asked for each job, since the engine may move."""

    home: Path
    objects: ObjectStore
    place: Callable[[], Place]
    mode: Callable[[], Mode]
    grace_seconds: float


@dataclass(frozen=True, slots=True)
class _HostRun:
    """One host: what it is to do and where."""

    container: Container
    folder: Path

    @property
    def root(self) -> Path:
        return self.folder / "opt_ml"


def work(progress: Progress, means: Means) -> Ending:
    """Take a Training or Processing job to its end.

    Raises
    ------
    ContainerError, TransferError, ServiceException, OSError
        It cannot be done; the text is the job's failure.
    """
    hosts = _hosts_of(progress.record, progress.folder, means.place())
    waiting = [host for host in hosts if not (host.folder / supervisor.SPEC).exists()]
    if waiting:
        progress.to("Downloading")
    for host in waiting:
        _prepare_or_clear(host, means)
    if progress.is_stopping and not (hosts[0].folder / supervisor.CLAIM).exists():
        return Ending(JobStatus.STOPPED, "Stopped")
    # also where all have ended while no engine was there: what they left last is not kept yet
    with syncing([mirror for host in hosts for mirror in _mirrors(host, means.objects)]):
        if not all(supervised.has_ended(host.folder) for host in hosts):
            progress.to("Training", started=progress.record.started or progress.clock())
            _supervise([host.folder for host in hosts])
    return _collect(progress, hosts, means.objects)


def folders_of(folder: Path) -> list[Path]:
    """The folders of a job's hosts that are there, the first host's first."""
    others = [path for path in folder.glob("algo-*") if path.is_dir()]
    return [folder, *sorted(others, key=lambda path: int(path.name.rpartition("-")[2]))]


def stop(folder: Path) -> None:
    """Ask every host of a job to end."""
    for each in folders_of(folder):
        supervised.stop(each)


def clear(folder: Path) -> None:
    """Remove what an ended job no longer needs; its logs stay."""
    for each in folders_of(folder):
        for name in LEFTOVERS:
            path = each / name
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def _hosts_of(job: JobRecord, folder: Path, place: Place) -> list[_HostRun]:
    first = describe_container(job, place)
    others = range(2, len(first.hosts) + 1)
    rest = [_HostRun(describe_container(job, place, at), folder / f"algo-{at}") for at in others]
    return [_HostRun(first, folder), *rest]


def _prepare_or_clear(host: _HostRun, means: Means) -> None:
    """Prepare a host; of one whose data does not fit on the disk nothing stays behind."""
    try:
        _prepare(host, means)
    except OSError as error:
        if not is_full(error):
            raise
        clear(host.folder)
        raise TransferError(
            f"ClientError: Data download failed: the disk of {means.home} is full ({error}). Free some space, "
            "`%pipeline engine clean` removes old runs, and retry."
        ) from error


def _prepare(host: _HostRun, means: Means) -> None:
    """Bring a host's data in and write what its supervisor is to do."""
    container, folder, root = host.container, host.folder, host.root
    place = means.place()
    shutil.rmtree(root, ignore_errors=True)
    (folder / "work").mkdir(parents=True, exist_ok=True)
    for path in container.folders:
        _place(root, path).mkdir(parents=True, exist_ok=True)
    for path, text in container.files.items():
        target = host_path(root, path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    for download in container.downloads:
        fetch(means.objects, download, _place(root, download.path))
    if container.code_archive.startswith("s3://"):
        fetch_archive(means.objects, container.code_archive, root / "code")
    if container.checkpoint is not None:
        saved = Download(container.checkpoint.uri, container.checkpoint.path, is_optional=True)
        fetch(means.objects, saved, _place(root, saved.path))
    program = _place(root, container.program) if container.program else None
    if program is not None and program.is_file():
        program.chmod(0o755)
    command = Command(
        argv=container.argv,
        env=container.env,
        cwd=container.cwd or str(folder / "work"),
        max_seconds=container.max_seconds,
        grace_seconds=means.grace_seconds,
        hosts=container.hosts,
        warnings=container.warnings,
        log_bytes=logbook.limit(place.environ) // 4,
        is_isolated=container.is_isolated,
    )
    command = environments.prepared(command, root, folder / "env", means.home, place)
    try:
        write_spec(folder, command, means.mode())
    except ValueError as error:
        raise ContainerError(f"ClientError: {error}.") from error


def _mirrors(host: _HostRun, objects: ObjectStore) -> list[Mirror]:
    kept = [upload for upload in host.container.uploads if upload.is_continuous]
    mirrors = [Mirror(objects, host_path(host.root, at.path), at.uri) for at in kept]
    checkpoint = host.container.checkpoint
    if checkpoint is not None:
        mirror = Mirror(objects, host_path(host.root, checkpoint.path), checkpoint.uri, deletes=True)
        if supervised.claimed_by(host.folder) is None:
            mirror.note()
        mirrors.append(mirror)
    return mirrors


def _supervise(folders: Sequence[Path]) -> None:
    """Run all hosts; one that does not end well ends the others."""
    if len(folders) == 1:
        supervised.run(folders[0])
        return

    def run(folder: Path) -> None:
        supervised.run(folder)
        if not _ended_well(folder):
            for other in folders:
                if other != folder and not supervised.has_ended(other):
                    supervised.stop(other)

    threads = [threading.Thread(target=run, args=(folder,), name=f"host-{folder.name}") for folder in folders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _ended_well(folder: Path) -> bool:
    if not supervised.has_ended(folder):
        return False
    end = supervised.read_exit(folder)
    return end.code == 0 and end.reason is EndReason.OWN


def _collect(progress: Progress, hosts: Sequence[_HostRun], objects: ObjectStore) -> Ending:
    """Keep what the hosts left, and say how the job ended."""
    ends = [supervised.read_exit(host.folder) for host in hosts]
    for host, each in zip(hosts, ends, strict=True):
        _note_lost(host.folder / supervisor.LOG, each.lost)
    end, blamed = _decisive(ends, hosts)
    tail = [event.text for event in joblog.tail(blamed.folder / supervisor.LOG, TAIL_LINES)]
    ending = ending_of(blamed.container, end, _text(blamed.root / "output" / "failure").strip(), tail)
    if len(hosts) > 1 and ending.reason:
        ending = replace(ending, reason=f"{ending.reason} (host {blamed.container.host} of {len(hosts)})")
    message = next((text for host in hosts if (text := _text(host.root / "output" / "message"))), "")
    progress.note(started=min(each.started for each in ends), exit_message=message)
    if end.reason is EndReason.STOPPED:
        progress.to("Stopping")
    if progress.record.kind is JobKind.TRAINING:
        progress.to("Uploading")
        _keep_training(hosts, objects)
        progress.note(model=hosts[0].container.model_uri, metrics=_metrics(progress.record, hosts))
    elif ending.status is JobStatus.COMPLETED:
        for host in hosts:
            for upload in host.container.uploads:
                if not upload.is_continuous and (folder := _own(host, upload.path)):
                    keep(objects, folder, upload.uri)
    return ending


def _note_lost(log: Path, lost: int) -> None:
    """Say of a log that its end is missing, once there is room to; the same job may be collected again."""
    words = supervisor.missing(lost, os.strerror(errno.ENOSPC))
    if lost and [event.text for event in joblog.tail(log, 1)] != [words]:
        joblog.append(log, words)


def _decisive(ends: Sequence[Exit], hosts: Sequence[_HostRun]) -> tuple[Exit, _HostRun]:
    """The end that decides the job's: the first that went wrong of its own, else one that was ended, else any."""

    def rank(pair: tuple[Exit, _HostRun]) -> tuple[int, float]:
        end = pair[0]
        if end.reason is EndReason.OWN:
            return (0 if end.code else 3, end.ended)
        return (1 if end.reason is EndReason.TIMED_OUT else 2, end.ended)

    return min(zip(ends, hosts, strict=True), key=rank)


def _keep_training(hosts: Sequence[_HostRun], objects: ObjectStore) -> None:
    container, scratch = hosts[0].container, hosts[0].folder
    models = [folder for host in hosts if (folder := _own(host, "/opt/ml/model"))]
    if container.model_uri.endswith(".tar.gz"):
        keep_archive(objects, models, container.model_uri, scratch / "model.tar.gz")
    else:
        for folder in reversed(models):
            keep(objects, folder, container.model_uri)
    data = [folder for host in hosts if (folder := _own(host, "/opt/ml/output/data")) and any(folder.iterdir())]
    if data:
        keep_archive(objects, data, container.output_uri, scratch / "output.tar.gz")


def _metrics(job: JobRecord, hosts: Sequence[_HostRun]) -> tuple[Metric, ...]:
    """The last value of each metric whose pattern the logs match."""
    found: dict[str, Metric] = {}
    patterns = metric_patterns(job.request)
    for host in hosts if patterns else ():
        for event in joblog.read_forward(host.folder / supervisor.LOG, 0):
            for name, pattern in patterns:
                match = pattern.search(event.text)
                if match and match.groups() and _is_newer(found.get(name), event.time):
                    value = _number(match[1])
                    if value is not None:
                        found[name] = Metric(name, value, event.time / 1000)
    return tuple(found.values())


def metric_values(job: JobRecord, folder: Path, metric: str) -> list[float]:
    """All values that the first host's log has given for a metric so far, in order."""
    pattern = dict(metric_patterns(job.request)).get(metric)
    if pattern is None or not pattern.groups:
        return []
    matches = (pattern.search(event.text) for event in joblog.read_forward(folder / supervisor.LOG, 0))
    numbers = (_number(match[1]) for match in matches if match)
    return [number for number in numbers if number is not None]


def _number(text: str | None) -> float | None:
    """A finite number; what a log calls nan or inf could neither be compared nor be sent as JSON."""
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _is_newer(known: Metric | None, time: int) -> bool:
    return known is None or time / 1000 >= known.time


def _own(host: _HostRun, path: str) -> Path | None:
    """A folder that the container left, unless it is a link by now: no link is followed out of a job's folder."""
    folder = host_path(host.root, path)
    if not folder.resolve().is_relative_to(host.root.resolve()):
        joblog.append(host.folder / supervisor.LOG, f"warning: {path} is a link; links are not uploaded.")
        return None
    return folder if folder.is_dir() else None


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
