"""StartPipelineExecution and its kin: executions and their steps."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine import names
from sm_pipeline_widgets.engine.admission import AdmissionError, check_runnable
from sm_pipeline_widgets.engine.operations.answers import in_window, not_found, once, page, refuse
from sm_pipeline_widgets.engine.operations.pipelines import parallelism_of
from sm_pipeline_widgets.engine.operations.versions import asked_version, require_pipeline, version_of_alias
from sm_pipeline_widgets.engine.parameters import ParameterError, parameter_values
from sm_pipeline_widgets.engine.plan import ServiceStepStatus
from sm_pipeline_widgets.engine.records import ExecutionRecord, PipelineRecord, StepRecord, when
from sm_pipeline_widgets.engine.resolve import ResolveError, Scope, render_text, resolve
from sm_pipeline_widgets.engine.scopes import execution_facts
from sm_pipeline_widgets.engine.selection import (
    SelectionError,
    Upstream,
    check_selection,
    check_source,
    reused_records,
    selected_names,
)
from sm_pipeline_widgets.engine.steptypes import TABLE
from sm_pipeline_widgets.execution.state import ExecutionStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sm_pipeline_widgets.engine.service import Engine

LONGEST_EXECUTION_REASON = 1300
LONGEST_ITEM = 12_800


def start_pipeline_execution(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    return once(engine, "StartPipelineExecution", request, lambda: _start(engine, request))


def _start(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    pipeline = require_pipeline(engine, request["PipelineName"])
    if request.get("RoleArn"):
        refuse("RoleArn can be given only for a pipeline that AWS manages: executions use the pipeline's role.")
    version = asked_version(engine, pipeline, request)
    definition = json.loads(version.definition)
    given = _given(request)
    selection = request.get("SelectiveExecutionConfig") or {}
    try:
        check_runnable(definition, TABLE, engine.services, selected_names(selection))
        parameter_values(definition, given)
        upstream = _upstream(engine, pipeline, definition, selection)
    except (AdmissionError, ParameterError, SelectionError) as error:
        refuse(str(error))
    now = engine.clock()
    record = ExecutionRecord(
        arn=names.execution_arn(pipeline.arn),
        pipeline=pipeline.name,
        version=version.version,
        status=ExecutionStatus.EXECUTING,
        created=now,
        modified=now,
        role=pipeline.role,
        display_name=request.get("PipelineExecutionDisplayName", ""),
        description=request.get("PipelineExecutionDescription", ""),
        parallelism=parallelism_of(request) or pipeline.parallelism,
        parameters=given,
        selection=selection,
    )
    record = replace(record, experiment=_experiment(definition, record))
    source = str(selection.get("SourcePipelineExecutionArn", ""))
    reused = list(reused_records(upstream, source, record, engine.store.steps(source)))
    given_by = {step.name: engine.store.properties_of(source, step.name) for step in reused}
    engine.store.put_execution(record, reused, given_by)
    engine.loop.begin(record)
    return {"PipelineExecutionArn": record.arn}


def _upstream(
    engine: Engine, pipeline: PipelineRecord, definition: Mapping[str, Any], selection: Mapping[str, Any]
) -> Upstream:
    """What the selected steps build upon, all of it there; nothing for an execution of everything."""
    if not selection:
        return Upstream((), ())
    upstream = check_selection(definition, selection)
    arn = selection.get("SourcePipelineExecutionArn")
    if not arn:
        return upstream
    source = engine.store.execution(arn)
    if source is None or source.pipeline.lower() != pipeline.name.lower():
        raise SelectionError(
            f"Invalid SourcePipelineExecutionArn: {arn}. It is no execution of pipeline '{pipeline.name}'."
        )
    if not source.status.is_end:
        raise SelectionError(
            f"Invalid SourcePipelineExecutionArn: {arn}. It has not ended: its status is {source.status}."
        )
    ended = {step.name: step.status for step in engine.store.steps(arn) if not step.superseded}
    check_source(upstream, ended, arn)
    return upstream


def describe_pipeline_execution(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    record = require_execution(engine, request)
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
        "PipelineVersionAliases": engine.store.aliases(record.pipeline, record.version),
        "SelectiveExecutionConfig": dict(record.selection),
        "PipelineExperimentConfig": dict(record.experiment),
        "ParallelismConfiguration": (
            None if record.parallelism is None else {"MaxParallelExecutionSteps": record.parallelism}
        ),
    }
    return {name: value for name, value in answer.items() if value not in (None, "", [], {}) or name.endswith("By")}


def describe_pipeline_definition_for_execution(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    record = require_execution(engine, request)
    return {"PipelineDefinition": engine.store.definition_of(record), "CreationTime": when(record.created)}


def list_pipeline_executions(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    pipeline = require_pipeline(engine, request["PipelineName"])
    found = [at for at in engine.store.executions(pipeline.name) if in_window(at.created, request)]
    if request.get("PipelineVersionAlias"):
        wanted = version_of_alias(engine, pipeline, request["PipelineVersionAlias"]).version
        found = [at for at in found if at.version == wanted]
    if request.get("SortBy") == "PipelineExecutionArn":
        found.sort(key=lambda at: at.arn)
    if request.get("SortOrder", "Descending") == "Descending":
        found.reverse()
    shown, more = page(found, request, lambda at: at.arn)
    return {"PipelineExecutionSummaries": [_summary(at) for at in shown], **more}


def list_pipeline_execution_steps(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    record = require_execution(engine, request)
    found = [step for step in engine.store.steps(record.arn) if not step.superseded]
    if request.get("SortOrder", "Descending") == "Descending":
        found.reverse()
    shown, more = page(found, request, lambda step: step.name)
    return {"PipelineExecutionSteps": [_step(step) for step in shown], **more}


def list_pipeline_parameters_for_execution(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    record = require_execution(engine, request)
    defaults = {
        str(at["Name"]): _text(at["DefaultValue"])
        for at in definition_for(engine, record).get("Parameters") or []
        if at.get("DefaultValue") is not None
    }
    shown, more = page(sorted({**defaults, **record.parameters}.items()), request, lambda item: item[0])
    return {"PipelineParameters": [{"Name": name, "Value": value} for name, value in shown], **more}


def definition_for(engine: Engine, record: ExecutionRecord) -> dict[str, Any]:
    """The definition an execution runs."""
    return dict(json.loads(engine.store.definition_of(record)))


def _experiment(definition: Mapping[str, Any], record: ExecutionRecord) -> dict[str, str]:
    """The experiment's names, resolved; none when they cannot be."""
    config = definition.get("PipelineExperimentConfig")
    scope = Scope(parameters=parameter_values(definition, record.parameters), execution=execution_facts(record))
    try:
        names = resolve(config if isinstance(config, dict) else {}, scope)
    except ResolveError:
        return {}
    return {name: render_text(value) for name, value in names.items()}


def _given(request: Mapping[str, Any]) -> dict[str, str]:
    given: dict[str, str] = {}
    for at in request.get("PipelineParameters") or []:
        if at["Name"] in given:
            refuse(f"Parameter '{at['Name']}' is given twice.")
        given[at["Name"]] = at["Value"]
    return given


def require_execution(engine: Engine, request: Mapping[str, Any]) -> ExecutionRecord:
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
        "FailureReason": step.reason if step.status is ServiceStepStatus.FAILED else "",
        "CacheHitResult": _source(step.cached_from),
        "SelectiveExecutionResult": _source(step.reused_from),
        "IterationContext": _iteration(step),
        "Metadata": dict(step.metadata),
    }
    return {name: value for name, value in answer.items() if value not in (None, "", {})}


def _source(arn: str) -> dict[str, str]:
    return {"SourcePipelineExecutionArn": arn} if arn else {}


def _iteration(step: StepRecord) -> dict[str, Any]:
    if not step.parent:
        return {}
    item = json.loads(step.item)
    shown = item if isinstance(item, str) else json.dumps(item)
    return {"ParentStepName": step.parent, "Index": step.iteration, "Item": shown[:LONGEST_ITEM]}


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
}
