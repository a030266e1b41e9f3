"""What a failure report keeps of a log, however long it is: each host's first error and its last lines.

Fed with lines as they come, each once; a log of a hundred thousand lines costs its few hundred telling ones.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sm_pipeline_widgets.execution.first_errors import AFTER, BEFORE, MOST_HOSTS, HostError, speaks_of_error

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sm_pipeline_widgets.execution.loglines import LogLine

LAST = 400
"""Lines kept of each host's end: a traceback is searched there."""
MOST_KEPT_HOSTS = 64
"""Hosts whose ends are kept; of a job with more the first ones tell enough."""


@dataclass(slots=True)
class _Host:
    """One host's part of the log, as far as it was read."""

    last: deque[LogLine] = field(default_factory=lambda: deque(maxlen=LAST))
    before: deque[LogLine] = field(default_factory=lambda: deque(maxlen=BEFORE))
    around: list[LogLine] = field(default_factory=list)
    at: int = 0
    count: int = 0
    count_before: int | None = None

    def add(self, line: LogLine) -> None:
        self.last.append(line)
        if self.count_before is not None:
            if len(self.around) - self.at <= AFTER:
                self.around.append(line)
        elif speaks_of_error(line.text):
            self.count_before, self.at = self.count, len(self.before)
            self.around = [*self.before, line]
        else:
            self.before.append(line)
        self.count += 1


class LogDigest:
    """The telling lines of one step's log."""

    def __init__(self) -> None:
        self._hosts: dict[str, _Host] = {}

    def feed(self, lines: Iterable[LogLine]) -> None:
        """Read on: lines that come after all that were read before."""
        hosts = self._hosts
        for line in lines:
            host = hosts.get(line.stream)
            if host is None:
                if len(hosts) == MOST_KEPT_HOSTS:
                    continue
                host = hosts[line.stream] = _Host()
            host.add(line)

    def tail(self) -> tuple[LogLine, ...]:
        """The end of every host's part, merged by time: a host that died early is in it, however others went on."""
        if len(self._hosts) == 1:
            (only,) = self._hosts.values()
            return tuple(only.last)
        return tuple(sorted((line for host in self._hosts.values() for line in host.last), key=lambda line: line.time))

    def first_errors(self) -> tuple[HostError, ...]:
        """Each host's first error in its whole log, the earliest first."""
        found = [
            HostError(name, tuple(host.around), host.at, host.count_before)
            for name, host in self._hosts.items()
            if host.count_before is not None
        ]
        return tuple(sorted(found, key=lambda error: error.line.time)[:MOST_HOSTS])
