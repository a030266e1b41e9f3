"""A step's code: read from disk or a cell, named by its content, uploaded once.

The key in S3 holds the content's hash, so the same code gives the same definition on every machine, and step caching
works. Knows nothing of definitions; ``definition`` builds the same URIs from the hash alone.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import tarfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Literal

from boto3.s3.transfer import TransferConfig

from sm_pipeline_widgets.aws.errors import translated
from sm_pipeline_widgets.definition.code import CodeFacts, archive_key, file_key, folder_key
from sm_pipeline_widgets.errors import CodeNotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mypy_boto3_s3 import S3Client

LARGEST = 100 * 1024 * 1024
_IGNORED_FOLDERS = frozenset({"__pycache__", ".ipynb_checkpoints", ".git", ".venv", ".mypy_cache", ".pytest_cache"})
_IGNORED_SUFFIXES = frozenset({".pyc", ".pyo"})

IN_PARTS = 16 * 1024 * 1024
"""Bytes from which on an object is sent in parts."""

Kind = Literal["file", "folder", "cell"]
Form = Literal["files", "archive"]


def _ignore(_count: int) -> None:
    """For those who do not ask how far it is."""


@dataclass(frozen=True, slots=True)
class CodeAsset:
    """The code of a step.

    ``name`` is what people call it (a path as given, a cell's name); ``entry`` is the file that runs, relative to
    the code's folder; ``files`` are (relative path, content), sorted.
    """

    kind: Kind
    name: str
    entry: str
    files: tuple[tuple[str, bytes], ...]
    sha256: str

    @property
    def prefix(self) -> str:
        """The key prefix that holds the code, ending in a slash."""
        return folder_key(self.sha256)

    @property
    def facts(self) -> CodeFacts:
        """What compiling needs to know of it."""
        return CodeFacts(self.sha256, self.entry, is_folder=self.kind == "folder")


def read_code(path: Path, entry: str | None = None) -> CodeAsset:
    """A script, or a folder with the script `entry` in it.

    Raises
    ------
    CodeNotFoundError
        It is not there, cannot be read, is too big, or a folder has no such entry.
    """
    try:
        is_folder, is_there = path.is_dir(), path.exists()
    except (OSError, ValueError) as error:  # a name no file system takes: far too long, or with a NUL in it
        shown = f"{str(path)[:60]}…"
        raise CodeNotFoundError(
            f"There can be no file or folder `{shown}`: {error.__class__.__name__}.", "Check the name."
        ) from error
    if is_folder:
        return _read_folder(path, entry)
    if not is_there:
        raise CodeNotFoundError(f"There is no file or folder `{path}`.", _nearby(path))
    files = ((path.name, _read(path)),)
    return CodeAsset("file", path.as_posix(), path.name, files, content_hash(files))


def cell_code(name: str, cell: str) -> CodeAsset:
    """The code of a ``%%step`` cell: line N of the file is line N of the cell.

    `cell` begins with the magic's line, which becomes a comment without its options: how the cell was run is no part
    of the step's content.
    """
    first, _, rest = cell.partition("\n")
    body = rest if first.lstrip().startswith("%%") else cell
    text = f"# %%step {name}\n{body}"
    entry = f"{name}.py"
    files = ((entry, text.encode("utf-8", "surrogatepass")),)
    return CodeAsset("cell", name, entry, files, content_hash(files))


def content_hash(files: tuple[tuple[str, bytes], ...]) -> str:
    """SHA-256 over the relative paths and contents, each with its length, in path order."""
    digest = hashlib.sha256()
    for path, content in sorted(files):
        name = path.encode()
        digest.update(b"%d:%s%d:" % (len(name), name, len(content)))
        digest.update(content)
    return digest.hexdigest()


def source_archive(asset: CodeAsset) -> bytes:
    """A tar.gz of the code, byte-identical for the same content."""
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(filename="", fileobj=buffer, mode="wb", compresslevel=6, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.GNU_FORMAT) as archive,
    ):
        for path, content in sorted(asset.files):
            entry = tarfile.TarInfo(path)
            entry.size = len(content)
            entry.mode = 0o644
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def upload(asset: CodeAsset, s3: S3Client, bucket: str, form: Form) -> tuple[str, ...]:
    """Put the code under its hash and return the keys that were not there yet."""
    wanted = missing(asset, s3, bucket, form)
    put(s3, bucket, wanted)
    return tuple(wanted)


def missing(asset: CodeAsset, s3: S3Client, bucket: str, form: Form) -> dict[str, bytes]:
    """What of the code is not in the bucket yet, by its key.

    ``files`` is every file below the code's prefix, ``archive`` one tar.gz as script mode takes it.
    """
    if form == "archive":
        archive = archive_key(asset.sha256)
        return {} if archive in _keys(s3, bucket, archive) else {archive: source_archive(asset)}
    there = _keys(s3, bucket, asset.prefix)
    keyed = {file_key(asset.sha256, path): content for path, content in asset.files}
    return {key: content for key, content in keyed.items() if key not in there}


def put(s3: S3Client, bucket: str, wanted: Mapping[str, bytes], told: Callable[[int], None] = _ignore) -> None:
    """Put objects, large ones in parts; `told` hears how many bytes went, as they go."""
    for key, content in wanted.items():
        with translated():
            if len(content) < IN_PARTS:
                s3.put_object(Bucket=bucket, Key=key, Body=content)
                told(len(content))
            else:  # by this thread: progress is told in order, and an interrupt ends it
                config = TransferConfig(use_threads=False)
                s3.upload_fileobj(io.BytesIO(content), bucket, key, Callback=told, Config=config)


def _keys(s3: S3Client, bucket: str, prefix: str) -> set[str]:
    with translated():
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return {entry["Key"] for page in pages for entry in page.get("Contents", ())}


def _read_folder(folder: Path, entry: str | None) -> CodeAsset:
    files: list[tuple[str, bytes]] = []
    size = 0
    for path in _walk(folder):
        content = _read(path)
        size += len(content)
        if size > LARGEST:
            raise CodeNotFoundError(
                f"The code folder `{folder}` holds more than {LARGEST // 1024**2} MB.",
                "Point `code:` at a folder that holds only code, and give data to the step as an input.",
            )
        files.append((path.relative_to(folder).as_posix(), content))
    found = tuple(sorted(files))
    return CodeAsset("folder", folder.as_posix(), _entry(folder, found, entry), found, content_hash(found))


def _entry(folder: Path, files: tuple[tuple[str, bytes], ...], entry: str | None) -> str:
    names = [path for path, _ in files]
    scripts = [name for name in names if name.endswith((".py", ".sh"))]
    if entry is None:
        at_top = [name for name in scripts if "/" not in name]
        if len(at_top) == 1:
            return at_top[0]
        raise CodeNotFoundError(
            f"The code folder `{folder}` has no one script that is plainly the one to run.",
            f"Add `entry:` with one of: {', '.join(scripts[:8]) or 'a script in the folder (there is none yet)'}.",
        )
    wanted = PurePosixPath(entry).as_posix()
    if wanted not in names:
        raise CodeNotFoundError(
            f"The code folder `{folder}` has no file `{entry}`.",
            f"Its scripts are: {', '.join(scripts[:8]) or 'none'}.",
        )
    return wanted


def _walk(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _IGNORED_FOLDERS)
        for name in sorted(names):
            path = Path(root, name)
            if path.suffix not in _IGNORED_SUFFIXES and path.is_file():
                yield path


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CodeNotFoundError(f"`{path}` cannot be read: {error.strerror}.", "Check its permissions.") from error


def _nearby(path: Path) -> str:
    if not path.parent.is_dir():
        return f"The folder `{path.parent}` is not there either; paths are relative to the notebook's folder."
    scripts = sorted(other.name for other in path.parent.iterdir() if other.suffix in {".py", ".sh"})
    return f"Scripts in that folder: {', '.join(scripts[:8]) or 'none'}."
