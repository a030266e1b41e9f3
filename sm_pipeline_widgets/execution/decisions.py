"""Decisions about a version: who, when, why - as they are kept in the one text the API has for it.

``ApprovalDescription`` holds at most 1024 characters of one line. The newest decision stands first, earlier ones behind
it; the oldest go when the text is full.

>>> one = Decision("Approved", "rmse 54", "ada", "2026-11-22 18:05 UTC")
>>> kept_text([one])
'rmse 54 (Approved by ada, 2026-11-22 18:05 UTC)'
>>> decisions_in(kept_text([one]))[0] == one
True
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST = 1024
LONGEST_NOTE = 700
"""Characters of a note: who and when have to fit beside it."""
_BETWEEN = " || "
_KEPT = re.compile(
    r"(?P<note>.*) \((?P<status>\w+) by (?P<who>.+), (?P<when>\d{4}-\d\d-\d\d \d\d:\d\d UTC)\)", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided of a version. ``status`` is the API's word; who and when are empty where nobody wrote them."""

    status: str
    note: str
    who: str = ""
    when: str = ""

    def __str__(self) -> str:
        return f"{self.note} ({self.status} by {self.who}, {self.when})" if self.who else self.note


def kept_text(decisions: Sequence[Decision]) -> str:
    """The text that keeps these decisions, the newest first; as many as fit."""
    text = ""
    for decision in decisions:
        one = str(decision)
        longer = f"{text}{_BETWEEN}{one}" if text else one[:LONGEST]
        if len(longer) > LONGEST:
            break
        text = longer
    return text


def decisions_in(text: str, status: str = "") -> tuple[Decision, ...]:
    """The decisions that a text keeps; one that somebody wrote in another way is a note of the version's status."""
    return tuple(_read(part, status if at == 0 else "") for at, part in enumerate(text.split(_BETWEEN)) if part)


def plain_note(note: str) -> str:
    """The note in one line, without what would be read as the end of it."""
    return " ".join(note.replace("||", "|").split())


def _read(text: str, status: str) -> Decision:
    found = _KEPT.fullmatch(text)
    return Decision(found["status"], found["note"], found["who"], found["when"]) if found else Decision(status, text)
