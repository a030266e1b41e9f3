"""Reading a job's log: the file its supervisor appends ``<ms> <text>`` lines to, addressed by byte offsets.

The file is the log: no copy in a database that could lag behind, be lost or be doubled by a restart, and an offset
is a token that stays good.
"""

from __future__ import annotations

import errno
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BLOCK = 1 << 20
_SCANNED = 1 << 16


@dataclass(frozen=True, slots=True)
class Event:
    """One line and where it stands: ``start`` and ``end`` are byte offsets in the file."""

    start: int
    end: int
    time: int
    text: str


def read_forward(path: Path, offset: int) -> Iterator[Event]:
    """The whole lines from a byte offset on."""
    if not path.exists():
        return
    offset = max(offset, begin_of(path))
    with path.open("rb") as file:
        file.seek(offset)
        for raw in file:
            if not raw.endswith(b"\n"):
                return
            yield _event(raw, offset)
            offset += len(raw)


def read_backward(path: Path, offset: int) -> Iterator[Event]:
    """The lines that end at or before a byte offset, the last one first."""
    if not path.exists():
        return
    first = begin_of(path)
    with path.open("rb") as file:
        rest = b""
        while offset > first:
            start = max(first, offset - _BLOCK)
            file.seek(start)
            rest = file.read(offset - start) + rest
            offset = start
            # What stands before the first line break may be the end of a line that began in an earlier block.
            cut = 0 if start == first else rest.find(b"\n") + 1
            at = start + len(rest)
            for raw in reversed(rest[cut:].split(b"\n")[:-1]):
                at -= len(raw) + 1
                yield _event(raw + b"\n", at)
            rest = rest[:cut]


def begin_of(path: Path) -> int:
    """The offset of the first line there is: a log that grew too long has lost its oldest part, a hole in the file."""
    with path.open("rb") as file:
        try:
            at = os.lseek(file.fileno(), 0, os.SEEK_DATA)
        except OSError:
            # an empty file, or a file system that knows no holes
            return 0
        if at == 0:
            return 0
        file.seek(at)
        # the hole ends in the middle of a line
        return at + len(file.readline())


def seek_time(path: Path, time: int) -> int:
    """The offset of the first line stamped at or after a time in ms; a log's stamps never go back."""
    if not path.exists():
        return 0
    # all lines before `low` are earlier, the one at `high` (if there is one) is not
    low, high = begin_of(path), end_of(path)
    with path.open("rb") as file:
        while high - low > _SCANNED:
            file.seek((low + high) // 2)
            file.readline()
            middle = file.tell()
            if middle >= high:
                break
            if _stamp(file.readline()) < time:
                low = middle
            else:
                high = middle
        file.seek(low)
        while low < high and _stamp(line := file.readline()) < time:
            low += len(line)
    return low


def _stamp(line: bytes) -> int:
    return int(line.partition(b" ")[0])


def end_of(path: Path) -> int:
    """The offset behind the last whole line."""
    if not path.exists():
        return 0
    with path.open("rb") as file:
        at = file.seek(0, os.SEEK_END)
        while at > 0:
            start = max(0, at - _BLOCK)
            file.seek(start)
            found = file.read(at - start).rfind(b"\n")
            if found >= 0:
                return start + found + 1
            at = start
    return 0


def tail(path: Path, count: int) -> list[Event]:
    """The last lines of a log, in order."""
    found: list[Event] = []
    for event in read_backward(path, end_of(path)):
        found.append(event)
        if len(found) == count:
            break
    return found[::-1]


def append(path: Path, text: str) -> None:
    """Add a line of the engine's own to the log of a job whose supervisor has ended.

    Raises
    ------
    OSError
        There is no room for it; the log is as it was.
    """
    last = tail(path, 1) if path.exists() else []
    stamp = max(time.time_ns() // 1_000_000, last[0].time if last else 0)
    with path.open("ab", buffering=0) as file:
        before = file.seek(0, os.SEEK_END)
        line = f"{stamp} {text}\n".encode()
        written = file.write(line)
        if written < len(line):
            file.truncate(before)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


def _event(raw: bytes, start: int) -> Event:
    stamp, _, text = raw[:-1].partition(b" ")
    return Event(start, start + len(raw), int(stamp), text.decode("utf-8", "replace"))
