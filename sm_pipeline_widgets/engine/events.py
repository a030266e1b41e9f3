"""One thread that acts upon events in their order, now or later; an event whose commit fails is taken up again.

Knows nothing of executions. An action must change nothing before its first commit, so that it can be called twice.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import queue
import threading
import time
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine.storage import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable

AGAIN_SECONDS = 1.0
"""After which an event is taken up again whose commit failed: the disk may have room by then."""

_log = logging.getLogger(__name__)


class Events:
    """Actions in line, and the thread that performs them."""

    def __init__(self, name: str) -> None:
        self._line: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Perform what is in line, nothing that was meant for later, and end."""
        self._line.put(None)
        self._thread.join()

    def put(self, action: Callable[[], None]) -> None:
        """Act behind everything that is in line."""
        self._line.put(action)

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Act after some time; only for use in the thread itself, or before it starts."""
        heapq.heappush(self._timers, (time.monotonic() + seconds, next(self._numbers), action))

    def again(self, error: StorageError, action: Callable[[], None]) -> None:
        """Act in a while, since what must be remembered cannot be written now."""
        _log.warning("%s Trying again.", error.message)
        self.later(AGAIN_SECONDS, action)

    def ask(self, action: Callable[[], Any]) -> Any:
        """What an action gives, performed in the thread; what it raises is raised here."""
        done: queue.SimpleQueue[Any] = queue.SimpleQueue()

        def act() -> None:
            try:
                done.put(action())
            except Exception as error:  # noqa: BLE001 - handed to whoever waits
                done.put(error)

        self._line.put(act)
        answer = done.get()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _work(self) -> None:
        while True:
            patience = max(0.0, self._timers[0][0] - time.monotonic()) if self._timers else None
            action: Callable[[], None] | None
            if patience == 0:
                _, _, action = heapq.heappop(self._timers)
            else:
                try:
                    action = self._line.get(timeout=patience)
                except queue.Empty:
                    continue
            if action is None:
                return
            self._perform(action)

    def _perform(self, action: Callable[[], None]) -> None:
        try:
            action()
        except StorageError as error:
            self.again(error, action)
        except Exception:  # noqa: BLE001 - logged
            # A broken execution must not end all others; what broke it is in the engine's log.
            _log.exception("an event of the engine's loop failed")
