"""Every error this package raises on purpose, and the problems it finds in texts.

::

    PipelineWidgetsError
    ├── UsageError             a verb, option or name that does not exist, or is used wrongly
    ├── UnansweredError        a question has to be answered first, and nobody can be asked
    ├── DefinitionError        a text or definition that cannot be compiled; carries its problems
    ├── EditRefusedError       an edit that a text cannot take; the text stays as it is
    ├── CodeNotFoundError      a step's script, folder or cell that is not there
    ├── TargetError            nowhere to run: no credentials, region, role or bucket
    │   ├── EngineError        the engine on this machine cannot be started, reached or used
    │   │   └── EngineStoppedError   a person has ended it, and who asks only looks on
    │   ├── SignInError        no credentials that are accepted now: signing in (again) helps
    │   ├── UnreachableError   no answer: the network, a proxy or the service itself
    │   └── ReadOnlyError      the target only looks, and this would change something
    └── ServiceError           the API refused a request; carries operation, code and message

Each says what happened, where, and what to do next (``fix``). A mistake in a pipeline's text is not raised:
it is a :class:`Problem`, and all of them are collected.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class Severity(StrEnum):
    """How much a problem matters: an error stops a submit, a warning does not."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a pipeline's text or definition.

    ``line`` and ``column`` count from 1 within the text (for a cell: within the cell, whose first line is the magic);
    None where the problem has no place, as for a definition that was never text.
    """

    code: str
    severity: Severity
    message: str
    fix: str = ""
    step: str | None = None
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None

    def __str__(self) -> str:
        place = f"line {self.line}, column {self.column}: " if self.line is not None else ""
        owner = f"step `{self.step}`: " if self.step else ""
        end = "" if self.message.endswith((".", "!", "?")) else "."
        remedy = f" {self.fix}" if self.fix else ""
        return f"{place}{self.severity} {self.code}: {owner}{self.message}{end}{remedy}"


class PipelineWidgetsError(Exception):
    """The root of the tree.

    Parameters
    ----------
    message
        What happened, and where.
    fix
        What to do next; shown after the message.
    """

    def __init__(self, message: str, fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.message}\n{self.fix}" if self.fix else self.message

    def _render_traceback_(self) -> list[str]:
        """Show a notebook user the message without forty frames (IPython's protocol)."""
        return [f"{type(self).__name__}: {self.message}", *([f"→ {self.fix}"] if self.fix else [])]


class UsageError(PipelineWidgetsError):
    """A verb, option or name that does not exist, or is used wrongly."""


class UnansweredError(PipelineWidgetsError):
    """Something has to be confirmed first, and there is nobody who could be asked."""


class DefinitionError(PipelineWidgetsError):
    """A text or definition cannot be compiled because of the problems it carries."""

    def __init__(self, message: str, problems: Sequence[Problem] = (), fix: str = "") -> None:
        self.problems = tuple(problems)
        lines = [message, *(f"  {problem}" for problem in self.problems)]
        super().__init__("\n".join(lines), fix)


class EditRefusedError(PipelineWidgetsError):
    """A text cannot take an edit: a name is taken, steps would wait for each other. The text stays as it is.

    Parameters
    ----------
    line
        The line of the text that is in the way, from 1; the message goes on after it: "cannot be read".
    """

    def __init__(self, message: str, fix: str = "", *, line: int | None = None) -> None:
        super().__init__(message if line is None else f"line {line} of the text {message}", fix)
        self._line, self._message = line, message

    def seen_below(self, lines_above: int) -> str:
        """The message for whoever counts the lines above the text too: in a cell, that of the magic."""
        return self.message if self._line is None else f"line {self._line + lines_above} {self._message}"


class CodeNotFoundError(PipelineWidgetsError):
    """A step's script, folder or cell is not there."""


class TargetError(PipelineWidgetsError):
    """There is nowhere to run: no credentials, region, role or bucket."""


class EngineError(TargetError):
    """The engine on this machine cannot be started, reached or used."""


class EngineStoppedError(EngineError):
    """The engine on this machine was stopped by a person, and is not started by those who only look on."""

    def __init__(self) -> None:
        super().__init__(
            "The engine on this machine was stopped.",
            "Running steps go on by themselves; `%pipeline list`, or any other verb, starts it again.",
        )


class SignInError(TargetError):
    """There are no credentials, or none that are accepted now."""


class UnreachableError(TargetError):
    """No answer comes: the network, a proxy or the service itself."""


class ReadOnlyError(TargetError):
    """The target is read-only, and what was asked for would change something there."""


class ServiceError(PipelineWidgetsError):
    """The API refused a request.

    Parameters
    ----------
    operation
        The API's operation name, such as ``StartPipelineExecution``.
    code
        The API's error code, such as ``ValidationException``.
    """

    def __init__(self, operation: str, code: str, message: str, fix: str = "") -> None:
        super().__init__(f"{operation} was refused ({code}): {message}", fix)
        self.operation = operation
        self.code = code
