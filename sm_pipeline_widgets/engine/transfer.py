"""Moving data between the object store and a job's folder, as SageMaker does before and after a container runs."""

from __future__ import annotations

import errno
import gzip
import json
import os
import shutil
import tarfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sm_pipeline_widgets.engine.objects import ObjectStore


_NO_COPY_RANGE = (errno.EXDEV, errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM)
"""What file systems answer that cannot copy in the kernel."""


class TransferError(Exception):
    """Data cannot be fetched or kept; the text is what the job's ``FailureReason`` says."""


@dataclass(frozen=True, slots=True)
class Download:
    """Objects to fetch.

    Parameters
    ----------
    path
        The container's folder.
    kind
        The API's ``S3DataType``.
    shard, shards
        Of ``shards`` equal parts of the objects, which one (from 0).
    attributes
        Of an augmented manifest, the attributes whose ``…-ref`` objects are fetched as well.
    is_optional
        Whether no objects at all are no error.
    """

    uri: str
    path: str
    kind: str = "S3Prefix"
    gunzip: bool = False
    shard: int = 0
    shards: int = 1
    attributes: tuple[str, ...] = ()
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class Upload:
    """A container's folder whose files are kept below ``uri``, from time to time while it runs or at its end."""

    path: str
    uri: str
    is_continuous: bool = False


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
    for at, key, name in named_objects(objects, wanted):
        target = folder / _safe_name(key, name)
        try:
            if name.endswith("/"):
                target.mkdir(parents=True, exist_ok=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            with objects.open(at, key) as source:
                _copy(source.fileno(), target, gunzip=wanted.gunzip)
        except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
            raise TransferError(
                f"ClientError: Data download failed: the key {key!r} needs a file where another key needs a folder."
            ) from error
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise TransferError(f"ClientError: Data download failed: s3://{at}/{key} is not gzip: {error}") from error
        count += 1
    if count == 0 and wanted.shards == 1 and not wanted.is_optional:
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
        raise TransferError(f"ClientError: the archive {uri} cannot be unpacked: {error}") from error


def keep(objects: ObjectStore, folder: Path, uri: str) -> int:
    """Store every file of a folder below a URI; links are left out, as the service leaves them."""
    bucket, prefix = split_uri(uri)
    count = 0
    for path in files_of(folder):
        name = path.relative_to(folder).as_posix()
        objects.put_file(bucket, f"{prefix.rstrip('/')}/{name}".lstrip("/"), path)
        count += 1
    return count


def keep_archive(objects: ObjectStore, folders: Sequence[Path], uri: str, scratch: Path) -> None:
    """Store the content of some folders as one ``tar.gz``; of files with the same name the first folder's."""
    bucket, key = split_uri(uri)
    found: dict[str, Path] = {}
    for folder in folders:
        for path in _tree(folder):
            found.setdefault(path.relative_to(folder).as_posix(), path)
    # Level 1: models hardly compress, and a person waits.
    with tarfile.open(scratch, "w:gz", compresslevel=1) as archive:
        for name, path in sorted(found.items()):
            archive.add(path, arcname=name, recursive=False)
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


def named_objects(objects: ObjectStore, wanted: Download) -> Iterator[tuple[str, str, str]]:
    """Of each object that is wanted (by this host): bucket, key and the name its copy gets below the folder."""
    bucket, key = split_uri(wanted.uri)
    if wanted.kind == "S3Prefix":
        found: Iterator[tuple[str, str, str]] = ((bucket, at, name) for at, name in _below(objects, bucket, key))
    else:
        # every host has the manifest itself
        yield bucket, key, PurePosixPath(key).name
        read = _manifest if wanted.kind == "ManifestFile" else _augmented_manifest
        found = read(objects, wanted)
    for number, item in enumerate(found):
        if number % wanted.shards == wanted.shard:
            yield item


def _below(objects: ObjectStore, bucket: str, prefix: str) -> Iterator[tuple[str, str]]:
    """Keys and names of the objects an S3 prefix stands for."""
    base = prefix.rstrip("/") + "/" if prefix else ""
    found = [(info.key, info.key[len(base) :]) for info in objects.iter(bucket, base) if info.key != base]
    if prefix and objects.head(bucket, prefix) is not None and not prefix.endswith("/"):
        found.insert(0, (prefix, PurePosixPath(prefix).name))
    # A bare name prefix (`data/part-`) is the last resort: `out/train` must not fetch `out/train_stats/...` as well.
    yield from found or ((info.key, info.key[prefix.rfind("/") + 1 :]) for info in objects.iter(bucket, prefix))


def _manifest(objects: ObjectStore, wanted: Download) -> Iterator[tuple[str, str, str]]:
    """The objects a manifest names: ``[{"prefix": "s3://…/"}, "name", …]``."""
    entries = read_json(objects, wanted.uri)
    if not isinstance(entries, list) or not entries or not isinstance(entries[0], dict) or "prefix" not in entries[0]:
        raise TransferError(f"ClientError: Data download failed: {wanted.uri} is no manifest.")
    bucket, prefix = split_uri(str(entries[0]["prefix"]))
    for entry in entries[1:]:
        yield bucket, prefix + str(entry), str(entry)


def _augmented_manifest(objects: ObjectStore, wanted: Download) -> Iterator[tuple[str, str, str]]:
    """The objects that the ``…-ref`` attributes of a manifest's lines name, each under its own key."""
    bucket, key = split_uri(wanted.uri)
    seen: set[tuple[str, str]] = set()
    with objects.open(bucket, key) as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            for uri in _references(line, wanted, number):
                at = split_uri(uri)
                if at not in seen:
                    seen.add(at)
                    yield (*at, at[1])


def _references(line: bytes, wanted: Download, number: int) -> Iterator[str]:
    try:
        record = json.loads(line)
        found = [record[name] for name in wanted.attributes if name.endswith("-ref")]
    except (ValueError, TypeError, KeyError) as error:
        raise TransferError(
            f"ClientError: Data download failed: line {number} of the augmented manifest {wanted.uri} "
            f"has not the attributes {', '.join(wanted.attributes)}: {error}"
        ) from error
    yield from map(str, found)


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


def _tree(folder: Path) -> Iterator[Path]:
    """Everything an archive of a folder holds: folders, files, and links that stay inside."""
    for directory, folders, names in os.walk(folder):
        for name in (*folders, *names):
            path = Path(directory, name)
            is_inside = not path.is_symlink() or path.resolve().is_relative_to(folder.resolve())
            if is_inside and (path.is_dir() or path.is_file() or path.is_symlink()):
                yield path


def files_of(folder: Path) -> Iterator[Path]:
    """The plain files below a folder: no links, no pipes."""
    for directory, _folders, names in os.walk(folder):
        for name in sorted(names):
            path = Path(directory, name)
            if path.is_file() and not path.is_symlink():
                yield path
