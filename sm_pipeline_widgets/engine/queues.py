"""Message queues of this machine, as far as callback steps and their workers need them: send, receive, delete.

A queue is known by the last part of its URL, so a worker that was written for a queue of AWS finds the one of the same
name here. At-least-once, like the real ones: a received message comes again unless it is deleted in time.
"""

from __future__ import annotations

import threading
import time
import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine.resources import ResourceRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sm_pipeline_widgets.engine.resources import Resources

QUEUE = "queue"
DEFAULT_VISIBILITY = 30.0
MOST_WAITING = 6
"""So many receivers wait for messages at once; the threads that answer requests are for others as well."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message; ``visible_at`` is when it may be received (again), ``handle`` by what its receiver deletes it."""

    id: str
    body: str
    sent: float
    visible_at: float
    receives: int = 0
    first_received: float | None = None
    handle: str = ""
    attributes: Mapping[str, Any] | None = None


def queue_name(url_or_arn: str) -> str:
    """The name at the end of a queue's URL or ARN."""
    return url_or_arn.rstrip("/").rpartition("/")[2].rpartition(":")[2]


class Queues:
    """All queues of one engine."""

    def __init__(self, resources: Resources, clock: Callable[[], float]) -> None:
        self._resources = resources
        self._clock = clock
        self._changed = threading.Condition()
        self._waiting = 0

    def create(self, name: str) -> None:
        """Make sure there is such a queue."""
        now = self._clock()
        self._resources.put_resource_if_absent(ResourceRecord(QUEUE, name, "", now, now, {}))

    def exists(self, name: str) -> bool:
        return self._resources.resource(QUEUE, name) is not None

    def names(self, prefix: str = "") -> list[str]:
        return [found.name for found in self._resources.resources(QUEUE, prefix)]

    def delete_queue(self, name: str) -> None:
        self.purge(name)
        self._resources.delete_resource(QUEUE, name)

    def purge(self, name: str) -> None:
        for message in self.messages(name):
            self._resources.delete_resource(_kind(name), message.id)

    def send(
        self,
        name: str,
        body: str,
        message_id: str = "",
        delay: float = 0.0,
        attributes: Mapping[str, Any] | None = None,
    ) -> Message:
        """Put a message into a queue; the same id is put once."""
        self.create(name)
        now = self._clock()
        message = Message(message_id or str(uuid.uuid4()), body, now, now + delay, attributes=attributes)
        with self._changed:
            self._resources.put_resource_if_absent(_record(name, message))
            self._changed.notify_all()
        return message

    def receive(self, name: str, most: int, visibility: float, wait_seconds: float) -> list[Message]:
        """Up to `most` visible messages, hidden from others for a while; waits for the first one if there is none."""
        deadline = time.monotonic() + wait_seconds
        with self._changed:
            found = self._take(name, most, visibility)
            if found or self._waiting >= MOST_WAITING:
                return found
            self._waiting += 1
            try:
                while not found and (left := deadline - time.monotonic()) > 0:
                    # a hidden message becomes visible without anybody telling
                    self._changed.wait(min(left, 0.5))
                    found = self._take(name, most, visibility)
            finally:
                self._waiting -= 1
        return found

    def delete(self, name: str, handle: str) -> bool:
        """Forget a received message; False when the handle is not of one."""
        return self._resources.delete_resource(_kind(name), handle.partition("#")[0])

    def hide(self, name: str, handle: str, seconds: float) -> bool:
        """Change for how long a received message is hidden."""
        found = self._resources.resource(_kind(name), handle.partition("#")[0])
        if found is None or found.record["handle"] != handle:
            return False
        with self._changed:
            self._resources.put_resource(_record(name, replace(_message(found), visible_at=self._clock() + seconds)))
            self._changed.notify_all()
        return True

    def messages(self, name: str) -> list[Message]:
        """All messages of a queue, the oldest first."""
        return [_message(found) for found in self._resources.resources(_kind(name))]

    def _take(self, name: str, most: int, visibility: float) -> list[Message]:
        now = self._clock()
        taken = []
        for message in self.messages(name):
            if message.visible_at > now:
                continue
            count = message.receives + 1
            received = replace(
                message,
                receives=count,
                visible_at=now + visibility,
                first_received=message.first_received or now,
                handle=f"{message.id}#{count}-{uuid.uuid4().hex}",
            )
            self._resources.put_resource(_record(name, received))
            taken.append(received)
            if len(taken) == most:
                break
        return taken


def _kind(name: str) -> str:
    return f"message:{name}"


def _record(name: str, message: Message) -> ResourceRecord:
    record = {
        "body": message.body,
        "visible_at": message.visible_at,
        "receives": message.receives,
        "first_received": message.first_received,
        "handle": message.handle,
        "attributes": message.attributes,
    }
    return ResourceRecord(_kind(name), message.id, "", message.sent, message.sent, record)


def _message(found: ResourceRecord) -> Message:
    return Message(id=found.name, sent=found.created, **found.record)
