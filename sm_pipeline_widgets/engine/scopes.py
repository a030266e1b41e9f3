"""What the expressions of a running execution may name, property files among it."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine.parameters import parameter_values
from sm_pipeline_widgets.engine.resolve import ResolveError, Scope
from sm_pipeline_widgets.engine.transfer import TransferError, read_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sm_pipeline_widgets.engine.objects import ObjectStore
    from sm_pipeline_widgets.engine.records import ExecutionRecord


def make_scope(
    record: ExecutionRecord,
    definition: Mapping[str, Any],
    steps: Mapping[str, Mapping[str, Any]],
    properties: Mapping[str, Any],
    objects: ObjectStore,
) -> Scope:
    """The scope of an execution; `properties` is read whenever an expression is resolved."""
    return Scope(
        parameters=parameter_values(definition, record.parameters),
        execution=execution_facts(record),
        steps=properties,
        names=steps.keys(),
        read_property_file=partial(_property_file, objects, steps, properties),
        read_json=partial(_read_json, objects),
    )


def execution_facts(record: ExecutionRecord) -> dict[str, str]:
    """What ``Execution.…`` stands for."""
    started = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "StartDateTime": started,
        "CurrentDateTime": started,
        "PipelineName": record.pipeline,
        "PipelineArn": record.arn.partition("/execution/")[0],
        "PipelineExecutionId": record.id,
        "PipelineExecutionArn": record.arn,
    }


def _property_file(
    objects: ObjectStore, steps: Mapping[str, Mapping[str, Any]], properties: Mapping[str, Any], step: str, name: str
) -> object:
    files = steps[step].get("PropertyFiles") or []
    found = next((at for at in files if at.get("PropertyFileName") == name), None)
    if found is None:
        raise ResolveError(f"Property file reference '{name}' is undefined in step '{step}'.")
    if step not in properties:
        raise ResolveError(f"Property file '{name}' cannot be read: step '{step}' has not succeeded.")
    outputs = (properties[step].get("ProcessingOutputConfig") or {}).get("Outputs") or []
    output = next((at for at in outputs if at.get("OutputName") == found.get("OutputName")), None)
    if output is None:
        raise ResolveError(
            f"Processing output name '{found.get('OutputName')}' of property file '{name}' not found in step '{step}'."
        )
    return _read_json(objects, f"{output['S3Output']['S3Uri'].rstrip('/')}/{found.get('FilePath')}")


def _read_json(objects: ObjectStore, uri: str) -> object:
    try:
        return read_json(objects, uri)
    except TransferError as error:
        raise ResolveError(str(error)) from error
