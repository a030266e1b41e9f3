r"""Where a stretch of a scalar's value stands in the text: behind quotes, escapes, folds and indentation.

>>> from sm_pipeline_widgets.definition.source import read_source
>>> text = "a: 'it''s $x'"
>>> node = read_source(text).root.get("a")
>>> text[slice(*place_of(text, node, 5, 7))]
'$x'
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.yaml_text import scalar

if TYPE_CHECKING:
    from sm_pipeline_widgets.definition.source import Scalar

_HEX = {"x": 2, "u": 4, "U": 8}
_SPACE_ESCAPES = "ntre\t 0_NLPvfab"
_HEADER = re.compile(r"[|>][^\r\n\x85\u2028\u2029]*")


def place_of(text: str, node: Scalar, start: int, end: int) -> tuple[int, int] | None:
    """Where a stretch of a scalar's value stands in the text; None when it cannot be told.

    The stretch begins and ends with something else than white space.
    """
    raw = text[node.span.start : node.span.end]
    quote = len(node.style) if node.style in ("'", '"') else 0
    if raw[quote : len(raw) - quote] == node.text:
        return node.span.start + quote + start, node.span.start + quote + end
    units = _units(raw, node)
    if units is None or start >= end:
        return None
    first, last = units[start], units[end - 1]
    return node.span.start + first[0], node.span.start + last[1]


def rewritten(node: Scalar, value: str, *, flow: bool) -> str:
    """A whole scalar anew, in the quotes it has if they can hold it."""
    if node.style == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    return scalar(value, flow=flow)


def _units(raw: str, node: Scalar) -> list[tuple[int, int]] | None:
    """For each character of the value the stretch that stands for it; of white space only roughly."""
    at = len(node.style) if node.style in ("'", '"') else 0
    if node.style in ("|", ">"):
        header = _HEADER.match(raw)
        at = header.end() if header else 1
    units: list[tuple[int, int]] = []
    for character in node.text:
        if character.isspace():
            units.append((at, at))
            continue
        at = _behind_space(raw, at, node.style)
        length = _length(raw, at, node.style)
        if at >= len(raw) or (length == 1 and raw[at] != character):
            return None
        units.append((at, at + length))
        at += length
    return units


def _behind_space(raw: str, at: int, style: str) -> int:
    while at < len(raw):
        if raw[at].isspace():
            at += 1
        elif style == '"' and raw[at] == "\\" and raw[at + 1 : at + 2] and raw[at + 1] in _SPACE_ESCAPES + "\r\n":
            at += 2
        else:
            break
    return at


def _length(raw: str, at: int, style: str) -> int:
    if style == "'" and raw.startswith("''", at):
        return 2
    if style == '"' and raw.startswith("\\", at):
        return 2 + _HEX.get(raw[at + 1 : at + 2], 0)
    return 1
