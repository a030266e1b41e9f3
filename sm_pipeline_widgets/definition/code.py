"""A step's code as compiling sees it: what it is called, its hash, and where its objects will lie.

Nothing is read here: whoever compiles hands in a reader that knows the disk and the notebook's cells.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

CODE_PREFIX = "sm-pipeline-widgets/code"
"""Below this prefix of the target's bucket all code lies, each under the hash of its content."""


@dataclass(frozen=True, slots=True)
class CodeRef:
    """What a text says under ``code:`` - a cell's name or a path - and ``entry:`` for a folder."""

    kind: str  # "cell" or "path"
    name: str
    entry: str | None = None

    def __str__(self) -> str:
        return f"cell:{self.name}" if self.kind == "cell" else self.name


@dataclass(frozen=True, slots=True)
class CodeFacts:
    """What compiling needs to know of code that was found.

    ``entry`` is the script that runs, relative to the code's folder; ``is_folder`` whether there is more than it.
    """

    sha256: str
    entry: str
    is_folder: bool = False


CodeReader = Callable[[CodeRef], CodeFacts]
"""Finds code. Raises :class:`~sm_pipeline_widgets.errors.CodeNotFoundError` when it is not there."""


def parse_code(text: str, entry: str | None = None) -> CodeRef:
    """``cell:NAME`` or a path."""
    kind, _, name = text.partition(":")
    return CodeRef("cell", name.strip(), entry) if kind == "cell" else CodeRef("path", text, entry)


def unread_code(ref: CodeRef) -> CodeFacts:
    """A reader for when no disk is at hand: the name alone stands for the content."""
    if ref.kind == "cell":
        return CodeFacts("0" * 64, f"{ref.name}.py")
    return CodeFacts("0" * 64, ref.entry or ref.name.rsplit("/", 1)[-1], is_folder=ref.entry is not None)


def folder_key(sha256: str) -> str:
    """The prefix under which code lies file by file, with its slash."""
    return f"{CODE_PREFIX}/{sha256}/"


def file_key(sha256: str, path: str) -> str:
    """The key of one file of the code."""
    return folder_key(sha256) + path


def archive_key(sha256: str) -> str:
    """The key of the code as script mode takes it; not below :func:`folder_key`, whose files are copied as a whole."""
    return f"{CODE_PREFIX}/{sha256}.archive/sourcedir.tar.gz"
