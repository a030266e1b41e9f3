"""What the service refuses of a step's ``Arguments`` when a definition is kept: unknown members, wrong kinds of JSON.

Lengths, patterns and missing members are not looked at here, as the service looks at them when the step starts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine.wire import operation_model

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

REQUESTS: Mapping[str, tuple[str, frozenset[str]]] = {
    "Processing": ("CreateProcessingJob", frozenset()),
    "Training": ("CreateTrainingJob", frozenset()),
    "Transform": ("CreateTransformJob", frozenset()),
    "Tuning": ("CreateHyperParameterTuningJob", frozenset()),
    "AutoML": ("CreateAutoMLJob", frozenset()),
    "Model": ("CreateModel", frozenset()),
    "RegisterModel": ("CreateModelPackage", frozenset({"ModelPackageName"})),
    "EndpointConfig": ("CreateEndpointConfig", frozenset()),
}
"""By type, the request whose members its arguments are, and those of them that it does not take."""
_EXPRESSIONS = ("Get", "Std:Join", "Std:JsonGet")
_DEEPEST = 12


def argument_problem(step: Mapping[str, Any]) -> str:
    """Why the service would not keep a step with these arguments, in its words; nothing if it would."""
    kind, arguments = str(step.get("Type")), step.get("Arguments")
    if kind not in REQUESTS or not isinstance(arguments, dict):
        return ""
    operation, refused = REQUESTS[kind]
    shape: Any = operation_model("sagemaker", operation).input_shape
    for name in arguments:
        if name not in shape.members or name in refused:
            hint = (
                "" if name in refused else f" ({operation} has no such member, as far as this machine's botocore knows)"
            )
            return f"Unknown Argument member '{name}'{hint}"
    return next(_wrong(shape, arguments, "Arguments", 0), "")


def _wrong(shape: Any, value: Any, where: str, depth: int) -> Iterator[str]:
    """Each place where a value is of another kind than botocore's shape of it."""
    if depth > _DEEPEST or value is None or _is_expression(value):
        return
    if shape.type_name == "list":
        if not isinstance(value, list):
            yield f"{where}: Expecting start of Json Array"
            return
        for at, entry in enumerate(value):
            yield from _wrong(shape.member, entry, f"{where}[{at}]", depth + 1)
    elif shape.type_name in ("structure", "map"):
        if not isinstance(value, dict):
            yield f"{where}: Expecting start of Json Object"
            return
        members = shape.members if shape.type_name == "structure" else dict.fromkeys(value, shape.value)
        for name, entry in value.items():
            if name in members:
                yield from _wrong(members[name], entry, f"{where}.{name}", depth + 1)


def _is_expression(value: Any) -> bool:
    return isinstance(value, dict) and len(value) == 1 and next(iter(value)) in _EXPRESSIONS
