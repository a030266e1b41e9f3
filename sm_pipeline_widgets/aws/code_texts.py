"""The code of a step as it lies in S3: a script, script mode's archive, or a folder - as texts by path."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.aws.errors import translated
from sm_pipeline_widgets.aws.source import TargetSource
from sm_pipeline_widgets.definition.s3_uri import bucket_and_key
from sm_pipeline_widgets.errors import UsageError
from sm_pipeline_widgets.execution.code_diff import NO_TEXT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sm_pipeline_widgets.aws.target import Target

MOST_BYTES = 5 * 1024 * 1024
MOST_FILES = 200


def code_texts(target: Target, uri: str) -> dict[str, str]:
    """The files at a place, by their path within it.

    Raises
    ------
    UsageError
        The place holds an archive that cannot be read.
    ServiceError, TargetError
        It may not be read, or the target cannot be asked.
    """
    source = TargetSource(target)
    name = uri.rpartition("/")[2]
    if name.endswith((".tar.gz", ".tgz")):
        return dict(_of_archive(source.read_object(uri, MOST_BYTES), uri))
    found = _keys(target, uri)
    bucket, _ = bucket_and_key(uri)
    prefix = uri.removeprefix(f"s3://{bucket}/")
    return {
        key.removeprefix(prefix).lstrip("/") or name: _text(source.read_object(f"s3://{bucket}/{key}", MOST_BYTES))
        for key in found
    }


def _keys(target: Target, uri: str) -> list[str]:
    bucket, prefix = bucket_and_key(uri)
    with translated():
        request: dict[str, Any] = {"Bucket": bucket, "Prefix": prefix, "MaxKeys": MOST_FILES}
        page = target.session.reader("s3").list_objects_v2(**request)
    keys = [str(entry.get("Key")) for entry in page.get("Contents", ())]
    return [key for key in keys if key == prefix or prefix.endswith("/") or key.startswith(f"{prefix}/")]


def _of_archive(content: bytes, uri: str) -> Iterator[tuple[str, str]]:
    """Members are read in memory alone: nothing is unpacked to the disk."""
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
            for member in archive.getmembers()[:MOST_FILES]:
                found = archive.extractfile(member) if member.isfile() else None
                if found is not None:
                    yield member.name.removeprefix("./"), _text(found.read(MOST_BYTES))
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, OSError) as error:
        raise UsageError(f"The code at `{uri}` cannot be read: {error}.", "Compare the two places by hand.") from error


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return f"{NO_TEXT} {hashlib.sha256(content).hexdigest()[:12]}"
