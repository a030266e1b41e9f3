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


class Group(Protocol):
    """A view of a model's versions."""

    def refresh_soon(self) -> None: ...


_LIVE: weakref.WeakSet[Shown] = weakref.WeakSet()
_GROUPS: weakref.WeakValueDictionary[tuple[str, ...], Group] = weakref.WeakValueDictionary()
_LOCK = threading.Lock()


def remember(view: Shown) -> None:
    """Tell this view, too, for as long as anybody holds it."""
    with _LOCK:
        _LIVE.add(view)


def remember_group(place: tuple[str, ...], group: Group) -> None:
    """Tell this view of a group when something was decided or deployed; of several of one group the newest alone."""
    with _LOCK:
        _GROUPS[place] = group


def tell_registry() -> None:
    """Tell the views of groups that something was decided, deployed or deleted by a line of the notebook."""
    with _LOCK:
        shown = tuple(_GROUPS.values())
    for group in shown:
        group.refresh_soon()


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
