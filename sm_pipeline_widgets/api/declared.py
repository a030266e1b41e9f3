"""What this kernel's cells have declared last, by name, and who wants to know of runs that a button has started.

One place for all views of a kernel: an old view's "run from here" runs the newest text, not the one it was drawn from.
"""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from sm_pipeline_widgets.api.execution import Execution
    from sm_pipeline_widgets.api.pipeline import Pipeline

_NEWEST: weakref.WeakValueDictionary[str, Pipeline] = weakref.WeakValueDictionary()
_LISTENERS: weakref.WeakSet[Listener] = weakref.WeakSet()
_LOCK = threading.Lock()


class Listener:
    """Told of runs for as long as somebody holds it."""

    def __init__(self, started: Callable[[Execution], None]) -> None:
        self.started = started


def declare(pipeline: Pipeline) -> None:
    """Remember the newest pipeline of its name, for as long as somebody holds it."""
    with _LOCK:
        _NEWEST[pipeline.name] = pipeline


def newest(name: str) -> Pipeline | None:
    """The pipeline that was declared last under this name."""
    with _LOCK:
        return _NEWEST.get(name)


def listen(started: Callable[[Execution], None]) -> Listener:
    """Have `started` told of every run that a button starts, while what is given back is held."""
    listener = Listener(started)
    with _LOCK:
        _LISTENERS.add(listener)
    return listener


def tell_started(execution: Execution) -> None:
    """Say that a button has started this run."""
    with _LOCK:
        listeners = tuple(_LISTENERS)
    for listener in listeners:
        listener.started(execution)
