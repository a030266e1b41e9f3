"""The place of a cursor in a text, and the few rules of quotes that finding it takes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum

Path = tuple[str | int, ...]


class Role(StrEnum):
    """What is being typed: a key, a value, or (on a line of its own) what may become either; nothing in a comment."""

    KEY = "key"
    VALUE = "value"
    EITHER = "either"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Spot:
    """The place of a cursor.

    Parameters
    ----------
    path
        The keys and indexes that lead to the mapping whose key is typed, or to the value that is typed.
    start
        The offset of what has been typed so far; it ends at the cursor.
    quote
        The quote around it: ``'``, ``"``, ``|`` inside a block of text, or nothing.
    given
        The keys the surrounding mapping has, also behind the cursor, each with the text of a single value.
    followed
        Whether a colon follows the cursor.
    inside_word
        Whether the word goes on behind the cursor.
    """

    path: Path
    role: Role
    start: int
    prefix: str
    quote: str = ""
    flow: bool = False
    given: dict[str, str] = field(default_factory=dict)
    followed: bool = False
    inside_word: bool = False


def unquoted(written: str) -> str:
    """A key or single value without its quotes."""
    written = written.strip()
    if len(written) > 1 and written[0] == written[-1] == "'":
        return written[1:-1].replace("''", "'")
    if len(written) > 1 and written[0] == written[-1] == '"':
        return re.sub(r"\\(.)", r"\1", written[1:-1])
    return written


def closing_quote(text: str, at: int, quote: str, limit: int) -> int:
    """The offset behind a quoted value that begins at `at`; `limit` when it is not closed before that."""
    form = r"'(?:[^']|'')*'" if quote == "'" else r'"(?:[^"\\]|\\.)*"'
    found = re.compile(form, re.DOTALL).match(text, at, limit)
    return found.end() if found is not None else limit
