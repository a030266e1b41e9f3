"""Reading a job's log streams from CloudWatch Logs, a little more at every poll.

Facts it rests on (``sagemaker.md`` §4): a stream exists only after the first line; a page may be empty though more
follows; the same token back means "the end for now"; a group may not exist at all yet.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.aws.errors import is_missing, translated
from sm_pipeline_widgets.errors import ServiceError
from sm_pipeline_widgets.execution.loglines import LogLine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_logs import CloudWatchLogsClient

PAGES_AT_ONCE = 5
"""Pages of one stream read in one poll: up to 50,000 lines, so that no poll takes long."""

POLLS_BETWEEN_LISTINGS = 10
_EPOCH = re.compile(r"-\d{9,}$")


@dataclass(slots=True)
class Cursor:
    """How far one stream is read.

    ``last`` and ``at_last`` (the newest time and how many events had it) find the place again when a token,
    which lives 24 hours, has expired.
    """

    stream: str
    host: str
    token: str | None = None
    last: int = 0
    at_last: int = 0
    skip: int = 0
    is_behind: bool = False

    def note(self, time: int) -> None:
        if time == self.last:
            self.at_last += 1
        elif time > self.last:
            self.last, self.at_last = time, 1


class LogReader:
    """New lines of all streams whose names begin with `prefix`, each line once.

    Parameters
    ----------
    expected
        How many streams (hosts) there will be, where it is known: then streams are not listed again and again.
    """

    def __init__(self, client: CloudWatchLogsClient, group: str, prefix: str, *, expected: int | None = None) -> None:
        self._client = client
        self._group = group
        self._prefix = prefix
        self._expected = expected
        self._cursors: dict[str, Cursor] = {}
        self._polls = 0

    @property
    def is_behind(self) -> bool:
        """Whether the last poll left lines for the next one."""
        return any(cursor.is_behind for cursor in self._cursors.values())

    def poll(self) -> list[LogLine]:
        """The lines that are new since the last poll, merged by time; none where there is no log yet."""
        if self._is_listing_due():
            self._find_streams()
        self._polls += 1
        lines = [line for cursor in self._cursors.values() for line in self._advance(cursor)]
        if len(self._cursors) > 1:
            lines.sort(key=lambda line: line.time)
        return lines

    def _is_listing_due(self) -> bool:
        if not self._cursors or (self._expected is not None and len(self._cursors) < self._expected):
            return True
        return self._polls % POLLS_BETWEEN_LISTINGS == 0

    def _find_streams(self) -> None:
        for name in self._stream_names():
            if name not in self._cursors:
                self._cursors[name] = Cursor(name, host_of(name, self._prefix))

    def _stream_names(self) -> Iterator[str]:
        request: dict[str, Any] = {"logGroupName": self._group, "logStreamNamePrefix": self._prefix, "limit": 50}
        while True:
            try:
                with translated():
                    answer = self._client.describe_log_streams(**request)
            except ServiceError as error:
                if is_missing(error):
                    return
                raise
            yield from (stream["logStreamName"] for stream in answer.get("logStreams", ()))
            token = answer.get("nextToken")
            if not token:
                return
            request["nextToken"] = token

    def _advance(self, cursor: Cursor) -> list[LogLine]:
        lines: list[LogLine] = []
        for _ in range(PAGES_AT_ONCE):
            page = self._page(cursor)
            if page is None:
                break
            for event in page.get("events", ()):
                lines.extend(self._lines(cursor, event))
            token = page.get("nextForwardToken")
            cursor.is_behind = token is not None and token != cursor.token
            cursor.token = token
            if not cursor.is_behind:
                break
        return lines

    def _page(self, cursor: Cursor) -> Mapping[str, Any] | None:
        request: dict[str, Any] = {
            "logGroupName": self._group,
            "logStreamName": cursor.stream,
            "startFromHead": True,
        }
        if cursor.token is not None:
            request["nextToken"] = cursor.token
        elif cursor.last:
            request["startTime"] = cursor.last
        try:
            with translated():
                return self._client.get_log_events(**request)
        except ServiceError as error:
            if is_missing(error):
                cursor.is_behind = False
                return None
            if error.code == "InvalidParameterException" and cursor.token is not None:
                cursor.token, cursor.skip, cursor.at_last = None, cursor.at_last, 0
                return self._page(cursor)
            raise

    @staticmethod
    def _lines(cursor: Cursor, event: Mapping[str, Any]) -> Iterator[LogLine]:
        time = int(event.get("timestamp", 0))
        cursor.note(time)
        if cursor.skip and time == cursor.last:
            cursor.skip -= 1
            return
        cursor.skip = 0
        for text in str(event.get("message", "")).removesuffix("\n").split("\n"):
            yield LogLine(time, cursor.host, text.removesuffix("\r"))


def host_of(stream: str, prefix: str) -> str:
    """The host's part of a stream's name.

    >>> host_of("pipelines-abc-train-xyz/algo-1-1700000000", "pipelines-abc-train-xyz/")
    'algo-1'
    """
    return _EPOCH.sub("", stream.removeprefix(prefix)) or stream
