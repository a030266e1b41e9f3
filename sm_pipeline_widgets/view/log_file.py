r"""A log as the text of a file: one line each, with the whole time and the host.

>>> from sm_pipeline_widgets.execution.loglines import LogLine
>>> next(file_lines([LogLine(1_700_000_000_123, "algo-1", "\x1b[31mred\x1b[0m")]))
'2023-11-14T22:13:20.123Z algo-1 red\n'
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sm_pipeline_widgets.view.redact import without_keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sm_pipeline_widgets.execution.loglines import LogLine

_ANSI = re.compile(r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]")


def file_lines(lines: Iterable[LogLine]) -> Iterator[str]:
    """The file's lines with their ends; a terminal's colours are left out, and so are keys."""
    for line in lines:
        when = f"{line.when:%Y-%m-%dT%H:%M:%S}.{line.time % 1000:03}Z"
        text = _ANSI.sub("", line.text) if "\x1b" in line.text or "\x9b" in line.text else line.text
        yield f"{when} {line.stream} {without_keys(text)}\n"
