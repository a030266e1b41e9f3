"""``OutputParameters`` of Lambda and Callback steps: values as their declared types. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


def _text(value: Any) -> str:
    return value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)


def _integer(value: Any) -> int:
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise ValueError(value)
    return int(value)


def _float(value: Any) -> float:
    if isinstance(value, bool):
        raise ValueError(value)  # noqa: TRY004 - one kind of error for one kind of mistake
    return float(value)


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if str(value).lower() not in ("true", "false"):
        raise ValueError(value)
    return str(value).lower() == "true"


_CASTS: Mapping[str, Callable[[Any], Any]] = {
    "String": _text,
    "Integer": _integer,
    "Float": _float,
    "Boolean": _boolean,
}


def cast_outputs(step: str, declared: Sequence[Mapping[str, Any]], given: Mapping[str, Any]) -> dict[str, Any]:
    """The value of every declared output.

    Raises
    ------
    ValueError
        One is missing or not of its type; the text says which.
    """
    values: dict[str, Any] = {}
    for output in declared:
        name, kind = str(output["OutputName"]), str(output.get("OutputType", "String"))
        if name not in given:
            known = ", ".join(sorted(given)) or "none"
            raise ValueError(f"output parameter '{name}' of step '{step}' is missing; given were: {known}.")
        try:
            values[name] = _CASTS.get(kind, _CASTS["String"])(given[name])
        except (TypeError, ValueError):
            shown = str(given[name])[:100]
            raise ValueError(f"output parameter '{name}' of step '{step}' is no {kind}: '{shown}'.") from None
    return values
