"""One watcher per execution, shared by every view of it."""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING

from sm_pipeline_widgets.watch.health import Trouble

if TYPE_CHECKING:
    from collections.abc import Callable

    from sm_pipeline_widgets.watch.health import Health
    from sm_pipeline_widgets.watch.watcher import Watcher

_OF_WHO_ASKS = frozenset({Trouble.SIGNED_OUT, Trouble.DENIED})
"""Trouble of who asks: somebody who comes later may ask as somebody else."""


class Watchers:
    """Hands out the watcher of an execution; one that nobody holds any more goes when its thread has ended."""

    def __init__(self) -> None:
        self._known: weakref.WeakValueDictionary[str, Watcher] = weakref.WeakValueDictionary()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._known)

    def watcher_for(self, arn: str, make: Callable[[], Watcher]) -> Watcher:
        """The execution's watcher, made and started by the first who asks."""
        with self._lock:
            watcher = self._known.get(arn)
            if watcher is None or watcher.is_closed or _may_not(watcher.health):
                watcher = self._known[arn] = make()
        return watcher.start()

    def close(self) -> None:
        """Stop every watcher; the executions go on."""
        with self._lock:
            watchers = list(self._known.values())
            self._known.clear()
        for watcher in watchers:
            watcher.close()


def _may_not(health: Health) -> bool:
    """Whether who watches cannot read the execution at all."""
    return health.is_stale and health.trouble in _OF_WHO_ASKS


SHARED = Watchers()
"""The kernel's own."""


def watcher_for(arn: str, make: Callable[[], Watcher]) -> Watcher:
    """The execution's watcher in this kernel."""
    return SHARED.watcher_for(arn, make)
