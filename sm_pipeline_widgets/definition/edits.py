"""Edits of a pipeline's text, as values.

A canvas, a form or a line of code says what it wants by one of these; :mod:`rewrite` applies it to the text. A text in
a value is the cell's language: ``$steps.a.model`` is a reference, ``$$`` a dollar.

>>> RenameStep("train", "fit")
RenameStep(name='train', new='fit')
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sm_pipeline_widgets.definition.source import Json

Path = tuple[str | int, ...]
"""Keys that lead to a value, such as ``("inputs", "train")``; an index leads into a list."""


class Leftover(StrEnum):
    """What becomes of what refers to something that is deleted."""

    REMOVE = "remove"
    KEEP = "keep"


class Unset(StrEnum):
    """Stands for a value that is not given, where ``None`` would be one."""

    UNSET = "unset"


UNSET = Unset.UNSET


@dataclass(frozen=True, slots=True)
class AddStep:
    """A new step behind all others (or behind `after`), with keys beside its type, in a branch of a Condition if said.

    Parameters
    ----------
    branch
        The Condition (or ForEach) it stands in, and ``then``, ``else`` or ``body``.
    """

    name: str
    type: str
    fields: Mapping[str, Json] = field(default_factory=dict)
    after: str | None = None
    branch: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class DeleteStep:
    """A step goes, and with it what refers to it; with ``Leftover.KEEP`` that stays, as problems to be solved."""

    name: str
    leftover: Leftover = Leftover.REMOVE


@dataclass(frozen=True, slots=True)
class RenameStep:
    """A step has another name, and so has every reference to it."""

    name: str
    new: str


@dataclass(frozen=True, slots=True)
class DuplicateStep:
    """A copy of a step behind it, in the same branch; without a new name it is called ``NAME_copy``."""

    name: str
    new: str | None = None


@dataclass(frozen=True, slots=True)
class Connect:
    """An output of one step feeds a key of another.

    Parameters
    ----------
    output
        What follows the source's name in a reference: ``model``, ``outputs.train``; empty for order and branches.
    input
        Where it goes: ``("inputs", "train")``, ``("model",)``, ``("if",)`` for one more term of a condition,
        ``("depends_on",)`` for order alone. ``("then",)``, ``("else",)`` and ``("body",)`` put the target into a branch
        of the source.
    """

    source: str
    output: str
    target: str
    input: Path


@dataclass(frozen=True, slots=True)
class Disconnect:
    """The edge between two steps goes: exactly the references, order and branch that make it."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class SetField:
    """A key of a step has a value; what lies above it is made when it is missing."""

    step: str
    path: Path
    value: Json


@dataclass(frozen=True, slots=True)
class RemoveField:
    """A key of a step goes, and what holds nothing then."""

    step: str
    path: Path


@dataclass(frozen=True, slots=True)
class MoveToBranch:
    """A step stands in a branch (``then``, ``else``; ``body`` of a ForEach) and in no other; without one, in none."""

    step: str
    condition: str | None = None
    branch: str | None = None


@dataclass(frozen=True, slots=True)
class AddParameter:
    """A new parameter. Its type follows from the default when it is not said."""

    name: str
    default: Json | Unset = UNSET
    type: str | None = None
    enum: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class RenameField:
    """A key inside of a map of a step - of its environment, hyperparameters, tags - has another name, and its value."""

    step: str
    path: Path
    new: str


@dataclass(frozen=True, slots=True)
class RenameParameter:
    """A parameter has another name, and so has every reference to it."""

    name: str
    new: str


@dataclass(frozen=True, slots=True)
class SetParameter:
    """A parameter's ``default``, ``type``, ``enum`` or ``description`` has a value; ``UNSET`` takes it away."""

    name: str
    key: str
    value: Json | Unset


@dataclass(frozen=True, slots=True)
class DeleteParameter:
    """A parameter goes, and with it what refers to it; with ``Leftover.KEEP`` that stays, as problems to be solved."""

    name: str
    leftover: Leftover = Leftover.REMOVE


@dataclass(frozen=True, slots=True)
class SetSetting:
    """A setting of the whole pipeline: ``("description",)``, ``("defaults", "image")``; ``UNSET`` takes it away."""

    path: Path
    value: Json | Unset


@dataclass(frozen=True, slots=True)
class PasteSteps:
    """The steps of another text, as they are written there, and the parameters of it that this text has not.

    Their names must be free; :func:`~sm_pipeline_widgets.definition.clipboard.paste` makes them so.
    """

    text: str


@dataclass(frozen=True, slots=True)
class Replacement:
    """A stretch of a text that holds `old` and is to hold `new`; offsets in code points."""

    start: int
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Restore:
    """Undoes an edit, byte for byte: stretches to put back, in rounds that follow one another.

    It is refused by a text that holds something else there, so nothing typed meanwhile is lost.
    """

    rounds: tuple[tuple[Replacement, ...], ...] = ()


Edit = (
    AddStep | DeleteStep | RenameStep | DuplicateStep | Connect | Disconnect | SetField | RemoveField | RenameField
    | MoveToBranch | AddParameter | RenameParameter | SetParameter | DeleteParameter | SetSetting | PasteSteps | Restore
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a text that an edit wrote: offsets in code points, the end exclusive; empty where it only took away."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Mention:
    """A place that refers to a step or parameter.

    Parameters
    ----------
    step
        The step it stands in; None for what stands in no step (``defaults``).
    path
        The keys that lead to it there.
    line, column
        Where it stands in the text before the edit, from 1.
    text
        What is written there: the reference, or the name.
    removed
        Whether an edit took it away.
    """

    step: str | None
    path: Path
    line: int
    column: int
    text: str
    removed: bool = False


@dataclass(frozen=True, slots=True)
class Edited:
    """A text after an edit.

    Parameters
    ----------
    changes
        The stretches of the new text that are not the old one's; everything else is the same, byte for byte.
    inverse
        Applied to `text`, gives the text as it was.
    mentions
        What referred to something that is deleted or disconnected.
    notes
        What a person should know of it, in sentences.
    step
        The step to look at now; None when there is none.
    """

    text: str
    changes: tuple[Stretch, ...]
    inverse: Restore
    mentions: tuple[Mention, ...] = ()
    notes: tuple[str, ...] = ()
    step: str | None = None
