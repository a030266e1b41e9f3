"""Who needs to know how an execution goes, and who has it before their eyes. Nobody asked: nothing is asked for.

A view before somebody's eyes says so again from time to time; one that fell silent (a browser that was closed in the
middle of a word) is not believed for ever.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

SIGHT_SECONDS = 1800.0
"""For so long a view that was seen is believed to be, without saying it again."""
GLANCE_SECONDS = 30.0
"""For so long somebody who asked for the state is believed to go on asking."""


class Attention:
    """Counts those who wait or listen, those who look, and remembers the last glance.

    Parameters
    ----------
    clock
        Seconds since the epoch.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._holding: set[Hashable] = set()
        self._seen: dict[Hashable, float] = {}
        self._glance = 0.0
        self._lock = threading.Lock()

    def hold(self, who: Hashable) -> None:
        """Somebody waits or listens, until :meth:`release`."""
        with self._lock:
            self._holding.add(who)

    def release(self, who: Hashable) -> None:
        with self._lock:
            self._holding.discard(who)

    def see(self, who: Hashable) -> None:
        """A view is before somebody's eyes."""
        with self._lock:
            self._seen[who] = self._clock() + SIGHT_SECONDS

    def unsee(self, who: Hashable) -> None:
        with self._lock:
            self._seen.pop(who, None)

    def glance(self) -> None:
        """Somebody asked once."""
        self._glance = self._clock() + GLANCE_SECONDS

    @property
    def is_seen(self) -> bool:
        """Whether a view is before somebody's eyes."""
        now = self._clock()
        with self._lock:
            return any(now < until for until in self._seen.values())

    @property
    def is_awake(self) -> bool:
        """Whether anybody needs to know more than the end."""
        return bool(self._holding) or self._clock() < self._glance or self.is_seen
