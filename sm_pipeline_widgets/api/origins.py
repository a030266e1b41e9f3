"""Where the code of an execution's steps came from: cells and files known here, or what the stored code itself says."""

from __future__ import annotations

import gzip
import io
import re
import tarfile
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.code import CODE_PREFIX
from sm_pipeline_widgets.definition.graph import iter_steps
from sm_pipeline_widgets.errors import PipelineWidgetsError
from sm_pipeline_widgets.execution.failure import CodeOrigin
from sm_pipeline_widgets.execution.replay import PROGRAM, SUBMITTED, script_mode_text

if TYPE_CHECKING:
    from sm_pipeline_widgets.definition.compilation import CodeUse
    from sm_pipeline_widgets.watch.source import Source

MOST_BYTES = 5 * 1024 * 1024
_CELL = re.compile(rb"# %%step (\S+)\n")


def origins_of(code: Mapping[str, CodeUse]) -> dict[str, CodeOrigin]:
    """The origins of code that was compiled here."""
    return {step: CodeOrigin(_kind(use), use.ref.name) for step, use in code.items()}


def _kind(use: CodeUse) -> Any:
    return "cell" if use.ref.kind == "cell" else "folder" if use.facts.is_folder else "file"


class StoredOrigins(Mapping[str, CodeOrigin]):
    """The origins of code that was submitted elsewhere: looked up when a report asks for a step's.

    A cell's code begins with a comment that holds its magic (``# %%step NAME``); anything else is a file.
    """

    def __init__(self, source: Source, arn: str) -> None:
        self._source = source
        self._arn = arn
        self._entries: dict[str, tuple[str, str]] | None = None

    def __getitem__(self, step: str) -> CodeOrigin:
        uri, entry = self._known()[step]
        try:
            stored = self._source.read_object(uri, MOST_BYTES)
        except PipelineWidgetsError:
            return CodeOrigin("file", entry)  # the words of the report matter more than whether it was a cell
        cell = _CELL.match(_head(stored, entry))
        return CodeOrigin("cell", cell[1].decode("utf-8", "replace")) if cell else CodeOrigin("file", entry)

    def __iter__(self) -> Iterator[str]:
        return iter(self._known())

    def __len__(self) -> int:
        return len(self._known())

    def _known(self) -> dict[str, tuple[str, str]]:
        if self._entries is None:
            definition = self._source.definition(self._arn)
            found = ((placed.name, stored_code(placed.step)) for placed in iter_steps(definition))
            self._entries = {name: code for name, code in found if code is not None}
        return self._entries


def stored_code(step: Mapping[str, Any]) -> tuple[str, str] | None:
    """The URI and the entry of a step's code, for steps whose code lies where this package puts it."""
    arguments = step.get("Arguments")
    if not isinstance(arguments, dict):
        return None
    hyperparameters = arguments.get("HyperParameters")
    if isinstance(hyperparameters, dict) and isinstance(hyperparameters.get(SUBMITTED), str):
        uri = script_mode_text(hyperparameters[SUBMITTED])
        entry = script_mode_text(hyperparameters.get(PROGRAM))
    else:
        uri = next((_uri_of(entry) for entry in _list(arguments.get("ProcessingInputs")) if _is_code(entry)), "")
        entry = uri.rpartition("/")[2]
    return (uri, entry) if f"/{CODE_PREFIX}/" in uri and entry else None


def _head(stored: bytes, entry: str) -> bytes:
    if not stored.startswith(b"\x1f\x8b"):
        return stored[:300]
    try:
        with tarfile.open(fileobj=io.BytesIO(stored), mode="r:gz") as archive:
            member = archive.extractfile(entry)
            return member.read(300) if member is not None else b""
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, KeyError, OSError):
        return b""


def _list(value: Any) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _is_code(entry: dict[str, Any]) -> bool:
    return entry.get("InputName") == "code" and isinstance(_uri_of(entry), str)


def _uri_of(entry: dict[str, Any]) -> Any:
    found = entry.get("S3Input")
    return found.get("S3Uri") if isinstance(found, dict) else None
