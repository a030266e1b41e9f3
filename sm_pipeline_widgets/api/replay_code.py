"""Other code for a replay: the step's program as it lies in S3 with a file of it replaced, and what that changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sm_pipeline_widgets.aws.step_code import StoredCode, read_stored
from sm_pipeline_widgets.definition.code import parse_code
from sm_pipeline_widgets.execution.code_diff import NO_TEXT, code_diff
from sm_pipeline_widgets.execution.replay import with_code

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from sm_pipeline_widgets.api.code_book import CodeBook
    from sm_pipeline_widgets.execution.replay import JobRequest


@dataclass(frozen=True, slots=True)
class OtherCode:
    """A program that differs from the one that ran.

    Parameters
    ----------
    entry, name
        The file that is replaced, and what takes its place (``cell:NAME``, a path).
    stored
        The whole program with it.
    difference
        What that changes, as a unified diff.
    """

    entry: str
    name: str
    stored: StoredCode
    difference: str


def other_code(s3: S3Client, request: JobRequest, name: str, book: CodeBook) -> OtherCode | None:
    """The program with that code in the place of what ran; None where it is what ran.

    Raises
    ------
    UsageError, CodeNotFoundError
        There is no such code, where the program lies is not known, or which of its files is meant.
    """
    with_code(request, "")  # says that there is none
    found = book.find(parse_code(name))
    if request.code is None:
        return None
    before = read_stored(s3, request.code)
    after = before.with_program(found)
    if after.files == before.files:
        return None
    return OtherCode(after.entry, name, after, code_diff(_texts(before), _texts(after)))


def _texts(code: StoredCode) -> dict[str, str]:
    return {path: _text(content) for path, content in code.files}


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return f"{NO_TEXT} {len(content)} bytes"
