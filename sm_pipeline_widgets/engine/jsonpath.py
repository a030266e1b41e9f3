"""The part of JSONPath that batch transform's filters know. Pure.

``$``, ``.name``, ``['a', 'b']``, ``[0]``, ``[-1]``, ``[1:]`` and ``[0, 2]``.

>>> select([1, 2, 3], "$[1:]")
[2, 3]
>>> select({"id": 7, "x": {"y": 1}}, "$['id', 'x']")
{'id': 7, 'x': {'y': 1}}
"""

from __future__ import annotations

import re
from typing import Any

_STEP = re.compile(
    r"""\.(?P<name>[\w\-]+)|\.?\[\s*(?:(?P<slice>-?\d*\s*:\s*-?\d*)|(?P<indices>-?\d+(?:\s*,\s*-?\d+)*)
    |(?P<names>(?:'[^']*'|"[^"]*")(?:\s*,\s*(?:'[^']*'|"[^"]*"))*))\s*\]""",
    re.VERBOSE,
)
_NAME = re.compile(r"""'([^']*)'|"([^"]*)\"""")


class PathError(ValueError):
    """The text is no such path, or leads nowhere."""


def select(value: Any, path: str) -> Any:
    """What a path picks out of a JSON value.

    Raises
    ------
    PathError
        The path cannot be read, or the value has not what it names.
    """
    for step in _steps(path):
        try:
            value = _taken(value, step)
        except (LookupError, TypeError) as error:
            raise PathError(f"The path {path} leads nowhere: {step[0]} is not there ({error}).") from error
    return value


def check(path: str) -> None:
    """Raise a PathError when a text is no path."""
    _steps(path)


def _steps(path: str) -> list[re.Match[str]]:
    if not path.startswith("$"):
        raise PathError(f"The path {path!r} must begin with $.")
    steps, at = [], 1
    while at < len(path):
        match = _STEP.match(path, at)
        if match is None:
            raise PathError(f"The path {path} cannot be read from {path[at:]!r} on.")
        steps.append(match)
        at = match.end()
    return steps


def _taken(value: Any, step: re.Match[str]) -> Any:
    if step["name"]:
        return value[step["name"]]
    if step["slice"]:
        first, _, last = step["slice"].replace(" ", "").partition(":")
        return value[int(first) if first else None : int(last) if last else None]
    if step["indices"]:
        indices = [int(text) for text in step["indices"].split(",")]
        return value[indices[0]] if len(indices) == 1 else [value[index] for index in indices]
    names = [first or second for first, second in _NAME.findall(step["names"])]
    return value[names[0]] if len(names) == 1 else {name: value[name] for name in names}
