"""Python tracebacks out of log lines.

Knows the texts that Python prints when it dies: plain, chained, grouped, with every line behind a prefix (a launcher's
rank, a group's bars), of several hosts whose lines are mixed. Knows nothing of jobs or where lines come from.

>>> lines = ["Traceback (most recent call last):", '  File "/opt/ml/code/t.py", line 3, in <module>', "    f()",
...          "ValueError: no"]
>>> found = last_traceback([LogLine(0, "algo-1", text) for text in lines])
>>> found.final.type, found.final.message, found.final.frames[0].line
('ValueError', 'no', 3)
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sm_pipeline_widgets.execution.loglines import LogLine

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["LogLine", "Raised", "Spot", "Traceback", "last_traceback", "tracebacks"]

HEADER = "Traceback (most recent call last):"
_FRAME = re.compile(r'^ *File "(?P<file>.*?)", line (?P<line>\d+)(?:, in (?P<function>.*))?$')
_REPEATED = re.compile(r"^ *\[Previous line repeated (\d+) more times?\]$")
_MARKS = re.compile(r"^[ ~^]+$")
_RAISED = re.compile(r"^(?P<type>[A-Za-z_][\w.]*(?:\.<locals>\.\w+)*)(?:: (?P<message>.*)|:)?$", re.DOTALL)
_LINKS = {
    "During handling of the above exception, another exception occurred:": "context",
    "The above exception was the direct cause of the following exception:": "cause",
}
_SYNTAX = ("SyntaxError", "IndentationError", "TabError")
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True, slots=True)
class Spot:
    """One frame: where in which file, in which function, and the source line as it was printed."""

    file: str
    line: int
    function: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Raised:
    """One exception of a chain with its frames, outermost first."""

    type: str
    message: str
    frames: tuple[Spot, ...]


@dataclass(frozen=True, slots=True)
class Traceback:
    """What one death printed: a chain of exceptions, the first one raised first.

    ``links`` says how each came to follow the one before it (``cause`` or ``context``); the last one ended the
    process. ``header`` is the first line of it all.
    """

    stream: str
    time: int
    chain: tuple[Raised, ...]
    links: tuple[str, ...] = ()
    header: LogLine | None = None

    @property
    def final(self) -> Raised:
        return self.chain[-1]


def tracebacks(lines: Sequence[LogLine]) -> list[Traceback]:
    """Every traceback, each host's lines read by themselves, in the order in which they ended."""
    hosts: dict[str, list[LogLine]] = {}
    for line in lines:
        hosts.setdefault(line.stream, []).append(line)
    found = [each for stream, own in hosts.items() for each in _Reader(stream, own).read()]
    return sorted(found, key=lambda each: each.time)


def last_traceback(lines: Sequence[LogLine]) -> Traceback | None:
    """The traceback that explains a death.

    Of each host the last one counts (earlier ones were caught); of several hosts the one that died first, for the
    others then lose their peer.
    """
    last = {each.stream: each for each in tracebacks(lines)}
    return min(last.values(), key=lambda each: each.time, default=None)


@dataclass(slots=True)
class _Reader:
    """Reads the lines of one host."""

    stream: str
    lines: Sequence[LogLine]
    at: int = 0
    found: list[Traceback] = field(default_factory=list)

    def read(self) -> list[Traceback]:
        while self.at < len(self.lines):
            text = _plain(self.lines[self.at].text)
            if text.endswith(HEADER):
                prefix = text[: -len(HEADER)].removesuffix("Exception Group ").replace("+ ", "| ")
                self._read_one(prefix, headed=True)
            elif _FRAME.match(text):
                self._read_one("", headed=False)
            else:
                self.at += 1
        return self.found

    def _read_one(self, prefix: str, *, headed: bool) -> None:
        """One exception: frames, then the line that names it; without a header only a SyntaxError prints so."""
        start = self.at
        if headed:
            self.at += 1
        frames = self._frames(prefix)
        raised = self._raised(prefix)
        if raised is None or not (frames or headed) or (not headed and raised.type not in _SYNTAX):
            self.at = max(self.at, start + 1)
            return
        link = self._link_before(start, prefix)
        time = self.lines[self.at - 1].time
        this = replace(raised, frames=tuple(frames))
        if link and self.found:
            before = self.found.pop()
            chained = Traceback(self.stream, time, (*before.chain, this), (*before.links, link), before.header)
            self.found.append(chained)
        else:
            self.found.append(Traceback(self.stream, time, (this,), header=self.lines[start]))

    def _frames(self, prefix: str) -> list[Spot]:
        frames: list[Spot] = []
        while (text := self._text(prefix)) is not None:
            match = _FRAME.match(text)
            if match:
                frames.append(Spot(match["file"], int(match["line"]), match["function"] or "", ""))
            elif frames and text.startswith("    ") and not _MARKS.match(text):
                if not frames[-1].source and not _REPEATED.match(text):
                    frames[-1] = replace(frames[-1], source=text.strip())
            elif not (frames and text.startswith("  ")):
                break
            self.at += 1
        return frames

    def _raised(self, prefix: str) -> Raised | None:
        text = self._text(prefix)
        match = _RAISED.match(text) if text is not None else None
        if match is None:
            return None
        self.at += 1
        return Raised(match["type"], (match["message"] or "").strip(), ())

    def _link_before(self, start: int, prefix: str) -> str:
        """How the exception at `start` follows the one before it: told by the sentence Python prints between them."""
        for back in range(start - 1, max(start - 5, -1), -1):
            text = _plain(self.lines[back].text).removeprefix(prefix).strip()
            if text in _LINKS:
                return _LINKS[text]
            if text and text != '"""':
                return ""
        return ""

    def _text(self, prefix: str) -> str | None:
        """The current line without the prefix its traceback has, or None where the traceback cannot go on."""
        if self.at >= len(self.lines):
            return None
        text = _plain(self.lines[self.at].text)
        if text.startswith(prefix):
            return text[len(prefix) :]
        return "" if text == prefix.rstrip() else None


def _plain(text: str) -> str:
    return _ANSI.sub("", text).rstrip() if "\x1b" in text else text.rstrip()
