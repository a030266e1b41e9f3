"""Where the log of each host first speaks of an error, with the lines around it.

What ends a log is often only an echo: the first error of each host is where reading begins.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sm_pipeline_widgets.execution.lanes import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sm_pipeline_widgets.execution.loglines import LogLine

BEFORE, AFTER = 3, 8
MOST_HOSTS = 8
_ERROR = re.compile(
    r"Traceback \(most recent call last\)|^(?:\S+: )?[\w.]*(?:Error|Exception)\b(?:: |$)|"
    r"\b(?:ERROR|FATAL|CRITICAL|SEVERE)\b|"
    r"^(?:Error|error|fatal|panic)(?::| in )|Exception in thread|Segmentation fault|^Killed$|command not found|"
    r"core dumped|Execution halted|terminate called after|Out of memory"
)
_NONE = re.compile(
    r"\b(?:no|0|without) errors?\b|\bERRORS?[ :=]+0\b|\bretr(?:y|ying|ied)\b|\b(?:WARN(?:ING)?|DEBUG|INFO)\b|Warning:",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class HostError:
    """The first error of a host: the lines around it, which of them it is, and how many the host wrote before it."""

    stream: str
    lines: tuple[LogLine, ...]
    at: int
    before: int

    @property
    def line(self) -> LogLine:
        return self.lines[self.at]


def first_errors(lines: Sequence[LogLine]) -> tuple[HostError, ...]:
    """The first error of each host that has one, the earliest first."""
    hosts: dict[str, list[LogLine]] = {}
    for line in lines:
        hosts.setdefault(line.stream, []).append(line)
    found = [error for own in hosts.values() if (error := _first(own)) is not None]
    return tuple(sorted(found, key=lambda error: error.line.time)[:MOST_HOSTS])


def speaks_of_error(text: str) -> bool:
    """Whether a line of a log says that something failed: not that nothing did, and no warning."""
    shown = plain(text)
    return _ERROR.search(shown) is not None and _NONE.search(shown) is None


def _first(own: Sequence[LogLine]) -> HostError | None:
    at = next((at for at, line in enumerate(own) if speaks_of_error(line.text)), None)
    if at is None:
        return None
    start = max(0, at - BEFORE)
    return HostError(own[at].stream, tuple(own[start : at + AFTER + 1]), at - start, at)
