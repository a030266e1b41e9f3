"""Finding lines in logs: what is looked for, and a bounded look at a part of a log.

Pure: lines come in, matches with their numbers go out. A long log is looked through in several goes, each of which says
where the next begins, so that whoever shows matches stays responsive.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sm_pipeline_widgets.errors import UsageError
from sm_pipeline_widgets.execution.log_levels import Level, levels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sm_pipeline_widgets.execution.loglines import LogLine

    Pages = Callable[[str, int, int], Sequence[LogLine]]
    """``pages(step, first, count)``: the lines of a step's log, as many as there are."""

LONGEST_LINE = 16_384
"""Characters of a line that are looked through."""
LINES_AT_ONCE = 20_000
PAGE = 1_000
BEFORE = 60
"""Lines before a part that are read along: a traceback may have begun in them."""
_ANSI = re.compile(r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]")
_NESTED = re.compile(r"[+*}][^()]*\)+[+*{]")


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for.

    Parameters
    ----------
    text
        Words, or a regular expression if ``is_regex``; empty finds every line of the level.
    level
        Lines that are at least this serious.
    """

    text: str = ""
    is_regex: bool = False
    is_case_sensitive: bool = False
    level: Level = Level.DEBUG

    def matcher(self) -> Callable[[str], bool]:
        """Whether a line's text fits; what a terminal would not show is not looked at.

        Raises
        ------
        UsageError
            The text is no regular expression that may be used.
        """
        if not self.text:
            return lambda _text: True
        if not self.is_regex:
            wanted = self.text if self.is_case_sensitive else self.text.casefold()
            if self.is_case_sensitive:
                return lambda text: wanted in plain(text)
            return lambda text: wanted in plain(text).casefold()
        pattern = _compiled(self.text, re.NOFLAG if self.is_case_sensitive else re.IGNORECASE)
        return lambda text: pattern.search(plain(text)) is not None


@dataclass(frozen=True, slots=True)
class Match:
    """A line that was found, and its number in its step's log, counted from 0."""

    step: str
    number: int
    line: LogLine


@dataclass(frozen=True, slots=True)
class Findings:
    """What one look found, where the next one begins (step, line), and whether there is more to look through now."""

    matches: tuple[Match, ...]
    onward: tuple[tuple[str, int], ...]
    is_done: bool


def plain(text: str) -> str:
    """The text without a terminal's colours, cut to what is looked through."""
    kept = text[:LONGEST_LINE]
    return _ANSI.sub("", kept) if "\x1b" in kept or "\x9b" in kept else kept


def look(
    query: Query,
    start: Sequence[tuple[str, int]],
    pages: Pages,
    total: Callable[[str], int],
    *,
    most: int,
    lines: int = LINES_AT_ONCE,
) -> Findings:
    """Look through at most `lines` lines, beginning at `start`, for at most `most` matches.

    Raises
    ------
    UsageError
        See :meth:`Query.matcher`.
    """
    fits = query.matcher()
    matches: list[Match] = []
    onward = list(start)
    for at, (step, first) in enumerate(start):
        stop = min(total(step), first + lines)
        for number, found in _part(query, fits, step, range(first, stop), pages):
            onward[at] = (step, number + 1)
            lines -= 1
            if found is not None:
                matches.append(found)
            if len(matches) >= most:
                break
        if len(matches) >= most or lines <= 0:
            break
    is_done = all(first >= total(step) for step, first in onward)
    return Findings(tuple(matches), tuple(onward), is_done)


def _part(
    query: Query, fits: Callable[[str], bool], step: str, numbers: range, pages: Pages
) -> Iterator[tuple[int, Match | None]]:
    """Every line of a part of a log: its number, and the match if it is one."""
    if not numbers:
        return
    begin = max(0, numbers.start - BEFORE) if query.level > Level.DEBUG else numbers.start
    read = (
        (number, line)
        for first in range(begin, numbers.stop, PAGE)
        for number, line in _page(step, first, numbers, pages)
    )
    if query.level is Level.DEBUG:
        for number, line in read:
            yield number, Match(step, number, line) if fits(line.text) else None
        return
    for number, line, level in _levelled(read):
        if number >= numbers.start:
            is_found = level >= query.level and fits(line.text)
            yield number, Match(step, number, line) if is_found else None


def _page(step: str, first: int, numbers: range, pages: Pages) -> Iterator[tuple[int, LogLine]]:
    yield from enumerate(pages(step, first, min(PAGE, numbers.stop - first)), first)


def _levelled(read: Iterator[tuple[int, LogLine]]) -> Iterator[tuple[int, LogLine, Level]]:
    held: list[tuple[int, LogLine]] = []

    def lines() -> Iterator[LogLine]:
        for number, line in read:
            held.append((number, line))
            yield line

    for level in levels(lines()):
        number, line = held.pop()
        yield number, line, level


def is_dangerous(expression: str) -> bool:
    """Whether it repeats what repeats: such an expression can take years for one line, and nothing could stop it."""
    return _NESTED.search(expression) is not None


def _compiled(text: str, flags: int) -> re.Pattern[str]:
    if is_dangerous(text):
        message = f"`{text}` repeats a group that repeats something itself, which can take for ever."
        raise UsageError(message, "Write it without the inner or the outer repetition.")
    try:
        return re.compile(text, flags)
    except re.error as error:
        message = f"`{text}` is no regular expression: {error.msg} at character {error.pos}."
        raise UsageError(message, "Mend it, or switch `.*` off to look for the text as it is.") from None
