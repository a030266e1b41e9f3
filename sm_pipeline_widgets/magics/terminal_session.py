"""What a terminal has in place of a notebook: files for cells, a stream to write to, an exit code."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from sm_pipeline_widgets.api.targets import connect
from sm_pipeline_widgets.errors import UsageError
from sm_pipeline_widgets.magics.parser import MagicParser
from sm_pipeline_widgets.magics.session import Session

if TYPE_CHECKING:
    from sm_pipeline_widgets.api.execution import Execution
    from sm_pipeline_widgets.api.pipeline import Pipeline
    from sm_pipeline_widgets.aws.target import Target

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


@dataclass(frozen=True, slots=True)
class Place:
    """Options of every verb that say more of the target than its name."""

    profile: str | None = None
    region: str | None = None
    role: str | None = None
    bucket: str | None = None
    endpoint_url: str | None = None
    read_only: bool = False

    @classmethod
    def taken_from(cls, words: list[str]) -> tuple[Place, list[str]]:
        """The options among the words, and the words without them; the verb ``target`` reads its own.

        Raises
        ------
        UsageError
            An option has no value.
        """
        if words[:1] == ["target"]:
            return cls(), words
        parser = MagicParser(PROGRAM, "VERB … [--profile P] [--region R] [--role ARN] [--bucket B] [--read-only]")
        for option in ("profile", "region", "role", "bucket", "endpoint-url"):
            parser.add_argument(f"--{option}", default=None)
        parser.add_argument("--read-only", action="store_true")
        given, others = parser.parse_known_args(words)
        return cls(**vars(given)), others

    def target(self, name: str | None) -> Target:
        """The target; without a name AWS where anything is said of it, else the engine on this machine."""
        if self == Place():
            return connect(name or "local")
        return connect(name or "aws", **asdict(self))


class TerminalSession(Session):
    """A session whose pipelines are files."""

    def __init__(self, output: TextIO, place: Place | None = None) -> None:
        super().__init__()
        self.output = output
        self.code_of_exit = Exit.SUCCEEDED
        self._place = place or Place()
        self._targets: dict[str, Target] = {}

    def note_failure(self) -> None:
        self.code_of_exit = Exit.FAILED

    @property
    def target(self) -> Target:
        """Where things run unless ``--target`` says otherwise: the engine on this machine, or what the options say."""
        return self.named_target(None)

    @target.setter
    def target(self, target: Target) -> None:
        self._targets[""] = target

    def named_target(self, name: str | None) -> Target:
        """The target of that name with the options given, made once."""
        key = name or ""
        if key not in self._targets:
            self._targets[key] = self._place.target(name)
        return self._targets[key]

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
