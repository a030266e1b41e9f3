"""How a program died, as its log tells it: what it raised, where, what came before and after.

Python's tracebacks first; where there is none, what other languages leave; where a Python program only passed on what
Java said, what Java said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sm_pipeline_widgets.execution.frames import of_program, told_apart
from sm_pipeline_widgets.execution.program_errors import program_error
from sm_pipeline_widgets.execution.traceback import last_traceback

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sm_pipeline_widgets.execution.frames import CodeOrigin, Frame
    from sm_pipeline_widgets.execution.loglines import LogLine
    from sm_pipeline_widgets.execution.program_errors import ProgramError
    from sm_pipeline_widgets.execution.traceback import Raised, Traceback

_PASSES_ON_JAVA = "Py4JJavaError"


@dataclass(frozen=True, slots=True)
class Death:
    """What ended a program.

    ``followed`` are the exceptions it came out of, ``led_to`` those that only passed it on, both in the order in which
    they were raised; ``header`` is the first line of the traceback, ``host`` the stream it stood in.
    """

    type: str
    message: str
    frames: tuple[Frame, ...]
    header: LogLine | None
    host: str
    followed: tuple[str, ...] = ()
    led_to: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """``ValueError: no such column``."""
        return f"{self.type}: {self.message}" if self.message else self.type


def death(tail: Sequence[LogLine], origin: CodeOrigin | None, job: str) -> Death | None:
    """What the end of a log says of a program's death, or None where it says nothing that is known.

    Parameters
    ----------
    job
        The job's name, for :func:`~sm_pipeline_widgets.execution.frames.told_apart`.
    """
    trace = last_traceback(tail) or last_traceback(tail, may_be_cut=True)
    if trace is None or trace.is_wrapper:
        error = program_error(tail)
        if error is not None:
            return _of_program(error, () if trace is None else (_words(trace.final),))
        return None if trace is None else _of_python(trace, origin, job, None)
    passed_on = program_error(tail) if trace.final.type.endswith(_PASSES_ON_JAVA) else None
    return _of_python(trace, origin, job, passed_on)


def _of_python(trace: Traceback, origin: CodeOrigin | None, job: str, java: ProgramError | None) -> Death:
    earlier = tuple(_words(raised) for raised in trace.chain[:-1])
    frames = told_apart(trace.final.frames, origin, job)
    later = tuple(_words(raised) for raised in trace.led_to)
    if java is not None:
        later = (_words(trace.final), *later)
        return Death(java.type, java.message, frames, trace.header, trace.stream, earlier, later)
    return Death(trace.final.type, trace.final.message, frames, trace.header, trace.stream, earlier, later)


def _of_program(error: ProgramError, led_to: tuple[str, ...]) -> Death:
    name = error.type or error.language
    return Death(name, error.message, of_program(error.frames), error.line, error.line.stream, led_to=led_to)


def _words(raised: Raised) -> str:
    return f"{raised.type}: {raised.message}" if raised.message else raised.type
