"""The engine's memory of pipelines, executions, steps and jobs. Knows records and their tables, not what they mean.

Every write is one committed transaction when its method returns.

Log lines are not here: each job's supervisor appends them to a file of its own, which is the log (see ``joblog``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
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
    import sqlite3
    from collections.abc import Sequence

    from sm_pipeline_widgets.engine.database import Database


class Store:
    """The records, for all threads of one engine."""

    def __init__(self, database: Database) -> None:
        self._transaction = database.transaction
        self._rows = database.rows

    # pipelines

    def add_pipeline(self, pipeline: PipelineRecord, definition: str, aliases: tuple[str, ...] = ()) -> bool:
        """Keep a new pipeline and its first version; False when the name is taken."""
        with self._transaction() as db:
            if db.execute("SELECT 1 FROM pipelines WHERE name = ?", (pipeline.name,)).fetchone():
                return False
            _put(db, "pipelines", _row(pipeline))
            version = VersionRecord(pipeline.name, pipeline.version, definition, pipeline.created, aliases=aliases)
            _put(db, "versions", _row(version))
        return True

    def put_pipeline(
        self, pipeline: PipelineRecord, definition: str | None = None, aliases: tuple[str, ...] = ()
    ) -> None:
        """Keep a changed pipeline and, with a definition, that as the version the record names."""
        with self._transaction() as db:
            _put(db, "pipelines", _row(pipeline))
            if definition is not None:
                made = pipeline.modified
                version = VersionRecord(pipeline.name, pipeline.version, definition, made, aliases=aliases)
                _put(db, "versions", _row(version))

    def put_version(self, version: VersionRecord) -> None:
        with self._transaction() as db:
            _put(db, "versions", _row(version))

    def pipeline(self, name: str) -> PipelineRecord | None:
        rows = self._rows("SELECT * FROM pipelines WHERE name = ?", name)
        return _pipeline(rows[0]) if rows else None

    def pipelines(self) -> list[PipelineRecord]:
        return [_pipeline(row) for row in self._rows("SELECT * FROM pipelines ORDER BY created, name")]

    def version(self, pipeline: str, version: int) -> VersionRecord | None:
        rows = self._rows("SELECT * FROM versions WHERE pipeline = ? AND version = ?", pipeline, version)
        return _version(rows[0]) if rows else None

    def definition_of(self, execution: ExecutionRecord) -> str:
        """The text of the definition an execution runs."""
        rows = self._rows(
            "SELECT definition FROM versions WHERE pipeline = ? AND version = ?", execution.pipeline, execution.version
        )
        return str(rows[0]["definition"])

    def aliases(self, pipeline: str, version: int) -> list[str]:
        """The aliases a version has now."""
        rows = self._rows("SELECT aliases FROM versions WHERE pipeline = ? AND version = ?", pipeline, version)
        return list(json.loads(rows[0]["aliases"])) if rows else []

    def versions(self, pipeline: str) -> list[VersionRecord]:
        rows = self._rows("SELECT * FROM versions WHERE pipeline = ? ORDER BY version", pipeline)
        return [_version(row) for row in rows]

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

    def put_execution(
        self,
        execution: ExecutionRecord,
        steps: Sequence[StepRecord] = (),
        properties: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        """Keep an execution, and with it steps that change at the same moment (and what they give, by name)."""
        with self._transaction() as db:
            for step in steps:
                _put(db, "steps", _row(step))
                _event(db, execution.modified, step)
            for name, given in (properties or {}).items():
                _put(db, "properties", {"execution": execution.arn, "name": name, "properties": json.dumps(given)})
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
                if properties is not None:
                    row = {"execution": step.execution, "name": step.name, "properties": json.dumps(properties)}
                    _put(db, "properties", row)
                _event(db, now, step)

    def steps(self, execution: str) -> list[StepRecord]:
        """The started steps of an execution, in the order they started."""
        rows = self._rows("SELECT * FROM steps WHERE execution = ? ORDER BY position", execution)
        return [_step(row) for row in rows]

    def properties(self, execution: str) -> dict[str, Any]:
        """By step that ended, what later ones may refer to."""
        rows = self._rows(
            "SELECT name, properties FROM properties JOIN steps USING (execution, name) "
            "WHERE execution = ? AND status IN ('Succeeded', 'Failed') AND NOT superseded",
            execution,
        )
        return {row["name"]: json.loads(row["properties"]) for row in rows}

    def properties_of(self, execution: str, name: str) -> dict[str, Any]:
        """What later steps may refer to of one step."""
        query = "SELECT properties FROM properties WHERE execution = ? AND name = ?"
        rows = self._rows(query, execution, name)
        return dict(json.loads(rows[0]["properties"])) if rows else {}

    def cached_step(self, pipeline: str, name: str, key: str, oldest: float) -> StepRecord | None:
        """The newest success of a pipeline's step with a cache key, if it ended at `oldest` or later."""
        rows = self._rows(
            "SELECT steps.* FROM steps JOIN executions ON steps.execution = executions.arn "
            "WHERE cache_key = ? AND name = ? AND pipeline = ? AND steps.status = 'Succeeded' "
            "AND cached_from = '' AND reused_from = '' AND ended >= ? ORDER BY ended DESC LIMIT 1",
            key, name, pipeline, oldest,
        )  # fmt: skip
        return _step(rows[0]) if rows else None

    def put_job(self, job: JobRecord) -> None:
        with self._transaction() as db:
            _put(db, "jobs", _row(job))

    def job(self, name: str) -> JobRecord | None:
        rows = self._rows("SELECT * FROM jobs WHERE name = ?", name)
        return _job(rows[0]) if rows else None

    def job_by_arn(self, arn: str) -> JobRecord | None:
        """The job of an ARN, which has the name in lower case."""
        rows = self._rows("SELECT * FROM jobs WHERE arn = ?", arn)
        return _job(rows[0]) if rows else None

    def delete_job(self, name: str) -> None:
        with self._transaction() as db:
            db.execute("DELETE FROM jobs WHERE name = ?", (name,))

    def jobs(self, kind: JobKind | None = None) -> list[JobRecord]:
        rows = self._rows("SELECT * FROM jobs WHERE ?1 IS NULL OR kind = ?1 ORDER BY created, name", kind)
        return [_job(row) for row in rows]

    def unfinished_jobs(self) -> list[JobRecord]:
        """The jobs that belong to no execution and have not come to an end."""
        rows = self._rows("SELECT * FROM jobs WHERE execution = '' AND status IN ('InProgress', 'Stopping')")
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
    db.execute(statement, [_storable(value) for value in row.values()])


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
        return json.dumps([entry if isinstance(entry, str) else asdict(entry) for entry in value])
    return value


def _storable(value: Any) -> Any:
    """A value as the database takes it: half a surrogate pair, which JSON can hold, becomes a question mark."""
    if isinstance(value, str) and not value.isascii():
        return value.encode("utf-8", "replace").decode()
    return value


def _pipeline(row: sqlite3.Row) -> PipelineRecord:
    return PipelineRecord(**{**row, "tags": json.loads(row["tags"])})


def _execution(row: sqlite3.Row) -> ExecutionRecord:
    read = {name: json.loads(row[name]) for name in ("parameters", "selection", "experiment")}
    return ExecutionRecord(**{**row, **read, "status": ExecutionStatus(row["status"])})


def _version(row: sqlite3.Row) -> VersionRecord:
    return VersionRecord(**{**row, "aliases": tuple(json.loads(row["aliases"]))})


def _step(row: sqlite3.Row) -> StepRecord:
    changed = {
        "metadata": json.loads(row["metadata"]),
        "status": ServiceStepStatus(row["status"]),
        "superseded": bool(row["superseded"]),
    }
    return StepRecord(**{**row, **changed})


def _job(row: sqlite3.Row) -> JobRecord:
    transitions = tuple(Transition(**entry) for entry in json.loads(row["transitions"]))
    read = {name: json.loads(row[name]) for name in ("request", "details")}
    changed = {**read, "kind": JobKind(row["kind"]), "status": JobStatus(row["status"])}
    metrics = tuple(Metric(**entry) for entry in json.loads(row["metrics"]))
    return JobRecord(**{**row, **changed, "transitions": transitions, "metrics": metrics})
