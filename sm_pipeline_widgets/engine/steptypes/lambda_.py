"""Lambda: a Python handler on this machine, under a supervisor, with the function's own time limit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine import functions
from sm_pipeline_widgets.engine.plan import ServiceStepStatus
from sm_pipeline_widgets.engine.steptypes.base import Done, Parity, ParityStatus, StepType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sm_pipeline_widgets.engine.steptypes.base import Services, Task

LONGEST_OUTPUT = 1024


class OutputError(Exception):
    """What the function gave back does not fit the step's OutputParameters; the text is the step's reason."""


def run(task: Task) -> Done:
    """Call the function and read its outputs."""
    services = task.services
    arn = str(task.keys.get("FunctionArn", ""))
    folder = services.home / "calls" / task.resource_name
    place = services.place()
    try:
        function = functions.find_function(services.home, services.resources, place, arn)
    except functions.FunctionError as error:
        return Done.failed(f"ClientError: {error}")
    if function is None:
        return Done.failed(f"ClientError: {_unknown(arn)}")
    metadata = {"Lambda": {"Arn": arn}}
    task.report(metadata)
    answer = functions.call(function, dict(task.arguments), folder, place, task.resource_name)
    functions.forget_call(folder)
    if answer.error is not None:
        said = f"{answer.error.get('errorType', 'Error')}: {answer.error.get('errorMessage', '')}"
        return Done.failed(f"ClientError: Lambda function {arn} failed. {said}", metadata)
    if task.stopping.is_set():
        return Done(ServiceStepStatus.STOPPED, "", metadata)
    try:
        outputs = read_outputs(answer.value, task.keys.get("OutputParameters") or [], arn)
    except OutputError as error:
        return Done.failed(f"ClientError: {error}", metadata)
    told = [{"Name": name, "Value": as_text(value)} for name, value in outputs.items()]
    return Done.succeeded({"Lambda": {"Arn": arn, "OutputParameters": told}}, {"OutputParameters": outputs})


def read_outputs(value: Any, declared: list[Mapping[str, Any]], arn: str) -> dict[str, Any]:
    """The declared outputs of what a function gave back, in their declared types.

    Raises
    ------
    OutputError
        It is no object, an output is missing, of another type, or too long.
    """
    if not declared:
        return {}
    if not isinstance(value, dict):
        raise OutputError(
            f"Lambda function {arn} must return a JSON object whose keys are the step's OutputParameters; "
            f"it returned {json.dumps(value)[:200]}."
        )
    return {str(at["OutputName"]): _typed(value, at, arn) for at in declared}


def _typed(value: Mapping[str, Any], declared: Mapping[str, Any], arn: str) -> Any:
    name, kind = str(declared["OutputName"]), str(declared.get("OutputType", "String"))
    if name not in value:
        there = ", ".join(sorted(map(str, value))) or "nothing"
        raise OutputError(f"Lambda function {arn} returned no output parameter '{name}'; it returned {there}.")
    found = value[name]
    readers: Mapping[str, Callable[[Any], Any]] = {"Integer": _integer, "Float": _number, "Boolean": _boolean}
    try:
        typed = readers.get(kind, as_text)(found)
    except (ValueError, TypeError):
        raise OutputError(
            f"Lambda function {arn} returned {json.dumps(found)[:200]} as output parameter '{name}' of type {kind}."
        ) from None
    if len(as_text(typed)) > LONGEST_OUTPUT:
        raise OutputError(f"Output parameter '{name}' of Lambda function {arn} is longer than {LONGEST_OUTPUT}.")
    return typed


def as_text(value: Any) -> str:
    """A value as metadata shows it: a nested one becomes one JSON string."""
    return value if isinstance(value, str) else json.dumps(value)


def _integer(value: Any) -> int:
    if isinstance(value, bool) or (isinstance(value, float) and value != int(value)):
        raise ValueError(value)
    return int(value)


def _number(value: Any) -> float:
    if isinstance(value, bool):
        raise TypeError(value)
    return float(value)


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if str(value).lower() in ("true", "false"):
        return str(value).lower() == "true"
    raise ValueError(value)


def check(step: Mapping[str, Any], services: Services) -> str:
    """A function that nobody created or configured is told of before anything runs."""
    arn = step.get("FunctionArn")
    if not isinstance(arn, str):
        return ""
    try:
        found = functions.find_function(services.home, services.resources, services.place(), arn)
    except functions.FunctionError as error:
        return str(error)
    return "" if found is not None else _unknown(arn)


def _unknown(arn: str) -> str:
    return (
        f"there is no Lambda function {arn} on this machine. Create it over the wire (CreateFunction), or name its "
        f"handler in {functions.CONFIGURATION} of the state folder: [lambda] {functions.name_of(arn)} = "
        '"/path/file.py:handler"'
    )


def compared(arguments: Mapping[str, Any], keys: Mapping[str, Any]) -> Any:
    """What a cached result must have in common."""
    return {"Arguments": arguments, "FunctionArn": keys.get("FunctionArn"), "Outputs": keys.get("OutputParameters")}


LAMBDA = StepType(
    name="Lambda",
    run=run,
    parity=Parity(
        ParityStatus.APPROXIMATED,
        "Python handlers, created over the wire or named in engine.toml; the engine's Python and packages, no layers, "
        "no memory limit. Time limit, error texts and OutputParameters as on AWS.",
    ),
    compared=compared,
    check=check,
)
