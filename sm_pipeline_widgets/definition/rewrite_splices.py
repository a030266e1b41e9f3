"""Stretches of a text replaced, all at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.rewrite_page import Splice
from sm_pipeline_widgets.errors import EditRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable


def tidy(splices: Iterable[Splice], newline: str) -> list[Splice]:
    """In order, with the text's line breaks; stretches that are taken out twice are taken out once.

    Raises
    ------
    EditRefusedError
        Two stretches that overlap are both to hold something new.
    """
    tidy: list[Splice] = []
    for one in sorted(splices, key=lambda splice: (splice.start, splice.end)):
        new = one.new.replace("\n", newline) if newline != "\n" else one.new
        last = tidy[-1] if tidy else None
        if last is not None and one.start < last.end:
            if last.new and new:
                raise EditRefusedError("two changes of this edit meet in the text", "Make them one after the other.")
            tidy[-1] = Splice(last.start, max(last.end, one.end), last.new + new)
        else:
            tidy.append(Splice(one.start, one.end, new))
    return [one for one in tidy if one.new or one.end > one.start]


def spliced(text: str, splices: Iterable[Splice]) -> str:
    """The text with stretches replaced; they are in order and do not overlap."""
    parts, at = [], 0
    for one in splices:
        parts += [text[at : one.start], one.new]
        at = one.end
    return "".join([*parts, text[at:]])
