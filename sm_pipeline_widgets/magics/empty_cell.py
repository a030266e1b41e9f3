"""A ``%%pipeline NAME`` cell with nothing below its first line is one to begin in: IPython would refuse it."""

from __future__ import annotations

import re

_ALONE = re.compile(r"%%pipeline\s+\S")


def with_body(lines: list[str]) -> list[str]:
    r"""The cell's lines with an empty one below a `%%pipeline` that stands alone; every other cell as it is.

    >>> with_body(["%%pipeline demo\n"])
    ['%%pipeline demo\n', '\n']
    """
    return [*lines, "\n"] if len(lines) == 1 and _ALONE.match(lines[0]) else lines
