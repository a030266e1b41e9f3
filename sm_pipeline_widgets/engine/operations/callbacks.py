"""SendPipelineExecutionStepSuccess and its twin: somebody tells how a callback step ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine.callbacks import CallbackAnswer
from sm_pipeline_widgets.engine.operations.answers import once, refuse

if TYPE_CHECKING:
    from collections.abc import Callable

    from sm_pipeline_widgets.engine.service import Engine


def send_step_success(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    outputs: dict[str, str] = {}
    for at in request.get("OutputParameters") or []:
        if at["Name"] in outputs:
            refuse(f"Output parameter '{at['Name']}' is given twice.")
        outputs[at["Name"]] = at["Value"]
    return _tell(engine, "SendPipelineExecutionStepSuccess", request, CallbackAnswer(True, outputs))


def send_step_failure(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    answer = CallbackAnswer(False, {}, request.get("FailureReason", ""))
    return _tell(engine, "SendPipelineExecutionStepFailure", request, answer)


def _tell(engine: Engine, operation: str, request: dict[str, Any], answer: CallbackAnswer) -> dict[str, Any]:
    def act() -> dict[str, Any]:
        return {"PipelineExecutionArn": engine.callbacks.tell(request["CallbackToken"], answer)}

    return once(engine, operation, request, act)


OPERATIONS: dict[str, Callable[[Engine, dict[str, Any]], dict[str, Any]]] = {
    "SendPipelineExecutionStepFailure": send_step_failure,
    "SendPipelineExecutionStepSuccess": send_step_success,
}
