"""Those who are told every update: one after another, none of them in the way of the others."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from sm_pipeline_widgets.watch.poller import Update

    Listen = Callable[[Update], None]

logger = logging.getLogger(__name__)


class Listeners:
    """Told on the thread that tells, never twice at the same time."""

    def __init__(self) -> None:
        self._listeners: list[Listen] = []
        self._telling = threading.RLock()

    def add(self, listener: Listen, known: Callable[[], Update]) -> None:
        """Tell this one too, and at once what is known if anything is."""
        with self._telling:
            self._listeners.append(listener)
            update = known()
            if update.state is not None or not update.health.ok:
                _tell_one(listener, update)

    def remove(self, listener: Listen) -> None:
        with self._telling:
            if listener in self._listeners:
                self._listeners.remove(listener)

    def tell(self, update: Update) -> None:
        with self._telling:
            for listener in tuple(self._listeners):
                _tell_one(listener, update)


def _tell_one(listener: Listen, update: Update) -> None:
    try:
        listener(update)
    except Exception:
        # a view that is broken must not keep the others from being told
        logger.exception("A listener of an execution failed")
