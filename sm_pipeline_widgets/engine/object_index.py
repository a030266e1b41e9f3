"""The index of the object store: which key names which file, in SQLite.

It knows tables, keys as UTF-8 bytes and pages of them; it must not know where files lie or what they hold.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping  # noqa: TC003  # a field's type, read at run time by dataclass tools
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sm_pipeline_widgets.engine.database import Database
from sm_pipeline_widgets.engine.exceptions import ServiceException

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# no UTF-8 text holds this byte: a prefix followed by it is above every key with that prefix
_ABOVE = b"\xff"
_BATCH = 1000

Row = sqlite3.Row

_SCHEMA = """
CREATE TABLE IF NOT EXISTS bucket (name TEXT PRIMARY KEY, created REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS object (
  bucket TEXT NOT NULL REFERENCES bucket (name), key BLOB NOT NULL, blob TEXT NOT NULL, size INTEGER NOT NULL,
  etag TEXT NOT NULL, modified REAL NOT NULL, traits TEXT NOT NULL, PRIMARY KEY (bucket, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS upload (
  id TEXT PRIMARY KEY, bucket TEXT NOT NULL, key BLOB NOT NULL, traits TEXT NOT NULL, started REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS part (
  upload TEXT NOT NULL REFERENCES upload (id) ON DELETE CASCADE, number INTEGER NOT NULL, blob TEXT NOT NULL,
  size INTEGER NOT NULL, etag TEXT NOT NULL, checksum TEXT NOT NULL, modified REAL NOT NULL,
  PRIMARY KEY (upload, number)) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class ObjectTraits:
    """What the writer of an object said about it.

    ``headers`` are S3's own (``CacheControl``, ``ContentEncoding`` …) by the name of their member in the API;
    ``checksums`` by algorithm (``CRC32``), base64; ``checksum_type`` is FULL_OBJECT or COMPOSITE.
    """

    content_type: str = "binary/octet-stream"
    metadata: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    checksums: Mapping[str, str] = field(default_factory=dict)
    checksum_type: str = ""


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """One object as it is now, without its bytes."""

    key: str
    size: int
    etag: str
    modified: datetime
    traits: ObjectTraits = field(default_factory=ObjectTraits)

    @property
    def content_type(self) -> str:
        return self.traits.content_type

    @property
    def metadata(self) -> Mapping[str, str]:
        return self.traits.metadata


@dataclass(frozen=True, slots=True)
class Page:
    """Some objects and common prefixes, each in order; ``last`` continues the listing where it was cut."""

    objects: tuple[ObjectInfo, ...]
    prefixes: tuple[str, ...]
    truncated: bool
    last: str


@dataclass(frozen=True, slots=True)
class Blob:
    name: str
    size: int
    etag: str


@dataclass(frozen=True, slots=True)
class Upload:
    """A multipart upload under way."""

    id: str
    bucket: str
    key: str
    traits: ObjectTraits
    started: datetime


@dataclass(frozen=True, slots=True)
class Part:
    number: int
    size: int
    etag: str
    checksum: str
    blob: str
    modified: float

    @property
    def moment(self) -> datetime:
        return datetime.fromtimestamp(self.modified, UTC)


class ObjectIndex:
    """One SQLite file, one connection, one lock: the index is small and its statements short."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path, (_SCHEMA,), "buckets and objects begin anew, pipelines and logs stay")
        self._change = self._database.transaction
        self._all = self._database.rows

    def close(self) -> None:
        self._database.close()

    def _one(self, sql: str, *values: object) -> Row | None:
        rows = self._all(sql, *values)
        return rows[0] if rows else None

    # --- buckets

    def add_bucket(self, name: str, now: float) -> bool:
        with self._change() as db:
            return db.execute("INSERT OR IGNORE INTO bucket VALUES (?, ?)", (name, now)).rowcount > 0

    def remove_bucket(self, name: str) -> None:
        with self._change() as db:
            db.execute("DELETE FROM bucket WHERE name = ?", (name,))

    def bucket_created(self, name: str) -> float | None:
        row = self._one("SELECT created FROM bucket WHERE name = ?", name)
        return float(row[0]) if row else None

    def buckets(self) -> list[tuple[str, float]]:
        rows = self._all("SELECT name, created FROM bucket ORDER BY name")
        return [(str(name), float(created)) for name, created in rows]

    def require_bucket(self, name: str) -> None:
        if self.bucket_created(name) is None:
            raise no_such_bucket(name)

    # --- objects

    def put(self, bucket: str, key: str, blob: Blob, traits: ObjectTraits, now: float) -> str | None:
        """Let a key name a blob; the name of the blob it named before."""
        row = (bucket, key.encode(), blob.name, blob.size, blob.etag, now, _traits_text(traits))
        with self._change() as db:
            if db.execute("SELECT 1 FROM bucket WHERE name = ?", (bucket,)).fetchone() is None:
                raise no_such_bucket(bucket)
            before = db.execute("SELECT blob FROM object WHERE bucket = ? AND key = ?", row[:2]).fetchone()
            db.execute("INSERT OR REPLACE INTO object VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        return str(before[0]) if before else None

    def remove(self, bucket: str, key: str) -> str | None:
        with self._change() as db:
            where = (bucket, key.encode())
            before = db.execute("SELECT blob FROM object WHERE bucket = ? AND key = ?", where).fetchone()
            db.execute("DELETE FROM object WHERE bucket = ? AND key = ?", where)
        return str(before[0]) if before else None

    def get(self, bucket: str, key: str) -> tuple[ObjectInfo, str] | None:
        """The object and its blob's name."""
        row = self._one(
            "SELECT key, size, etag, modified, traits, blob FROM object WHERE bucket = ? AND key = ?",
            bucket,
            key.encode(),
        )
        return (_info(row), str(row[5])) if row else None

    def page(self, bucket: str, prefix: str, delimiter: str, start_after: str, max_keys: int) -> Page:
        objects: list[ObjectInfo] = []
        prefixes: list[str] = []
        last = start_after
        if max_keys <= 0:
            return Page((), (), truncated=False, last=last)
        for info, common in self._rolled(bucket, prefix, delimiter, start_after):
            if len(objects) + len(prefixes) >= max_keys:
                return Page(tuple(objects), tuple(prefixes), truncated=True, last=last)
            if common is None:
                objects.append(info)
            else:
                prefixes.append(common)
            last = common if common is not None else info.key
        return Page(tuple(objects), tuple(prefixes), truncated=False, last=last)

    def _rolled(
        self, bucket: str, prefix: str, delimiter: str, start_after: str
    ) -> Iterator[tuple[ObjectInfo, str | None]]:
        """Objects after a key; of those that share a prefix up to the delimiter only the first, with that prefix."""
        low, cursor = prefix.encode(), start_after.encode()
        inclusive = not cursor or cursor < low
        if inclusive:
            cursor = low
        elif delimiter and start_after.startswith(prefix) and start_after[len(prefix) :].endswith(delimiter):
            cursor += _ABOVE
        # a folder is jumped over at its first object, so what is read behind it is thrown away
        batch = 20 if delimiter else _BATCH
        while True:
            rows = self._after(bucket, cursor, low + _ABOVE, batch, inclusive=inclusive)
            inclusive = False
            jumped = False
            for row in rows:
                info = _info(row)
                common = _common_prefix(info.key, prefix, delimiter)
                yield info, common
                cursor = info.key.encode()
                if common is not None:
                    cursor = common.encode() + _ABOVE
                    jumped = True
                    break
            if not jumped and len(rows) < batch:
                return

    def _after(self, bucket: str, cursor: bytes, end: bytes, batch: int, *, inclusive: bool) -> list[Row]:
        comparison = ">=" if inclusive else ">"
        return self._all(
            "SELECT key, size, etag, modified, traits FROM object "  # noqa: S608  # one of two operators, no input
            f"WHERE bucket = ? AND key {comparison} ? AND key < ? ORDER BY key LIMIT ?",
            bucket,
            cursor,
            end,
            batch,
        )

    # --- multipart

    def add_upload(self, upload: Upload) -> None:
        row = (upload.id, upload.bucket, upload.key.encode(), _traits_text(upload.traits), upload.started.timestamp())
        with self._change() as db:
            db.execute("INSERT INTO upload VALUES (?, ?, ?, ?, ?)", row)

    def upload(self, upload_id: str) -> Upload:
        row = self._one("SELECT id, bucket, key, traits, started FROM upload WHERE id = ?", upload_id)
        if row is None:
            raise ServiceException(
                "NoSuchUpload",
                "The specified upload does not exist. The upload ID may be invalid, "
                "or the upload may have been aborted or completed.",
                404,
            )
        return _upload(row)

    def uploads(self, bucket: str) -> list[Upload]:
        rows = self._all(
            "SELECT id, bucket, key, traits, started FROM upload WHERE bucket = ? ORDER BY key, started", bucket
        )
        return [_upload(row) for row in rows]

    def put_part(self, upload_id: str, part: Part) -> str | None:
        self.upload(upload_id)
        row = (upload_id, part.number, part.blob, part.size, part.etag, part.checksum, part.modified)
        with self._change() as db:
            before = db.execute("SELECT blob FROM part WHERE upload = ? AND number = ?", row[:2]).fetchone()
            db.execute("INSERT OR REPLACE INTO part VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        return str(before[0]) if before else None

    def parts(self, upload_id: str) -> list[Part]:
        self.upload(upload_id)
        rows = self._all(
            "SELECT number, size, etag, checksum, blob, modified FROM part WHERE upload = ? ORDER BY number", upload_id
        )
        return [Part(*row) for row in rows]

    def remove_upload(self, upload_id: str) -> list[str]:
        blobs = [part.blob for part in self.parts(upload_id)]
        with self._change() as db:
            db.execute("DELETE FROM upload WHERE id = ?", (upload_id,))
        return blobs

    def blob_names(self) -> set[str]:
        return {str(row[0]) for row in self._all("SELECT blob FROM object UNION SELECT blob FROM part")}


def no_such_bucket(name: str) -> ServiceException:
    return ServiceException("NoSuchBucket", "The specified bucket does not exist", 404, {"BucketName": name})


def no_such_key(key: str) -> ServiceException:
    return ServiceException("NoSuchKey", "The specified key does not exist.", 404, {"Key": key})


def _common_prefix(key: str, prefix: str, delimiter: str) -> str | None:
    if not delimiter:
        return None
    end = key.find(delimiter, len(prefix))
    return key[: end + len(delimiter)] if end >= 0 else None


def _info(row: Row) -> ObjectInfo:
    key, size, etag, modified, traits = row[:5]
    moment = datetime.fromtimestamp(modified, UTC)
    return ObjectInfo(key.decode(), size, etag, moment, _traits(traits))


def _upload(row: Row) -> Upload:
    upload_id, bucket, key, traits, started = row
    moment = datetime.fromtimestamp(started, UTC)
    return Upload(upload_id, bucket, key.decode(), _traits(traits), moment)


def _traits_text(traits: ObjectTraits) -> str:
    return json.dumps(
        {
            "content_type": traits.content_type,
            "metadata": dict(traits.metadata),
            "headers": dict(traits.headers),
            "checksums": dict(traits.checksums),
            "checksum_type": traits.checksum_type,
        }
    )


def _traits(text: str) -> ObjectTraits:
    return ObjectTraits(**json.loads(text))
