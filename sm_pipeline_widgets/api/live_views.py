"""The live views of this kernel, for whoever has to tell them something. Imports nothing that takes time."""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from sm_pipeline_widgets.aws.target import Target


class Shown(Protocol):
    """What is told of a view."""

    def target_changed(self, target: Target) -> None: ...


_LIVE: weakref.WeakSet[Shown] = weakref.WeakSet()
_LOCK = threading.Lock()


def remember(view: Shown) -> None:
    """Tell this view, too, for as long as anybody holds it."""
    with _LOCK:
        _LIVE.add(view)


def tell_target(target: Target) -> None:
    """Tell every live view what the notebook's target is now."""
    with _LOCK:
        views = tuple(_LIVE)
    for view in views:
        view.target_changed(target)
