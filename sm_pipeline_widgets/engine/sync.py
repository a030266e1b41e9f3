"""A job's folder kept in step with the object store while the job runs: checkpoints and continuous outputs.

Knows folders and objects, not jobs.
"""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sm_pipeline_widgets.engine.transfer import files_of, split_uri

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sm_pipeline_widgets.engine.objects import ObjectStore

INTERVAL_SECONDS = 1.0

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Mirror:
    """One folder and the URI its files go below.

    Parameters
    ----------
    deletes
        Whether a file that is gone from the folder goes from the store as well, as checkpoints do.
    """

    objects: ObjectStore
    folder: Path
    uri: str
    deletes: bool = False
    _kept: dict[str, tuple[int, int]] = field(default_factory=dict)
    _resting: dict[str, tuple[int, int]] = field(default_factory=dict)

    def note(self) -> None:
        """Take what is in the folder now as what the store has already (it was fetched from there)."""
        self._kept = self._found()

    def sync(self, *, is_end: bool = False) -> None:
        """Store what changed. Before the end a file must have rested for one look: it may still be written to."""
        bucket, prefix = split_uri(self.uri)
        found = self._found()
        for name, state in found.items():
            if self._kept.get(name) != state and (is_end or self._resting.get(name) == state):
                self.objects.put_file(bucket, _key(prefix, name), self.folder / name)
                self._kept[name] = state
        self._resting = found
        if self.deletes:
            for name in [name for name in self._kept if name not in found]:
                self.objects.delete(bucket, _key(prefix, name))
                del self._kept[name]

    def _found(self) -> dict[str, tuple[int, int]]:
        found = {}
        for path in files_of(self.folder):
            try:
                stat = path.stat()
            except FileNotFoundError:
                continue
            found[path.relative_to(self.folder).as_posix()] = (stat.st_mtime_ns, stat.st_size)
        return found


@contextmanager
def syncing(mirrors: Sequence[Mirror], interval: float = INTERVAL_SECONDS) -> Iterator[None]:
    """Keep mirrors in step from a thread of its own while the block runs, and once more at its end."""
    if not mirrors:
        yield
        return
    ended = threading.Event()

    def work() -> None:
        while not ended.wait(interval):
            _sync_all(mirrors)

    thread = threading.Thread(target=work, name="sync", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
    for mirror in mirrors:
        mirror.sync(is_end=True)


def _sync_all(mirrors: Sequence[Mirror]) -> None:
    for mirror in mirrors:
        try:
            mirror.sync()
        except OSError:
            # a file that went away or a full disk: the last look, at the job's end, says so in the job's reason
            _log.warning("%s could not be kept in step", mirror.uri, exc_info=True)


def _key(prefix: str, name: str) -> str:
    return f"{prefix.rstrip('/')}/{name}".lstrip("/")
