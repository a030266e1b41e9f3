"""What a row of the catalogue says.

Rows are data: ``execution.causes`` matches them, and docs/failures.md is written from them.

Templates name groups of the row's pattern in braces: ``The role lacks `{action}` ``. Nothing else is filled in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Confidence(StrEnum):
    """How sure it is that the words mean this cause."""

    CERTAIN = "certain"
    LIKELY = "likely"
    POSSIBLE = "possible"


class Seen(StrEnum):
    """Where the words stood."""

    REASON = "the service's words"
    RAISED = "the exception"
    LOG = "the log"
    STATUS = "the job's status"


SAID = (Seen.REASON, Seen.RAISED)
DIED = (Seen.RAISED, Seen.REASON, Seen.LOG)
STATUS = (Seen.STATUS, Seen.REASON)


@dataclass(frozen=True, slots=True)
class Known:
    """One known failure.

    A row fits where its pattern is found in a text that stood at one of ``seen``, or the program's exit code is one
    of ``exits``; and, where they are given, the step is of one of ``types``, ``context`` is found in any text, and
    the step ran for ``seconds`` at least. Of several rows of one ``family`` that fit, only the first counts. A general
    row is only told when no other fits. ``snippet`` is a policy or a command to copy; ``source`` says where the words
    are known from.
    """

    name: str
    pattern: re.Pattern[str] | None
    title: str
    fix: str
    confidence: Confidence = Confidence.CERTAIN
    seen: tuple[Seen, ...] = SAID
    exits: frozenset[int] = frozenset()
    types: frozenset[str] = frozenset()
    context: re.Pattern[str] | None = None
    seconds: float = 0
    family: str = ""
    is_general: bool = False
    snippet: str = ""
    source: str = ""


def words(pattern: str) -> re.Pattern[str]:
    """A pattern over one text; a dot also stands for a line break, since the service wraps texts as it likes."""
    return re.compile(pattern, re.DOTALL)
