"""Log lines of an execution's steps, in bounded memory.

Lines lie in chunks: one byte string with all texts and three arrays beside it, so a line costs its text and fourteen
bytes. Past the bounds the oldest chunk of the longest step goes. Knows nothing of where lines come from or go to.
"""

from __future__ import annotations

import threading
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sm_pipeline_widgets.execution.loglines import LogLine

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LINES_PER_CHUNK = 1024
MOST_LINES = 1_000_000
MOST_BYTES = 250 * 1024 * 1024
_COST = 14  # bytes of a line's places in the three arrays
DROPPED_TEXT = "(this line is no longer kept: only the newest lines are)"


class LogStore:
    """Append lines per step, read pages of them back; safe to use from several threads.

    Lines are counted from the first one ever appended: a line keeps its number when older ones are dropped.
    """

    def __init__(self, *, most_lines: int = MOST_LINES, most_bytes: int = MOST_BYTES) -> None:
        self._most_lines = most_lines
        self._most_bytes = most_bytes
        self._steps: dict[str, _StepLines] = {}
        self._streams: dict[str, int] = {}
        self._names: list[str] = []
        self._lines = 0
        self._bytes = 0
        self._lock = threading.Lock()

    def append(self, step: str, lines: Iterable[LogLine]) -> int:
        """Add lines at the end of a step's log; returns how many lines it has now."""
        with self._lock:
            kept = self._steps.setdefault(step, _StepLines())
            for line in lines:
                self._bytes += kept.append(line, self._stream(line.stream))
                self._lines += 1
            while self._lines > self._most_lines or self._bytes > self._most_bytes:
                if not self._drop():
                    break
            return kept.total

    def total(self, step: str) -> int:
        """How many lines the step has had, those that were dropped among them."""
        with self._lock:
            kept = self._steps.get(step)
            return kept.total if kept is not None else 0

    def totals(self) -> dict[str, int]:
        """:meth:`total` of every step that has lines."""
        with self._lock:
            return {step: kept.total for step, kept in self._steps.items() if kept.total}

    def dropped(self, step: str) -> int:
        """How many of the step's oldest lines are no longer kept."""
        with self._lock:
            kept = self._steps.get(step)
            return kept.dropped if kept is not None else 0

    def page(self, step: str, first: int, count: int) -> list[LogLine]:
        """Lines `first` to ``first + count``, as far as there are any; dropped ones come as a note in their place."""
        with self._lock:
            kept = self._steps.get(step)
            if kept is None:
                return []
            stop = min(first + count, kept.total)
            return kept.lines(max(first, 0), stop, self._names)

    def tail(self, step: str, count: int) -> list[LogLine]:
        """The last `count` lines that are kept."""
        with self._lock:
            kept = self._steps.get(step)
            if kept is None:
                return []
            return kept.lines(max(kept.dropped, kept.total - count), kept.total, self._names)

    def _stream(self, name: str) -> int:
        number = self._streams.get(name)
        if number is None:
            number = self._streams[name] = len(self._names)
            self._names.append(name)
        return number

    def _drop(self) -> bool:
        longest = max(self._steps.values(), key=lambda kept: kept.total - kept.dropped)
        if len(longest.chunks) < 2:  # never the chunk that is being written
            return False
        lines, size = longest.drop()
        self._lines -= lines
        self._bytes -= size
        return True


@dataclass(slots=True)
class _Chunk:
    text: bytearray = field(default_factory=bytearray)
    ends: array[int] = field(default_factory=lambda: array("I"))
    times: array[int] = field(default_factory=lambda: array("q"))
    streams: array[int] = field(default_factory=lambda: array("H"))

    def __len__(self) -> int:
        return len(self.ends)

    def lines(self, first: int, stop: int, names: Sequence[str]) -> list[LogLine]:
        starts = [self.ends[first - 1] if first else 0, *self.ends[first : stop - 1]]
        begin, raw = starts[0], bytes(self.text[starts[0] : self.ends[stop - 1]])
        places = zip(starts, self.ends[first:stop], self.times[first:stop], self.streams[first:stop], strict=True)
        if raw.isascii():  # then a character is a byte, and one text can be cut
            text = raw.decode("ascii")
            return [LogLine(time, names[name], text[start - begin : end - begin]) for start, end, time, name in places]
        return [
            LogLine(time, names[name], raw[start - begin : end - begin].decode("utf-8", "surrogatepass"))
            for start, end, time, name in places
        ]


@dataclass(slots=True)
class _StepLines:
    chunks: list[_Chunk] = field(default_factory=list)
    total: int = 0
    dropped: int = 0

    def append(self, line: LogLine, stream: int) -> int:
        if not self.chunks or len(self.chunks[-1]) == LINES_PER_CHUNK:
            self.chunks.append(_Chunk())
        chunk = self.chunks[-1]
        text = line.text.encode("utf-8", "surrogatepass")
        chunk.text += text
        chunk.ends.append(len(chunk.text))
        chunk.times.append(line.time)
        chunk.streams.append(min(stream, 0xFFFF))
        self.total += 1
        return len(text) + _COST

    def lines(self, first: int, stop: int, names: Sequence[str]) -> list[LogLine]:
        found = [LogLine(0, "", DROPPED_TEXT)] * max(0, min(stop, self.dropped) - first)
        at = max(first, self.dropped)
        while at < stop:
            index, offset = divmod(at - self.dropped, LINES_PER_CHUNK)
            until = min(LINES_PER_CHUNK, offset + stop - at)
            found += self.chunks[index].lines(offset, until, names)
            at += until - offset
        return found

    def drop(self) -> tuple[int, int]:
        chunk = self.chunks.pop(0)
        self.dropped += len(chunk)
        return len(chunk), len(chunk.text) + _COST * len(chunk)
