"""The part of SQS that workers of callback steps use, over the engine's own queues."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.queues import DEFAULT_VISIBILITY, queue_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sm_pipeline_widgets.engine.queues import Message
    from sm_pipeline_widgets.engine.service import Engine

LONGEST_WAIT = 20.0
MOST_MESSAGES = 10
LARGEST_MESSAGE = 1 << 20


def create_queue(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    name = request["QueueName"]
    if not name or len(name) > 80 or not all(at.isalnum() or at in "-_." for at in name):
        raise ServiceException(
            "InvalidParameterValue",
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
        )
    engine.queues.create(name)
    return {"QueueUrl": _url(engine, name)}


def get_queue_url(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    name = request["QueueName"]
    if not engine.queues.exists(name):
        raise ServiceException(
            "QueueDoesNotExist",
            f"The queue '{name}' does not exist here: create_queue makes it, and so does the first message of a "
            "callback step.",
        )
    return {"QueueUrl": _url(engine, name)}


def list_queues(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    found = [_url(engine, name) for name in engine.queues.names(request.get("QueueNamePrefix", ""))]
    return {"QueueUrls": found} if found else {}


def delete_queue(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    engine.queues.delete_queue(queue_name(request["QueueUrl"]))
    return {}


def purge_queue(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    engine.queues.purge(queue_name(request["QueueUrl"]))
    return {}


def get_queue_attributes(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    name = queue_name(request["QueueUrl"])
    now = engine.clock()
    messages = engine.queues.messages(name)
    visible = sum(at.visible_at <= now for at in messages)
    at = engine.endpoint()
    known = {
        "ApproximateNumberOfMessages": str(visible),
        "ApproximateNumberOfMessagesNotVisible": str(len(messages) - visible),
        "VisibilityTimeout": str(int(DEFAULT_VISIBILITY)),
        "QueueArn": f"arn:aws:sqs:{at.region}:{at.account}:{name}",
    }
    wanted = request.get("AttributeNames") or []
    return {"Attributes": known if "All" in wanted else {key: known[key] for key in wanted if key in known}}


def send_message(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    body = request["MessageBody"]
    if not body or len(body.encode("utf-8", "surrogatepass")) > LARGEST_MESSAGE:
        raise ServiceException(
            "InvalidParameterValue", f"One or more parameters are invalid. A message has 1 to {LARGEST_MESSAGE} bytes."
        )
    message = engine.queues.send(
        queue_name(request["QueueUrl"]),
        body,
        delay=_within(request, "DelaySeconds", 0, 900),
        attributes=_text_attributes(request.get("MessageAttributes")),
    )
    return {"MessageId": message.id, "MD5OfMessageBody": _md5(body)}


def receive_message(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    name = queue_name(request["QueueUrl"])
    engine.queues.create(name)
    found = engine.queues.receive(
        name,
        int(_within(request, "MaxNumberOfMessages", 1, MOST_MESSAGES, least=1)),
        _within(request, "VisibilityTimeout", DEFAULT_VISIBILITY, 43_200),
        _within(request, "WaitTimeSeconds", 0, LONGEST_WAIT),
    )
    return {"Messages": [_message(at) for at in found]} if found else {}


def delete_message(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    # deleting twice is fine with SQS as well
    engine.queues.delete(queue_name(request["QueueUrl"]), request["ReceiptHandle"])
    return {}


def delete_message_batch(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    for entry in request["Entries"]:
        engine.queues.delete(queue_name(request["QueueUrl"]), entry["ReceiptHandle"])
    return {"Successful": [{"Id": entry["Id"]} for entry in request["Entries"]], "Failed": []}


def change_message_visibility(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    seconds = _within(request, "VisibilityTimeout", 0, 43_200)
    if not engine.queues.hide(queue_name(request["QueueUrl"]), request["ReceiptHandle"], seconds):
        raise ServiceException("ReceiptHandleIsInvalid", "The input receipt handle is not of a received message.")
    return {}


def _within(request: Mapping[str, Any], name: str, default: float, most: float, *, least: float = 0) -> float:
    value = request.get(name)
    if value is None:
        return default
    if not least <= value <= most:
        raise ServiceException(
            "InvalidParameterValue",
            f"Value {value} for parameter {name} is invalid. Reason: Must be >= {least} and <= {most:g}, if provided.",
        )
    return float(value)


def _text_attributes(attributes: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not attributes:
        return None
    if any("StringValue" not in at for at in attributes.values()):
        raise ServiceException("UnsupportedOperation", "The engine's queues keep text attributes only.")
    return {name: dict(at) for name, at in attributes.items()}


def _message(message: Message) -> dict[str, Any]:
    shown = {
        "MessageId": message.id,
        "ReceiptHandle": message.handle,
        "MD5OfBody": _md5(message.body),
        "Body": message.body,
        "Attributes": {
            "ApproximateReceiveCount": str(message.receives),
            "SentTimestamp": str(int(message.sent * 1000)),
            "ApproximateFirstReceiveTimestamp": str(int((message.first_received or 0) * 1000)),
        },
    }
    return {**shown, **({"MessageAttributes": message.attributes} if message.attributes else {})}


def _md5(text: str) -> str:
    return hashlib.md5(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def _url(engine: Engine, name: str) -> str:
    at = engine.endpoint()
    return f"{at.url}/{at.account}/{name}"


OPERATIONS: dict[str, Callable[[Engine, dict[str, Any]], dict[str, Any]]] = {
    "ChangeMessageVisibility": change_message_visibility,
    "CreateQueue": create_queue,
    "DeleteMessage": delete_message,
    "DeleteMessageBatch": delete_message_batch,
    "DeleteQueue": delete_queue,
    "GetQueueAttributes": get_queue_attributes,
    "GetQueueUrl": get_queue_url,
    "ListQueues": list_queues,
    "PurgeQueue": purge_queue,
    "ReceiveMessage": receive_message,
    "SendMessage": send_message,
}
