"""Where a cursor stands inside brackets: ``{a: [b, |``; reads one bracketed value, closed or not."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from sm_pipeline_widgets.definition.assist_spot import Role, Spot, closing_quote, unquoted

if TYPE_CHECKING:
    from sm_pipeline_widgets.definition.assist_spot import Path


class Scanner(Protocol):
    """What reads the text around the brackets: it is told when the cursor is found."""

    text: str
    cursor: int
    found: Spot | None

    def spot(
        self,
        path: Path,
        role: Role,
        start: int,
        *,
        quote: str = "",
        given: dict[str, str] | None = None,
        flow: bool = False,
        followed: bool | None = None,
    ) -> Spot: ...


@dataclass(slots=True)
class _Open:
    """An open bracket."""

    mapping: bool
    path: Path
    keys: dict[str, str] = field(default_factory=dict)
    index: int = 0
    key: str | None = None
    start: int = 0
    has_word: bool = False
    explicit: bool = False

    @property
    def below(self) -> Path:
        if not self.mapping:
            return (*self.path, self.index)
        return self.path if self.key is None else (*self.path, self.key)


class Flow:
    """Reads one bracketed value, character by character."""

    def __init__(self, scanner: Scanner, at: int, limit: int, path: Path) -> None:
        self.scanner = scanner
        self.text = scanner.text
        self.at = at
        self.limit = limit
        self.path = path
        self.open: list[_Open] = []

    def read(self) -> int:
        """Read to the end of the value; its offset."""
        while self.at < self.limit:
            sign = self.text[self.at]
            before = self.at
            if sign in "{[":
                self.see(before, before)
                path = self.open[-1].below if self.open else self.path
                self.open.append(_Open(sign == "{", path, start=self.at + 1))
                self.at += 1
            elif sign in "}]":
                self.end_word(self.at)
                self.open.pop()
                self.at += 1
                if not self.open:
                    return self.at
                self.open[-1].has_word = True
            elif sign == ",":
                self.end_word(self.at)
                self.next_entry()
            elif sign in " \n":
                self.see(before, before)
                self.at += 1
            elif sign == "#" and self.text[self.at - 1] in " \n":
                self.comment()
            else:
                self.word(sign)
        if self.open:
            self.see(self.limit, self.limit)
        return self.limit

    def next_entry(self) -> None:
        top = self.open[-1]
        top.key, top.has_word, top.start = None, False, self.at + 1
        top.index += 0 if top.mapping else 1
        self.at += 1

    def comment(self) -> None:
        end = self.text.find("\n", self.at, self.limit)
        end = self.limit if end < 0 else end
        if self.scanner.found is None and self.at < self.scanner.cursor <= end:
            self.scanner.found = self.scanner.spot((), Role.NOTHING, self.scanner.cursor)
        self.at = end

    def word(self, sign: str) -> None:
        """A quoted or plain word, and the colon behind it when it is a key."""
        top = self.open[-1]
        start = self.at
        if sign in "'\"":
            end = closing_quote(self.text, start, sign, self.limit)
            closed = end < self.limit or self.text[end - 1] == sign
        else:
            end, closed = self.plain_end(start), False
        colon = self.colon(end) if top.mapping and top.key is None else None
        inside = start <= self.scanner.cursor <= end and not (closed and self.scanner.cursor in (start, end))
        if self.scanner.found is None and inside:
            self.typed(start, sign if sign in "'\"" else "", followed=colon is not None)
        written = unquoted(self.text[start:end])
        self.at = end
        if colon is not None:
            if end < self.scanner.cursor <= colon and self.scanner.found is None:
                self.scanner.found = self.scanner.spot((), Role.NOTHING, self.scanner.cursor)
            top.key, top.has_word = written, False
            top.keys.setdefault(written, "")
            self.at = colon
        else:
            if top.mapping and top.key is not None:
                top.keys[top.key] = written
            top.has_word = True

    def typed(self, start: int, quote: str, *, followed: bool) -> None:
        top = self.open[-1]
        start += len(quote)
        if top.has_word:
            self.scanner.found = self.scanner.spot((), Role.NOTHING, start)
        elif top.mapping and top.key is None:
            self.scanner.found = self.scanner.spot(top.path, Role.KEY, start, quote=quote, given=top.keys, flow=True,
                                                   followed=followed)  # fmt: skip
        else:
            self.scanner.found = self.scanner.spot(top.below, Role.VALUE, start, quote=quote, flow=True)

    def plain_end(self, start: int) -> int:
        """The end of a plain word: references keep the brackets of their path, `${…}` its braces."""
        at = start
        while at < self.limit:
            sign = self.text[at]
            if self.text.startswith("${", at):
                close = re.compile(r"\$\{[^}\n{]*\}?").match(self.text, at, self.limit)
                at = close.end() if close is not None else at + 2
                continue
            if sign in ",{}[]\n" or (sign == "#" and self.text[at - 1] == " "):
                break
            if sign == ":" and (at + 1 >= self.limit or self.text[at + 1] in " ,[]{}\n"):
                break
            at += 1
        end = at
        while end > start and self.text[end - 1] == " " and end - 1 >= self.scanner.cursor:
            end -= 1
        return max(end, start + 1)

    def colon(self, end: int) -> int | None:
        """The offset behind the colon that makes a word a key."""
        found = re.compile(r"[ \n]*:").match(self.text, end, self.limit)
        return found.end() if found is not None else None

    def see(self, start: int, cursor: int) -> None:
        """The cursor may stand here, between words."""
        if self.scanner.found is not None or self.scanner.cursor != cursor or not self.open:
            return
        top = self.open[-1]
        spaced = self.text[start - 1] in " \n"
        if top.has_word or (top.key is not None and not spaced):
            self.scanner.found = self.scanner.spot((), Role.NOTHING, start)
        elif top.mapping and top.key is None:
            self.scanner.found = self.scanner.spot(top.path, Role.KEY, start, given=top.keys, flow=True)
        else:
            self.scanner.found = self.scanner.spot(top.below, Role.VALUE, start, flow=True)

    def end_word(self, at: int) -> None:
        self.see(at, at)
