"""Control-plane resources that need no table of their own: models, endpoints, packages, callback tokens, messages.

One table for all kinds. A record is plain JSON; whoever owns a kind knows what is in it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from sm_pipeline_widgets.engine.database import Database

_INSERT = "INTO resources (kind, name, arn, created, modified, record) VALUES (?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class ResourceRecord:
    """One resource; times are seconds since the epoch, ``name`` is unique within ``kind``."""

    kind: str
    name: str
    arn: str
    created: float
    modified: float
    record: Mapping[str, Any]


class Resources:
    """The resources of one engine, for all of its threads; every write is committed when its method returns."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put_resource_if_absent(self, resource: ResourceRecord) -> bool:
        """Keep a new resource; False when the name is taken."""
        with self._database.transaction() as db:
            return db.execute(f"INSERT OR IGNORE {_INSERT}", _values(resource)).rowcount == 1

    def put_resource(self, resource: ResourceRecord) -> None:
        """Keep a resource, new or changed."""
        with self._database.transaction() as db:
            db.execute(f"INSERT OR REPLACE {_INSERT}", _values(resource))

    def resource(self, kind: str, name: str) -> ResourceRecord | None:
        rows = self._database.rows("SELECT * FROM resources WHERE kind = ? AND name = ?", kind, name)
        return _resource(rows[0]) if rows else None

    def resource_by_arn(self, arn: str) -> ResourceRecord | None:
        rows = self._database.rows("SELECT * FROM resources WHERE arn = ? ORDER BY created LIMIT 1", arn)
        return _resource(rows[0]) if rows else None

    def resources(self, kind: str, prefix: str = "") -> list[ResourceRecord]:
        """Those of a kind whose name begins with `prefix`, oldest first."""
        rows = self._database.rows(
            "SELECT * FROM resources WHERE kind = ? AND substr(name, 1, ?) = ? ORDER BY created, name",
            kind, len(prefix), prefix,
        )  # fmt: skip
        return [_resource(row) for row in rows]

    def delete_resource(self, kind: str, name: str) -> bool:
        """Forget a resource; False when there was none."""
        with self._database.transaction() as db:
            return db.execute("DELETE FROM resources WHERE kind = ? AND name = ?", (kind, name)).rowcount == 1


def _values(resource: ResourceRecord) -> tuple[Any, ...]:
    text = json.dumps(resource.record)
    return (resource.kind, resource.name, resource.arn, resource.created, resource.modified, text)


def _resource(row: sqlite3.Row) -> ResourceRecord:
    return ResourceRecord(
        row["kind"], row["name"], row["arn"], row["created"], row["modified"], json.loads(row["record"])
    )
