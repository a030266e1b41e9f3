"""The program of a step as it lies in S3: read whole, a file of it replaced, put somewhere else."""

from __future__ import annotations

import gzip
import io
import tarfile
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from sm_pipeline_widgets.aws.assets import CodeAsset, content_hash, put, source_archive
from sm_pipeline_widgets.aws.datasets import list_dataset
from sm_pipeline_widgets.aws.errors import translated
from sm_pipeline_widgets.errors import UsageError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from sm_pipeline_widgets.aws.datasets import Bucket
    from sm_pipeline_widgets.execution.job_places import CodePlace

LARGEST = 100 * 1024 * 1024
"""Bytes of a program with all that lies beside it, unpacked."""


@dataclass(frozen=True, slots=True)
class StoredCode:
    """A program: its files by their relative paths, and the one that runs ('' where that is not known)."""

    files: tuple[tuple[str, bytes], ...]
    entry: str
    is_archive: bool
    is_object: bool = False

    def text(self) -> str:
        """The file that runs, as text; empty where it is not known."""
        return dict(self.files).get(self.entry, b"").decode("utf-8", "replace")

    def with_program(self, changed: CodeAsset) -> StoredCode:
        """With another program in the place of the one that runs; a folder replaces all of it.

        Raises
        ------
        UsageError
            Which of the files is to be replaced cannot be told.
        """
        if changed.kind == "folder":
            files = {name: content for name, content in changed.files if name != changed.entry}
            entry = self.entry or changed.entry
            files[entry] = dict(changed.files)[changed.entry]
            return replace(self, files=tuple(sorted(files.items())), entry=entry, is_object=False)
        entry = self._replaced(changed.entry)
        files = {**dict(self.files), entry: changed.files[0][1]}
        return replace(self, files=tuple(sorted(files.items())), entry=entry)

    def _replaced(self, name: str) -> str:
        if self.entry:
            return self.entry
        scripts = [path for path, _ in self.files if path.endswith(".py")]
        same = [path for path in scripts if PurePosixPath(path).name == name]
        if len(same) == 1 or len(scripts) == 1:
            return (same or scripts)[0]
        known = ", ".join(scripts) or "none"
        raise UsageError(
            f"Which file of the step's program is to be replaced cannot be told: it has {known}.",
            "Name your file or cell like the one that is to be replaced.",
        )


def read_stored(s3: S3Client, code: CodePlace) -> StoredCode:
    """The program at that place.

    Raises
    ------
    UsageError
        Nothing is there any more, it is too large, or no archive that can be read.
    """
    found = list_dataset(s3, code.uri)
    if found.size > LARGEST:
        raise UsageError(f"The program at {code.uri} is larger than {LARGEST >> 20} MiB.", "Replay it as it is.")
    contents = []
    for one in found.objects:
        with translated():
            contents.append((one.path, s3.get_object(Bucket=one.bucket, Key=one.key)["Body"].read()))
    if code.is_archive:
        return StoredCode(_unpacked(contents[0][1], code.uri), code.entry, is_archive=True)
    if found.is_object:
        name = found.objects[0].key.rpartition("/")[2]
        return StoredCode(((name, contents[0][1]),), name, is_archive=False, is_object=True)
    return StoredCode(tuple(contents), code.entry, is_archive=False)


def store(bucket: Bucket, prefix: str, code: StoredCode) -> str:
    """Put a program under the hash of its content, in the form it had; where it lies then."""
    digest = content_hash(code.files)
    folder = f"{prefix.rstrip('/')}/{digest[:20]}"
    if code.is_archive:
        archive = source_archive(CodeAsset("folder", code.entry, code.entry, code.files, digest))
        put(bucket.s3, bucket.name, {f"{folder}/sourcedir.tar.gz": archive})
        return f"s3://{bucket.name}/{folder}/sourcedir.tar.gz"
    put(bucket.s3, bucket.name, {f"{folder}/{path}": content for path, content in code.files})
    return f"s3://{bucket.name}/{folder}/{code.entry}" if code.is_object else f"s3://{bucket.name}/{folder}/"


def _unpacked(content: bytes, uri: str) -> tuple[tuple[str, bytes], ...]:
    files, size = [], 0
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:*") as archive:
            for member in archive:
                size += member.size
                if size > LARGEST:
                    raise UsageError(f"The program at {uri} unpacks to more than {LARGEST >> 20} MiB.", "")
                file = archive.extractfile(member) if member.isfile() else None
                if file is not None:
                    files.append((str(PurePosixPath(member.name)), file.read()))
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, OSError) as error:
        raise UsageError(f"The program at {uri} is no archive that can be read: {error}.", "Give it anew.") from error
    return tuple(sorted(files))
