"""Reading the expressions of a pipeline definition: ``Get`` strings and the paths in them.

Knows the grammar of ``sagemaker.md`` §2.1; knows nothing of texts, cells or what a path's value would be.

>>> parse_path("ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri")
('ProcessingOutputConfig', 'Outputs', 'train', 'S3Output', 'S3Uri')
>>> step_of("Steps.a.b.Arn", {"a", "a.b"})
('a.b', 'Arn')
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

BRANCH_KEYS = {"IfSteps": "then", "ElseSteps": "else", "ForEachBody": "body"}
"""Members of ``Arguments`` that hold whole steps, and what the cell language calls them."""

_PART = re.compile(r"""\.?(?P<name>[^.\[\]'"]+)|\[(?P<index>\d+)\]|\['(?P<single>.*?)'\]|\["(?P<double>.*?)"\]""")


def find_gets(value: Any) -> Iterator[str]:
    """Every ``{"Get": "…"}`` string in a JSON value, in document order, at any depth."""
    pending = [value]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            get = node.get("Get")
            if len(node) == 1 and isinstance(get, str):
                yield get
            else:
                pending.extend(reversed(node.values()))
        elif isinstance(node, list | tuple):
            pending.extend(reversed(node))


def parse_path(text: str) -> tuple[str | int, ...]:
    """Split a property path into member names, list indexes and keys.

    Raises
    ------
    ValueError
        The text is not such a path; the message names the first character that does not fit.
    """
    parts: list[str | int] = []
    at = 0
    while at < len(text):
        match = _PART.match(text, at)
        if match is None or (at == 0 and text.startswith(".")):
            raise ValueError(f"unexpected {text[at]!r} at position {at} of path {text!r}")
        index = match["index"]
        parts.append(int(index) if index is not None else match["name"] or match["single"] or match["double"] or "")
        at = match.end()
    return tuple(parts)


def step_of(get: str, names: Collection[str]) -> tuple[str, str] | None:
    """The step a ``Get`` string names and the path behind it, or None when it names no step of `names`.

    Names may hold dots, so the longest known name that fits wins.
    """
    if not get.startswith("Steps."):
        return None
    rest = get.removeprefix("Steps.")
    end = len(rest)
    while end > 0:
        candidate = rest[:end]
        if candidate in names:
            return candidate, rest[end:].removeprefix(".")
        end = max(rest.rfind(".", 0, end), rest.rfind("[", 0, end))
    return None
