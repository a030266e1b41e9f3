"""Names, numbers and lengths that the service refuses when a definition is kept (``sagemaker.md`` §1.2-§1.7, §2.8).

Pure. What the shapes of the API limit beside these (inputs, hyperparameters) is refused when a step starts.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.graph import iter_steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sm_pipeline_widgets.definition.graph import PlacedStep

TYPES: Mapping[str, tuple[type, ...]] = {"String": (str,), "Integer": (int,), "Float": (int, float), "Boolean": (bool,)}
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MOST_PARAMETERS = 200
_MOST_ENUM_VALUES = 16
_LONGEST_DEFAULT = 1024
_MOST_OUTPUTS = 50
_LONGEST_ARGUMENT = 256
_MOST_ARGUMENTS = 100
_MOST_ITEMS = 100
_TEXTS = {"DisplayName": 256, "Description": 3072}
_LINEAGE = {"Actions": 5, "Artifacts": 5, "Contexts": 5, "Associations": 10}
_COMMANDS = {"Processing": "AppSpecification", "Training": "AlgorithmSpecification"}


def limit_problem(definition: Mapping[str, Any]) -> str:
    """The first thing of a definition that is longer, more or another than the service takes; nothing if all fits."""
    return next(_problems(definition), "")


def _problems(definition: Mapping[str, Any]) -> Iterator[str]:
    parameters = definition.get("Parameters") or []
    if len(parameters) > _MOST_PARAMETERS:
        yield f"Parameters: {len(parameters)} are more than the maximum of {_MOST_PARAMETERS}."
    for name, count in Counter(str(at["Name"]) for at in parameters).items():
        if count > 1:
            yield f"Parameter names must be unique: '{name}' is used {count} times."
    for at in parameters:
        for what in _parameter(at):
            yield f"Parameter '{str(at['Name'])[:80]}': {what}"
    for placed in iter_steps(definition):
        for what in _step(placed):
            yield f"Step '{placed.name[:80]}': {what}"


def _parameter(at: Mapping[str, Any]) -> Iterator[str]:
    kind, default, allowed = at.get("Type", "String"), at.get("DefaultValue"), at.get("EnumValues")
    if not _NAME.fullmatch(str(at["Name"])):
        yield _bad_name()
    if not isinstance(kind, str) or kind not in TYPES:
        yield f"Type must be one of {', '.join(TYPES)}, not {str(kind)[:80]!r}."
        return
    is_truth = isinstance(default, bool) and kind != "Boolean"
    if default is not None and (is_truth or not isinstance(default, TYPES[kind])):
        yield f"DefaultValue {str(default)[:80]!r} is no {kind}."
    if isinstance(default, str) and len(default) > _LONGEST_DEFAULT:
        yield f"DefaultValue has {len(default)} characters; the maximum is {_LONGEST_DEFAULT}."
    if allowed is None:
        return
    if kind != "String" or not isinstance(allowed, list) or not all(isinstance(value, str) for value in allowed):
        yield "EnumValues must be a list of strings, and the parameter's Type String."
    elif len(allowed) > _MOST_ENUM_VALUES:
        yield f"EnumValues: {len(allowed)} are more than the maximum of {_MOST_ENUM_VALUES}."
    elif default is not None and allowed and default not in allowed:
        yield f"DefaultValue '{str(default)[:80]}' is not one of the EnumValues: {', '.join(allowed)[:300]}."


def _step(placed: PlacedStep) -> Iterator[str]:
    step = placed.step
    arguments = step.get("Arguments") or {}
    if not _NAME.fullmatch(placed.name):
        yield _bad_name()
    for key, most in _TEXTS.items():
        value = step.get(key)
        if isinstance(value, str) and len(value) > most:
            yield f"{key} has {len(value)} characters; the maximum is {most}."
    yield from _outputs(step.get("OutputParameters"))
    if placed.type in _COMMANDS:
        yield from _command(arguments.get(_COMMANDS[placed.type]))
    if placed.type == "ForEach":
        items = arguments.get("IterableItems")
        if isinstance(items, list) and not 1 <= len(items) <= _MOST_ITEMS:
            yield f"IterableItems: there must be 1 to {_MOST_ITEMS} items, not {len(items)}."
    if placed.type == "Lineage":
        for key, most in _LINEAGE.items():
            if isinstance(arguments.get(key), list) and len(arguments[key]) > most:
                yield f"{key}: {len(arguments[key])} are more than the maximum of {most}."


def _outputs(declared: Any) -> Iterator[str]:
    if not isinstance(declared, list):
        return
    if len(declared) > _MOST_OUTPUTS:
        yield f"OutputParameters: {len(declared)} are more than the maximum of {_MOST_OUTPUTS}."
    for at in declared:
        kind = at.get("OutputType", "String") if isinstance(at, dict) else None
        if not isinstance(kind, str) or kind not in TYPES:
            yield f"OutputParameters: OutputType must be one of {', '.join(TYPES)}, not {str(kind)[:80]!r}."


def _command(specification: Any) -> Iterator[str]:
    """The service's own words, as far as they are known (aws/sagemaker-python-sdk #314)."""
    if not isinstance(specification, dict):
        return
    for key in ("ContainerEntrypoint", "ContainerArguments"):
        parts = specification.get(key)
        if not isinstance(parts, list):
            continue
        if len(parts) > _MOST_ARGUMENTS:
            yield f"{key}: {len(parts)} are more than the maximum of {_MOST_ARGUMENTS}."
        for part in parts:
            if isinstance(part, str) and len(part) > _LONGEST_ARGUMENT:
                yield (
                    f"Model Validation failed: string '{part[:60]}…' with length={len(part)} cannot be greater than "
                    f"{_LONGEST_ARGUMENT} ({key})"
                )


def _bad_name() -> str:
    return f"Name must satisfy regular expression pattern: {_NAME.pattern}"
