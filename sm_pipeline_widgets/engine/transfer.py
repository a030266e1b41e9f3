"""Moving data between the object store and a job's folder, as SageMaker does before and after a container runs."""

from __future__ import annotations

import errno
import gzip
import json
import os
import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sm_pipeline_widgets.engine.objects import ObjectStore


_NO_COPY_RANGE = (errno.EXDEV, errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM)
"""What file systems answer that cannot copy in the kernel."""


class TransferError(Exception):
    """Data cannot be fetched or kept; the text is what the job's ``FailureReason`` says."""


@dataclass(frozen=True, slots=True)
class Download:
    """Objects to fetch. ``path`` is the container's folder; ``kind`` is the API's ``S3DataType``."""

    uri: str
    path: str
    kind: str = "S3Prefix"
    gunzip: bool = False


@dataclass(frozen=True, slots=True)
class Upload:
    """A container's folder whose files are kept below ``uri``."""

    path: str
    uri: str


def split_uri(uri: str) -> tuple[str, str]:
    """Bucket and key of an ``s3://`` URI.

    Raises
    ------
    TransferError
        It is no such URI.
    """
    parts = urlsplit(uri, allow_fragments=False)
    if parts.scheme != "s3" or not parts.netloc:
        raise TransferError(f"ClientError: Data download failed: {uri!r} is no S3 URI (s3://bucket/key).")
    return parts.netloc, uri.removeprefix(f"s3://{parts.netloc}").removeprefix("/")


def fetch(objects: ObjectStore, wanted: Download, folder: Path) -> int:
    """Copy the objects of a URI into a folder; how many there were.

    Copies, never links: a step may write into its inputs, and an object must stay what it was.
    """
    count = 0
    folder.mkdir(parents=True, exist_ok=True)
    bucket, _ = split_uri(wanted.uri)
    for key, name in _named_objects(objects, wanted):
        target = folder / _safe_name(key, name)
        if name.endswith("/"):
            target.mkdir(parents=True, exist_ok=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        with objects.open(bucket, key) as source:
            _copy(source.fileno(), target, gunzip=wanted.gunzip)
        count += 1
    if count == 0:
        raise TransferError(
            f'ClientError: Data download failed:No S3 objects found under S3 URL "{wanted.uri}" '
            "given in input data source. Please ensure that the bucket exists and the key prefix is right."
        )
    return count


def fetch_archive(objects: ObjectStore, uri: str, folder: Path) -> None:
    """Unpack a ``tar.gz`` object into a folder; nothing in it can land outside."""
    bucket, key = split_uri(uri)
    if objects.head(bucket, key) is None:
        raise TransferError(
            f"ClientError: Data download failed:NoSuchKey (404): The specified key does not exist: {uri}"
        )
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with objects.open(bucket, key) as file, tarfile.open(fileobj=file, mode="r:*") as archive:
            archive.extractall(folder, filter="data")
    except (tarfile.TarError, EOFError, OSError) as error:
        raise TransferError(f"ClientError: the code archive {uri} cannot be unpacked: {error}") from error


def keep(objects: ObjectStore, folder: Path, uri: str) -> int:
    """Store every file of a folder below a URI; links are left out, as the service leaves them."""
    bucket, prefix = split_uri(uri)
    count = 0
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        objects.put_file(bucket, f"{prefix.rstrip('/')}/{name}".lstrip("/"), path)
        count += 1
    return count


def keep_archive(objects: ObjectStore, folder: Path, uri: str, scratch: Path) -> None:
    """Store a folder's content as one ``tar.gz``."""
    bucket, key = split_uri(uri)
    # Level 1: models hardly compress, and a person waits.
    with tarfile.open(scratch, "w:gz", compresslevel=1) as archive:
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            archive.add(path, arcname=path.name)
    objects.put_file(bucket, key, scratch)
    scratch.unlink()


def read_json(objects: ObjectStore, uri: str) -> object:
    """The JSON an object holds.

    Raises
    ------
    TransferError
        It is not there, or not JSON.
    """
    bucket, key = split_uri(uri)
    if objects.head(bucket, key) is None:
        raise TransferError(f"Received an error while reading file {uri}: the object does not exist.")
    try:
        with objects.open(bucket, key) as file:
            return json.load(file)
    except ValueError as error:
        raise TransferError(f"Contents of file {uri} are not in valid JSON format.") from error


def _named_objects(objects: ObjectStore, wanted: Download) -> Iterator[tuple[str, str]]:
    """Keys and the names their copies get below the folder."""
    bucket, prefix = split_uri(wanted.uri)
    if wanted.kind in ("ManifestFile", "AugmentedManifestFile"):
        yield from _manifest(objects, wanted)
        return
    base = prefix.rstrip("/") + "/" if prefix else ""
    found = [(info.key, info.key[len(base) :]) for info in objects.iter(bucket, base) if info.key != base]
    if prefix and objects.head(bucket, prefix) is not None and not prefix.endswith("/"):
        found.insert(0, (prefix, PurePosixPath(prefix).name))
    # A bare name prefix (`data/part-`) is the last resort: `out/train` must not fetch `out/train_stats/...` as well.
    yield from found or ((info.key, info.key[prefix.rfind("/") + 1 :]) for info in objects.iter(bucket, prefix))


def _manifest(objects: ObjectStore, wanted: Download) -> Iterator[tuple[str, str]]:
    bucket, key = split_uri(wanted.uri)
    yield key, PurePosixPath(key).name
    if wanted.kind == "AugmentedManifestFile":
        return
    entries = read_json(objects, wanted.uri)
    if not isinstance(entries, list) or not entries or not isinstance(entries[0], dict) or "prefix" not in entries[0]:
        raise TransferError(f"ClientError: Data download failed: {wanted.uri} is no manifest.")
    other, prefix = split_uri(str(entries[0]["prefix"]))
    if other != bucket:
        raise TransferError(f"ClientError: Data download failed: the manifest {wanted.uri} names another bucket.")
    for entry in entries[1:]:
        yield prefix + str(entry), str(entry)


def _safe_name(key: str, name: str) -> str:
    parts = name.strip("/").split("/")
    if any(part in ("", ".", "..") or "\0" in part or len(os.fsencode(part)) > 255 for part in parts):
        raise TransferError(f"ClientError: Data download failed: the key {key!r} cannot be a file's path.")
    return "/".join(parts)


def _copy(source: int, target: Path, *, gunzip: bool) -> None:
    with open(source, "rb", closefd=False) as reader, target.open("wb") as writer:
        if gunzip:
            with gzip.open(reader) as plain:
                shutil.copyfileobj(plain, writer)
            return
        left = os.fstat(source).st_size
        while left > 0 and hasattr(os, "copy_file_range"):
            # A reflink where the file system can.
            try:
                done = os.copy_file_range(source, writer.fileno(), left)
            except OSError as error:
                if error.errno not in _NO_COPY_RANGE:
                    raise
                done = 0
            if done == 0:
                break
            left -= done
        if left > 0:
            shutil.copyfileobj(reader, writer, 1 << 20)


def _files(folder: Path) -> Iterator[Path]:
    for directory, _folders, names in os.walk(folder):
        for name in sorted(names):
            path = Path(directory, name)
            if path.is_file() and not path.is_symlink():
                yield path
