"""What the operands of a decided condition were: read from the property files and jobs they name.

A value that cannot be had is an :class:`~sm_pipeline_widgets.execution.operands.Unread` with the reason, never left
out silently.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.expressions import parse_path, step_of
from sm_pipeline_widgets.definition.graph import iter_steps
from sm_pipeline_widgets.errors import PipelineWidgetsError
from sm_pipeline_widgets.execution.operands import Unread, label, operands, property_file_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sm_pipeline_widgets.execution.state import ExecutionState
    from sm_pipeline_widgets.watch.source import Source

LARGEST_FILE = 8 * 1024 * 1024
_LIST_KEYS = ("InputName", "OutputName", "MetricName", "ChannelName", "Name")


def condition_values(source: Source, state: ExecutionState, conditions: tuple[str, ...]) -> dict[str, object]:
    """The values of every operand of these Condition steps that is no parameter, by label."""
    steps = {at.name: at.step for at in iter_steps(state.definition)}
    found: dict[str, object] = {}
    for name in conditions:
        arguments = steps[name].get("Arguments")
        for operand in operands(arguments.get("Conditions") if isinstance(arguments, dict) else None):
            if not str(operand.get("Get", "")).startswith("Parameters."):
                found[label(operand)] = _value(source, state, steps, operand)
    return found


def _value(
    source: Source, state: ExecutionState, steps: Mapping[str, Mapping[str, Any]], operand: Mapping[str, Any]
) -> object:
    try:
        read = property_file_of(operand)
        if read is not None:
            step, file, path = read
            output, file_path = _declared(steps[step], file)
            uri = _output_uri(source.describe_job(state.steps[step].metadata), output)
            return walk(json.loads(source.read_object(f"{uri}/{file_path}", LARGEST_FILE)), path)
        named = step_of(str(operand.get("Get", "")), state.steps)
        if named is not None:
            step, path = named
            if path == "Outcome":
                return state.steps[step].metadata["Condition"]["Outcome"]
            metadata = state.steps[step].metadata
            if path.startswith("OutputParameters"):
                return walk({"OutputParameters": _outputs(metadata)}, path)
            return walk(source.describe_job(metadata), path)
    except PipelineWidgetsError as error:
        return Unread(error.message)
    except (LookupError, TypeError, ValueError) as error:
        return Unread(str(error) or type(error).__name__)
    return Unread("this kind of value is not looked up")


def _outputs(metadata: Mapping[str, Any]) -> dict[str, str]:
    """What a Lambda or Callback step gave back: its metadata holds it, there is no job to ask."""
    told = [entry for member in metadata.values() for entry in member.get("OutputParameters") or ()]
    return {str(entry["Name"]): str(entry["Value"]) for entry in told}


def _declared(step: Mapping[str, Any], file: str) -> tuple[str, str]:
    """The output and the path in it where a step's property file lies."""
    for each in step.get("PropertyFiles") or ():
        if each.get("PropertyFileName") == file:
            return str(each.get("OutputName")), str(each.get("FilePath"))
    raise LookupError(f"step `{step.get('Name')}` declares no property file `{file}`")


def _output_uri(job: Mapping[str, Any], output: str) -> str:
    """Where a processing job's output went."""
    for each in (job.get("ProcessingOutputConfig") or {}).get("Outputs") or ():
        if each.get("OutputName") == output:
            return str(each["S3Output"]["S3Uri"]).rstrip("/")
    raise LookupError(f"the job has no output `{output}`")


def walk(value: Any, path: str) -> object:
    """The member at `path`; lists of named members take a name as they take an index.

    Raises
    ------
    LookupError
        There is nothing there.
    """
    for part in parse_path(path):
        if isinstance(value, list) and isinstance(part, str):
            value = next((item for item in value if _is_named(item, part)), None)
        elif isinstance(value, dict):
            value = value.get(str(part))
        elif isinstance(value, list):
            value = value[int(part)] if int(part) < len(value) else None
        else:
            value = None
        if value is None:
            raise LookupError(f"there is nothing at `{path}`")
    return value


def _is_named(item: Any, name: str) -> bool:
    return isinstance(item, dict) and any(item.get(key) == name for key in _LIST_KEYS)
