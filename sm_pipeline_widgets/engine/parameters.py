"""Parameters of an execution: what was given at the start as strings → values of the declared types. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class ParameterError(Exception):
    """A value that cannot be given; the text is the service's."""


def parameter_values(definition: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    """The value of every declared parameter.

    Raises
    ------
    ParameterError
        A name is not declared, a value is missing, of the wrong type or not among the allowed ones.
    """
    declared = {str(at["Name"]): at for at in definition.get("Parameters") or []}
    for name in given:
        if name not in declared:
            known = ", ".join(sorted(declared)) or "none"
            raise ParameterError(f"Unknown parameter '{name}'. The pipeline's parameters are: {known}.")
    return {name: _value(name, spec, given.get(name)) for name, spec in declared.items()}


def _value(name: str, spec: Mapping[str, Any], given: str | None) -> Any:
    if given is None:
        if spec.get("DefaultValue") is None:
            raise ParameterError(f"Parameter '{name}' is undefined. It has no default: give it a value.")
        value = spec["DefaultValue"]
    elif given == "":
        raise ParameterError(f"Parameter '{name}': value \"\" is too short (length: 0, required minimum: 1)")
    else:
        value = _coerced(name, str(spec.get("Type", "String")), given)
    allowed = spec.get("EnumValues")
    if allowed and value not in allowed:
        raise ParameterError(f"Parameter '{name}': value '{value}' is not one of {', '.join(map(str, allowed))}.")
    return value


def _coerced(name: str, kind: str, text: str) -> Any:
    readers: Mapping[str, Callable[[str], Any]] = {"Integer": int, "Float": float, "Boolean": _boolean, "String": str}
    try:
        return readers.get(kind, str)(text)
    except ValueError:
        raise ParameterError(f"Unexpected type for parameter '{name}'. Expected {kind} but got '{text}'.") from None


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(text)
    return text.lower() == "true"
