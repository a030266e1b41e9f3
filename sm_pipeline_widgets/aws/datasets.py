"""What lies at an ``s3://`` place: listed whole, copied to another target once, fetched into a folder once."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from sm_pipeline_widgets.aws.errors import is_missing, translated
from sm_pipeline_widgets.definition.s3_uri import bucket_and_key
from sm_pipeline_widgets.errors import ServiceError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from mypy_boto3_s3 import S3Client

TEXTS = (".csv", ".tsv", ".jsonl", ".ndjson", ".txt", ".libsvm")
"""Suffixes of files of which some lines are a sample."""
_BLOCK = 1024 * 1024
_FEWEST_LINES = 2


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket, and the client that reaches it."""

    s3: S3Client
    name: str


@dataclass(frozen=True, slots=True)
class DataObject:
    """One object: its key, the path below the place that was listed, its bytes, etag and when it was written."""

    bucket: str
    key: str
    path: str
    size: int
    etag: str
    modified: datetime

    @property
    def is_text(self) -> bool:
        """Whether it is text of which some lines make sense alone."""
        return self.path.lower().endswith(TEXTS)


@dataclass(frozen=True, slots=True)
class Dataset:
    """Everything at one place. ``is_object`` says that the place is the key of one object, not a prefix."""

    uri: str
    objects: tuple[DataObject, ...]
    is_object: bool = False
    part: float = 1.0
    """The part of the lines that is taken of each text."""

    @property
    def size(self) -> int:
        """Bytes, of those that are taken."""
        return sum(int(one.size * (self.part if one.is_text else 1)) for one in self.objects)

    @property
    def digest(self) -> str:
        """The same for the same content."""
        told = json.dumps([[one.path, one.etag, one.size] for one in self.objects] + [[self.uri, self.part]])
        return hashlib.sha256(told.encode()).hexdigest()[:20]


def list_dataset(s3: S3Client, uri: str) -> Dataset:
    """What a job reads there: an object of that key, or all objects whose keys begin so.

    Raises
    ------
    UsageError
        Nothing is there.
    """
    bucket, key = bucket_and_key(uri)
    try:
        found = tuple(_list(s3, bucket, key))
    except ServiceError as error:
        if not is_missing(error):
            raise
        found = ()
    if not found:
        raise UsageError(f"Nothing lies at {uri} any more.", "It may have been deleted, or moved, since the run.")
    exact = tuple(one for one in found if one.key == key)
    below = tuple(one for one in found if one.key.startswith(_folder(key)))
    return Dataset(uri, exact or below or found, is_object=bool(exact))


def _folder(key: str) -> str:
    return f"{key.rstrip('/')}/" if key else ""


def _list(s3: S3Client, bucket: str, prefix: str) -> Iterator[DataObject]:
    base = _folder(prefix)
    with translated():
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for entry in page.get("Contents", ()):
                key = entry["Key"]
                if not key.endswith("/"):  # made by consoles, to show a folder
                    # a bare prefix (`data/part-`) stands for what begins so; a folder is what lies in it
                    path = key[len(base) :] if key.startswith(base) else key[prefix.rfind("/") + 1 :]
                    yield DataObject(bucket, key, path, entry["Size"], entry["ETag"].strip('"'), entry["LastModified"])


def copy_dataset(source: S3Client, dataset: Dataset, target: Bucket, prefix: str) -> str:
    """Copy what is not there yet into another bucket; where it lies then.

    Parameters
    ----------
    prefix
        The dataset gets a folder of its own below it, named by its content: what is there is complete and right.
    """
    place = _place(dataset, prefix)
    for one in not_copied(dataset, target, prefix):
        part = dataset.part if dataset.part < 1 and one.is_text else 1.0
        _copy(source, one, target, f"{place}/{one.path}", part)
    return f"s3://{target.name}/{place}/{dataset.objects[0].path if dataset.is_object else ''}"


def not_copied(dataset: Dataset, target: Bucket, prefix: str) -> tuple[DataObject, ...]:
    """The objects that :func:`copy_dataset` would copy: those that are not there yet, or not whole."""
    place = _place(dataset, prefix)
    there = _sizes(target, f"{place}/")

    def is_there(one: DataObject) -> bool:
        size = there.get(f"{place}/{one.path}")
        return size == one.size or (size is not None and dataset.part < 1 and one.is_text)

    return tuple(one for one in dataset.objects if not is_there(one))


def _place(dataset: Dataset, prefix: str) -> str:
    return f"{prefix.rstrip('/')}/{dataset.digest}"


def _sizes(bucket: Bucket, prefix: str) -> dict[str, int]:
    with translated():
        pages = bucket.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket.name, Prefix=prefix)
        return {entry["Key"]: entry["Size"] for page in pages for entry in page.get("Contents", ())}


def _copy(source: S3Client, one: DataObject, target: Bucket, key: str, part: float) -> None:
    with translated():
        answer = source.get_object(Bucket=one.bucket, Key=one.key)
        with closing(answer["Body"]) as body:
            if part < 1:
                target.s3.put_object(Bucket=target.name, Key=key, Body=first_lines(body.iter_lines(), one.size * part))
            else:
                target.s3.upload_fileobj(body, target.name, key)


def first_lines(lines: Iterator[bytes], size: float) -> bytes:
    """The lines a text begins with: about so many bytes, and at least two lines, a heading and something below it."""
    taken: list[bytes] = []
    length = 0
    for line in lines:
        if len(taken) >= _FEWEST_LINES and length >= size:
            break
        taken.append(line + b"\n")
        length += len(line) + 1
    return b"".join(taken)


def fetch_dataset(s3: S3Client, dataset: Dataset, folder: Path) -> Path:
    """Put a dataset into a folder of its own below `folder`, once; the folder, or the file where it is one object.

    Raises
    ------
    UsageError
        A key would lead out of the folder.
    """
    place = folder / dataset.digest
    for one in dataset.objects:
        path = safe_path(place, one.path)
        if not (path.is_file() and path.stat().st_size == one.size):
            _fetch(s3, one, path)
    return safe_path(place, dataset.objects[0].path) if dataset.is_object else place


def safe_path(folder: Path, path: str) -> Path:
    """Where an object's path leads below a folder.

    Raises
    ------
    UsageError
        It would lead out of it, or no file can be called so.
    """
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or "\0" in path:
        raise UsageError(f"The object `{path[:200]}` cannot be put into a folder.", "Its key leads out of it.")
    return folder.joinpath(*parts)


def _fetch(s3: S3Client, one: DataObject, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name[:200]}.{os.getpid()}.part")
    try:
        with translated():
            answer = s3.get_object(Bucket=one.bucket, Key=one.key)
            with closing(answer["Body"]) as body, partial.open("wb") as file:
                for block in body.iter_chunks(_BLOCK):
                    file.write(block)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def newer(datasets: Sequence[Dataset], moment: datetime) -> int:
    """How many objects were written after that moment."""
    return sum(one.modified > moment for dataset in datasets for one in dataset.objects)
