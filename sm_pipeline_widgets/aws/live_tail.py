"""CloudWatch's live tail as a bell: it tells which streams have news, and polling fetches them.

Lines themselves are not taken from it: above 500 a second it gives samples, and it says nothing of what came before. So
the logs stay exactly the same with it, without it, and when it ends in between. It costs money by the minute, and needs
``logs:StartLiveTail``: it is only ever used when asked for, and rests while nobody looks.
"""

from __future__ import annotations

import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.aws.codes import DENIED
from sm_pipeline_widgets.aws.errors import translated
from sm_pipeline_widgets.errors import ServiceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

AGAIN_SECONDS = 30.0
LOOK_SECONDS = 2.0
"""How often a tail that rests asks whether somebody looks again."""
MOST_PREFIXES = 100
SESSION_IS_OVER = "SessionTimeoutException"
"""After three hours; another one begins at once."""

_USELESS = DENIED | {"UnknownOperationException", "InvalidAction", "InvalidOperationException", "NotImplemented", "404"}
"""Refusals that will not change: polling alone does it then."""


class LiveTail:
    """Rings for every stream of a group that has new lines, on a thread of its own.

    Parameters
    ----------
    client
        Of CloudWatch Logs.
    group
        ARN of a log group.
    prefixes
        Only streams whose names begin so.
    ring
        Called with a stream's name.
    is_wanted
        Whether anybody looks now.
    wait
        Waits until the event is set or so many seconds have passed.
    """

    def __init__(
        self,
        client: Any,
        group: str,
        prefixes: tuple[str, ...],
        ring: Callable[[str], None],
        *,
        is_wanted: Callable[[], bool] = lambda: True,
        wait: Callable[[threading.Event, float], object] = threading.Event.wait,
    ) -> None:
        self._client = client
        self._request = {"logGroupIdentifiers": [group], "logStreamNamePrefixes": list(prefixes[:MOST_PREFIXES])}
        self._ring = ring
        self._is_wanted = is_wanted
        self._wait = wait
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="live tail", daemon=True)
        self.trouble: Exception | None = None

    def start(self) -> LiveTail:
        """Begin to listen; returns itself."""
        self._thread.start()
        return self

    def close(self) -> None:
        """Stop listening: at the next word of the service, which comes every second."""
        self._closed.set()

    @property
    def is_listening(self) -> bool:
        """Whether it rings, or will again after a break (a session lives three hours)."""
        return self._thread.is_alive()

    def join(self, timeout: float | None = None) -> None:
        self._thread.join(timeout)

    def _run(self) -> None:
        while not self._closed.is_set():
            if not self._is_wanted():
                self._wait(self._closed, LOOK_SECONDS)
                continue
            try:
                with translated():
                    self._listen()
            except ServiceError as error:
                self.trouble = error
                if error.code in _USELESS:
                    return
                if error.code == SESSION_IS_OVER:
                    continue
            except Exception as error:  # noqa: BLE001 - whatever a broken connection raises: polling goes on, and so does this
                self.trouble = None if self._closed.is_set() else error
            self._wait(self._closed, AGAIN_SECONDS if self._is_wanted() else 0.0)

    def _listen(self) -> None:
        with closing(self._client.start_live_tail(**self._request)["responseStream"]) as stream:
            self._ring_for(stream)

    def _ring_for(self, stream: Iterable[Mapping[str, Any]]) -> None:
        for event in stream:
            if self._closed.is_set() or not self._is_wanted():
                return
            self.trouble = None
            results = event.get("sessionUpdate", {}).get("sessionResults", ())
            for name in dict.fromkeys(str(line.get("logStreamName", "")) for line in results):
                self._ring(name)
