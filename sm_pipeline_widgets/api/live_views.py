"""The live views of this kernel, for whoever has to tell them something. Imports nothing that takes time."""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from sm_pipeline_widgets.api.code_book import CodeBook
    from sm_pipeline_widgets.aws.target import Target


class Shown(Protocol):
    """What is told of a view."""

    def target_changed(self, target: Target) -> None: ...

    def kernel_busy(self, *, is_busy: bool) -> None: ...
    def code_changed(self, code: CodeBook, name: str) -> None: ...


_LIVE: weakref.WeakSet[Shown] = weakref.WeakSet()
_LOCK = threading.Lock()


def remember(view: Shown) -> None:
    """Tell this view, too, for as long as anybody holds it."""
    with _LOCK:
        _LIVE.add(view)


def tell_target(target: Target) -> None:
    """Tell every live view what the notebook's target is now."""
    for view in living():
        view.target_changed(target)


def tell_busy(*, is_busy: bool) -> None:
    """Tell every live view that a cell begins to run, in which its page is not heard, or has ended."""
    for view in living():
        view.kernel_busy(is_busy=is_busy)


def tell_code(code: CodeBook, name: str) -> None:
    """Tell every live view that the cell of code of that name was run."""
    for view in living():
        view.code_changed(code, name)


def living() -> tuple[Shown, ...]:
    """The views somebody holds."""
    with _LOCK:
        return tuple(_LIVE)
