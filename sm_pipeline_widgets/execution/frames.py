"""Whose code a traceback's frame is, and where a person finds it: the cell or file it came from.

A step's code lies at a few known places inside its container; everything else there is Python's or a library's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sm_pipeline_widgets.execution.traceback import Spot

_CODE = re.compile(r"/(?:processing/input/(?:code|entrypoint)|input/data/code|code)/(?P<path>.+)$")
_LIBRARY = re.compile(
    r"/(?:site|dist)-packages/|/lib(?:64)?/python\d|/sm_pipeline_widgets/engine/|^/var/(?:runtime|lang)/|"
    r"^<frozen |^<string>$|^<stdin>$"
)
_JAVA_LIBRARY = re.compile(
    r"^(?:java|javax|jdk|sun|com\.sun|scala|kotlin|org\.apache|com\.amazonaws|software\.amazon|py4j|io\.netty)\."
)


@dataclass(frozen=True, slots=True)
class CodeOrigin:
    """Where a step's code came from: a notebook cell's name, or the path of a file or folder."""

    kind: Literal["cell", "file", "folder"]
    name: str


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame as it is shown. ``origin`` says where to look ("cell train, line 12"); empty for a library's.

    ``cell`` is the name of the ``%%step`` cell that holds the line, ``path`` the file that does, as the text names it;
    both are empty where that is not known.
    """

    file: str
    line: int
    function: str
    source: str = ""
    is_user: bool = False
    origin: str = ""
    cell: str = ""
    path: str = ""


def told_apart(spots: Sequence[Spot], origin: CodeOrigin | None, job: str) -> tuple[Frame, ...]:
    """The frames with the user's marked.

    Parameters
    ----------
    job
        The job's name; a step that ran without a mount namespace has its code below a folder of that name.
    """
    paths = [_own_path(spot.file, job) for spot in spots]
    if not any(paths):  # an image with its code somewhere else: all that is no library's
        paths = [None if _LIBRARY.search(spot.file) else spot.file for spot in spots]
    return tuple(
        Frame(
            file=spot.file,
            line=spot.line,
            function=spot.function,
            source=spot.source,
            is_user=path is not None,
            origin=_place(path, spot.line, origin) if path is not None else "",
            cell=_cell(path, origin),
            path=_path(path, origin),
        )
        for spot, path in zip(spots, paths, strict=True)
    )


def of_program(spots: Sequence[Spot]) -> tuple[Frame, ...]:
    """Frames of a program that is not Python's: the user's are those of no well-known package."""
    return tuple(
        Frame(spot.file, spot.line, spot.function, is_user=own, origin=f"{spot.file}, line {spot.line}" if own else "")
        for spot in spots
        for own in [_JAVA_LIBRARY.match(spot.function) is None]
    )


def _own_path(file: str, job: str) -> str | None:
    """The frame's path within the step's code, or None for a file that is not of it."""
    if _LIBRARY.search(file):
        return None
    if not file.startswith("/"):
        return file
    within = file.partition(f"/{job}/")[2] if job else ""
    match = _CODE.search(f"/{within}" if within else file)
    return match["path"] if match else None


def _place(path: str, line: int, origin: CodeOrigin | None) -> str:
    cell = _cell(path, origin)
    return f"cell {cell}, line {line}" if cell else f"{_path(path, origin) or path}, line {line}"


def _cell(path: str | None, origin: CodeOrigin | None) -> str:
    return origin.name if origin is not None and origin.kind == "cell" and path == f"{origin.name}.py" else ""


def _path(path: str | None, origin: CodeOrigin | None) -> str:
    """The file as the text names it."""
    if origin is None or path is None:
        return ""
    if origin.kind == "folder":
        return f"{origin.name.rstrip('/')}/{path}"
    return origin.name if origin.kind == "file" and origin.name.rpartition("/")[2] == path else ""
