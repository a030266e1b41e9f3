"""StartPipelineExecution and its kin: executions and their steps."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine import names
from sm_pipeline_widgets.engine.admission import AdmissionError, check_runnable
from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.operations.answers import in_window, not_found, once, page, refuse
from sm_pipeline_widgets.engine.operations.pipelines import parallelism_of, require_pipeline
from sm_pipeline_widgets.engine.parameters import ParameterError, parameter_values
from sm_pipeline_widgets.engine.records import ExecutionRecord, StepRecord, when
from sm_pipeline_widgets.engine.steptypes import TABLE
from sm_pipeline_widgets.execution.state import ExecutionStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sm_pipeline_widgets.engine.service import Engine

LONGEST_EXECUTION_REASON = 1300


def start_pipeline_execution(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    return once(engine, "StartPipelineExecution", request, lambda: _start(engine, request))


def _start(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    pipeline = require_pipeline(engine, request["PipelineName"])
    if request.get("SelectiveExecutionConfig"):
        refuse("The engine on this machine does not run selected steps yet: start the execution without a selection.")
    number = int(request.get("PipelineVersionId") or pipeline.version)
    version = engine.store.version(pipeline.name, number)
    if version is None:
        not_found("Pipeline version", f"{pipeline.name}/{number}")
    definition = json.loads(version.definition)
    given = _given(request)
    try:
        check_runnable(definition, TABLE, engine.services)
        parameter_values(definition, given)
    except (AdmissionError, ParameterError) as error:
        refuse(str(error))
    now = engine.clock()
    record = ExecutionRecord(
        arn=names.execution_arn(pipeline.arn),
        pipeline=pipeline.name,
        version=number,
        status=ExecutionStatus.EXECUTING,
        created=now,
        modified=now,
        role=pipeline.role,
        display_name=request.get("PipelineExecutionDisplayName", ""),
        description=request.get("PipelineExecutionDescription", ""),
        parallelism=parallelism_of(request) or pipeline.parallelism,
        parameters=given,
    )
    engine.store.put_execution(record)
    engine.loop.begin(record)
    return {"PipelineExecutionArn": record.arn}


def stop_pipeline_execution(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    return once(engine, "StopPipelineExecution", request, lambda: _stop(engine, request))


def _stop(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    record = _require(engine, request)
    if record.status.is_end or not engine.loop.stop(record.arn):
        status = _require(engine, request).status
        raise ServiceException(
            "ConflictException", f"Pipeline execution {record.arn} cannot be stopped: its status is {status}."
        )
    return {"PipelineExecutionArn": record.arn}


def describe_pipeline_execution(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    record = _require(engine, request)
    answer = {
        "PipelineArn": record.arn.partition("/execution/")[0],
        "PipelineExecutionArn": record.arn,
        "PipelineExecutionDisplayName": record.display_name or f"execution-{int(record.created * 1000)}",
        "PipelineExecutionStatus": record.status.value,
        "PipelineExecutionDescription": record.description,
        "FailureReason": record.reason[:LONGEST_EXECUTION_REASON],
        "CreationTime": when(record.created),
        "LastModifiedTime": when(record.modified),
        "CreatedBy": {},
        "LastModifiedBy": {},
        "PipelineVersionId": record.version,
        "RoleArn": record.role,
        "ParallelismConfiguration": (
            None if record.parallelism is None else {"MaxParallelExecutionSteps": record.parallelism}
        ),
    }
    return {name: value for name, value in answer.items() if value not in (None, "")}


def describe_pipeline_definition_for_execution(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    record = _require(engine, request)
    return {"PipelineDefinition": engine.store.definition_of(record), "CreationTime": when(record.created)}


def list_pipeline_executions(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    pipeline = require_pipeline(engine, request["PipelineName"])
    found = [at for at in engine.store.executions(pipeline.name) if in_window(at.created, request)]
    if request.get("SortBy") == "PipelineExecutionArn":
        found.sort(key=lambda at: at.arn)
    if request.get("SortOrder", "Descending") == "Descending":
        found.reverse()
    shown, more = page(found, request, lambda at: at.arn)
    return {"PipelineExecutionSummaries": [_summary(at) for at in shown], **more}


def list_pipeline_execution_steps(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    record = _require(engine, request)
    found = engine.store.steps(record.arn)
    if request.get("SortOrder", "Descending") == "Descending":
        found.reverse()
    shown, more = page(found, request, lambda step: step.name)
    return {"PipelineExecutionSteps": [_step(step) for step in shown], **more}


def list_pipeline_parameters_for_execution(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    record = _require(engine, request)
    defaults = {
        str(at["Name"]): _text(at["DefaultValue"])
        for at in json.loads(engine.store.definition_of(record)).get("Parameters") or []
        if at.get("DefaultValue") is not None
    }
    shown, more = page(sorted({**defaults, **record.parameters}.items()), request, lambda item: item[0])
    return {"PipelineParameters": [{"Name": name, "Value": value} for name, value in shown], **more}


def _given(request: Mapping[str, Any]) -> dict[str, str]:
    given: dict[str, str] = {}
    for at in request.get("PipelineParameters") or []:
        if at["Name"] in given:
            refuse(f"Parameter '{at['Name']}' is given twice.")
        given[at["Name"]] = at["Value"]
    return given


def _require(engine: Engine, request: Mapping[str, Any]) -> ExecutionRecord:
    arn = request.get("PipelineExecutionArn")
    if not arn:
        refuse("PipelineExecutionArn is missing.")
    record = engine.store.execution(arn)
    if record is None:
        not_found("Pipeline execution", arn)
    return record


def _step(step: StepRecord) -> dict[str, Any]:
    answer = {
        "StepName": step.name,
        "StepDisplayName": step.display_name,
        "StepDescription": step.description,
        "StartTime": when(step.started),
        "EndTime": when(step.ended),
        "StepStatus": step.status.value,
        "AttemptCount": step.attempts,
        "FailureReason": step.reason,
        "Metadata": dict(step.metadata),
    }
    return {name: value for name, value in answer.items() if value not in (None, "", {})}


def _summary(record: ExecutionRecord) -> dict[str, Any]:
    answer = {
        "PipelineExecutionArn": record.arn,
        "StartTime": when(record.created),
        "PipelineExecutionStatus": record.status.value,
        "PipelineExecutionDescription": record.description,
        "PipelineExecutionDisplayName": record.display_name or f"execution-{int(record.created * 1000)}",
        "PipelineExecutionFailureReason": record.reason,
    }
    return {name: value for name, value in answer.items() if value not in (None, "")}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


OPERATIONS: dict[str, Callable[[Engine, dict[str, Any]], dict[str, Any]]] = {
    "DescribePipelineDefinitionForExecution": describe_pipeline_definition_for_execution,
    "DescribePipelineExecution": describe_pipeline_execution,
    "ListPipelineExecutionSteps": list_pipeline_execution_steps,
    "ListPipelineExecutions": list_pipeline_executions,
    "ListPipelineParametersForExecution": list_pipeline_parameters_for_execution,
    "StartPipelineExecution": start_pipeline_execution,
    "StopPipelineExecution": stop_pipeline_execution,
}
