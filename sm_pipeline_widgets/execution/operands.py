"""A Condition in words, with the values it was decided by.

Works on the definition's JSON and on values that somebody else fetched; the words are those of the cell's language
(``steps.evaluate.metrics.rmse``), whoever made the definition.

>>> condition = {"Type": "LessThanOrEqualTo", "LeftValue": {"Get": "Parameters.a"}, "RightValue": 10}
>>> clause(condition, {"parameters.a": 57.3})
Clause(text='parameters.a (57.3) <= 10', outcome=False)
"""

from __future__ import annotations

import json
import operator
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_COMPARISONS: Mapping[str, tuple[str, Callable[[Any, Any], Any]]] = {
    "Equals": ("==", operator.eq),
    "NotEquals": ("!=", operator.ne),
    "GreaterThan": (">", operator.gt),
    "GreaterThanOrEqualTo": (">=", operator.ge),
    "LessThan": ("<", operator.lt),
    "LessThanOrEqualTo": ("<=", operator.le),
}
_PROPERTY_FILE = re.compile(r"^Steps\.(?P<step>.+)\.PropertyFiles\.(?P<file>.+)$")
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Unread:
    """A value that could not be had, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Clause:
    """One comparison (or group of them) with what it came to; None where a value is not known."""

    text: str
    outcome: bool | None


@dataclass(frozen=True, slots=True)
class ConditionWords:
    """A Condition step: all of its clauses must be true for ``then``."""

    name: str
    outcome: bool | None
    clauses: tuple[Clause, ...]

    @property
    def deciding(self) -> tuple[Clause, ...]:
        """The clauses that made it false; all of them where none is known to have."""
        false = tuple(each for each in self.clauses if each.outcome is False)
        return false if false and self.outcome is False else self.clauses

    def __str__(self) -> str:
        verdict = {True: "was true", False: "was false", None: "could not be evaluated"}[self.outcome]
        return f"`{self.name}`: {' and '.join(each.text for each in self.deciding)} {verdict}"


def condition_words(step: Mapping[str, Any], outcome: bool | None, values: Mapping[str, object]) -> ConditionWords:
    """A Condition step of a definition in words; `values` are keyed by :func:`label`."""
    arguments = step.get("Arguments")
    conditions = arguments.get("Conditions") if isinstance(arguments, dict) else None
    found = tuple(clause(each, values) for each in conditions or () if isinstance(each, dict))
    return ConditionWords(str(step.get("Name", "")), outcome, found)


def operands(condition: Any) -> Iterator[Any]:
    """Every operand of a condition (or list of them) that is an expression."""
    if isinstance(condition, list):
        for each in condition:
            yield from operands(each)
    elif isinstance(condition, dict):
        if is_expression(condition):
            yield condition
        else:
            for value in condition.values():
                yield from operands(value)


def is_expression(value: Any) -> bool:
    return isinstance(value, dict) and len(value) == 1 and next(iter(value)) in {"Get", "Std:Join", "Std:JsonGet"}


def property_file_of(expression: Any) -> tuple[str, str, str] | None:
    """The step, property file and path that a ``Std:JsonGet`` reads, or None for another expression."""
    asked = expression.get("Std:JsonGet") if isinstance(expression, dict) else None
    file = asked.get("PropertyFile") if isinstance(asked, dict) else None
    if not isinstance(asked, dict) or not isinstance(file, dict):
        return None
    match = _PROPERTY_FILE.match(str(file.get("Get", "")))
    return (match["step"], match["file"], str(asked.get("Path", ""))) if match else None


def label(expression: Any) -> str:
    """What an operand is called in words, and the key of its value."""
    if not is_expression(expression):
        return _shown(expression)
    if "Get" in expression:
        root, _, rest = str(expression["Get"]).partition(".")
        return f"{root[:1].lower()}{root[1:]}.{rest}"
    read = property_file_of(expression)
    if read is not None:
        step, file, path = read
        return f"steps.{step}.{file}{path if path.startswith('[') else f'.{path}'}"
    if "Std:JsonGet" in expression:
        asked = expression["Std:JsonGet"]
        return f"{label(asked.get('S3Uri'))} at {asked.get('Path')}"
    joined = expression["Std:Join"]
    return str(joined.get("On", "")).join(
        value if isinstance(value, str) else label(value) for value in joined.get("Values", ())
    )


def clause(condition: Mapping[str, Any], values: Mapping[str, object]) -> Clause:
    """One condition of the definition in words, and what it comes to with these values."""
    kind = str(condition.get("Type", ""))
    if kind in _COMPARISONS:
        symbol, compare = _COMPARISONS[kind]
        left, right = condition.get("LeftValue"), condition.get("RightValue")
        return Clause(f"{_told(left, values)} {symbol} {_told(right, values)}", _compared(compare, left, right, values))
    if kind == "In":
        return _membership(condition, values)
    if kind == "Not":
        return _negated(condition.get("Condition") or {}, values)
    if kind == "Or":
        parts = [clause(each, values) for each in condition.get("Conditions") or ()]
        outcomes = [part.outcome for part in parts]
        outcome = True if True in outcomes else None if None in outcomes else False
        return Clause(f"({' or '.join(part.text for part in parts)})", outcome)
    return Clause(f"a condition of type `{kind}`", None)


def _membership(condition: Mapping[str, Any], values: Mapping[str, object]) -> Clause:
    sought = condition.get("QueryValue", condition.get("Value"))
    among = condition.get("Values", condition.get("In")) or []
    text = f"{_told(sought, values)} in [{', '.join(_told(each, values) for each in among)}]"
    known = [_value(each, values) for each in (sought, *among)]
    if any(isinstance(each, Unread) for each in known):
        return Clause(text, None)
    return Clause(text, known[0] in known[1:])


def _negated(inner: Mapping[str, Any], values: Mapping[str, object]) -> Clause:
    found = clause(inner, values)
    outcome = None if found.outcome is None else not found.outcome
    if inner.get("Type") == "Equals":
        return Clause(found.text.replace(" == ", " != ", 1), outcome)
    if inner.get("Type") == "In":
        return Clause(found.text.replace(" in [", " not in [", 1), outcome)
    return Clause(f"not ({found.text})", outcome)


def _compared(compare: Callable[[Any, Any], Any], left: Any, right: Any, values: Mapping[str, object]) -> bool | None:
    first, second = _value(left, values), _value(right, values)
    if isinstance(first, Unread) or isinstance(second, Unread):
        return None
    try:
        return bool(compare(first, second))
    except TypeError:  # a text against a number: the service fails the step
        return None


def _value(operand: Any, values: Mapping[str, object]) -> object:
    return values.get(label(operand), Unread("")) if is_expression(operand) else operand


def _told(operand: Any, values: Mapping[str, object]) -> str:
    name = label(operand)
    if not is_expression(operand):
        return name
    value = values.get(name)
    if name not in values:
        return name
    return f"{name} (could not be read: {value.reason})" if isinstance(value, Unread) else f"{name} ({_shown(value)})"


def _shown(value: object) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))  # a parameter written 10 is not told as 10.0
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
