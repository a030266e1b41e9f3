"""What kernel and page say to each other about logs: pages, searches, files. Part of the protocol; see there."""

from __future__ import annotations

from typing import Any, Literal, TypedDict, cast

LogRow = tuple[int, str, str]
"""Milliseconds since the epoch, host, text."""
LogTotal = tuple[str, int]
LogMatch = tuple[str, int, LogRow]
"""Step, number of the line in its log, the line."""


class LogRun(TypedDict):
    """Consecutive lines of one step's log."""

    step: str
    first: int
    lines: list[LogRow]


# kernel → page


class LogTotalMessage(TypedDict):
    """How many lines there are now, with the newest of the logs that grew."""

    kind: Literal["log_total"]
    totals: list[LogTotal]
    tails: list[LogRun]


class LogPageMessage(LogRun):
    """The answer to a request for lines; `error` says why they could not be read."""

    kind: Literal["log_page"]
    count: int
    error: str


class LogMatchesMessage(TypedDict):
    """What one look through a part of the logs found, and where the next one begins."""

    kind: Literal["log_matches"]
    search: str
    matches: list[LogMatch]
    onward: list[LogTotal]
    error: str


class LogSavedMessage(TypedDict):
    """A whole log was written to a file, or could not be: in words."""

    kind: Literal["log_saved"]
    step: str
    words: str


# page → kernel


class LogPageRequest(TypedDict):
    """Lines that a view wants to show."""

    kind: Literal["log_page_request"]
    step: str
    first: int
    count: int


class LogSearchRequest(TypedDict):
    """Look through a part of these steps' logs, each from that line on."""

    kind: Literal["log_search"]
    search: str
    text: str
    is_regex: bool
    is_case_sensitive: bool
    level: int
    start: list[LogTotal]
    count: int


class LogSaveRequest(TypedDict):
    """Write a step's whole log to a file."""

    kind: Literal["log_save"]
    step: str


class FollowMessage(TypedDict):
    """Which step's log a view shows; None when it shows none."""

    kind: Literal["follow"]
    view: str
    step: str | None


LogRequest = LogPageRequest | LogSearchRequest | LogSaveRequest | FollowMessage


def read_log_request(content: Any) -> LogRequest | None:
    """The request if it is one of these and well formed, else None."""
    match content:
        case {"kind": "log_page_request", "step": str(), "first": int(first), "count": int(count)}:
            return cast("LogRequest", content) if first >= 0 and count >= 0 else None
        case {"kind": "follow", "view": str(), "step": str() | None}:
            return cast("LogRequest", content)
        case {"kind": "log_save", "step": str()}:
            return cast("LogRequest", content)
        case {
            "kind": "log_search",
            "search": str(),
            "text": str(),
            "is_regex": bool(),
            "is_case_sensitive": bool(),
            "level": int(level),
            "start": list(start),
            "count": int(count),
        }:
            is_good = 0 <= level <= 3 and count > 0 and all(map(_is_place, start))
            return cast("LogRequest", content) if is_good else None
    return None


def _is_place(value: Any) -> bool:
    match value:
        case [str(), int(line)]:
            return line >= 0
    return False
