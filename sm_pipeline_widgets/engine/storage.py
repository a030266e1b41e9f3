"""What it looks like when the engine's state cannot be written or read: a full disk above all.

Knows the errors of SQLite and of the system, not what was to be kept.
"""

from __future__ import annotations

import errno
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sm_pipeline_widgets.engine.exceptions import ServiceException

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_WORDS = {
    sqlite3.SQLITE_FULL: "The disk of {folder} is full.",
    sqlite3.SQLITE_READONLY: "The engine may not write its state: {path} is read-only.",
    sqlite3.SQLITE_PERM: "The engine may not write its state: {path} is read-only.",
    sqlite3.SQLITE_CANTOPEN: "The engine cannot open its state {path}: the folder cannot be written or read.",
    sqlite3.SQLITE_CORRUPT: "The engine's state {path} is damaged.",
    sqlite3.SQLITE_NOTADB: "The engine's state {path} is damaged: it is no SQLite file.",
    sqlite3.SQLITE_IOERR: "The engine's state {path} cannot be read or written: {error}.",
    sqlite3.SQLITE_BUSY: "The engine's state {path} is held by another process.",
    sqlite3.SQLITE_LOCKED: "The engine's state {path} is held by another process.",
}


class StorageError(ServiceException):
    """What the engine must keep cannot be written or read; nothing was changed. Trying again later may be enough."""

    def __init__(self, path: Path, error: sqlite3.Error | OSError) -> None:
        super().__init__("ServiceUnavailable", f"{trouble(path, error)} Nothing was changed.", 503)


def is_full(error: OSError) -> bool:
    """Whether a disk (or a user's share of it) is full."""
    return error.errno in _FULL


@contextmanager
def storing(path: Path) -> Iterator[None]:
    """Raise a full disk that is met inside as a StorageError about the folder of `path`."""
    try:
        yield
    except OSError as error:
        if is_full(error):
            raise StorageError(path, error) from error
        raise


def trouble(path: Path, error: sqlite3.Error | OSError) -> str:
    """What is wrong with a file of the state, in a sentence."""
    if isinstance(error, OSError):
        return _WORDS[sqlite3.SQLITE_FULL].format(folder=path.parent)
    primary = getattr(error, "sqlite_errorcode", -1) & 0xFF
    words = _WORDS.get(primary, "The engine's state {path} cannot be used: {error}.")
    return words.format(path=path, folder=path.parent, error=error)
