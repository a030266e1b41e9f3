"""Search expressions against resources as their answers show them. Pure."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

_ORDERS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
}
_MISSING = object()


class SearchError(Exception):
    """A search nobody can perform; the text says why."""


def matches(found: Mapping[str, Any], expression: Mapping[str, Any]) -> bool:
    """Whether a resource satisfies a ``SearchExpression``.

    Raises
    ------
    SearchError
        A filter cannot be applied.
    """
    answers = [
        *(_passes(found, at) for at in expression.get("Filters") or []),
        *(_passes_nested(found, at) for at in expression.get("NestedFilters") or []),
        *(matches(found, at) for at in expression.get("SubExpressions") or []),
    ]
    return any(answers) if expression.get("Operator") == "Or" and answers else all(answers)


def value_of(found: Any, name: str) -> Any:
    """A resource's property, such as ``PipelineName``, ``Tags.owner``, ``Metrics.loss``, ``HyperParameters.alpha``."""
    first, _, rest = name.partition(".")
    if not isinstance(found, Mapping):
        return _MISSING
    if first == "Tags" and rest:
        return _named(found.get("Tags"), "Key", rest)
    if first == "Metrics" and rest:
        return _named(found.get("FinalMetricDataList"), "MetricName", rest)
    if name in found:
        return found[name]
    return value_of(found[first], rest) if rest and first in found else _MISSING


def sort_key(found: Mapping[str, Any], name: str) -> tuple[int, float, str]:
    """What orders resources by a property: those without it first, numbers and times before texts."""
    value = value_of(found, name)
    number = _number(value)
    if value is _MISSING or value is None:
        return (0, 0.0, "")
    return (1, number, "") if number is not None and not isinstance(value, str) else (2, 0.0, str(value))


def _named(entries: Any, key: str, name: str) -> Any:
    listed: Iterable[Any] = entries if isinstance(entries, list) else ()
    return next((at.get("Value", "") for at in listed if isinstance(at, Mapping) and at.get(key) == name), _MISSING)


def _passes_nested(found: Mapping[str, Any], nested: Mapping[str, Any]) -> bool:
    """Whether one entry of a list satisfies all filters; their names may repeat the list's."""
    name = nested["NestedPropertyName"]
    entries = value_of(found, name)
    filters = [{**at, "Name": at["Name"].removeprefix(f"{name}.")} for at in nested["Filters"]]
    listed = entries if isinstance(entries, list) else [entries]
    return any(all(_passes(entry, at) for at in filters) for entry in listed if isinstance(entry, Mapping))


def _passes(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    name, how, asked = str(wanted["Name"]), str(wanted.get("Operator", "Equals")), wanted.get("Value")
    value = value_of(found, name)
    if how in ("Exists", "NotExists"):
        return (value is not _MISSING) is (how == "Exists")
    if asked is None:
        raise SearchError(f"The filter of {name} needs a Value.")
    if how in _ORDERS:
        return _is_ordered(name, value, how, asked)
    if value is _MISSING:
        return how == "NotEquals"
    if how == "Contains":
        return str(asked) in _text(value)
    if how == "In":
        return _text(value) in [part.strip() for part in asked.split(",")]
    return _is_equal(value, str(asked)) is (how == "Equals")


def _is_ordered(name: str, value: Any, how: str, asked: str) -> bool:
    limit = _number(asked)
    if limit is None:
        raise SearchError(f"{how} of {name} needs a number or a time, not '{asked[:100]}'.")
    number = _number(value)
    return number is not None and _ORDERS[how](number, limit)


def _is_equal(value: Any, asked: str) -> bool:
    number = None if isinstance(value, str | bool) else _number(value)
    return _text(value) == asked if number is None else number == _number(asked)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(value: Any) -> float | None:
    """A number or a time (seconds since the epoch), also where it is written as text."""
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, int | float):
        return float(value)
    if not isinstance(value, str):
        return None
    try:
        return float(value)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
