"""Reading log streams from CloudWatch Logs, a little more at every poll, every line exactly once.

Facts it rests on (``sagemaker.md`` §4): a stream exists only after the first line; a page may be empty though more
follows; the same token back means "the end for now"; a group may not exist at all yet.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from sm_pipeline_widgets.aws.codes import DENIED
from sm_pipeline_widgets.aws.errors import is_missing, translated
from sm_pipeline_widgets.errors import PipelineWidgetsError, ServiceError
from sm_pipeline_widgets.execution.loglines import LogLine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from mypy_boto3_logs import CloudWatchLogsClient

PAGES_AT_ONCE = 5
"""Pages of one stream read in one poll: up to 50,000 lines, so that no poll takes long."""

MOST_HELD = 50_000
"""Lines of one stream kept back until slower streams have caught up: what is merged by time needs all of them."""

POLLS_BETWEEN_LISTINGS = 10
POLLS_BETWEEN_ROUNDS = 4
"""Of streams that are only asked about, one is read all the same at every so-manyth poll: an event may come late."""

WORTH_A_PROBE = 2
"""So many quiet streams are asked about with one request before each is read."""

PROBE_BACK_MS = 60_000
MOST_PROBED = 100
TOKENS_REMEMBERED = 64
_EPOCH = re.compile(r"-\d{9,}(?=/|$)")


class Streams(Protocol):
    """Which streams of a group are a step's."""

    def names(self) -> Iterator[str]:
        """Their names, as far as there are any now."""

    def is_over(self, stream: str) -> bool:
        """Whether no line will be added any more, as far as is known."""

    def label(self, stream: str) -> str:
        """What people are shown of the name."""


@dataclass(slots=True, eq=False)
class Cursor:
    """How far one stream is read.

    ``last`` and ``at_last`` (the newest time and how many events had it) find the place again when a token,
    which lives 24 hours, has expired. ``past`` are the tokens asked with before: an answer that leads back to one of
    them is an old answer that came again, and while there are such the end is not sure. ``held`` are lines not handed
    out yet. ``read_at`` counts polls.
    """

    stream: str
    host: str
    token: str | None = None
    last: int = 0
    at_last: int = 0
    skip: int = 0
    is_behind: bool = False
    is_sure: bool = True
    empty: int = 0
    page: int = 0
    read_at: int = 0
    past: deque[str] = field(default_factory=lambda: deque(maxlen=TOKENS_REMEMBERED))
    held: list[LogLine] = field(default_factory=list)

    def note(self, time: int) -> None:
        if time == self.last:
            self.at_last += 1
        elif time > self.last:
            self.last, self.at_last = time, 1

    def lose_token(self) -> None:
        """Go on by time: behind the events that had the newest one."""
        self.token, self.skip, self.at_last = None, self.at_last, 0
        self.past.clear()
        self.page = 0


class LogReader:
    """New lines of some streams of one group, each line once, merged by time.

    Parameters
    ----------
    streams
        Which streams; a text stands for all whose names begin with it.
    expected
        How many streams (hosts) there will be, where it is known: then streams are not listed again and again.
    relist
        After so many polls it is asked whether there are more streams.
    probes
        Ask first which of several quiet streams have news (one FilterLogEvents for up to a hundred): where a request
        costs something.
    """

    def __init__(
        self,
        client: CloudWatchLogsClient,
        group: str,
        streams: Streams | str,
        *,
        expected: int | None = None,
        probes: bool = False,
        relist: int = POLLS_BETWEEN_LISTINGS,
    ) -> None:
        self._client = client
        self._group = group
        self._streams = PrefixStreams(client, group, streams) if isinstance(streams, str) else streams
        self._expected = expected
        self._probes = probes
        self._relist = relist
        self._cursors: dict[str, Cursor] = {}
        self._polls = 0
        self._is_ending = False
        self._was_quiet = False

    @property
    def is_behind(self) -> bool:
        """Whether the last poll left lines for the next one."""
        return any(cursor.is_behind or cursor.held for cursor in self._cursors.values())

    @property
    def is_sure(self) -> bool:
        """Whether the last poll's answers were new ones, so that no lines means that there are none."""
        return all(cursor.is_sure for cursor in self._cursors.values())

    def end(self, at: datetime | None) -> None:  # noqa: ARG002 - other readers need the time
        """The step has ended: from now on leave nothing to guesses."""
        self._is_ending = True

    def poll(self) -> list[LogLine]:
        """The lines that are new since the last poll; none where there is no log yet.

        What could be read before something went wrong is kept, and raised is only what left nothing to hand out.
        """
        error = self._read()
        lines = self._released()
        self._was_quiet = not lines
        if error is not None and not lines:
            raise error
        return lines

    def _read(self) -> PipelineWidgetsError | None:
        trouble: PipelineWidgetsError | None = None
        try:
            if self._is_listing_due():
                self._find_streams()
        except PipelineWidgetsError as error:
            trouble = error
        self._polls += 1
        for cursor in sorted(self._due(), key=lambda at: at.read_at):
            cursor.read_at = self._polls
            try:
                self._advance(cursor)
            except PipelineWidgetsError as error:
                cursor.is_behind = False  # the other hosts' lines do not wait for this one's
                trouble = error
                if not isinstance(error, ServiceError) or error.code not in DENIED:
                    break
        return trouble

    def _is_listing_due(self) -> bool:
        if not self._cursors or self._is_ending:
            return True
        if self._expected is not None and len(self._cursors) < self._expected:
            return True
        return self._polls < 3 or self._polls % self._relist == 0

    def _find_streams(self) -> None:
        for name in self._streams.names():
            if name not in self._cursors:
                self._cursors[name] = Cursor(name, self._streams.label(name))

    def _due(self) -> list[Cursor]:
        """The streams that are worth a request now."""
        open_ones = [at for at in self._cursors.values() if not self._is_done(at) and len(at.held) < MOST_HELD]
        quiet = [at for at in open_ones if at.read_at and not at.is_behind]
        may_probe = self._probes and self._was_quiet and not self._is_ending
        if not may_probe or not WORTH_A_PROBE <= len(quiet) <= MOST_PROBED:
            return open_ones
        fresh = self._fresh(quiet)
        if fresh is None:
            return open_ones
        if self._polls % POLLS_BETWEEN_ROUNDS == 0:
            fresh.add(min(quiet, key=lambda at: at.read_at).stream)
        return [at for at in open_ones if at not in quiet or at.stream in fresh]

    def _is_done(self, cursor: Cursor) -> bool:
        return cursor.empty >= 2 and self._streams.is_over(cursor.stream)

    def _fresh(self, cursors: list[Cursor]) -> set[str] | None:
        """The streams with lines newer than what was read; None where that cannot be said."""
        newest = max(cursor.last for cursor in cursors)
        known = {cursor.stream: cursor.last for cursor in cursors}
        try:
            with translated():
                answer = self._client.filter_log_events(
                    logGroupName=self._group, logStreamNames=[*known], startTime=max(0, newest - PROBE_BACK_MS)
                )
        except ServiceError:  # not allowed, or too many at once: then each stream is asked
            self._probes = False
            return None
        if answer.get("nextToken"):
            return None
        events = answer.get("events", ())
        return {at["logStreamName"] for at in events if at["timestamp"] > known.get(at["logStreamName"], 0)}

    def _advance(self, cursor: Cursor) -> None:
        for _ in range(PAGES_AT_ONCE):
            page = self._page(cursor)
            if page is None or not self._take(cursor, page):
                break

    def _take(self, cursor: Cursor, page: Mapping[str, Any]) -> bool:
        """Keep a page's lines; whether more may follow at once."""
        token, events = page.get("nextForwardToken"), page.get("events") or ()
        if token is not None and token != cursor.token and token in cursor.past:
            cursor.is_behind, cursor.is_sure = False, not events  # an answer of before: ask again
            return bool(events)
        shown = hash(tuple((at.get("timestamp"), at.get("ingestionTime"), at.get("message")) for at in events))
        is_repeated = token == cursor.token and bool(events) and shown == cursor.page
        cursor.is_sure = not is_repeated
        if not is_repeated:
            for event in events:
                cursor.held.extend(_lines(cursor, event))
        cursor.empty = 0 if events else cursor.empty + 1
        cursor.is_behind = token is not None and token != cursor.token
        if events:
            cursor.page = shown
        if cursor.is_behind:
            if cursor.token is not None:
                cursor.past.append(cursor.token)
            cursor.token = token
        return cursor.is_behind or is_repeated

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
                cursor.empty += 1
                return None
            if error.code == "InvalidParameterException" and cursor.token is not None:
                cursor.lose_token()
                return self._page(cursor)
            raise

    def _released(self) -> list[LogLine]:
        """Lines that no other stream can come before any more, as far as is known."""
        cursors = list(self._cursors.values())
        if len(cursors) == 1:
            lines, cursors[0].held = cursors[0].held, []
            return lines
        behind = [cursor for cursor in cursors if cursor.is_behind]
        until = min((cursor.held[-1].time if cursor.held else cursor.last for cursor in behind), default=None)
        released = [line for cursor in cursors for line in _cut(cursor, until)]
        released.sort(key=lambda line: line.time)
        return released


class PrefixStreams:
    """All streams of a group whose names begin with `prefix`: those of one job."""

    def __init__(self, client: CloudWatchLogsClient, group: str, prefix: str) -> None:
        self._client = client
        self._group = group
        self._prefix = prefix

    def names(self) -> Iterator[str]:
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

    def is_over(self, stream: str) -> bool:  # noqa: ARG002 - a job's hosts write until the job ends
        return False

    def label(self, stream: str) -> str:
        return host_of(stream, self._prefix)


def host_of(stream: str, prefix: str) -> str:
    """The host's part of a stream's name.

    >>> host_of("pipelines-abc-train-xyz/algo-1-1700000000", "pipelines-abc-train-xyz/")
    'algo-1'
    """
    return _EPOCH.sub("", stream.removeprefix(prefix)).lstrip("/") or stream


def message_lines(time: int, host: str, message: str) -> Iterator[LogLine]:
    """The lines of one event; several may have come as one."""
    for text in message.removesuffix("\n").split("\n"):
        yield LogLine(time, host, text.removesuffix("\r"))


def _lines(cursor: Cursor, event: Mapping[str, Any]) -> Iterator[LogLine]:
    time = int(event.get("timestamp", 0))
    cursor.note(time)
    if cursor.skip and time == cursor.last:
        cursor.skip -= 1
        return
    cursor.skip = 0
    yield from message_lines(time, cursor.host, str(event.get("message", "")))


def _cut(cursor: Cursor, until: int | None) -> list[LogLine]:
    """Take the lines up to a time (all of them where it is None) out of what is held."""
    if until is None:
        lines, cursor.held = cursor.held, []
        return lines
    count = next((at for at, line in enumerate(cursor.held) if line.time > until), len(cursor.held))
    lines, cursor.held = cursor.held[:count], cursor.held[count:]
    return lines
