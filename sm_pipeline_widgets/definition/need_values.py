"""What expressions of a definition will be, as far as it is known before a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def known_values(definition: Mapping[str, Any], given: Mapping[str, object], pipeline: str) -> dict[str, str]:
    """What ``Get`` gives where it is known before the run."""
    entries = definition.get("Parameters")
    found = {"Execution.PipelineName": pipeline}
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and isinstance(entry.get("Name"), str):
            value = given.get(entry["Name"], entry.get("DefaultValue"))
            if value is not None:
                found[f"Parameters.{entry['Name']}"] = str(value)
    return found


def known(value: Any, values: Mapping[str, str]) -> str | None:
    """The text a value will be; None where only the run knows it."""
    text, is_whole = beginning(value, values)
    return text if is_whole else None


def beginning(value: Any, values: Mapping[str, str]) -> tuple[str, bool]:
    """How the text begins that a value will be, and whether that is all of it."""
    if isinstance(value, str | int | float):
        return str(value), True
    if not isinstance(value, dict) or len(value) != 1:
        return "", False
    get = value.get("Get")
    if isinstance(get, str):
        return values.get(get, ""), get in values
    join = value.get("Std:Join")
    if not isinstance(join, dict) or not isinstance(join.get("Values"), list):
        return "", False
    text = ""
    for at, part in enumerate(join["Values"]):
        found, is_whole = beginning(part, values)
        text += (str(join.get("On", "")) if at else "") + found
        if not is_whole:
            return text, False
    return text, True
