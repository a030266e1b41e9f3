"""The end of a job's log, read from there: one page of each host, whatever came before."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from sm_pipeline_widgets.aws.errors import is_missing, translated
from sm_pipeline_widgets.aws.logs import PrefixStreams, message_lines
from sm_pipeline_widgets.errors import ServiceError

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

    from sm_pipeline_widgets.execution.loglines import LogLine

MOST_STREAMS = 8
"""Hosts whose ends are read: the first word of a failure costs so many requests at most, and one for the list."""
EVENTS = 400


def last_lines(client: CloudWatchLogsClient, group: str, prefix: str) -> tuple[LogLine, ...]:
    """The last lines of the first hosts, merged by time; none where there is no log yet.

    Raises
    ------
    ServiceError, TargetError
        It cannot be read.
    """
    streams = PrefixStreams(client, group, prefix)
    lines: list[LogLine] = []
    for name in islice(streams.names(), MOST_STREAMS):
        lines.extend(_end(client, group, name, streams.label(name)))
    return tuple(sorted(lines, key=lambda line: line.time))


def _end(client: CloudWatchLogsClient, group: str, stream: str, host: str) -> list[LogLine]:
    try:
        with translated():
            answer = client.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=False, limit=EVENTS)
    except ServiceError as error:
        if not is_missing(error):
            raise
        return []
    events = answer.get("events", ())
    return [
        line
        for event in events
        for line in message_lines(int(event.get("timestamp", 0)), host, str(event.get("message", "")))
    ]
