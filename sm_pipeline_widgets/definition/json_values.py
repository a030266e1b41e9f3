"""JSON values as wholes: a copy that no depth can break, and where "too deep" begins.

>>> copied({"a": [1, {"b": None}]})
{'a': [1, {'b': None}]}
"""

from __future__ import annotations

from typing import Any

MAX_DEPTH = 650
"""Levels of lists and objects. Two hundred Conditions inside each other are three levels each; Python's own reader of
JSON and everything that walks a value ends near a thousand."""


class TooDeepError(ValueError):
    """A value is nested deeper than :data:`MAX_DEPTH`, or holds itself."""


def copied(value: Any) -> Any:
    """A copy of all lists and objects in a value, level by level.

    Raises
    ------
    TooDeepError
        It has too many levels.
    """
    holder: list[Any] = [value]
    level: list[dict[Any, Any] | list[Any]] = [holder]
    for _ in range(MAX_DEPTH):
        below: list[dict[Any, Any] | list[Any]] = []
        for container in level:
            for key, inner in list(container.items() if isinstance(container, dict) else enumerate(container)):
                if isinstance(inner, dict | list):
                    container[key] = made = dict(inner) if isinstance(inner, dict) else list(inner)
                    below.append(made)
        if not below:
            return holder[0]
        level = below
    raise TooDeepError(f"more than {MAX_DEPTH} levels")
