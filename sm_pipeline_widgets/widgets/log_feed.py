"""Log lines on their way to the page: pages that are asked for, and the newest lines of what is looked at.

Lines are pushed as well as asked for because a kernel that is busy with a cell answers no requests, while the watcher's
thread can still send.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from sm_pipeline_widgets.errors import PipelineWidgetsError, UsageError
from sm_pipeline_widgets.execution.log_levels import Level
from sm_pipeline_widgets.execution.log_search import Query, look
from sm_pipeline_widgets.widgets import log_messages, protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sm_pipeline_widgets.execution.loglines import LogLine

MOST_LINES = 1_000
"""Lines in one answer, whatever was asked for."""
PUSHED_WATCHED = 400
PUSHED_UNWATCHED = 60
PUSHED_CHARACTERS = 96_000
"""Text in one push: several pushes a second stay far below Jupyter's limit of a megabyte a second."""
MOST_MATCHES = 200
MATCH_CHARACTERS = 1_000


class LogFeed:
    """Where one view's log lines come from, and which steps its pages look at.

    Parameters
    ----------
    save
        Writes a step's whole log to a file and says so in words; None where there is nowhere to write to.
    """

    def __init__(
        self,
        pages: Callable[[str, int, int], Sequence[LogLine]],
        total: Callable[[str], int],
        follow: Callable[[str, bool], None],
        save: Callable[[str], str] | None = None,
    ) -> None:
        self._pages = pages
        self._total = total
        self._follow = follow
        self._save = save
        self._lock = threading.Lock()
        self._watching: dict[str, str] = {}
        self._sent: dict[str, int] = {}

    def totals(self) -> list[log_messages.LogTotal]:
        """How many lines each step is known to have."""
        with self._lock:
            return [(protocol.wire_text(step), total) for step, total in self._sent.items()]

    def watch(self, view: str, step: str | None) -> None:
        """Note which step a view looks at, and tell the source what is looked at for the first or last time."""
        with self._lock:
            before = set(self._watching.values())
            if step is None:
                self._watching.pop(view, None)
            else:
                self._watching[view] = step
            after = set(self._watching.values())
        for name in sorted(before - after):
            self._follow(name, False)
        for name in sorted(after - before):
            self._follow(name, True)

    def page(self, request: log_messages.LogPageRequest) -> log_messages.LogPageMessage:
        """The lines asked for, as many as there are; a failure to read them is told, not raised."""
        step, first = request["step"], request["first"]
        count = max(0, min(request["count"], MOST_LINES, self._total(step) - first))
        try:
            lines, error = protocol.log_rows(self._pages(step, first, count)), ""
        except (OSError, LookupError, ValueError) as raised:
            lines, error = [], f"these lines cannot be read: {raised}"
        # a store that dropped its oldest lines says so in place of each
        missing: list[log_messages.LogRow] = [(0, "", "(no longer kept)")] * (count - len(lines) if not error else 0)
        return log_messages.LogPageMessage(
            kind="log_page", step=step, first=first, count=count, error=error, lines=[*missing, *lines]
        )

    def search(self, request: log_messages.LogSearchRequest) -> log_messages.LogMatchesMessage:
        """Look through a part of the logs; what cannot be looked for is told, not raised."""
        level = Level(request["level"])
        query = Query(request["text"], request["is_regex"], request["is_case_sensitive"], level)
        start = [(step, line) for step, line in request["start"]]
        matches: list[log_messages.LogMatch] = []
        error = ""
        try:
            found = look(query, start, self._pages, self._total, most=min(request["count"], MOST_MATCHES))
            start = list(found.onward)
            rows = protocol.log_rows(match.line for match in found.matches)
            for match, (time, stream, text) in zip(found.matches, rows, strict=True):
                row = (time, stream, text[:MATCH_CHARACTERS])
                matches.append((protocol.wire_text(match.step), match.number, row))
        except UsageError as refused:
            error = str(refused)
        except (OSError, LookupError, ValueError) as raised:
            error = f"these lines cannot be read: {raised}"
        return log_messages.LogMatchesMessage(
            kind="log_matches", search=request["search"], matches=matches, onward=start, error=protocol.wire_text(error)
        )

    def save(self, step: str) -> log_messages.LogSavedMessage:
        """Write a whole log; a failure is told."""
        words = "✕ this log can only be downloaded in parts: select lines and copy them"
        if self._save is not None:
            try:
                words = self._save(step)
            except (OSError, PipelineWidgetsError) as error:
                words = f"✕ the log was not written: {error}"
        return log_messages.LogSavedMessage(
            kind="log_saved", step=protocol.wire_text(step), words=protocol.wire_text(words)
        )

    def grew(self, totals: Mapping[str, int]) -> log_messages.LogTotalMessage | None:
        """The message that tells of growth, or None when nothing grew."""
        with self._lock:
            watched = set(self._watching.values())
            grown = {step: (self._sent.get(step, 0), total) for step, total in totals.items()}
            grown = {step: (before, total) for step, (before, total) in grown.items() if total > before}
            self._sent.update({step: total for step, (_before, total) in grown.items()})
        if not grown:
            return None
        tails: list[log_messages.LogRun] = []
        room = PUSHED_CHARACTERS
        for step in sorted(grown, key=lambda name: name not in watched):
            tail = self._tail(step, *grown[step], PUSHED_WATCHED if step in watched else PUSHED_UNWATCHED, room)
            room -= sum(len(text) for _time, _stream, text in tail["lines"])
            if tail["lines"]:
                tails.append(tail)
        counts = [(protocol.wire_text(step), total) for step, (_before, total) in grown.items()]
        return log_messages.LogTotalMessage(kind="log_total", totals=counts, tails=tails)

    def _tail(self, step: str, before: int, total: int, lines: int, room: int) -> log_messages.LogRun:
        """The newest lines that fit."""
        first = max(before, total - lines)
        rows = protocol.log_rows(self._pages(step, first, total - first)) if room > 0 else []
        if len(rows) != total - first:
            # lines came or went meanwhile: the page asks for what it shows
            rows = []
        used = 0
        for at in range(len(rows) - 1, -1, -1):
            used += len(rows[at][2])
            if used > room:
                return log_messages.LogRun(step=protocol.wire_text(step), first=first + at + 1, lines=rows[at + 1 :])
        return log_messages.LogRun(step=protocol.wire_text(step), first=first, lines=rows)
