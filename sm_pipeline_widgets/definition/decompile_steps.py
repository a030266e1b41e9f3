"""One step's JSON as the keys of a text: friendly ones where they say the same, the service's own for the rest.

The inverse of :mod:`common` stands here; that of each type's builder beside it (``StepType.unbuild``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.common import DEFAULT_CACHE_DAYS, RETRY_CAUSES
from sm_pipeline_widgets.definition.decompile_families import UNBUILD
from sm_pipeline_widgets.definition.decompile_values import InexpressibleError
from sm_pipeline_widgets.definition.durations import seconds
from sm_pipeline_widgets.definition.remainder import Remainder
from sm_pipeline_widgets.definition.steps import STEP_TYPES, step_type
from sm_pipeline_widgets.definition.yaml_text import Block

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sm_pipeline_widgets.definition.decompile_values import Wording
    from sm_pipeline_widgets.definition.source import Json

_CAUSES = {service: friendly for friendly, service in RETRY_CAUSES.items()}
_ENDS = {"Failed": "failed", "Stopped": "stopped", "Any": "any"}
_CACHE = re.compile(r"P(?P<d>[1-9]\d*)D|PT(?P<h>[1-9]\d*)H|PT(?P<m>[1-9]\d*)M|PT(?P<s>[1-9]\d*)S")


def step_keys(step: Mapping[str, Any], wording: Wording, branches: Mapping[str, list[str]]) -> Block:
    """A step as keys, friendly ones as far as they go. `branches` has the names of the steps in its branches."""
    row = step_type(step["Type"])
    unbuild = row.unbuild or UNBUILD.get(row.name)
    rest = Remainder(step, wording)
    head: dict[str, Json] = {"type": step["Type"]}
    _say_names(rest)
    names = dict(rest.keys)
    rest.keys.clear()
    for branch, children in branches.items():
        rest.keys[branch] = list(children)
    if unbuild is not None:
        unbuild(rest)
    elif step["Type"] in STEP_TYPES:
        rest.keys["defaults"] = "none"
    _say_common(rest, row.all_keys)
    if "defaults" in rest.keys:
        head["defaults"] = rest.keys.pop("defaults")
    return Block({**head, **names, **rest.keys, **_left(rest)})


def step_members(step: Mapping[str, Any], wording: Wording, branches: Mapping[str, list[str]]) -> Block:
    """A step as the service's own members."""
    said = {"defaults": "none"} if step["Type"] in STEP_TYPES else {}
    return Block({"type": step["Type"], **said, **branches, **_left(Remainder(step, wording))})


def _left(rest: Remainder) -> dict[str, Json]:
    left = {member: rest.wording.value(value) for member, value in rest.members.items()}
    if rest.arguments != {}:
        left["arguments"] = rest.wording.value(rest.arguments)
    return left


def _say_names(rest: Remainder) -> None:
    rest.take_member("display_name", "DisplayName", rest.wording.text)
    rest.take_member("description", "Description", rest.wording.text)


def _say_common(rest: Remainder, known: Mapping[str, str]) -> None:
    rest.take_member("depends_on", "DependsOn", lambda value: _dependencies(value, rest.wording))
    if "cache" in known:
        rest.take_member("cache", "CacheConfig", _cache)
    if "retry" in known:
        rest.take_member("retry", "RetryPolicies", _retries)


def _dependencies(value: Any, wording: Wording) -> Json:
    if not isinstance(value, list) or not value:
        raise InexpressibleError(str(value))
    return [_dependency(item, wording) for item in value]


def _dependency(item: Any, wording: Wording) -> Json:
    if isinstance(item, str) and item in wording.steps:
        return item
    if isinstance(item, dict) and set(item) == {"Step", "Trigger"}:
        step, trigger = item["Step"], item["Trigger"]
        if isinstance(step, str) and isinstance(trigger, str) and step in wording.steps and trigger in _ENDS:
            return {"step": step, "on": _ENDS[trigger]}
    raise InexpressibleError(str(item))


def _cache(value: Any) -> Json:
    if value == {"Enabled": False} and value["Enabled"] is False:
        return False
    if not isinstance(value, dict) or set(value) != {"Enabled", "ExpireAfter"} or value["Enabled"] is not True:
        raise InexpressibleError(str(value))
    length = value["ExpireAfter"]
    if length == f"P{DEFAULT_CACHE_DAYS}D":
        return True
    if not isinstance(length, str) or length[:1].upper() not in ("P", "T") or not length:
        raise InexpressibleError(str(value))
    match = _CACHE.fullmatch(length)
    return f"{match[match.lastgroup]}{match.lastgroup}" if match is not None and match.lastgroup else length


def _retries(value: Any) -> Json:
    if not isinstance(value, list) or not value:
        raise InexpressibleError(str(value))
    policies = [_retry(policy) for policy in value]
    return policies[0] if len(policies) == 1 else list(policies)


def _retry(policy: Any) -> Json:
    keys = {"ExceptionType": "on", "IntervalSeconds": "interval", "BackoffRate": "backoff", "MaxAttempts": "attempts",
            "ExpireAfterMin": "expire"}  # fmt: skip
    if not isinstance(policy, dict) or "ExceptionType" not in policy or not set(policy) <= set(keys):
        raise InexpressibleError(str(policy))
    said: dict[str, Json] = {"on": _causes(policy["ExceptionType"])}
    for member, value in policy.items():
        if member == "ExceptionType":
            continue
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InexpressibleError(str(value))
        said[keys[member]] = value
    for key, unit in (("interval", "s"), ("expire", "m")):
        if key in said:
            said[key] = _length(said[key], unit)
    return said


def _causes(value: Any) -> Json:
    if not isinstance(value, list) or not value or not all(isinstance(item, str) and "." in item for item in value):
        raise InexpressibleError(str(value))
    return [_CAUSES.get(item, item) for item in value]


def _length(value: Json, unit: str) -> str:
    written = f"{value}{unit}"
    if not isinstance(value, int) or seconds(written) is None:
        raise InexpressibleError(written)
    return written
