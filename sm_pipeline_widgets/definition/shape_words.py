"""What is wrong with a value that does not fit a shape of the API, in words and with a way out."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.findings import Finding, Kinds, problem
from sm_pipeline_widgets.definition.wording import did_you_mean, listed
from sm_pipeline_widgets.errors import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

NUMBERS = frozenset({"integer", "long", "float", "double"})
WORDS = {
    "string": "text",
    "integer": "a whole number",
    "long": "a whole number",
    "float": "a number",
    "double": "a number",
    "boolean": "`true` or `false`",
    "list": "a list",
    "map": "a mapping of names to values",
    "structure": "a mapping of members",
}
LOOKS = {
    "RoleArn": "A role looks like `arn:aws:iam::111122223333:role/NAME`.",
    "Url": "An S3 URI looks like `s3://bucket/prefix`.",
    "S3Uri": "An S3 URI looks like `s3://bucket/prefix`.",
    "KmsKeyId": "A key is given by its id, its ARN or `alias/NAME`.",
}
_LENIENT = frozenset({"ResponseMIMEType"})
"""Shapes whose pattern the service does not hold pipelines to: the SDK's integration tests register with ``*``."""

_INSTANCE = re.compile(r"ml\.[a-z][a-z0-9-]*\.(nano|micro|small|medium|large|\d*xlarge|metal(-\d+xl)?)")
_MOST_SHOWN = 60


def unknown(key: str, members: Mapping[str, Any]) -> Finding:
    """A member the API does not have."""
    known = f"The members here are {listed(sorted(members), most=20)}; a newer boto3 may know more."
    fix = did_you_mean(key, members, known)
    return problem("unknown-member", "the API has no `{at}`", fix, (key,))._replace(on_key=True)


def missing(key: str) -> Finding:
    """A member the API requires."""
    return problem("missing-member", "`{at}` is missing", "The service requires it.", (key,))


def misfit(value: Any, kind: str) -> list[Finding]:
    """A literal of the wrong type."""
    message = f"`{{at}}` takes {WORDS[kind]}, not {_said(value)}"
    return [problem("wrong-type", message, _how_to_write(value, kind))]


def _how_to_write(value: Any, kind: str) -> str:
    if kind == "string" and type(value) in (int, float, bool):
        return f'Put it into quotes: `"{json.dumps(value)}"`.'
    if kind in NUMBERS and type(value) is str and re.fullmatch(r"-?\d+(\.\d+)?", value):
        return f"Write it without quotes: `{value}`."
    if kind == "boolean" and str(value).lower() in ("true", "false"):
        return f"Write it without quotes: `{str(value).lower()}`."
    if kind in ("integer", "long") and type(value) is float and math.isfinite(value):
        return f"Write `{round(value)}`."
    return f"For example `[{_short(value)}]`." if kind == "list" and type(value) in (str, int, float) else ""


def fit(expression: dict[str, Any], kind: str, kinds: Kinds) -> list[Finding]:
    """Whether what an expression will be is something the member takes."""
    actual = kinds(expression)
    if actual is None or actual == kind or (kind in NUMBERS and actual == "integer"):
        return []
    if actual == "float" and kind == "double":
        return []
    shown = _short_expression(expression)
    message = f"`{{at}}` takes {WORDS[kind]}, but {shown} is {WORDS.get(actual, actual)}"
    return [problem("wrong-type", message, _how_to_convert(expression, kind, actual))]


def _how_to_convert(expression: dict[str, Any], kind: str, actual: str) -> str:
    get = expression.get("Get")
    parameter = get.removeprefix("Parameters.") if isinstance(get, str) and get.startswith("Parameters.") else None
    if kind == "string" and actual in (*NUMBERS, "boolean"):
        join = '`{"Std:Join": {"On": "", "Values": [...]}}` around it makes it text'
        return f"{join}, or declare `{parameter}` as String." if parameter else f"{join}."
    if kind in (*NUMBERS, "boolean") and parameter:
        wanted = {"boolean": "Boolean", "integer": "Integer", "long": "Integer"}.get(kind, "Float")
        return f"Declare the parameter `{parameter}` as {wanted}."
    if actual in ("structure", "map", "list"):
        return "Say which value inside it."
    return "Use something of the right type." if kind != "string" else ""


def _short_expression(expression: dict[str, Any]) -> str:
    key, inner = next(iter(expression.items()))
    if key == "Get":
        root, _, rest = str(inner).partition(".")
        return f"the parameter `{rest}`" if root == "Parameters" else f"`{inner}`"
    return "a joined text" if key == "Std:Join" else "a value of a file"


def not_among(value: str, allowed: frozenset[str]) -> Finding:
    """A text that is none of an enum's values."""
    choices = sorted(allowed)
    fix = did_you_mean(value, choices, f"It takes {listed(choices)}.")
    if f"ml.{value}" in allowed:
        fix = f"Did you mean `ml.{value}`?"
    if _INSTANCE.fullmatch(value):
        # New instance types come every few months; an older botocore does not know them.
        message = f"`{value}` is an instance type that `{{at}}` is not known to take"
        newer = f"{fix} A newer boto3 may know it."
        return problem("wrong-value", message, newer, severity=Severity.WARNING)
    return problem("wrong-value", f"`{_short(value)}` is not one of the values of `{{at}}`", fix)


def mismatch(value: str, shape_name: str, written: str) -> Finding:
    """A text that does not have the form asked for."""
    fix = LOOKS.get(shape_name, f"It must match `{written}`.")
    severity = Severity.WARNING if shape_name in _LENIENT else Severity.ERROR
    return problem("wrong-pattern", f"`{{at}}` cannot be `{_short(value)}`", fix, severity=severity)


def not_a_name(key: str, wrong: Finding) -> Finding:
    """A key of a map that the API does not take."""
    return problem("wrong-pattern", f"`{_short(key)}` cannot be a name here", wrong.fix, (key,))._replace(on_key=True)


def count(length: int, least: int, most: int | None, one: str, many: str) -> Finding:
    """A text or list that is too short or too long."""
    noun = one if length == 1 else many
    return problem("wrong-length", f"`{{at}}` has {length} {noun}", f"The service takes {_bounds(least, most)}.")


def _bounds(least: int, most: int | None) -> str:
    if most is None:
        return f"at least {least}"
    return f"{least} to {most}" if least else f"at most {most}"


def bound(least: Any, most: Any) -> str:
    """An open range of numbers, in words."""
    return f"at least {least}" if most is None else f"at most {most}"


def _said(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bool) or value is None:
        return f"`{json.dumps(value)}`"
    return f"the number {value}" if isinstance(value, int | float) else f"the text `{_short(value)}`"


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[: _MOST_SHOWN - 1]}…"
