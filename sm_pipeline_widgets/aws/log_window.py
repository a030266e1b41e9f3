"""Reading the lines that a log group got while a step ran: Lambda functions and endpoints.

The service does not say which streams are the step's, only when it ran; so these are all lines of that time, also those
of others who called the same function meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.aws.errors import is_missing, translated
from sm_pipeline_widgets.aws.logs import message_lines
from sm_pipeline_widgets.errors import ServiceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from mypy_boto3_logs import CloudWatchLogsClient

    from sm_pipeline_widgets.execution.loglines import LogLine

PAGES_AT_ONCE = 5
BEFORE_MS = 1_000
AFTER_MS = 5_000
"""A function's report line comes a little after its answer."""

LATE_MS = 120_000
"""How late an event may become visible and still be found."""


class WindowReader:
    """New lines of a group since `since`, each event once (told apart by its id), merged by time."""

    def __init__(self, client: CloudWatchLogsClient, group: str, since: datetime) -> None:
        self._client = client
        self._group = group
        self._since = _milliseconds(since) - BEFORE_MS
        self._until: int | None = None
        self._seen: dict[str, int] = {}
        self._token: str | None = None
        self._from = self._since
        self._window: dict[str, int] = {}

    is_sure = True  # an event's id tells it from every other

    @property
    def is_behind(self) -> bool:
        """Whether the last poll left pages for the next one."""
        return self._token is not None

    def end(self, at: datetime | None) -> None:
        """Lines after this time are not the step's."""
        self._until = _milliseconds(at) + AFTER_MS if at is not None else None

    def poll(self) -> list[LogLine]:
        """The lines that are new since the last poll; none where the group does not exist (yet)."""
        lines: list[LogLine] = []
        for _ in range(PAGES_AT_ONCE):
            try:
                page = self._page()
            except ServiceError as error:
                if is_missing(error):
                    return lines
                if lines:  # what was read is kept; the same question is asked again at the next poll
                    return lines
                raise
            lines += self._take(page)
            self._token = page.get("nextToken") or None
            if self._token is None:
                self._forget()
                break
        lines.sort(key=lambda line: line.time)
        return lines

    def _page(self) -> Mapping[str, Any]:
        if self._token is None:  # a token belongs to the question that it was given for
            self._window = {"startTime": max(0, self._from)}
            if self._until is not None:
                self._window["endTime"] = max(self._until, self._window["startTime"] + 1)
        request: dict[str, Any] = {"logGroupName": self._group, **self._window}
        if self._token is not None:
            request["nextToken"] = self._token
        try:
            with translated():
                return self._client.filter_log_events(**request)
        except ServiceError as error:
            if error.code != "InvalidParameterException" or self._token is None:
                raise
            self._token = None  # it lived its 24 hours: begin again, what is known is left out
            return self._page()

    def _take(self, page: Mapping[str, Any]) -> Iterator[LogLine]:
        for event in page.get("events") or ():
            identity, time = str(event.get("eventId", "")), int(event.get("timestamp", 0))
            if identity in self._seen:
                continue
            self._seen[identity] = time
            yield from message_lines(time, _short(str(event.get("logStreamName", ""))), str(event.get("message", "")))

    def _forget(self) -> None:
        """Ask the next time only for what may still be new."""
        newest = max(self._seen.values(), default=self._since)
        self._from = max(self._since, newest - LATE_MS)
        self._seen = {identity: time for identity, time in self._seen.items() if time >= self._from}


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _short(stream: str) -> str:
    """A Lambda stream's name without its date: ``2026/11/01/[$LATEST]0123456789abcdef…`` is ``[$LATEST]01234567``."""
    version, bracket, instance = stream.rpartition("/")[2].partition("]")
    return f"{version}]{instance[:8]}" if bracket else stream
