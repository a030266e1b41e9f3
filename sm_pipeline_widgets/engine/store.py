"""The engine's memory: one SQLite file. Knows records and their tables, not what they mean.

Every write is one committed transaction when its method returns, so what the engine acts upon survives it. WAL
without a sync per commit: safe against the death of the process, which is what happens to engines; a power cut may
lose the last moments, never the file.

Log lines are not here: each job's supervisor appends them to a file of its own, which is the log (see ``joblog``).
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine.plan import ServiceStepStatus
from sm_pipeline_widgets.engine.records import (
    ExecutionRecord,
    JobKind,
    JobRecord,
    JobStatus,
    Metric,
    PipelineRecord,
    StepRecord,
    Transition,
    VersionRecord,
)
from sm_pipeline_widgets.execution.state import ExecutionStatus

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA_VERSION = 1

_SCHEMA = """
CREATE TABLE pipelines (name TEXT PRIMARY KEY COLLATE NOCASE, arn TEXT NOT NULL UNIQUE, display_name TEXT NOT NULL,
  description TEXT NOT NULL, role TEXT NOT NULL, created REAL NOT NULL, modified REAL NOT NULL,
  version INTEGER NOT NULL, last_run REAL, parallelism INTEGER, tags TEXT NOT NULL);
CREATE TABLE versions (pipeline TEXT NOT NULL COLLATE NOCASE, version INTEGER NOT NULL, definition TEXT NOT NULL,
  created REAL NOT NULL, PRIMARY KEY (pipeline, version));
CREATE TABLE executions (arn TEXT PRIMARY KEY, pipeline TEXT NOT NULL COLLATE NOCASE, version INTEGER NOT NULL,
  status TEXT NOT NULL, created REAL NOT NULL, modified REAL NOT NULL, role TEXT NOT NULL,
  display_name TEXT NOT NULL, description TEXT NOT NULL, reason TEXT NOT NULL, parallelism INTEGER,
  parameters TEXT NOT NULL);
CREATE INDEX executions_of ON executions (pipeline, created);
CREATE TABLE steps (execution TEXT NOT NULL, name TEXT NOT NULL, position INTEGER NOT NULL, status TEXT NOT NULL,
  started REAL NOT NULL, ended REAL, attempts INTEGER NOT NULL, reason TEXT NOT NULL, metadata TEXT NOT NULL,
  end_order INTEGER NOT NULL, display_name TEXT NOT NULL, description TEXT NOT NULL, PRIMARY KEY (execution, name));
CREATE TABLE properties (execution TEXT NOT NULL, name TEXT NOT NULL, properties TEXT NOT NULL,
  PRIMARY KEY (execution, name));
CREATE TABLE jobs (name TEXT PRIMARY KEY, kind TEXT NOT NULL, arn TEXT NOT NULL, execution TEXT NOT NULL,
  step TEXT NOT NULL, request TEXT NOT NULL, status TEXT NOT NULL, created REAL NOT NULL, modified REAL NOT NULL,
  stream TEXT NOT NULL, started REAL, ended REAL, reason TEXT NOT NULL, exit_message TEXT NOT NULL,
  model TEXT NOT NULL, transitions TEXT NOT NULL, metrics TEXT NOT NULL);
CREATE INDEX jobs_of ON jobs (execution, step);
CREATE INDEX jobs_by_stream ON jobs (kind, stream);
CREATE TABLE events (number INTEGER PRIMARY KEY AUTOINCREMENT, time REAL NOT NULL, execution TEXT NOT NULL,
  step TEXT NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL);
CREATE INDEX events_of ON events (execution);
CREATE TABLE tokens (operation TEXT NOT NULL, token TEXT NOT NULL, request TEXT NOT NULL, answer TEXT NOT NULL,
  PRIMARY KEY (operation, token));
"""


class Store:
    """The records, for all threads of one engine."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        with self._transaction():
            if self._db.execute("PRAGMA user_version").fetchone()[0] == 0:
                for statement in _SCHEMA.split(";"):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version={SCHEMA_VERSION}")

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def _rows(self, query: str, *values: Any) -> list[sqlite3.Row]:
        with self._lock:
            return self._db.execute(query, values).fetchall()

    # pipelines

    def add_pipeline(self, pipeline: PipelineRecord, definition: str) -> bool:
        """Keep a new pipeline and its first version; False when the name is taken."""
        with self._transaction() as db:
            if db.execute("SELECT 1 FROM pipelines WHERE name = ?", (pipeline.name,)).fetchone():
                return False
            _put(db, "pipelines", _row(pipeline))
            _put(db, "versions", _row(VersionRecord(pipeline.name, pipeline.version, definition, pipeline.created)))
        return True

    def put_pipeline(self, pipeline: PipelineRecord, definition: str | None = None) -> None:
        """Keep a changed pipeline and, with a definition, that as the version the record names."""
        with self._transaction() as db:
            _put(db, "pipelines", _row(pipeline))
            if definition is not None:
                version = VersionRecord(pipeline.name, pipeline.version, definition, pipeline.modified)
                _put(db, "versions", _row(version))

    def pipeline(self, name: str) -> PipelineRecord | None:
        rows = self._rows("SELECT * FROM pipelines WHERE name = ?", name)
        return _pipeline(rows[0]) if rows else None

    def pipelines(self) -> list[PipelineRecord]:
        return [_pipeline(row) for row in self._rows("SELECT * FROM pipelines ORDER BY created, name")]

    def version(self, pipeline: str, version: int) -> VersionRecord | None:
        rows = self._rows("SELECT * FROM versions WHERE pipeline = ? AND version = ?", pipeline, version)
        return VersionRecord(**rows[0]) if rows else None

    def definition_of(self, execution: ExecutionRecord) -> str:
        """The text of the definition an execution runs."""
        rows = self._rows(
            "SELECT definition FROM versions WHERE pipeline = ? AND version = ?", execution.pipeline, execution.version
        )
        return str(rows[0]["definition"])

    def versions(self, pipeline: str) -> list[VersionRecord]:
        rows = self._rows("SELECT * FROM versions WHERE pipeline = ? ORDER BY version", pipeline)
        return [VersionRecord(**row) for row in rows]

    def delete_pipeline(self, name: str) -> None:
        """Forget a pipeline, its versions and its executions with all that belongs to them."""
        with self._transaction() as db:
            mine = "(SELECT arn FROM executions WHERE pipeline = ?)"
            for table in ("steps", "properties", "jobs", "events"):
                db.execute(f"DELETE FROM {table} WHERE execution IN {mine}", (name,))  # noqa: S608 - names above
            for table in ("executions", "versions"):
                db.execute(f"DELETE FROM {table} WHERE pipeline = ?", (name,))  # noqa: S608 - names above
            db.execute("DELETE FROM pipelines WHERE name = ?", (name,))

    # executions

    def put_execution(self, execution: ExecutionRecord) -> None:
        with self._transaction() as db:
            _put(db, "executions", _row(execution))
            _event(db, execution.modified, execution)
            db.execute(
                "UPDATE pipelines SET last_run = max(coalesce(last_run, 0), ?) WHERE name = ?",
                (execution.created, execution.pipeline),
            )

    def execution(self, arn: str) -> ExecutionRecord | None:
        rows = self._rows("SELECT * FROM executions WHERE arn = ?", arn)
        return _execution(rows[0]) if rows else None

    def executions(self, pipeline: str) -> list[ExecutionRecord]:
        rows = self._rows("SELECT * FROM executions WHERE pipeline = ? ORDER BY created, arn", pipeline)
        return [_execution(row) for row in rows]

    def unfinished(self) -> list[ExecutionRecord]:
        """The executions that have not come to an end."""
        rows = self._rows("SELECT * FROM executions WHERE status IN ('Executing', 'Stopping') ORDER BY created")
        return [_execution(row) for row in rows]

    # steps and jobs

    def put_steps(self, steps: Sequence[StepRecord], now: float, properties: Mapping[str, Any] | None = None) -> None:
        """Keep started steps and, with them, what later ones may refer to."""
        with self._transaction() as db:
            for step in steps:
                _put(db, "steps", _row(step))
                if properties:
                    row = {"execution": step.execution, "name": step.name, "properties": json.dumps(properties)}
                    _put(db, "properties", row)
                _event(db, now, step)

    def steps(self, execution: str) -> list[StepRecord]:
        """The started steps of an execution, in the order they started."""
        rows = self._rows("SELECT * FROM steps WHERE execution = ? ORDER BY position", execution)
        return [_step(row) for row in rows]

    def properties(self, execution: str) -> dict[str, Any]:
        """By step that succeeded, what later ones may refer to."""
        rows = self._rows(
            "SELECT name, properties FROM properties JOIN steps USING (execution, name) "
            "WHERE execution = ? AND status = 'Succeeded'",
            execution,
        )
        return {row["name"]: json.loads(row["properties"]) for row in rows}

    def put_job(self, job: JobRecord) -> None:
        with self._transaction() as db:
            _put(db, "jobs", _row(job))

    def job(self, name: str) -> JobRecord | None:
        rows = self._rows("SELECT * FROM jobs WHERE name = ?", name)
        return _job(rows[0]) if rows else None

    def jobs(self, kind: JobKind | None = None) -> list[JobRecord]:
        rows = self._rows("SELECT * FROM jobs WHERE ?1 IS NULL OR kind = ?1 ORDER BY created, name", kind)
        return [_job(row) for row in rows]

    def has_jobs(self, kind: JobKind) -> bool:
        return bool(self._rows("SELECT 1 FROM jobs WHERE kind = ? LIMIT 1", kind))

    def jobs_of(self, execution: str) -> list[JobRecord]:
        return [_job(row) for row in self._rows("SELECT * FROM jobs WHERE execution = ? ORDER BY created", execution)]

    def streams(self, kind: JobKind, prefix: str = "") -> list[tuple[str, str, float]]:
        """Log stream names beginning with `prefix`, each with its job and the job's creation, in their order."""
        rows = self._rows(
            "SELECT stream, name, created FROM jobs WHERE kind = ? AND substr(stream, 1, ?) = ? ORDER BY stream",
            kind, len(prefix), prefix,
        )  # fmt: skip
        return [(row["stream"], row["name"], row["created"]) for row in rows]

    # idempotency

    def answer_of(self, operation: str, token: str) -> tuple[str, Mapping[str, Any]] | None:
        """The request and answer once kept for a client's token."""
        rows = self._rows("SELECT request, answer FROM tokens WHERE operation = ? AND token = ?", operation, token)
        return (rows[0]["request"], json.loads(rows[0]["answer"])) if rows else None

    def keep_answer(self, operation: str, token: str, request: str, answer: Mapping[str, Any]) -> None:
        row = {"operation": operation, "token": token, "request": request, "answer": json.dumps(answer)}
        with self._transaction() as db:
            _put(db, "tokens", row)


def _put(db: sqlite3.Connection, table: str, row: Mapping[str, Any]) -> None:
    names, marks = ", ".join(row), ", ".join("?" * len(row))
    statement = f"INSERT OR REPLACE INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 - fields of our own records
    db.execute(statement, list(row.values()))


def _event(db: sqlite3.Connection, time: float, record: ExecutionRecord | StepRecord) -> None:
    owner = (record.execution, record.name) if isinstance(record, StepRecord) else (record.arn, "")
    row = {"time": time, "execution": owner[0], "step": owner[1], "status": record.status, "reason": record.reason}
    _put(db, "events", row)


def _row(record: Any) -> dict[str, Any]:
    """A record's fields as columns; structures as JSON."""
    values = {at.name: getattr(record, at.name) for at in fields(record)}
    return {name: _column(value) for name, value in values.items()}


def _column(value: Any) -> Any:
    if isinstance(value, Mapping):
        return json.dumps(value)
    if isinstance(value, tuple):
        return json.dumps([asdict(entry) for entry in value])
    return value


def _pipeline(row: sqlite3.Row) -> PipelineRecord:
    return PipelineRecord(**{**row, "tags": json.loads(row["tags"])})


def _execution(row: sqlite3.Row) -> ExecutionRecord:
    changed = {"status": ExecutionStatus(row["status"]), "parameters": json.loads(row["parameters"])}
    return ExecutionRecord(**{**row, **changed})


def _step(row: sqlite3.Row) -> StepRecord:
    changed = {"metadata": json.loads(row["metadata"]), "status": ServiceStepStatus(row["status"])}
    return StepRecord(**{**row, **changed})


def _job(row: sqlite3.Row) -> JobRecord:
    transitions = tuple(Transition(**entry) for entry in json.loads(row["transitions"]))
    changed = {"kind": JobKind(row["kind"]), "status": JobStatus(row["status"]), "request": json.loads(row["request"])}
    metrics = tuple(Metric(**entry) for entry in json.loads(row["metrics"]))
    return JobRecord(**{**row, **changed, "transitions": transitions, "metrics": metrics})
