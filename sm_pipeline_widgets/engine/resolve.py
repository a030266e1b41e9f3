"""Expressions of a definition → values, as the service resolves them when a step starts (``sagemaker.md`` §2.1, §2.2).

Pure: reading a property file is a callable in the scope. Knows nothing of jobs, records or threads.

>>> resolve({"Std:Join": {"On": "-", "Values": ["a", True, {"Get": "Parameters.n"}]}}, Scope(parameters={"n": 3}))
'a-true-3'
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sm_pipeline_widgets.definition.expressions import parse_path, step_of

_LIST_KEYS = ("InputName", "OutputName", "MetricName", "ChannelName", "Name")
_ITEM = "ForEach.CurrentItem"
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
}


class ResolveError(Exception):
    """An expression has no value; the text is what the step's ``FailureReason`` says."""


def _no_property_file(step: str, name: str) -> Any:
    raise ResolveError(f"Property file reference '{name}' is undefined in step '{step}'.")


def _no_document(uri: str) -> Any:
    raise ResolveError(f"Received an error while reading file {uri}: nothing can be read here.")


@dataclass(frozen=True, slots=True)
class Scope:
    """What expressions may name: ``steps`` holds the properties of finished steps, as Describe answers give them."""

    parameters: Mapping[str, Any] = field(default_factory=dict)
    execution: Mapping[str, Any] = field(default_factory=dict)
    steps: Mapping[str, Any] = field(default_factory=dict)
    names: Collection[str] = ()
    read_property_file: Callable[[str, str], Any] = _no_property_file
    read_json: Callable[[str], Any] = _no_document
    item: tuple[Any, ...] = ()
    """Inside a ForEach, the item of the iteration; empty elsewhere."""


def resolve(value: Any, scope: Scope) -> Any:
    """The value with every expression in it replaced by what it stands for.

    Raises
    ------
    ResolveError
        Something named has no value, or a file cannot be read as JSON.
    """
    if isinstance(value, Mapping):
        if len(value) == 1:
            (key, inner), *_ = value.items()
            if key == "Get" and isinstance(inner, str):
                return _get(inner, scope)
            if key == "Std:Join" and isinstance(inner, Mapping):
                return _join(inner, scope)
            if key == "Std:JsonGet" and isinstance(inner, Mapping):
                return _json_get(inner, scope)
        return {name: resolve(member, scope) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [resolve(member, scope) for member in value]
    return value


def evaluate(conditions: Sequence[Mapping[str, Any]], scope: Scope) -> bool:
    """Whether every condition of the list holds; the first that does not ends the reading."""
    return all(_holds(condition, scope) for condition in conditions)


def render_text(value: Any) -> str:
    """A value as ``Std:Join`` writes it: booleans in lower case, structures as JSON."""
    if isinstance(value, str):
        return value
    return json.dumps(value)


def walk(value: Any, path: str) -> Any:
    """The member of a JSON value that a property path leads to.

    Lists are addressed by index or, where their members carry names (inputs, outputs, metrics), by name.

    Raises
    ------
    LookupError
        The path leads nowhere.
    ValueError
        The text is no path.
    """
    for part in parse_path(path):
        value = _member(value, part)
    return value


def _member(value: Any, part: str | int) -> Any:
    if isinstance(value, Mapping):
        key = part if part in value else str(part)
        if key not in value:
            raise LookupError(f"no member {part!r}")
        return value[key]
    if isinstance(value, list | tuple):
        if isinstance(part, int):
            return value[part]
        for entry in value:
            if isinstance(entry, Mapping) and any(entry.get(key) == part for key in _LIST_KEYS):
                return entry
    raise LookupError(f"no member {part!r}")


def _get(get: str, scope: Scope) -> Any:
    root, _, rest = get.partition(".")
    if root == "Parameters" and rest in scope.parameters:
        return scope.parameters[rest]
    if root == "Execution" and rest in scope.execution:
        return scope.execution[rest]
    if scope.item and (get == _ITEM or get.startswith((f"{_ITEM}.", f"{_ITEM}["))):
        return _item(get, scope.item[0])
    found = step_of(get, scope.names)
    if found is None or found[0] not in scope.steps:
        raise ResolveError(f"{{'Get': '{get}'}} is undefined.")
    try:
        return walk(scope.steps[found[0]], found[1])
    except (LookupError, ValueError) as error:
        raise ResolveError(f"{{'Get': '{get}'}} is undefined.") from error


def _item(get: str, item: Any) -> Any:
    """The item, or a member of it: an item is mostly the text of a JSON object."""
    path = get.removeprefix(_ITEM).removeprefix(".")
    if not path:
        return item
    try:
        return walk(json.loads(item) if isinstance(item, str) else item, path)
    except (LookupError, ValueError) as error:
        raise ResolveError(f"{{'Get': '{get}'}} is undefined: the item is {render_text(item)[:200]}.") from error


def _join(join: Mapping[str, Any], scope: Scope) -> str:
    values = resolve(join.get("Values", []), scope)
    if not isinstance(values, list):
        raise ResolveError(f"Std:Join needs a list of Values, not {render_text(values)}.")
    return str(join.get("On", "")).join(render_text(value) for value in values)


def _json_get(spec: Mapping[str, Any], scope: Scope) -> Any:
    path = spec.get("Path", "")
    if not isinstance(path, str):
        raise ResolveError("Std:JsonGet's Path must be a static string.")
    if "S3Uri" in spec:
        document = scope.read_json(str(resolve(spec["S3Uri"], scope)))
    else:
        document = scope.read_property_file(*_property_file(spec.get("PropertyFile"), scope))
    try:
        return walk(document, path)
    except (LookupError, ValueError) as error:
        raise ResolveError(f"Invalid json path '{path}'") from error


def _property_file(handle: Any, scope: Scope) -> tuple[str, str]:
    get = handle.get("Get") if isinstance(handle, Mapping) else handle
    found = step_of(get, scope.names) if isinstance(get, str) else None
    if found is None:
        raise ResolveError(f"Property file reference '{get}' is undefined.")
    step, rest = found
    try:
        parts = parse_path(rest)
    except ValueError as error:
        raise ResolveError(f"Property file reference '{get}' is undefined.") from error
    if len(parts) != 2 or parts[0] != "PropertyFiles":
        raise ResolveError(f"Property file reference '{get}' is undefined.")
    return step, str(parts[1])


def _holds(condition: Mapping[str, Any], scope: Scope) -> bool:
    kind = str(condition.get("Type", ""))
    if kind == "Not":
        return not _holds(condition["Condition"], scope)
    if kind == "Or":
        return any(_holds(inner, scope) for inner in condition["Conditions"])
    if kind == "In":
        asked = resolve(condition["QueryValue"], scope)
        return any(_is_same(asked, resolve(value, scope)) for value in condition["Values"])
    if kind not in _COMPARE:
        raise ResolveError(f"Condition of type [{kind}] is not known.")
    left, right = resolve(condition["LeftValue"], scope), resolve(condition["RightValue"], scope)
    if kind == "Equals" and _family(left) is not _family(right):
        raise ResolveError(
            f"LeftValue [{render_text(left)}] of type [{type(left).__name__}] and RightValue [{render_text(right)}] "
            f"of type [{type(right).__name__}] are not of the same type."
        )
    if kind != "Equals" and (_family(left) is not _family(right) or _family(left) not in (str, float)):
        raise ResolveError(
            f"Condition of type [{kind}] not supported between [{render_text(left)}] of type "
            f"[{type(left).__name__}] and [{render_text(right)}] of type [{type(right).__name__}]."
        )
    return bool(_COMPARE[kind](left, right))


def _is_same(left: Any, right: Any) -> bool:
    return _family(left) is _family(right) and bool(left == right)


def _family(value: Any) -> type:
    """Which values compare with each other: all numbers do, a boolean is no number."""
    return float if isinstance(value, int | float) and not isinstance(value, bool) else type(value)
