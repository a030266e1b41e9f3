"""A step's or parameter's name, changed wherever it is said."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.rewrite_mentions import Form, Hit
from sm_pipeline_widgets.definition.rewrite_page import Page, Splice
from sm_pipeline_widgets.definition.rewrite_scalars import place_of, rewritten
from sm_pipeline_widgets.definition.yaml_text import scalar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sm_pipeline_widgets.definition.edits import Path
    from sm_pipeline_widgets.definition.source import Scalar

_BEHIND_A_DOT = re.compile(r"[A-Za-z0-9_]+(?:-+[A-Za-z0-9_]+)*")


def renamed(page: Page, hits: Iterable[Hit], new: str) -> list[Splice]:
    """The splices that put another name into every hit."""
    by_scalar: dict[Path, list[Hit]] = {}
    for hit in hits:
        by_scalar.setdefault(hit.path, []).append(hit)
    return [splice for found in by_scalar.values() for splice in _in_scalar(page, found, new)]


def renamed_key(page: Page, path: Path, new: str) -> list[Splice]:
    """The splice that gives a key another name, in the quotes it has."""
    entry = page.entry(path)
    if entry is None:
        raise KeyError(path)
    key = entry.key
    written = f"{key.style}{new}{key.style}" if key.style in ("'", '"') else scalar(new, flow=True)
    return [Splice(key.span.start, key.span.end, written)]


def _in_scalar(page: Page, hits: list[Hit], new: str) -> list[Splice]:
    node = hits[0].node
    if hits[0].form is Form.NAME and node.style == "" and len(hits) == 1 and hits[0].shown == node.text:
        return [Splice(node.span.start, node.span.end, scalar(new, flow=True))]
    plain_enough = all(hit.separator != "." or _BEHIND_A_DOT.fullmatch(new) for hit in hits)
    places = [place_of(page.text, node, hit.start, hit.end) for hit in hits]
    if plain_enough and all(places):
        return [Splice(place[0], place[1], new) for place in places if place is not None]
    value = node.text
    for hit in sorted(hits, key=lambda one: one.start, reverse=True):
        dotted = hit.separator == "." and not _BEHIND_A_DOT.fullmatch(new)
        start = hit.start - 1 if dotted else hit.start
        value = value[:start] + (f"['{new}']" if dotted else new) + value[hit.end :]
    return [_whole(page, hits[0].path, node, value)]


def _whole(page: Page, path: Path, node: Scalar, value: str) -> Splice:
    end = node.span.end
    new = rewritten(node, value, flow=page.is_flow(path[:-1]) or node.style in ("|", ">"))
    if node.style in ("|", ">"):
        written = page.text[node.span.start : end]
        new += written[len(written.rstrip()) :]
    return Splice(node.span.start, end, new)
