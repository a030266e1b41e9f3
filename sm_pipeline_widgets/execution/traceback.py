"""Python tracebacks out of log lines.

Knows the texts that Python prints when it dies: plain, chained, grouped, with every line behind a prefix (a launcher's
rank, a logger's time, a group's bars), of several hosts and processes whose lines are mixed, with a stray line between
its frames. Knows nothing of jobs or where lines come from; ``lanes`` says which lines are one process's.

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

from sm_pipeline_widgets.execution.lanes import Lane, lanes
from sm_pipeline_widgets.execution.loglines import LogLine

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["LogLine", "Raised", "Spot", "Traceback", "last_traceback", "tracebacks"]

HEADER = "Traceback (most recent call last):"
_FRAME = re.compile(r'^ *File "(?P<file>.*?)", line (?P<line>\d+)(?:, in (?P<function>.*))?$')
_REPEATED = re.compile(r"^ *\[Previous line repeated (\d+) more times?\]$")
_MARKS = re.compile(r"^[ ~^]+$")
_NAMED_AS_ERROR = re.compile(r"[\w.]*(?:Error|Exception|Interrupt|Exit|Warning)(?::|$)")
_RAISED = re.compile(r"^(?P<type>[A-Za-z_][\w.]*(?:\.<locals>\.\w+)*)(?:: (?P<message>.*)|:)?$", re.DOTALL)
_LINKS = {
    "During handling of the above exception, another exception occurred:": "context",
    "The above exception was the direct cause of the following exception:": "cause",
}
_SYNTAX = ("SyntaxError", "IndentationError", "TabError")
_DIGIT = re.compile(r"\d")
_STRAY = 3
"""Lines of another thread that may stand between two frames."""
# Exceptions of a parent that say no more than that its child died; the child's own traceback stands before.
_WRAPPERS = frozenset(
    {"CalledProcessError", "ChildFailedError", "ProcessExitedException", "ExecuteUserScriptError", "BrokenProcessPool"}
)
_PEER_LOST = re.compile(
    r"DistBackendError|NCCL|ncclRemote|Gloo|[Cc]onnection (?:reset|closed) by peer"
    r"|^ConnectionResetError|^BrokenPipeError"
)


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
    process. ``header`` is the first line of it all. ``led_to`` are exceptions of parents that only say that it died.
    """

    stream: str
    time: int
    chain: tuple[Raised, ...]
    links: tuple[str, ...] = ()
    header: LogLine | None = None
    led_to: tuple[Raised, ...] = ()

    @property
    def final(self) -> Raised:
        return self.chain[-1]

    @property
    def is_lost_peer(self) -> bool:
        """Whether it says that another process was gone, which is no reason of its own."""
        return _PEER_LOST.search(f"{self.final.type.rpartition('.')[2]}: {self.final.message}") is not None

    @property
    def is_wrapper(self) -> bool:
        """Whether it only says that a child process failed."""
        return self.final.type.rpartition(".")[2] in _WRAPPERS


def tracebacks(lines: Sequence[LogLine]) -> list[Traceback]:
    """Every traceback, each process's lines read by themselves, in the order in which they ended."""
    found = [each for lane in lanes(lines) for each in _Reader(lane).read()]
    return sorted(found, key=lambda each: each.time)


def last_traceback(lines: Sequence[LogLine], *, may_be_cut: bool = False) -> Traceback | None:
    """The traceback that explains a death.

    Of each process the last one counts (earlier ones were caught), or the child's before it where that only says that
    a child failed; of several processes the one that died first of itself, for the others then lose their peer.

    Parameters
    ----------
    may_be_cut
        The lines may begin in the middle of a traceback, which is then read as far as it is there.
    """
    found = [each for lane in lanes(lines) for each in _deaths(_Reader(lane, may_be_cut=may_be_cut).read())]
    return min(_without_parents(found), key=lambda each: (each.is_lost_peer, each.time), default=None)


def _deaths(found: Sequence[Traceback]) -> Iterable[Traceback]:
    """The last traceback of one process, or the child's that it only passes on."""
    wrappers: list[Raised] = []
    for each in reversed(found):
        if not each.is_wrapper or each is found[0]:
            yield replace(each, led_to=tuple(reversed(wrappers)))
            return
        wrappers.append(each.final)


def _without_parents(found: Sequence[Traceback]) -> Sequence[Traceback]:
    """A launcher's traceback is left out where a process it launched has one of its own."""
    own = [each for each in found if not each.is_wrapper]
    return own or found


@dataclass(slots=True)
class _Reader:
    """Reads the lines of one process."""

    lane: Lane
    may_be_cut: bool = False
    at: int = 0
    found: list[Traceback] = field(default_factory=list)

    def read(self) -> list[Traceback]:
        texts = self.lane.texts
        while self.at < len(texts):
            text = texts[self.at]
            if text.endswith(HEADER):
                self._read_one(self._prefix(text), headed=True)
            elif 'File "' in text and _FRAME.match(text):
                self._read_one("", headed=False)
            else:
                self.at += 1
        return self.found

    def _prefix(self, header: str) -> str:
        """What stands before each line of the traceback: a logger writes it before the first one only."""
        prefix = header[: -len(HEADER)].removesuffix("Exception Group ").replace("+ ", "| ")
        following = self.lane.texts[self.at + 1] if self.at + 1 < len(self.lane.texts) else ""
        return "" if _FRAME.match(following) and not prefix.isspace() else prefix

    def _read_one(self, prefix: str, *, headed: bool) -> None:
        """One exception: frames, then the line that names it.

        Without a header only a SyntaxError prints so, or the log begins in the middle of it.
        """
        start = self.at
        if headed:
            self.at += 1
        frames = self._frames(prefix)
        raised = self._raised(prefix)
        is_whole = headed or (raised is not None and raised.type in _SYNTAX)
        is_cut = self.may_be_cut and not self.found and start < _STRAY
        if raised is None or not (is_whole or is_cut):
            self.at = max(self.at, start + 1)
            return
        link = self._link_before(start, prefix)
        time = self.lane.lines[self.at - 1].time
        this = replace(raised, frames=tuple(frames))
        if link and self.found:
            before = self.found.pop()
            chained = Traceback(self.lane.stream, time, (*before.chain, this), (*before.links, link), before.header)
            self.found.append(chained)
        else:
            self.found.append(Traceback(self.lane.stream, time, (this,), header=self.lane.lines[start]))

    def _frames(self, prefix: str) -> list[Spot]:
        frames: list[Spot] = []
        while self.at < len(self.lane.texts):
            text = self._text(prefix) or ""
            match = _FRAME.match(text)
            if match:
                # the drivers of the SageMaker SDK 3.x print what a script says without what its lines begin with
                source = self._flat_source(prefix) if text.startswith("File ") else ""
                frames.append(Spot(match["file"], int(match["line"]), match["function"] or "", source))
            elif frames and text.startswith("    ") and not _MARKS.match(text):
                if not frames[-1].source and not _REPEATED.match(text):
                    frames[-1] = replace(frames[-1], source=text.strip())
            elif not (frames and text.startswith("  ")):
                strays = self._strays(prefix) if frames else 0
                if not strays:
                    break
                self.at += strays - 1
            self.at += 1
        return frames

    def _flat_source(self, prefix: str) -> str:
        """The source line below a frame of a traceback without indentation; steps over it and the marks below it."""
        text, below = self._text(prefix, 1), self._text(prefix, 2) or ""
        if not text or _FRAME.match(text) or text.endswith(HEADER) or _NAMED_AS_ERROR.match(text):
            return ""
        if _RAISED.match(text) and not any(form.match(below) for form in (_FRAME, _MARKS, _RAISED)):
            return ""
        self.at += 1
        while _MARKS.match(below) or _REPEATED.match(below):
            self.at += 1
            below = self._text(prefix, 1) or ""
        return text.strip()

    def _strays(self, prefix: str) -> int:
        """How many lines of somebody else stand here before the traceback goes on; 0 when it does not."""
        for ahead in range(1, _STRAY + 1):
            text = self._text(prefix, ahead)
            if text is not None and _FRAME.match(text):
                return ahead
            if text is not None and text.endswith(HEADER):
                return 0
        return 0

    def _raised(self, prefix: str) -> Raised | None:
        text = self._text(prefix)
        match = _RAISED.match(text) if text is not None else None
        if match is None:
            return None
        self.at += 1
        message = (match["message"] or "").strip()
        following = self._text(prefix) or ""
        if message.endswith(":") and following.strip() and not following.endswith(HEADER):
            message = f"{message} {following.strip()}"  # "Parameter validation failed:" says nothing without it
        return Raised(match["type"], message, ())

    def _link_before(self, start: int, prefix: str) -> str:
        """How the exception at `start` follows the one before it: told by the sentence Python prints between them."""
        for back in range(start - 1, max(start - 5, -1), -1):
            text = self.lane.texts[back].removeprefix(prefix).strip()
            if text in _LINKS:
                return _LINKS[text]
            if text and text != '"""':
                return ""
        return ""

    def _text(self, prefix: str, ahead: int = 0) -> str | None:
        """A line without the prefix its traceback has, or None where it has another or there is none."""
        if self.at + ahead >= len(self.lane.texts):
            return None
        text = self.lane.texts[self.at + ahead]
        if text.startswith(prefix):
            return text[len(prefix) :]
        if text == prefix.rstrip():
            return ""
        own = text[: len(prefix)]  # a logger's time goes on within a traceback
        return text[len(prefix) :] if _DIGIT.sub("0", own) == _DIGIT.sub("0", prefix) else None
