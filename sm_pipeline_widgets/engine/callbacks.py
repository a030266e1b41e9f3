"""Callback tokens: a step waits, somebody elsewhere says how it ended."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.resources import ResourceRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sm_pipeline_widgets.engine.resources import Resources

KIND = "callback"


@dataclass(frozen=True, slots=True)
class CallbackAnswer:
    """How a callback step ended, as somebody told: with outputs, or with the reason of a failure."""

    succeeded: bool
    outputs: Mapping[str, str]
    reason: str = ""


class Callbacks:
    """The tokens of one engine."""

    def __init__(self, resources: Resources, clock: Callable[[], float]) -> None:
        self._resources = resources
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: dict[str, Callable[[], None]] = {}

    def open(self, token: str, execution: str, on_answer: Callable[[], None]) -> None:
        """Take answers for a token; `on_answer` is called for one that comes from now on."""
        now = self._clock()
        self._resources.put_resource_if_absent(ResourceRecord(KIND, token, execution, now, now, {"state": "waiting"}))
        with self._lock:
            self._waiting[token] = on_answer

    def once(self, token: str, what: str, action: Callable[[], object]) -> None:
        """Act for a token unless that was done before, by this engine or an earlier one."""
        found = self._resources.resource(KIND, token)
        if found is None or what in found.record.get("done", ()):
            return
        action()
        with self._lock:
            found = self._resources.resource(KIND, token)
            if found is not None:
                done = [*found.record.get("done", ()), what]
                self._resources.put_resource(replace(found, record={**found.record, "done": done}))

    def close(self, token: str) -> None:
        """The step has ended: no answer counts any more."""
        with self._lock:
            self._waiting.pop(token, None)
            found = self._resources.resource(KIND, token)
            if found is not None and found.record["state"] == "waiting":
                self._resources.put_resource(replace(found, record={**found.record, "state": "closed"}))

    def answer(self, token: str) -> CallbackAnswer | None:
        """What was told for a token, if anything was."""
        found = self._resources.resource(KIND, token)
        if found is None or found.record["state"] not in ("succeeded", "failed"):
            return None
        record = found.record
        return CallbackAnswer(record["state"] == "succeeded", record.get("outputs", {}), record.get("reason", ""))

    def tell(self, token: str, told: CallbackAnswer) -> str:
        """Keep how a step ended and wake it; the execution's ARN.

        Raises
        ------
        ServiceException
            There is no such token, or its step has ended.
        """
        with self._lock:
            found = self._resources.resource(KIND, token)
            if found is None:
                raise ServiceException("ResourceNotFound", f"Callback token '{token}' does not exist.")
            if found.record["state"] != "waiting":
                raise ServiceException(
                    "ConflictException", f"The step of callback token '{token}' has ended already ({found.arn})."
                )
            record: dict[str, Any] = {
                **found.record,
                "state": "succeeded" if told.succeeded else "failed",
                "outputs": dict(told.outputs),
                "reason": told.reason,
            }
            self._resources.put_resource(replace(found, modified=self._clock(), record=record))
            # an engine that has just started may not have taken up the step yet; it will find the answer
            wake = self._waiting.get(token)
        if wake is not None:
            wake()
        return found.arn
