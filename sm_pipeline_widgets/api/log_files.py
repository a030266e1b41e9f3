"""A step's whole log into a file, however long it is."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from sm_pipeline_widgets.errors import UsageError
from sm_pipeline_widgets.view.log_file import file_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sm_pipeline_widgets.execution.loglines import LogLine


def save_lines(lines: Iterable[LogLine], path: str | Path) -> int:
    """Write the lines as they come and put the file in its place when it is whole; returns how many lines it has.

    Raises
    ------
    UsageError
        The file cannot be written there.
    """
    place = Path(path).expanduser()
    count = 0
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", errors="backslashreplace", dir=place.parent, prefix=f".{place.name}.", delete=False
        ) as file:
            unfinished = Path(file.name)
            try:
                for text in file_lines(lines):
                    file.write(text)
                    count += 1
                file.close()
                unfinished.chmod(0o644)  # a temporary file is its owner's alone
                unfinished.replace(place)
            finally:
                unfinished.unlink(missing_ok=True)
    except OSError as error:
        message = f"The log cannot be written to `{place}`: {error.strerror or error}."
        raise UsageError(message, "Name a file in a folder that exists and may be written to.") from error
    return count
