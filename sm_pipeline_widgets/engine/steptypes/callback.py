"""Callback: puts a token into a queue and waits until somebody says how the step ended.

The queue is one of this machine (see ``queues``), of the same name as the one the step names.
"""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine import names
from sm_pipeline_widgets.engine.plan import ServiceStepStatus
from sm_pipeline_widgets.engine.queues import queue_name
from sm_pipeline_widgets.engine.steptypes.base import Done, Parity, ParityStatus, StepType
from sm_pipeline_widgets.engine.steptypes.outputs import cast_outputs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sm_pipeline_widgets.engine.callbacks import CallbackAnswer
    from sm_pipeline_widgets.engine.steptypes.base import Services, Task

TOKEN_LENGTH = 10


def run(task: Task) -> Done:
    """Send the token, then wait for its answer. A stop is told to the worker as well, and still needs an answer."""
    token = names.derived_text(f"{task.resource_name}/callback", TOKEN_LENGTH)
    woken = threading.Event()
    callbacks = task.services.callbacks
    callbacks.open(token, task.execution.arn, woken.set)
    try:
        _send(task, token, "Executing")
        task.report(_metadata(task, token, {}))
        task.stopping.call(woken.set)
        told_to_stop = False
        while (answer := callbacks.answer(token)) is None:
            woken.wait()
            woken.clear()
            if task.stopping.is_set() and not told_to_stop:
                _send(task, token, "Stopping")
                told_to_stop = True
        return _done(task, token, answer)
    finally:
        callbacks.close(token)


def _send(task: Task, token: str, status: str) -> None:
    body = {
        "token": token,
        "pipelineExecutionArn": task.execution.arn,
        "arguments": dict(task.arguments),
        "status": status,
    }
    name, text = queue_name(str(task.keys["SqsQueueUrl"])), json.dumps(body)
    queues = task.services.queues
    task.services.callbacks.once(token, status, lambda: queues.send(name, text, f"{token}-{status}"))


def _done(task: Task, token: str, answer: CallbackAnswer) -> Done:
    metadata = _metadata(task, token, answer.outputs)
    if not answer.succeeded:
        return Done.failed(answer.reason or "ClientError: the callback step was told to have failed.", metadata)
    if task.stopping.is_set():
        return Done(ServiceStepStatus.STOPPED, "", metadata)
    try:
        outputs = cast_outputs(task.name, task.keys.get("OutputParameters") or [], answer.outputs)
    except ValueError as error:
        return Done.failed(f"ClientError: {error}", metadata)
    return Done.succeeded(metadata, {"OutputParameters": outputs})


def _metadata(task: Task, token: str, outputs: Mapping[str, str]) -> dict[str, Any]:
    listed = [{"Name": name, "Value": value} for name, value in outputs.items()]
    callback = {"CallbackToken": token, "SqsQueueUrl": str(task.keys["SqsQueueUrl"])}
    return {"Callback": {**callback, **({"OutputParameters": listed} if listed else {})}}


def check(step: Mapping[str, Any], _services: Services) -> str:
    """Why a step cannot run here."""
    return "" if step.get("SqsQueueUrl") else "SqsQueueUrl is missing"


CALLBACK = StepType(
    name="Callback",
    run=run,
    parity=Parity(
        ParityStatus.SAME,
        "The queue is the engine's own, of the same name; workers read it with boto3's `sqs` client. "
        "As on AWS a stopped step waits for its worker's answer.",
    ),
    compared=lambda arguments, keys: [
        dict(arguments),
        {name: keys.get(name) for name in ("SqsQueueUrl", "OutputParameters")},
    ],
    check=check,
)
