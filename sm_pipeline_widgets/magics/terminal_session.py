"""What a terminal has in place of a notebook: files for cells, a stream to write to, an exit code."""

from __future__ import annotations

import re
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from sm_pipeline_widgets.errors import UsageError
from sm_pipeline_widgets.magics.session import Session

if TYPE_CHECKING:
    from sm_pipeline_widgets.api.execution import Execution
    from sm_pipeline_widgets.api.pipeline import Pipeline

PROGRAM = "python -m sm_pipeline_widgets"
FILES = (".yaml", ".yml", ".json")
_MAGIC = re.compile(r"(?<!%)%pipeline\b")


class Exit(IntEnum):
    """What a script learns from the end of this program."""

    SUCCEEDED = 0
    FAILED = 1
    BAD_INPUT = 2
    STOPPED = 3
    STILL_RUNNING = 124
    INTERRUPTED = 130


def in_a_terminal(text: str) -> str:
    """The text with the program's own name where it speaks of the magic."""
    return _MAGIC.sub(PROGRAM, text)


class TerminalSession(Session):
    """A session whose pipelines are files."""

    def __init__(self, output: TextIO) -> None:
        super().__init__()
        self.output = output
        self.code_of_exit = Exit.SUCCEEDED

    def declared(self, name: str) -> Pipeline:
        """The pipeline in a file.

        Raises
        ------
        UsageError
            It is no file of a pipeline's text or definition.
        """
        from sm_pipeline_widgets.api.finding import resolve  # noqa: PLC0415
        from sm_pipeline_widgets.api.pipeline import Pipeline  # noqa: PLC0415 - `help` need not wait for it

        if name in self.pipelines:
            return self.pipelines[name]
        if Path(name).suffix not in FILES:
            raise UsageError(f"`{name}` is no file of a pipeline.", "Give its text (`.yaml`) or definition (`.json`).")
        found = resolve(Path(name), None, lambda: self.target)
        if not isinstance(found, Pipeline):
            raise UsageError(f"`{name}` holds no pipeline.", "Give its text (`.yaml`) or definition (`.json`).")
        self.pipelines[name] = found
        return found

    def execution(self, arn: str | None = None, target: str | None = None) -> Execution:
        """The execution with that ARN, or the newest of that pipeline.

        Raises
        ------
        UsageError
            None is named, or there is none.
        """
        if arn is None:
            fix = "Name one by its ARN, or a pipeline for its newest: `--execution ARN` of `logs`, else the first word."
            raise UsageError("A terminal has no latest execution.", fix)
        return super().execution(arn, target)

    def say(self, text: str) -> None:
        """Write text for people, with the program's own name in it, at once."""
        self.write(in_a_terminal(text))

    def write(self, text: str) -> None:
        """Write a line as it is, at once."""
        self.put(text + "\n")

    def put(self, text: str) -> None:
        """Write text as it is, at once, without a new line."""
        self.output.write(text)
        self.output.flush()


def terminal_of(session: Session) -> TerminalSession:
    """The session as a terminal's, which its verbs need."""
    if not isinstance(session, TerminalSession):
        raise TypeError("the terminal's verbs take the terminal's session")
    return session
