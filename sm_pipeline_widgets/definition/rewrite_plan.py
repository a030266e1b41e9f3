"""What an edit does to a text before it is done, and the refusals that several kinds of edits share."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.compile import passes_through
from sm_pipeline_widgets.definition.edits import Mention
from sm_pipeline_widgets.definition.rewrite_mentions import Form, Hit
from sm_pipeline_widgets.definition.rewrite_scalars import place_of
from sm_pipeline_widgets.definition.steps import KNOWN_TYPES, STEP_TYPES, step_type
from sm_pipeline_widgets.definition.wording import did_you_mean, listed
from sm_pipeline_widgets.errors import EditRefusedError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sm_pipeline_widgets.definition.edits import Path
    from sm_pipeline_widgets.definition.rewrite_page import Page, Splice

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done.

    Parameters
    ----------
    splices
        Stretches of the text that do not overlap, in any order.
    """

    splices: tuple[Splice, ...]
    step: str | None = None
    mentions: tuple[Mention, ...] = ()
    notes: tuple[str, ...] = ()


def told(page: Page, hits: Iterable[Hit], kept: Collection[Hit] = ()) -> tuple[Mention, ...]:
    """Hits as what people and canvases are told, in the text's order."""
    found = []
    for hit in hits:
        in_reference = hit.form in (Form.REFERENCE, Form.CONDITION)
        start = hit.offset if in_reference else hit.start
        place = place_of(page.text, hit.node, start, start + max(len(hit.shown) if in_reference else 1, 1))
        line, column = page.mention_place(place[0] if place else hit.node.span.start)
        in_step = hit.path[0] == "steps"
        path: Path = hit.path[2:] if in_step else hit.path
        step = str(hit.path[1]) if in_step else None
        found.append(Mention(step, path, line, column, hit.shown, removed=hit not in kept))
    return tuple(sorted(dict.fromkeys(found), key=lambda one: (one.line, one.column)))


def check_name(what: str, name: str, taken: Collection[str]) -> None:
    """Refuse a name the service would not take, or that is taken.

    Raises
    ------
    EditRefusedError
        With what a name may be, or who has it.
    """
    if not _NAME.fullmatch(name):
        fix = "Use 1 to 64 letters, digits, `-` and `_`."
        raise EditRefusedError(f"`{name[:80]}` cannot be the name of a {what}", fix)
    if name in taken:
        raise EditRefusedError(f"there is a {what} `{name}` already", "Choose another name.")


def free_name(wanted: str, taken: Collection[str]) -> str:
    """The name, or with a number behind it if it is taken."""
    at, name = 2, wanted
    while name in taken:
        name, at = f"{wanted}_{at}", at + 1
    return name


def check_key(step: str, type_name: str, key: str) -> None:
    """Refuse a key that a type of step does not have.

    Raises
    ------
    EditRefusedError
        With the keys there are.
    """
    row = step_type(type_name)
    if key in row.all_keys or passes_through(key):
        return
    fix = did_you_mean(key, row.all_keys, f"A {type_name} step takes {listed(row.all_keys, most=30)}.")
    if type_name not in STEP_TYPES:
        fix = "Put the API's own members under `arguments:`."
    raise EditRefusedError(f"`{key}` is not a key of `{step}`, a {type_name or 'typeless'} step", fix)


def check_type(type_name: str, keys: Collection[str]) -> None:
    """Refuse a type of step that does not exist, unless its arguments are given.

    Raises
    ------
    EditRefusedError
        With the types there are.
    """
    if type_name not in KNOWN_TYPES and (not type_name or "arguments" not in keys):
        fix = did_you_mean(type_name, KNOWN_TYPES, f"The types are {listed(KNOWN_TYPES, most=30)}.")
        raise EditRefusedError(f"`{type_name}` is not a known type of step", fix)
