"""Lambda: a Python handler on this machine, under a supervisor, with the function's own time limit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine import functions
from sm_pipeline_widgets.engine.plan import ServiceStepStatus
from sm_pipeline_widgets.engine.steptypes.base import Done, Parity, ParityStatus, StepType
from sm_pipeline_widgets.engine.steptypes.outputs import cast_outputs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sm_pipeline_widgets.engine.steptypes.base import Services, Task

LONGEST_OUTPUT = 1024


def run(task: Task) -> Done:
    """Call the function and read its outputs."""
    services = task.services
    arn = str(task.keys.get("FunctionArn", ""))
    place = services.place()
    try:
        function = functions.find_function(services.home, services.resources, place, arn)
    except functions.FunctionError as error:
        return Done.failed(f"ClientError: {error}")
    if function is None:
        return Done.failed(f"ClientError: {_unknown(arn)}")
    metadata = {"Lambda": {"Arn": arn}}
    task.report(metadata)
    answer = functions.call(services.home, function, dict(task.arguments), place, task.resource_name)
    if answer.error is not None:
        said = f"{answer.error.get('errorType', 'Error')}: {answer.error.get('errorMessage', '')}"
        return Done.failed(f"ClientError: Lambda function {arn} failed. {said}", metadata)
    if task.stopping.is_set():
        return Done(ServiceStepStatus.STOPPED, "", metadata)
    try:
        outputs = read_outputs(task, answer.value)
    except ValueError as error:
        return Done.failed(f"ClientError: Lambda function {arn}: {error}", metadata)
    told = [{"Name": name, "Value": as_text(value)} for name, value in outputs.items()]
    return Done.succeeded({"Lambda": {"Arn": arn, "OutputParameters": told}}, {"OutputParameters": outputs})


def read_outputs(task: Task, value: Any) -> dict[str, Any]:
    """The declared outputs of what a function gave back, in their declared types; a nested value is one JSON text.

    Raises
    ------
    ValueError
        It is no object, an output is missing, of another type, or too long.
    """
    declared = task.keys.get("OutputParameters") or []
    if not declared:
        return {}
    if not isinstance(value, dict):
        raise ValueError(  # noqa: TRY004 - one kind of error for whatever does not fit
            f"it must return a JSON object whose keys are the step's OutputParameters; it returned "
            f"{json.dumps(value)[:200]}."
        )
    flat = {name: json.dumps(at) if isinstance(at, dict | list) else at for name, at in value.items()}
    outputs = cast_outputs(task.name, declared, flat)
    for name, output in outputs.items():
        if len(as_text(output)) > LONGEST_OUTPUT:
            raise ValueError(f"output parameter '{name}' is longer than {LONGEST_OUTPUT} characters.")
    return outputs


def as_text(value: Any) -> str:
    """A value as metadata shows it."""
    return value if isinstance(value, str) else json.dumps(value)


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
