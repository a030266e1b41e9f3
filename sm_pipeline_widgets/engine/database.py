"""A SQLite file of the engine's: opened, checked, brought to the present schema, locked. Knows no record.

Every write is one committed transaction when its block ends, so what the engine acts upon survives it. WAL without a
sync per commit: safe against the death of the process, which is what happens to engines; a power cut may lose the
last moments, never the file.
"""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine.storage import StorageError, trouble
from sm_pipeline_widgets.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


class Database:
    """One file, for all threads of one engine.

    Parameters
    ----------
    migrations
        Statements, one text per version of the schema: each brings a file to the next version.
    loss
        What is lost without the file, for the error of a damaged one.

    Raises
    ------
    EngineError
        The file is damaged, cannot be written, or was made by a newer version.
    """

    def __init__(self, path: Path, migrations: Sequence[str], loss: str) -> None:
        self._path = path
        self._lock = threading.RLock()
        # a connection of their own for those who only look: they see what is committed and hold up nobody
        self._reading = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=30)
            self._prepare(migrations)
            self._reader = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=30)
            self._reader.row_factory = sqlite3.Row
            self._reader.execute("PRAGMA query_only=ON")
        except sqlite3.Error as error:
            raise EngineError(trouble(path, error), _remedy(path, error, loss)) from error

    def close(self) -> None:
        with self._reading:
            self._reader.close()
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A block whose statements are kept all or not at all."""
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                try:
                    yield self._db
                    self._db.execute("COMMIT")
                except BaseException:
                    # a full disk has rolled back already
                    if self._db.in_transaction:
                        self._db.execute("ROLLBACK")
                    raise
            except (sqlite3.OperationalError, sqlite3.DatabaseError) as error:
                if isinstance(error, (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.InterfaceError)):
                    raise
                raise StorageError(self._path, error) from error

    def rows(self, query: str, *values: Any) -> list[sqlite3.Row]:
        """What a query finds among what is committed."""
        with self._reading:
            try:
                return self._reader.execute(query, values).fetchall()
            except sqlite3.DatabaseError as error:
                if isinstance(error, (sqlite3.ProgrammingError, sqlite3.InterfaceError)):
                    raise
                raise StorageError(self._path, error) from error

    def _prepare(self, migrations: Sequence[str]) -> None:
        found, known = self._db.execute("PRAGMA user_version").fetchone()[0], len(migrations)
        if found > known:
            self._db.close()
            raise EngineError(
                f"The state in {self._path} was written by a newer version of sm_pipeline_widgets "
                f"(its schema is {found}; this version knows {known}).",
                "Upgrade sm_pipeline_widgets, or set SM_PIPELINE_WIDGETS_HOME to another folder.",
            )
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute("PRAGMA foreign_keys=ON")
        self._db.execute("BEGIN IMMEDIATE")
        for text in migrations[found:]:
            for statement in text.split(";"):
                self._db.execute(statement)
        self._db.execute(f"PRAGMA user_version={known}")
        self._db.execute("COMMIT")


def _remedy(path: Path, error: sqlite3.Error, loss: str) -> str:
    if getattr(error, "sqlite_errorcode", -1) & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return (
            f"Move {path.name}, {path.name}-wal and {path.name}-shm away and start again: {loss}. "
            "The file was left as it is."
        )
    return "Free space or make the folder writable, then start again; or set SM_PIPELINE_WIDGETS_HOME to another one."
