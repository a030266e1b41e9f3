"""What completion is given and gives back: the surroundings of a text, items, and how an item is put into the text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.code import CodeReader, unread_code
from sm_pipeline_widgets.definition.facts import TargetFacts
from sm_pipeline_widgets.definition.yaml_text import scalar

if TYPE_CHECKING:
    from sm_pipeline_widgets.definition.assist_spot import Spot

Folder = Callable[[str], Iterable[str]]
"""The names in a folder below the notebook's (``""`` is that itself), folders with a slash behind them."""
MOST = 300
"""Items given at a time; more than that nobody reads."""


def no_files(_folder: str) -> Iterable[str]:
    """A folder for when no disk is at hand."""
    return ()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a text may name that does not stand in it.

    Parameters
    ----------
    name
        The pipeline's name.
    cells
        The names of ``%%step`` cells.
    files
        What lies in a folder.
    variables
        The notebook's variables.
    facts
        The names a target decides.
    read_code
        Finds the code of steps, for what is wrong with it.
    """

    name: str = "pipeline"
    cells: tuple[str, ...] = ()
    files: Folder = no_files
    variables: Mapping[str, Any] = field(default_factory=dict)
    facts: TargetFacts = field(default_factory=TargetFacts)
    read_code: CodeReader = unread_code


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that fits: the text that takes the place of what was typed, and why it fits, in a few words."""

    text: str
    says: str = ""


@dataclass(frozen=True, slots=True)
class Completions:
    """What fits at a cursor; each item's text takes the place of what stands between `start` and the cursor."""

    start: int
    items: tuple[Item, ...] = ()


def fitting(items: Iterable[Item], typed: str) -> tuple[Item, ...]:
    """The items that begin with what was typed; when none does, those that hold it."""
    folded = typed.casefold()
    every = list(dict.fromkeys(items))
    found = [item for item in every if item.text.casefold().startswith(folded)]
    if not found and len(folded) > 1:
        found = [item for item in every if folded in item.text.casefold()]
    return tuple(found[:MOST])


def written(text: str, spot: Spot) -> str | None:
    """A value as it is written at a spot: quoted if it must be; None when it cannot stand there."""
    if spot.quote == "'":
        return text.replace("'", "''")
    if spot.quote == '"':
        return None if '"' in text or "\\" in text else text
    if spot.quote == "|":
        return text
    plain = scalar(text, flow=spot.flow)
    return plain if "\n" not in plain else None
