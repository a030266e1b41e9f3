"""Objects of the engine's S3: bytes in files, their names in SQLite.

It knows buckets, keys, blobs and multipart uploads; it must not know HTTP, XML or signatures. A key never becomes a
path: every blob has a random name and is written once, so a reader's open file survives an overwrite, and the index
holds keys as UTF-8 bytes, whose order is the order in which S3 lists.

The files are shared with whoever asks for :meth:`ObjectStore.path`: never write to one.
"""

from __future__ import annotations

import hashlib
import shutil
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, BinaryIO

from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.object_index import (
    Blob,
    ObjectIndex,
    ObjectInfo,
    ObjectTraits,
    Page,
    Part,
    Upload,
    no_such_key,
)
from sm_pipeline_widgets.engine.storage import storing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

__all__ = ["Bucket", "ObjectInfo", "ObjectStore", "ObjectTraits", "Page", "Part", "Upload", "Written"]

CHUNK = 1 << 20
SMALLEST_PART = 5 << 20
LONGEST_KEY = 1024


@dataclass(frozen=True, slots=True)
class Bucket:
    name: str
    created: datetime


@dataclass(frozen=True, slots=True)
class Written:
    """Bytes already in the store's folder that no key names yet."""

    path: Path
    size: int
    md5: bytes

    @property
    def etag(self) -> str:
        return self.md5.hex()


class ObjectStore:
    """Buckets and objects below one folder; safe to use from several threads.

    Parameters
    ----------
    root
        The folder; made if it is not there.
    clock
        What time it is; tests hand in their own.
    """

    def __init__(self, root: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.root = root
        self._blobs = root / "blobs"
        self._blobs.mkdir(parents=True, exist_ok=True)
        self._index = ObjectIndex(root / "index.sqlite")
        self._clock = clock

    def close(self) -> None:
        self._index.close()

    def sweep(self) -> int:
        """Remove files that nothing names (an upload cut off by a crash); only while nobody writes."""
        known = self._index.blob_names()
        lost = [path for path in self._blobs.glob("*/*") if path.name not in known]
        for path in lost:
            path.unlink(missing_ok=True)
        return len(lost)

    # --- buckets

    def create_bucket(self, name: str) -> bool:
        """Make a bucket; False if it was there already."""
        return self._index.add_bucket(name, self._now())

    def has_bucket(self, name: str) -> bool:
        return self._index.bucket_created(name) is not None

    def delete_bucket(self, name: str) -> None:
        """Remove an empty bucket."""
        self._index.require_bucket(name)
        if self.list(name, max_keys=1).objects:
            raise ServiceException("BucketNotEmpty", "The bucket you tried to delete is not empty", 409)
        for upload in self.uploads(name):
            self.abort(upload.id)
        self._index.remove_bucket(name)

    def buckets(self) -> list[Bucket]:
        return [Bucket(name, datetime.fromtimestamp(created, UTC)) for name, created in self._index.buckets()]

    # --- writing

    def blank(self) -> Path:
        """A new path inside the store to write bytes to; :meth:`adopt` or :meth:`discard` must follow."""
        name = uuid.uuid4().hex
        folder = self._blobs / name[:2]
        folder.mkdir(exist_ok=True)
        return folder / name

    def discard(self, path: Path) -> None:
        path.unlink(missing_ok=True)

    def adopt(self, bucket: str, key: str, written: Written, traits: ObjectTraits | None = None) -> ObjectInfo:
        """Give written bytes a key; what the key named before is gone."""
        blob = Blob(written.path.name, written.size, written.etag)
        return self._name(bucket, key, blob, traits or ObjectTraits())

    def put_bytes(self, bucket: str, key: str, data: bytes, traits: ObjectTraits | None = None) -> ObjectInfo:
        """Store bytes; the bucket is made if it is not there."""
        self.create_bucket(bucket)
        with self._writing() as path:
            path.write_bytes(data)
        return self.adopt(bucket, key, Written(path, len(data), _md5(data).digest()), traits)

    def put_file(self, bucket: str, key: str, source: Path, traits: ObjectTraits | None = None) -> ObjectInfo:
        """Store a copy of a file; the bucket is made if it is not there."""
        self.create_bucket(bucket)
        digest = _md5()
        size = 0
        with self._writing() as path, source.open("rb") as reader, path.open("wb") as writer:
            while chunk := reader.read(CHUNK):
                writer.write(chunk)
                digest.update(chunk)
                size += len(chunk)
        return self.adopt(bucket, key, Written(path, size, digest.digest()), traits)

    def copy(
        self, source_bucket: str, source_key: str, bucket: str, key: str, traits: ObjectTraits | None = None
    ) -> ObjectInfo:
        """Store an object's bytes under another key; without ``traits`` its own go along."""
        info, reader = self.open_info(source_bucket, source_key)
        with reader, self._writing() as path, path.open("wb") as writer:
            shutil.copyfileobj(reader, writer, CHUNK)
        blob = Blob(path.name, info.size, info.etag)
        return self._name(bucket, key, blob, traits or info.traits)

    def delete(self, bucket: str, key: str) -> bool:
        """Remove an object; False if it was not there."""
        self._index.require_bucket(bucket)
        blob = self._index.remove(bucket, key)
        if blob is not None:
            self._unlink(blob)
        return blob is not None

    # --- reading

    def head(self, bucket: str, key: str) -> ObjectInfo | None:
        row = self._index.get(bucket, key)
        return row[0] if row else None

    def path(self, bucket: str, key: str) -> Path | None:
        """The file that holds the object now: for reading, copying or reflinking, never for writing."""
        row = self._index.get(bucket, key)
        return self._blob_path(row[1]) if row else None

    def open(self, bucket: str, key: str) -> BinaryIO:
        """The object's bytes; an overwrite or delete meanwhile does not touch what is read."""
        return self.open_info(bucket, key)[1]

    def open_info(self, bucket: str, key: str) -> tuple[ObjectInfo, BinaryIO]:
        """The object as it is now and its bytes, of one and the same version."""
        while True:
            self._index.require_bucket(bucket)
            row = self._index.get(bucket, key)
            if row is None:
                raise no_such_key(key)
            try:
                return row[0], self._blob_path(row[1]).open("rb")
            except FileNotFoundError:
                # overwritten between the look into the index and the open: the index knows the new file by now
                if self._index.get(bucket, key) == row:
                    raise

    def list(
        self, bucket: str, prefix: str = "", delimiter: str = "", start_after: str = "", max_keys: int = 1000
    ) -> Page:
        """One page of a bucket in UTF-8 byte order; keys with one prefix up to ``delimiter`` are rolled into one."""
        self._index.require_bucket(bucket)
        return self._index.page(bucket, prefix, delimiter, start_after, max_keys)

    def iter(self, bucket: str, prefix: str = "") -> Iterator[ObjectInfo]:
        """All objects below a prefix; nothing if there is no such bucket."""
        if not self.has_bucket(bucket):
            return
        after = ""
        while True:
            page = self.list(bucket, prefix, start_after=after)
            yield from page.objects
            if not page.truncated:
                return
            after = page.last

    # --- multipart

    def create_upload(self, bucket: str, key: str, traits: ObjectTraits | None = None) -> Upload:
        self._index.require_bucket(bucket)
        _check_key(key)
        upload = Upload(uuid.uuid4().hex, bucket, key, traits or ObjectTraits(), self._clock())
        self._index.add_upload(upload)
        return upload

    def upload(self, upload_id: str) -> Upload:
        return self._index.upload(upload_id)

    def uploads(self, bucket: str) -> Sequence[Upload]:
        self._index.require_bucket(bucket)
        return self._index.uploads(bucket)

    def put_part(self, upload_id: str, number: int, written: Written, checksum: str = "") -> Part:
        """Store one part; a part with the same number is replaced."""
        part = Part(number, written.size, written.etag, checksum, written.path.name, self._now())
        try:
            replaced = self._index.put_part(upload_id, part)
        except ServiceException:
            self.discard(written.path)
            raise
        if replaced is not None:
            self._unlink(replaced)
        return part

    def parts(self, upload_id: str) -> Sequence[Part]:
        """The parts so far, by number."""
        return self._index.parts(upload_id)

    def complete(self, upload_id: str, chosen: Sequence[Part], traits: ObjectTraits | None = None) -> ObjectInfo:
        """Join the chosen parts, in order, into the upload's object."""
        upload = self._index.upload(upload_id)
        for part in chosen[:-1]:
            if part.size < SMALLEST_PART:
                raise ServiceException(
                    "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed object size."
                )
        with self._writing() as path, path.open("wb") as writer:
            for part in chosen:
                with self._blob_path(part.blob).open("rb") as reader:
                    shutil.copyfileobj(reader, writer, CHUNK)
        digest = _md5(b"".join(bytes.fromhex(part.etag) for part in chosen)).hexdigest()
        blob = Blob(path.name, sum(part.size for part in chosen), f"{digest}-{len(chosen)}")
        info = self._name(upload.bucket, upload.key, blob, traits or upload.traits)
        self.abort(upload_id)
        return info

    def open_part(self, part: Part) -> BinaryIO:
        return self._blob_path(part.blob).open("rb")

    def abort(self, upload_id: str) -> None:
        """Forget an upload and its parts."""
        for blob in self._index.remove_upload(upload_id):
            self._unlink(blob)

    # --- inside

    @contextmanager
    def _writing(self) -> Iterator[Path]:
        """A new path to write to; nothing stays of what cannot be written to its end."""
        with storing(self._blobs):
            path = self.blank()
            try:
                yield path
            except BaseException:
                self.discard(path)
                raise

    def _name(self, bucket: str, key: str, blob: Blob, traits: ObjectTraits) -> ObjectInfo:
        path = self._blob_path(blob.name)
        try:
            _check_key(key)
            modified = self._now()
            replaced = self._index.put(bucket, key, blob, traits, modified)
        except ServiceException:
            self.discard(path)
            raise
        if replaced is not None:
            self._unlink(replaced)
        return ObjectInfo(key, blob.size, blob.etag, datetime.fromtimestamp(modified, UTC), traits)

    def _now(self) -> float:
        return self._clock().timestamp()

    def _blob_path(self, name: str) -> Path:
        return self._blobs / name[:2] / name

    def _unlink(self, blob: str) -> None:
        self._blob_path(blob).unlink()


def _md5(data: bytes = b"") -> hashlib._Hash:
    # S3's ETag is an MD5 by definition; nothing here trusts it
    return hashlib.md5(data, usedforsecurity=False)


def _check_key(key: str) -> None:
    if not key:
        raise ServiceException("InvalidArgument", "An object key must not be empty.")
    if len(key.encode()) > LONGEST_KEY:
        raise ServiceException("KeyTooLongError", "Your key is too long")
