"""What starting a run tells while it happens, and what it asks before: plain values for whoever shows them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    """The stages of a submit, in their order. A stage with nothing to do is left out."""

    CHECKING = "checking"
    UPLOADING = "uploading"
    UPDATING = "updating"
    STARTING = "starting"


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a submit stands. A stage is told when it begins, as it goes on, and when it is over.

    Parameters
    ----------
    words
        What is done, as a person says it: ``code of train: 3 of 12 files``.
    began
        When the stage began, in seconds since the epoch.
    seconds
        How long the stage took; None while it goes on.
    done, total
        Bytes; ``total`` is 0 where nothing is counted.
    """

    stage: Stage
    words: str
    began: float
    seconds: float | None = None
    done: int = 0
    total: int = 0

    def __str__(self) -> str:
        spent = "" if self.seconds is None else f" ({self.seconds:.1f} s)"
        return f"{self.stage}: {self.words}{spent}"


class Asks(StrEnum):
    """What a submit needs a person's word for."""

    UPDATE = "update"
    """The deployed pipeline differs from what would replace it."""
    BUCKET = "bucket"
    """The target's bucket does not exist yet."""
    FINDINGS = "findings"
    """The check before a first submit found errors."""
    DATA = "data"
    """Much data would be copied to this machine."""
    SERVE = "serve"
    """An endpoint would be made or changed: it costs by the hour."""
    DELETE = "delete"
    """An endpoint would be deleted."""
    ROLL_BACK = "roll-back"
    """Several decisions about versions would be made at once."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question before a submit goes on.

    Parameters
    ----------
    title
        The question in one sentence.
    text
        What the answer depends on, as plain text: the difference, the findings.
    yes
        What the button says that goes on.
    """

    asks: Asks
    title: str
    text: str
    yes: str

    def __str__(self) -> str:
        return f"{self.title}\n\n{self.text}" if self.text else self.title
