"""How many executions a kernel watches at AWS at once: the more, the less often each is asked for.

The account's limits are for all of them together, and for everybody else who asks.
"""

from __future__ import annotations

import threading

UNCROWDED = 10
"""So many quiet executions cost some 120 requests a minute; more of them share those."""


class Crowd:
    """Counts who watches."""

    def __init__(self, uncrowded: int = UNCROWDED) -> None:
        self._uncrowded = uncrowded
        self._count = 0
        self._lock = threading.Lock()

    def enter(self) -> None:
        with self._lock:
            self._count += 1

    def leave(self) -> None:
        with self._lock:
            self._count -= 1

    @property
    def stretch(self) -> float:
        """By how much to multiply the time between two polls."""
        return max(1.0, self._count / self._uncrowded)


class Seat:
    """One thread's place in the crowd, taken while it is awake: who dozes or lingers asks next to nothing."""

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self._is_taken = False

    def take(self, *, is_awake: bool) -> None:
        if is_awake != self._is_taken:
            self._is_taken = is_awake
            (self._crowd.enter if is_awake else self._crowd.leave)()


EVERYBODY = Crowd()
"""The kernel's own."""
