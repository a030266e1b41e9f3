r"""What differs between two versions of a step's code, file by file, as a unified diff.

>>> print(code_diff({"a.py": "x = 1\n"}, {"a.py": "x = 2\n"}))
--- a.py
+++ a.py
@@ -1 +1 @@
-x = 1
+x = 2
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_LINES = 400
"""Lines of a difference that are kept; who rewrote everything reads both versions."""
NO_TEXT = "(no text)"


def code_diff(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """The difference; empty where every file is as it was.

    Parameters
    ----------
    before, after
        Texts by path; a file that is no text is :data:`NO_TEXT` with its digest behind it.
    """
    lines: list[str] = []
    for path in sorted({*before, *after}):
        old, new = before.get(path), after.get(path)
        if old != new:
            names = path if old is not None else "/dev/null", path if new is not None else "/dev/null"
            found = difflib.unified_diff(_lines(old), _lines(new), *names, lineterm="")
            lines += [line.rstrip() if line.startswith(("---", "+++")) else line for line in found]
    more = len(lines) - MOST_LINES
    return "\n".join([*lines[:MOST_LINES], *([f"… and {more} more lines"] if more > 0 else [])])


def _lines(text: str | None) -> list[str]:
    return [] if text is None else text.splitlines()
