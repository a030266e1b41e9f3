"""What a poll changes as one comm message: messages and traits that are set meanwhile travel in one envelope.

Knows ipywidgets' way of sending, and nothing of what is sent.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import ipywidgets

from sm_pipeline_widgets.widgets import protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class _Open(threading.local):
    """What the bundle that this thread has open holds so far; other threads speak for themselves."""

    def __init__(self) -> None:
        self.depth = 0
        self.parts: list[Any] = []
        self.keys: dict[str, None] = {}


class BundlingWidget(ipywidgets.DOMWidget):
    """A widget that can say several things at once."""

    def __init__(self, **traits: Any) -> None:
        self._held = _Open()
        super().__init__(**traits)

    @contextmanager
    def one_message(self) -> Iterator[None]:
        """Send all that this thread says meanwhile as one message; where it says nothing, none."""
        held = self._held
        held.depth += 1
        try:
            yield
        finally:
            held.depth -= 1
            if held.depth == 0:
                self._send_held()

    def send(self, content: Any, buffers: Any = None) -> None:
        """Send a message, or lay it into the bundle that is open."""
        if self._held.depth and not buffers:
            self._held.parts.append(content)
        else:
            super().send(content, buffers)

    def send_state(self, key: str | Iterable[str] | None = None) -> None:
        """Send traits, or lay them into the bundle that is open."""
        if not self._held.depth:
            super().send_state(key)
            return
        keys = self.keys if key is None else [key] if isinstance(key, str) else key
        self._held.keys.update(dict.fromkeys(keys))

    def _send_held(self) -> None:
        parts, keys = self._held.parts, list(self._held.keys)
        self._held.parts, self._held.keys = [], {}
        if not parts and keys:
            super().send_state(keys)
        elif keys or len(parts) > 1:
            # of the traits the newest values, whatever they were in between
            super().send(protocol.NewsMessage(kind="news", parts=parts, synced=self.get_state(keys)))
        elif parts:
            super().send(parts[0])
