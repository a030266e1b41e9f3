"""Stopping, retrying and changing executions that were started."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.operations.answers import once
from sm_pipeline_widgets.engine.operations.executions import definition_for, require_execution
from sm_pipeline_widgets.engine.operations.pipelines import parallelism_of
from sm_pipeline_widgets.engine.plan import ServiceStepStatus, make_plan
from sm_pipeline_widgets.engine.steptypes import TABLE
from sm_pipeline_widgets.execution.state import ExecutionStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from sm_pipeline_widgets.engine.records import ExecutionRecord
    from sm_pipeline_widgets.engine.service import Engine

_RETRIED = (ExecutionStatus.FAILED, ExecutionStatus.STOPPED)


def stop_pipeline_execution(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    return once(engine, "StopPipelineExecution", request, lambda: _stop(engine, request))


def _stop(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    record = require_execution(engine, request)
    if record.status.is_end or not engine.loop.stop(record.arn):
        status = require_execution(engine, request).status
        raise ServiceException(
            "ConflictException", f"Pipeline execution {record.arn} cannot be stopped: its status is {status}."
        )
    return {"PipelineExecutionArn": record.arn}


def retry_pipeline_execution(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    return once(engine, "RetryPipelineExecution", request, lambda: _retry(engine, request))


def _retry(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    with engine.idempotency:
        record = require_execution(engine, request)
        refusal = _no_retry(engine, record)
        if refusal:
            raise ServiceException(
                "ConflictException", f"Pipeline execution {record.arn} cannot be retried: {refusal}."
            )
        engine.loop.retry(
            replace(
                record,
                status=ExecutionStatus.EXECUTING,
                reason="",
                modified=engine.clock(),
                parallelism=parallelism_of(request) or record.parallelism,
            )
        )
    return {"PipelineExecutionArn": record.arn}


def _no_retry(engine: Engine, record: ExecutionRecord) -> str:
    """Why an execution cannot be retried, or nothing."""
    if record.status not in _RETRIED:
        return f"its status is {record.status}; it must be Failed or Stopped"
    steps = make_plan(definition_for(engine, record)).all_steps()
    for at in engine.store.steps(record.arn):
        row = TABLE.get(str(steps.get(at.name, {}).get("Type")))
        if row is not None and row.ends_for_good and at.status is ServiceStepStatus.FAILED:
            return f"it was ended by the {row.name} step '{at.name}'"
    return ""


def update_pipeline_execution(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    record = require_execution(engine, request)

    def change(found: ExecutionRecord) -> ExecutionRecord:
        return replace(
            found,
            display_name=request.get("PipelineExecutionDisplayName", found.display_name),
            description=request.get("PipelineExecutionDescription", found.description),
            parallelism=parallelism_of(request) or found.parallelism,
        )

    engine.loop.change(record.arn, change)
    return {"PipelineExecutionArn": record.arn}


OPERATIONS: dict[str, Callable[[Engine, dict[str, Any]], dict[str, Any]]] = {
    "RetryPipelineExecution": retry_pipeline_execution,
    "StopPipelineExecution": stop_pipeline_execution,
    "UpdatePipelineExecution": update_pipeline_execution,
}
