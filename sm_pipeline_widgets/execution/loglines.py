"""A line of a log, as every reader and view passes it on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line: when it was written, by which stream (host), and its text without the line break.

    ``time`` is milliseconds since the epoch, as CloudWatch counts; ``stream`` is the host's part of the
    stream's name (``algo-1``).
    """

    time: int
    stream: str
    text: str

    @property
    def when(self) -> datetime:
        """The line's time as an aware datetime in UTC."""
        return datetime.fromtimestamp(self.time / 1000, UTC)
