"""What a step read or left, brought into the kernel: a path, or a table where it is one."""

from __future__ import annotations

import shutil
import tarfile
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from platformdirs import user_cache_path

from sm_pipeline_widgets.aws.datasets import fetch_dataset, list_dataset
from sm_pipeline_widgets.definition.wording import listed
from sm_pipeline_widgets.errors import UsageError
from sm_pipeline_widgets.execution.step_data import place_of, places_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sm_pipeline_widgets.api.execution import Execution

TABLES = {
    ".csv": "read_csv",
    ".tsv": "read_csv",
    ".parquet": "read_parquet",
    ".jsonl": "read_json",
    ".json": "read_json",
    ".feather": "read_feather",
}
"""Suffixes of files that pandas reads, and by which of its functions."""
_OPTIONS: dict[str, dict[str, Any]] = {".tsv": {"sep": "\t"}, ".jsonl": {"lines": True}}
_ARCHIVES = (".tar.gz", ".tgz", ".tar")


class As(StrEnum):
    """What is wanted of data."""

    BEST = "best"
    """A table where it is one file that is one, otherwise the path."""
    PATH = "path"
    FRAME = "frame"


def load(execution: Execution, step: str, what: str, as_: As | str = As.BEST, folder: Path | None = None) -> Any:
    """What a step read or left: the path of a file or folder, or a :class:`pandas.DataFrame`.

    It is fetched once; archives are unpacked.

    Parameters
    ----------
    what
        ``input:NAME``, ``output:NAME``, ``model``, or a NAME alone.
    folder
        Where it is kept; the user's cache by default.

    Raises
    ------
    UsageError
        There is no such thing, nothing lies there any more, or it is no table.
    TargetError, ServiceError
        It cannot be read.
    """
    uri = place_of(step, what, places_of(execution.job(step)))
    s3 = execution.target.s3
    path = unpacked(fetch_dataset(s3, list_dataset(s3, uri), kept_data(folder)))
    wanted = As(as_)
    if wanted is As.PATH:
        return path
    files = [path] if path.is_file() else [at for at in sorted(path.rglob("*")) if at.is_file()]
    reader = _reader(files[0]) if len(files) == 1 else None
    if wanted is As.BEST:
        return path if reader is None else reader(files[0])
    return _frame(path, files)


def kept_data(folder: Path | None = None) -> Path:
    """Where what was fetched is kept, below that folder or the user's cache: nothing is fetched twice."""
    return (folder or user_cache_path("sm-pipeline-widgets")) / "data"


def unpacked(path: Path) -> Path:
    """The folder an archive was unpacked into, beside it; the path itself for anything else.

    Raises
    ------
    UsageError
        It is no archive that can be read, or something in it would land outside.
    """
    if not path.is_file() or not path.name.endswith(_ARCHIVES):
        return path
    folder = path.with_name(f"{path.name}.d")
    if folder.is_dir():
        return folder
    partial = path.with_name(f"{path.name}.part")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        with tarfile.open(path) as archive:
            archive.extractall(partial, filter="data")
    except (tarfile.TarError, EOFError, OSError) as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise UsageError(f"`{path.name}` cannot be unpacked: {error}.", f"It lies at {path}.") from error
    return partial.rename(folder)


def _reader(path: Path) -> Callable[[Path], Any] | None:
    """What reads a table, where it is one and pandas is there."""
    try:
        import pandas as pd  # noqa: PLC0415 - optional, and slow to import
    except ImportError:
        return None
    name = TABLES.get(path.suffix.lower())
    if name is None:
        return None
    options = _OPTIONS.get(path.suffix.lower(), {})
    return lambda file: getattr(pd, name)(file, **options)


def _frame(path: Path, files: list[Path]) -> Any:
    readers = [(file, reader) for file in files if (reader := _reader(file)) is not None]
    if not readers:
        raise UsageError(
            f"{path} is no table that pandas reads here.",
            f"Known are {listed(TABLES)}, with pandas installed. Without `--as frame` you get the path.",
        )
    import pandas as pd  # noqa: PLC0415 - it is there: there is a reader

    frames = [reader(file) for file, reader in readers]
    return frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)
