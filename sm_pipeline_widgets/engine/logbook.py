"""Which log groups and streams there are, and in which files: those of jobs, and those announced by others.

Knows names and folders; ``joblog`` reads the files.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from sm_pipeline_widgets.engine import joblog
from sm_pipeline_widgets.engine.records import JobKind
from sm_pipeline_widgets.engine.supervisor import LOG

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from sm_pipeline_widgets.engine.store import Store

_KINDS = {f"/aws/sagemaker/{kind}Jobs": kind for kind in (JobKind.TRAINING, JobKind.PROCESSING, JobKind.TRANSFORM)}
LIMIT_VARIABLE = "SM_PIPELINE_WIDGETS_LOG_BYTES"
"""Environment variable: the most that the logs of a state folder may take together, in bytes."""
_LIMIT = 4 << 30
DATA_LOG = "data-log"
"""A batch transform's second stream: what went wrong with single records."""


@dataclass(frozen=True, slots=True)
class Stream:
    """A log stream: its name, its file, when its job was made (in ms)."""

    name: str
    path: Path
    created: int


class Logbook:
    """The groups and streams of one state folder; a stream without a line yet does not exist."""

    def __init__(self, home: Path, store: Store) -> None:
        self._home = home
        self._store = store

    def groups(self) -> list[str]:
        """The names of the groups that have a stream, or a job that may get one."""
        jobs = [name for name, kind in _KINDS.items() if self._store.has_jobs(kind)]
        announced = [unquote(path.name) for path in _listed(self._home / "streams")]
        return sorted({*jobs, *announced})

    def streams(self, group: str, prefix: str = "") -> list[Stream]:
        """The streams of a group whose names begin with `prefix`, by name."""
        found = [*self._of_jobs(group, prefix), *self._announced(group)]
        kept = [stream for stream in found if stream.name.startswith(prefix) and joblog.end_of(stream.path) > 0]
        return sorted(kept, key=lambda stream: stream.name)

    def _of_jobs(self, group: str, prefix: str) -> Iterator[Stream]:
        kind = _KINDS.get(group)
        if kind is None:
            return
        # the store knows the first host's stream; the others' names differ behind the job's name only
        for name, job, created in self._store.streams(kind, prefix.partition("/")[0]):
            folder = self._home / "jobs" / job
            moment = int(created * 1000)
            yield Stream(name, folder / LOG, moment)
            for path in folder.glob(f"algo-*/{LOG}"):
                yield Stream(name.replace("/algo-1-", f"/{path.parent.name}-"), path, moment)
            if (folder / DATA_LOG).exists():
                yield Stream(f"{name}/{DATA_LOG}", folder / DATA_LOG, moment)

    def _announced(self, group: str) -> Iterator[Stream]:
        if group in ("", ".", ".."):  # names that quoting leaves as they are, and that mean another folder
            return
        for path in _listed(self._home / "streams" / quote(group, "")):
            target, _, created = path.read_text(encoding="utf-8").partition("\n")
            yield Stream(unquote(path.name), self._home / target, int(created))


def announce(home: Path, group: str, stream: str, log: Path, now: float) -> None:
    """Make a log file below `home` (it need not be there yet) known as a stream of a group.

    Parameters
    ----------
    now
        Seconds since the epoch.
    """
    folder = home / "streams" / quote(group, "")
    folder.mkdir(parents=True, exist_ok=True)
    new = folder / f".{quote(stream, '')}"
    new.write_text(f"{log.relative_to(home)}\n{int(now * 1000)}", encoding="utf-8")
    new.replace(folder / quote(stream, ""))


def forget(home: Path, group: str, stream: str) -> None:
    """Take back what :func:`announce` made known; the file stays."""
    folder = home / "streams" / quote(group, "")
    (folder / quote(stream, "")).unlink(missing_ok=True)
    if folder.is_dir() and not os.listdir(folder):  # noqa: PTH208 - one look, no objects
        folder.rmdir()


def limit(environ: Mapping[str, str]) -> int:
    """The most that all logs may take, in bytes; a single one may take a quarter of it."""
    given = environ.get(LIMIT_VARIABLE, "")
    return int(given) if given.isdigit() else _LIMIT


def prune(home: Path, most: int, is_ended: Callable[[str], bool]) -> list[str]:
    """Remove logs of ended jobs, oldest first, until all logs together take no more than `most` bytes.

    Returns the jobs whose logs are gone.
    """
    sizes = {folder.name: _size(folder) for folder in _listed(home / "jobs")}
    total = sum(size for size, _ in sizes.values())
    gone = []
    for name, (size, _) in sorted(sizes.items(), key=lambda item: item[1][1]):
        if total <= most:
            break
        if size and is_ended(name):
            for path in _logs(home / "jobs" / name):
                path.unlink(missing_ok=True)
            total -= size
            gone.append(name)
    return gone


def _size(folder: Path) -> tuple[int, float]:
    """What a job's logs take on disk, and when they were last written to."""
    stats = [path.stat() for path in _logs(folder) if path.exists()]
    return sum(at.st_blocks * 512 for at in stats), max((at.st_mtime for at in stats), default=0.0)


def _logs(folder: Path) -> list[Path]:
    return [folder / LOG, folder / DATA_LOG, *folder.glob(f"algo-*/{LOG}")]


def _listed(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not path.name.startswith(".")) if folder.is_dir() else []
