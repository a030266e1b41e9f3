"""What an engine's state folder holds and what of it is old: told, and removed when nobody uses it.

Works on the folder itself while no engine does (it takes the engine's lock), so it must not be asked by the engine.
"""

from __future__ import annotations

import os
import shutil
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sm_pipeline_widgets.engine import supervised, supervisor
from sm_pipeline_widgets.engine.database import Database
from sm_pipeline_widgets.engine.endpoint import LOCK_FILE
from sm_pipeline_widgets.engine.filelock import FileLock
from sm_pipeline_widgets.engine.objects import ObjectStore
from sm_pipeline_widgets.engine.resources import Resources
from sm_pipeline_widgets.engine.schema import LOSS, MIGRATIONS
from sm_pipeline_widgets.engine.store import Store
from sm_pipeline_widgets.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sm_pipeline_widgets.engine.records import ExecutionRecord

_LOCK_SECONDS = 5.0
_WORK = ("jobs", "calls", "endpoints")
"""Where processes under supervisors have their folders."""
_OWN = (
    *_WORK, "objects", "functions", "streams", "environments", "sandbox",
    "engine.sqlite*", "engine.log*", "endpoint.json", "start.lock",
)  # fmt: skip
"""All that an engine makes in its folder, but for the lock that is held while it is removed, and for its address and
keys: notebooks that are open go on with them, and what a person has ended stays so."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Bytes below a state folder, by what they are."""

    objects: int
    jobs: int
    database: int
    other: int

    @property
    def total(self) -> int:
        return self.objects + self.jobs + self.database + self.other


@dataclass(frozen=True, slots=True)
class Waste:
    """What a cleaning would remove, or has removed."""

    executions: tuple[str, ...]
    outputs: tuple[tuple[str, str], ...]
    """Bucket and key of what those executions left in S3 and nothing kept refers to."""
    size: int


def usage(home: Path) -> Usage:
    """How much a state folder takes on disk; nothing for one that is not there."""
    parts = {name: _size(home / name) for name in ("objects", "jobs")}
    database = sum(path.stat().st_size for path in home.glob("engine.sqlite*") if path.is_file())
    other = max(0, _size(home) - sum(parts.values()) - database)
    return Usage(parts["objects"], parts["jobs"], database, other)


def clean(home: Path, before: float, *, outputs: bool = False, really: bool = False) -> Waste:
    """Remove executions that ended before a time (seconds since the epoch), with their jobs and logs.

    Parameters
    ----------
    outputs
        Also what they left in S3 below their own names, unless a model or a package is made of it.
    really
        False only says what would go.

    Raises
    ------
    EngineError
        Something is to be removed and an engine uses the folder.
    """
    try:
        with FileLock(home / LOCK_FILE, _LOCK_SECONDS) if really else nullcontext():
            return _clean(home, before, outputs=outputs, really=really)
    except TimeoutError:
        raise EngineError(f"An engine uses {home}.", "`%pipeline engine stop` ends it; running steps go on.") from None


def remove_everything(home: Path) -> None:
    """Remove all pipelines, executions, models and objects of a state folder; steps that still run are ended.

    What a person put there stays: the configuration, and files that are not the engine's.

    Raises
    ------
    EngineError
        An engine uses the folder.
    """
    try:
        with FileLock(home / LOCK_FILE, _LOCK_SECONDS):
            _end_steps(home)
            # by name: somebody may have put the state into a folder that holds other things as well
            for path in [path for name in _OWN for path in home.glob(name)]:
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                else:
                    path.unlink()
    except TimeoutError:
        raise EngineError(f"An engine uses {home}.", "`%pipeline engine stop` ends it; running steps go on.") from None


def _forget_calls(home: Path, executions: set[str]) -> None:
    """Remove what is left of Lambda calls of these executions, and the logs of those that no step made."""
    for folder in home.glob("calls/*"):
        owner = folder.name.split("-")[1:2] if folder.name.startswith("pipelines-") else []
        if executions & set(owner) or not (folder / supervisor.SPEC).exists():
            shutil.rmtree(folder, ignore_errors=True)
    for stream in home.glob("streams/*/*"):
        if not (home / stream.read_text(encoding="utf-8").partition("\n")[0]).exists():
            stream.unlink()


def _end_steps(home: Path) -> None:
    """End what an earlier engine left running below its folder."""
    claims = [at for name in _WORK for at in files_below(home / name) if at.name == supervisor.CLAIM]
    running = [at.parent for at in claims if supervised.is_running(at.parent)]
    for folder in running:
        supervised.stop(folder)
    for folder in running:
        supervised.wait(folder)


def _clean(home: Path, before: float, *, outputs: bool, really: bool) -> Waste:
    database = Database(home / "engine.sqlite", MIGRATIONS, LOSS)
    objects = ObjectStore(home / "objects")
    try:
        store = Store(database)
        old = [at for at in _executions(store) if at.status.is_end and at.modified < before]
        jobs = [job.name for at in old for job in store.jobs_of(at.arn)]
        left = tuple(_outputs(objects, {*jobs, *(at.id for at in old)}, Resources(database))) if outputs else ()
        size = sum(_size(home / "jobs" / name) for name in jobs) + sum(at[2] for at in left)
        if really:
            for name in jobs:
                shutil.rmtree(home / "jobs" / name, ignore_errors=True)
            for bucket, key, _ in left:
                objects.delete(bucket, key)
            for at in old:
                forget_execution(database, at.arn)
            _forget_calls(home, {at.id for at in old})
        return Waste(tuple(at.arn for at in old), tuple((bucket, key) for bucket, key, _ in left), size)
    finally:
        objects.close()
        database.close()


def _executions(store: Store) -> Iterator[ExecutionRecord]:
    for pipeline in store.pipelines():
        yield from store.executions(pipeline.name)


def _outputs(objects: ObjectStore, owners: set[str], resources: Resources) -> Iterator[tuple[str, str, int]]:
    """Objects that lie below a folder named after an execution or a job, and whose like nothing kept names."""
    kept = [uri for kind in ("model", "model-package") for at in resources.resources(kind) for uri in _uris(at.record)]
    for bucket in objects.buckets():
        for info in objects.iter(bucket.name, ""):
            parts = info.key.split("/")[:-1]
            uri = f"s3://{bucket.name}/{info.key}"
            if owners & set(parts) and not any(uri.startswith(at) for at in kept):
                yield bucket.name, info.key, info.size


def _uris(value: object) -> Iterator[str]:
    """Every S3 URI in a record."""
    if isinstance(value, str) and value.startswith("s3://"):
        yield value
    elif isinstance(value, dict):
        for member in value.values():
            yield from _uris(member)
    elif isinstance(value, list):
        for member in value:
            yield from _uris(member)


def forget_execution(database: Database, arn: str) -> None:
    """Remove an execution and all that belongs to it from the tables."""
    with database.transaction() as db:
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            columns = {row[1] for row in db.execute(f"PRAGMA table_info({table})")}
            if "execution" in columns:
                db.execute(f"DELETE FROM {table} WHERE execution = ?", (arn,))  # noqa: S608 - our own tables
        db.execute("DELETE FROM executions WHERE arn = ?", (arn,))


def files_below(folder: Path) -> Iterator[Path]:
    """All files below a folder, also while steps make and remove some: what is gone when looked at is left out.

    ``Path.rglob`` of Python 3.11 and 3.12 raises when a folder goes while it is read.
    """
    for at, _, names in os.walk(folder):
        yield from (Path(at, name) for name in names)


def _size(folder: Path) -> int:
    size = 0
    for path in files_below(folder):
        with suppress(FileNotFoundError):
            size += path.lstat().st_size
    return size
