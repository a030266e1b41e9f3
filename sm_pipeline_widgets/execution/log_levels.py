"""How serious a log line is: levels are recognised, not words, so that "0 errors" is no error.

The twin of ``labextension/src/logLevels.ts``. A traceback belongs to its error: its lines are errors too.

>>> level_of("12:01 ERROR retrying fold 3"), level_of("finished with 0 errors")
(<Level.ERROR: 3>, <Level.INFO: 1>)
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sm_pipeline_widgets.execution.loglines import LogLine

HEAD = 200
"""Characters of a line in which its level is looked for."""


class Level(IntEnum):
    """In the order of how serious they are; a line that names no level is ``INFO``."""

    DEBUG = 0
    INFO = 1
    WARNING = 2
    ERROR = 3


_ANSI = re.compile(r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]")
_NAMED = r"[\"']?(?:level|levelname|severity|log_level|lvl)[\"']?\s*[:=]\s*[\"']?"
_ERROR = re.compile(
    r"\b(?:ERROR|CRITICAL|FATAL|SEVERE|PANIC)\b"
    rf"|{_NAMED}(?i:err|error|critical|fatal|severe|panic)\b"
    r"|^Traceback \(|^(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception)(?::|$)|^(?:error|fatal): |^[EF]\d{4} \d\d:"
)
_WARNING = re.compile(
    rf"\bWARN(?:ING)?\b|{_NAMED}(?i:warn|warning)\b"
    r"|^\S+:\d+: [A-Z]\w*Warning:|^[A-Z]\w*Warning:|^warning: |^W\d{4} \d\d:"
)
_DEBUG = re.compile(rf"\b(?:DEBUG|TRACE)\b|{_NAMED}(?i:debug|trace)\b")
_TELLING = ("err", "warn", "debug", "trace", "exception", "crit", "fatal", "severe", "panic")
"""One of these is in every line that tells a level."""

_GLOG = ("E", "F", "W")
_TRACEBACK = re.compile(r"Traceback \(most recent call last\)")


def level_of(text: str) -> Level:
    """The level that a line on its own tells."""
    head = text[: HEAD + 60]
    if "\x1b" in head or "\x9b" in head:
        head = _ANSI.sub("", head)
    head = head[:HEAD]
    if not _may_tell(head):
        return Level.INFO
    if _ERROR.search(head):
        return Level.ERROR
    if _WARNING.search(head):
        return Level.WARNING
    return Level.DEBUG if _DEBUG.search(head) else Level.INFO


def _may_tell(head: str) -> bool:
    """Whether a line is worth the expressions: most lines of a million are not, and this is twenty times quicker."""
    if head[:1] in _GLOG and head[1:5].isdigit():
        return True
    lower = head.lower()
    return any(word in lower for word in _TELLING)


def levels(lines: Iterable[LogLine]) -> Iterator[Level]:
    """The level of each line; the indented lines of a traceback, host by host, and its last are errors."""
    inside: set[str] = set()
    for line in lines:
        own = level_of(line.text)
        if _TRACEBACK.search(line.text[:HEAD]):
            inside.add(line.stream)
            yield Level.ERROR
        elif line.stream in inside:
            if not line.text.startswith((" ", "\t")) and line.text.strip():
                inside.discard(line.stream)
            yield Level.ERROR
        else:
            yield own
