"""CloudWatch Logs as far as watching steps needs it, read from the files the supervisors write.

A stream's tokens are byte offsets in its file, so the same token always means the same place.
"""

from __future__ import annotations

import heapq
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine import joblog
from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.logbook import Logbook
from sm_pipeline_widgets.engine.logpattern import PatternError, compile_pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from sm_pipeline_widgets.engine.joblog import Event
    from sm_pipeline_widgets.engine.logbook import Stream
    from sm_pipeline_widgets.engine.service import Engine

MOST_EVENTS = 10_000
MOST_BYTES = 1 << 20
MOST_STREAMS = 50
MOST_SCANNED = 500_000
"""Lines one FilterLogEvents looks at: a page may be empty and still name the next."""
_TOKEN = re.compile(r"([fb])/(\d{1,18})")
_FILTER_TOKEN = re.compile(r"(\d{1,18})/(\d{1,18})/(.*)")


def describe_log_groups(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    prefix, pattern = request.get("logGroupNamePrefix", ""), request.get("logGroupNamePattern", "")
    groups = [
        {"logGroupName": name, "arn": f"{_group_arn(engine, name)}:*", "creationTime": 0, "storedBytes": 0}
        for name in _book(engine).groups()
        if name.startswith(prefix) and pattern.lower() in name.lower()
    ]
    start, more = _window(request, len(groups))
    return {"logGroups": groups[start : start + MOST_STREAMS], **more}


def describe_log_streams(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    prefix = request.get("logStreamNamePrefix", "")
    if prefix and request.get("orderBy") == "LastEventTime":
        raise ServiceException("InvalidParameterException", "Cannot order by LastEventTime with a logStreamNamePrefix.")
    streams = _streams(engine, request, prefix)
    if request.get("orderBy") == "LastEventTime":
        streams.sort(key=lambda stream: joblog.tail(stream.path, 1)[0].time)
    if request.get("descending"):
        streams.reverse()
    limit = min(int(request.get("limit") or MOST_STREAMS), MOST_STREAMS)
    start, more = _window(request, len(streams), limit)
    return {"logStreams": [_describe(engine, request, at) for at in streams[start : start + limit]], **more}


def get_log_events(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    name = request.get("logStreamName", "")
    found = [stream for stream in _streams(engine, request, name) if stream.name == name]
    if not found:
        _no_stream()
    path = found[0].path
    token = request.get("nextToken")
    match = _TOKEN.fullmatch(token) if token else None
    if token and match is None:
        raise ServiceException("InvalidParameterException", "The specified nextToken is invalid.")
    limit = int(request.get("limit") or MOST_EVENTS)
    if match is not None:
        forward, offset = match[1] == "f", min(int(match[2]), joblog.end_of(path))
    else:
        forward = bool(request.get("startFromHead"))
        offset = _first_place(path, request, forward=forward)
    if forward:
        scan = _taken(joblog.read_forward(path, offset), request, limit)
        start, end = offset, scan.reached if scan.reached is not None else offset
        events = scan.events
    else:
        scan = _taken(joblog.read_backward(path, offset), request, limit, backward=True)
        start, end = scan.reached if scan.reached is not None else offset, offset
        events = scan.events[::-1]
    return {
        "events": [{"timestamp": at.time, "message": at.text, "ingestionTime": at.time} for at in events],
        "nextForwardToken": f"f/{end}",
        "nextBackwardToken": f"b/{start}",
    }


def _first_place(path: Path, request: Mapping[str, Any], *, forward: bool) -> int:
    """Where reading without a token begins: at an end of the log, or of the window of time."""
    if forward:
        return joblog.seek_time(path, int(request["startTime"])) if request.get("startTime") is not None else 0
    end = request.get("endTime")
    return joblog.end_of(path) if end is None else joblog.seek_time(path, int(end))


def filter_log_events(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    names = request.get("logStreamNames")
    prefix = request.get("logStreamNamePrefix", "")
    if names and prefix:
        raise ServiceException(
            "InvalidParameterException", "Only one of logStreamNames and logStreamNamePrefix can be given."
        )
    streams = {at.name: at for at in _streams(engine, request, prefix) if not names or at.name in names}
    if names and set(names) - streams.keys():
        _no_stream()
    after = _filter_place(request)
    matches = _matcher(request.get("filterPattern", ""))
    limit = min(int(request.get("limit") or MOST_EVENTS), MOST_EVENTS)
    begin = max(after[0], int(request.get("startTime") or 0))
    end = request.get("endTime")
    merged = heapq.merge(*(_keyed(at, begin) for at in streams.values()))
    events: list[dict[str, Any]] = []
    size = scanned = 0
    last = after
    for key, event in merged:
        if key <= after:
            continue
        # unlike GetLogEvents', this window holds its end
        if end is not None and event.time > int(end):
            break
        scanned += 1
        if matches(event.text):
            if len(events) == limit or size > MOST_BYTES:
                return {"events": events, "searchedLogStreams": [], "nextToken": _filter_token(last)}
            size += len(event.text) + 26
            events.append(_filtered(key, event))
        last = key
        if scanned == MOST_SCANNED:
            return {"events": events, "searchedLogStreams": [], "nextToken": _filter_token(last)}
    return {"events": events, "searchedLogStreams": []}


@dataclass(slots=True)
class _Scan:
    events: list[Event]
    reached: int | None = None


def _taken(events: Iterator[Event], request: Mapping[str, Any], limit: int, *, backward: bool = False) -> _Scan:
    """The events of one answer, and the offset where the next one goes on."""
    scan = _Scan([])
    size = 0
    for event in events:
        if _in_window(event, request):
            size += len(event.text) + 26
            if len(scan.events) == limit or (scan.events and size > MOST_BYTES):
                return scan
            scan.events.append(event)
        scan.reached = event.start if backward else event.end
    return scan


def _in_window(event: Event, request: Mapping[str, Any]) -> bool:
    start, end = request.get("startTime"), request.get("endTime")
    return (start is None or event.time >= int(start)) and (end is None or event.time < int(end))


def _keyed(stream: Stream, begin: int) -> Iterator[tuple[tuple[int, str, int], Event]]:
    for event in joblog.read_forward(stream.path, joblog.seek_time(stream.path, begin)):
        yield (event.time, stream.name, event.start), event


def _filtered(key: tuple[int, str, int], event: Event) -> dict[str, Any]:
    time, stream, start = key
    return {
        "logStreamName": stream,
        "timestamp": time,
        "message": event.text,
        "ingestionTime": time,
        "eventId": f"{time:020d}{start:036d}",
    }


def _filter_token(key: tuple[int, str, int]) -> str:
    time, stream, start = key
    return f"{time}/{start}/{stream}"


def _filter_place(request: Mapping[str, Any]) -> tuple[int, str, int]:
    """The key of the last event looked at."""
    token = request.get("nextToken")
    if not token:
        return (-1, "", -1)
    match = _FILTER_TOKEN.fullmatch(token)
    if match is None:
        raise ServiceException("InvalidParameterException", "The specified nextToken is invalid.")
    return (int(match[1]), match[3], int(match[2]))


def _matcher(pattern: str) -> Callable[[str], bool]:
    try:
        return compile_pattern(pattern)
    except PatternError as error:
        raise ServiceException("InvalidParameterException", str(error)) from None


def _book(engine: Engine) -> Logbook:
    return Logbook(engine.home, engine.store)


def _streams(engine: Engine, request: Mapping[str, Any], prefix: str) -> list[Stream]:
    """The streams of the request's group; those without a line yet do not exist."""
    group = request.get("logGroupName") or str(request.get("logGroupIdentifier", "")).partition(":log-group:")[2]
    group = (group or str(request.get("logGroupIdentifier", ""))).removesuffix(":*")
    if not group:
        message = "Either logGroupName or logGroupIdentifier must be given."
        raise ServiceException("InvalidParameterException", message)
    book = _book(engine)
    found = book.streams(group, prefix)
    if not found and group not in book.groups():
        raise ServiceException("ResourceNotFoundException", "The specified log group does not exist.")
    return found


def _describe(engine: Engine, request: Mapping[str, Any], stream: Stream) -> dict[str, Any]:
    first = next(joblog.read_forward(stream.path, 0))
    last = joblog.tail(stream.path, 1)[0]
    group = request.get("logGroupName", "")
    return {
        "logStreamName": stream.name,
        "creationTime": stream.created,
        "firstEventTimestamp": first.time,
        "lastEventTimestamp": last.time,
        "lastIngestionTime": last.time,
        "uploadSequenceToken": "0",
        "arn": f"{_group_arn(engine, group)}:log-stream:{stream.name}",
        "storedBytes": stream.path.stat().st_size,
    }


def _group_arn(engine: Engine, name: str) -> str:
    at = engine.endpoint()
    return f"arn:aws:logs:{at.region}:{at.account}:log-group:{name}"


def _window(request: Mapping[str, Any], count: int, limit: int = MOST_STREAMS) -> tuple[int, dict[str, str]]:
    token = request.get("nextToken") or "0"
    if not token.isdigit():
        raise ServiceException("InvalidParameterException", "The specified nextToken is invalid.")
    start = int(token)
    return start, ({"nextToken": str(start + limit)} if start + limit < count else {})


def _no_stream() -> Any:
    raise ServiceException("ResourceNotFoundException", "The specified log stream does not exist.")


OPERATIONS: dict[str, Callable[[Engine, dict[str, Any]], dict[str, Any]]] = {
    "DescribeLogGroups": describe_log_groups,
    "DescribeLogStreams": describe_log_streams,
    "FilterLogEvents": filter_log_events,
    "GetLogEvents": get_log_events,
}
