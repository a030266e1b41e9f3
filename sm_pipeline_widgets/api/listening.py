"""Logs without the wait for the next poll: a live tail for every group that an execution's running steps write to."""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING

from sm_pipeline_widgets.aws.live_tail import LiveTail
from sm_pipeline_widgets.errors import UsageError
from sm_pipeline_widgets.execution.derive import ACTIVE
from sm_pipeline_widgets.execution.log_places import LogKind, log_place

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sm_pipeline_widgets.aws.target import Target
    from sm_pipeline_widgets.execution.state import ExecutionState
    from sm_pipeline_widgets.watch.poller import Update
    from sm_pipeline_widgets.watch.watcher import Watcher

_STREAMED = (LogKind.STREAMS, LogKind.TUNING)


class Listener:
    """Keeps the live tails that fit what runs now, and rings the watcher.

    Parameters
    ----------
    tail
        Makes and starts one, given a group's name, the prefixes of streams, and whom to ring.
    """

    def __init__(
        self, watcher: Watcher, tail: Callable[[str, tuple[str, ...], Callable[[str], None]], LiveTail]
    ) -> None:
        self._watcher = watcher
        self._tail = tail
        self._tails: dict[str, tuple[tuple[str, ...], LiveTail]] = {}
        self._lock = threading.Lock()
        self.is_closed = False
        self._unsubscribe = watcher.subscribe(self._update, looks=False)

    def close(self) -> None:
        """Listen no more; polling goes on."""
        self._unsubscribe()
        with self._lock:
            self.is_closed = True
            self._fit({})

    @property
    def troubles(self) -> tuple[Exception, ...]:
        """Why some tails are silent."""
        with self._lock:
            return tuple(tail.trouble for _, tail in self._tails.values() if tail.trouble is not None)

    def _update(self, update: Update) -> None:
        if update.state is None:
            return
        with self._lock:
            if not self.is_closed:
                self._fit(wanted(update.state))

    def _fit(self, wanted: Mapping[str, Mapping[str, str]]) -> None:
        for group, (prefixes, tail) in list(self._tails.items()):
            if prefixes != tuple(wanted.get(group, ())):
                tail.close()
                del self._tails[group]
        for group, steps in wanted.items():
            if group not in self._tails:
                self._tails[group] = (tuple(steps), self._tail(group, tuple(steps), self._bell(steps)))

    def _bell(self, steps: Mapping[str, str]) -> Callable[[str], None]:
        def ring(stream: str) -> None:
            for prefix, step in steps.items():
                if stream.startswith(prefix):
                    self._watcher.ring(step)

        return ring


def wanted(state: ExecutionState) -> dict[str, dict[str, str]]:
    """The log groups of the steps that run, and in each the step of every prefix of streams."""
    found: dict[str, dict[str, str]] = {}
    for step in state.steps.values():
        place = log_place(step.metadata)
        if step.status in ACTIVE and place.kind in _STREAMED:
            found.setdefault(place.group, {})[place.prefix] = step.name
    return found


_LISTENERS: weakref.WeakKeyDictionary[Watcher, Listener] = weakref.WeakKeyDictionary()


def listen(watcher: Watcher, target: Target) -> Listener:
    """Live tails for an execution at a target.

    Raises
    ------
    UsageError
        The target is this machine, where there are none and polling is as quick.
    """
    if target.is_local:
        fix = "On this machine lines are read several times a second anyway."
        raise UsageError("The engine on this machine has no live tail.", fix)
    known = _LISTENERS.get(watcher)
    if known is not None and not known.is_closed:
        return known  # a second one would only cost twice
    partition = watcher.arn.split(":")[1]

    def tail(group: str, prefixes: tuple[str, ...], ring: Callable[[str], None]) -> LiveTail:
        arn = f"arn:{partition}:logs:{target.region}:{target.account}:log-group:{group}"
        client = target.session.reader("logs")
        return LiveTail(client, arn, prefixes, ring, is_wanted=lambda: watcher.is_attended).start()

    made = _LISTENERS[watcher] = Listener(watcher, tail)
    return made
