"""What a step's details say: every setting of its definition, with references in words a person reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.graph import iter_steps, own_part

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sm_pipeline_widgets.definition.compilation import Detail

MOST = 200
"""Settings of one step that are listed; a step with more is data, not settings."""
_NOT_SETTINGS = ("Name", "Type")


def details_of(
    definition: Mapping[str, Any], origins: Mapping[str, Sequence[Detail]] | None = None
) -> dict[str, list[tuple[str, str]]]:
    """Names and values for every step; `origins` tells what a default filled in."""
    found: dict[str, list[tuple[str, str]]] = {}
    for placed in iter_steps(definition):
        given = [
            (f"{one.key} ({one.origin})", one.value)
            for one in (origins or {}).get(placed.name, ())
            if one.key != "role"
        ]
        own = {key: value for key, value in own_part(placed.step).items() if key not in _NOT_SETTINGS}
        settings = [("type", placed.type), *given, *_flat("", own)]
        found[placed.name] = settings[:MOST]
    return found


def display_names(definition: Mapping[str, Any]) -> dict[str, str]:
    """Display names by step name, where steps have one."""
    return {
        placed.name: str(placed.step["DisplayName"])
        for placed in iter_steps(definition)
        if isinstance(placed.step.get("DisplayName"), str)
    }


def in_words(value: Any) -> str:
    """A value of a definition as one line; expressions are written as the cell language writes them."""
    if isinstance(value, dict) and len(value) == 1:
        ((kind, inner),) = value.items()
        if kind == "Get" and isinstance(inner, str):
            root, _, path = inner.partition(".")
            return f"${root.lower()}.{path}"
        if kind == "Std:Join" and isinstance(inner, dict) and isinstance(inner.get("Values"), list):
            return str(inner.get("On", "")).join(in_words(part) for part in inner["Values"])
        if kind == "Std:JsonGet" and isinstance(inner, dict):
            source = inner.get("PropertyFile") or inner.get("S3Uri")
            return f"{in_words(source)} → {inner.get('Path', '')}"
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, str]]:
    is_expression = isinstance(value, dict) and set(value) & {"Get", "Std:Join", "Std:JsonGet"}
    if isinstance(value, dict) and value and not is_expression:
        for key, inner in value.items():
            yield from _flat(f"{prefix}.{key}" if prefix and prefix != "Arguments" else str(key), inner)
    elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value) and not is_expression:
        for index, inner in enumerate(value):
            yield from _flat(f"{prefix}[{_name_of(inner, index)}]", inner)
    elif isinstance(value, list):
        yield prefix, " ".join(in_words(item) for item in value)
    elif value != {}:
        yield prefix, in_words(value)


def _name_of(item: Any, index: int) -> str:
    names = ("InputName", "OutputName", "ChannelName", "Name")
    return next((str(item[key]) for key in names if isinstance(item, dict) and key in item), str(index))
