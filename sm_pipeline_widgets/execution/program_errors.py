"""Deaths that leave no Python traceback: Java and Spark, R, Node, shells, C++.

Knows what these print when they die; of a chain of causes the innermost counts.

>>> lines = ["Error in fit(x) : object 'x' not found", "Calls: main -> fit", "Execution halted"]
>>> found = program_error([LogLine(0, "algo-1", text) for text in lines])
>>> found.language, found.message
('R', "object 'x' not found (in fit(x))")
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sm_pipeline_widgets.execution.lanes import Lane, lanes
from sm_pipeline_widgets.execution.loglines import LogLine
from sm_pipeline_widgets.execution.traceback import Spot

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["LogLine", "ProgramError", "program_error"]

_JAVA_TYPE = r"(?:[a-z_]\w*\.){1,9}[A-Z][\w$]*(?:Error|Exception|Throwable|Failure)\w*"
_JAVA = re.compile(
    rf"^(?:Exception in thread \"[^\"]*\" |: |Caused by: )?(?P<type>{_JAVA_TYPE})(?:: (?P<message>.*))?$"
)
_JAVA_FRAME = re.compile(r"^\s+at (?P<function>[\w.$<>]+)\((?P<file>[\w.]+):(?P<line>\d+)\)")
_JAVA_MORE = re.compile(r"^\s+(?:at |\.\.\. \d+ (?:more|common))|^\s*Suppressed: ")
_R = re.compile(r"^Error(?: in (?P<call>.+?) ?)?: ?(?P<message>.*)$")
_R_END = "Execution halted"
_SHELL = re.compile(
    r"^(?P<file>\S+?): (?:line )?(?P<line>\d+): (?P<message>.*(?:not found|No such file or directory|Permission denied|"
    r"syntax error|unbound variable|Killed|Segmentation fault|Aborted).*)$"
)
_NODE = re.compile(r"^(?:Uncaught )?(?P<type>[A-Z]\w*Error)(?: \[\w+\])?: (?P<message>.*)$")
_NODE_FRAME = re.compile(r"^\s+at (?:(?P<function>[\w.<>]+) )?\(?(?P<file>[^\s()]+):(?P<line>\d+):\d+\)?$")
_CPP = re.compile(r"^terminate called after throwing an instance of '(?P<type>[^']+)'$")
_CPP_WHAT = re.compile(r"^\s*what\(\):\s*(?P<message>.*)$")


@dataclass(frozen=True, slots=True)
class ProgramError:
    """How a program died: its language, what it raised, where, and the line that says so.

    ``frames`` are outermost first, as a Python traceback's.
    """

    language: str
    type: str
    message: str
    line: LogLine
    frames: tuple[Spot, ...] = ()


def program_error(lines: Sequence[LogLine]) -> ProgramError | None:
    """The last death of the process that died first, or None where nothing is known as one."""
    last = [found[-1] for lane in lanes(lines) if (found := list(_errors(lane)))]
    return min(last, key=lambda each: each.line.time, default=None)


def _errors(lane: Lane) -> Iterator[ProgramError]:
    at = 0
    while at < len(lane.texts):
        found, at = _error_at(lane, at)
        if found is not None:
            yield found


def _error_at(lane: Lane, at: int) -> tuple[ProgramError | None, int]:
    """What died at this line, and the line after it."""
    text, following = lane.texts[at], lane.texts[at + 1 : at + 2]
    if match := _JAVA.match(text):
        if (following and _JAVA_FRAME.match(following[0])) or text.startswith("Exception in thread"):
            return _java(lane, at)
    elif match := _CPP.match(text):
        what = _CPP_WHAT.match(following[0]) if following else None
        return ProgramError("C++", match["type"], what["message"] if what else "", lane.lines[at]), at + 2
    elif (match := _NODE.match(text)) and following and _NODE_FRAME.match(following[0]):
        return _node(lane, at, match)
    elif match := _SHELL.match(text):
        spot = Spot(match["file"], int(match["line"]), "")
        return ProgramError("shell", "", match["message"], lane.lines[at], (spot,)), at + 1
    elif text.startswith("Error") and (match := _R.match(text)) and _R_END in lane.texts[at : at + 12]:
        return _r(lane, at, match)
    return None, at + 1


def _java(lane: Lane, at: int) -> tuple[ProgramError, int]:
    """A Java exception with its causes: the innermost one, with its frames."""
    start, innermost = at, at
    spots: list[Spot] = []
    while at < len(lane.texts):
        text = lane.texts[at]
        if frame := _JAVA_FRAME.match(text):
            spots.append(Spot(frame["file"], int(frame["line"]), frame["function"]))
        elif text.startswith("Caused by: ") and _JAVA.match(text):
            innermost, spots = at, []
        elif at != start and not _JAVA_MORE.match(text):
            break
        at += 1
    match = _JAVA.match(lane.texts[innermost])
    name, message = (match["type"], match["message"]) if match else ("", "")
    frames = tuple(reversed(spots))
    return ProgramError("Java", name, (message or "").strip(), lane.lines[innermost], frames), at


def _node(lane: Lane, at: int, match: re.Match[str]) -> tuple[ProgramError, int]:
    start, spots = at, []
    at += 1
    while at < len(lane.texts) and (frame := _NODE_FRAME.match(lane.texts[at])):
        spots.append(Spot(frame["file"], int(frame["line"]), frame["function"] or ""))
        at += 1
    return ProgramError("Node", match["type"], match["message"], lane.lines[start], tuple(reversed(spots))), at


def _r(lane: Lane, at: int, match: re.Match[str]) -> tuple[ProgramError, int]:
    """R writes a long message on the lines after the colon."""
    message, end = match["message"].strip(), at + 1
    if not message and end < len(lane.texts):
        message, end = lane.texts[end].strip(), end + 1
    call = f" (in {match['call']})" if match["call"] else ""
    return ProgramError("R", "", f"{message}{call}", lane.lines[at]), end
