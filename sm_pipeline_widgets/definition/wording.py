"""Small helpers for the words of problems."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """``Did you mean `x`?`` for the closest known word, else `otherwise`."""
    choices = list(known)
    folded = {choice.lower(): choice for choice in choices}
    # difflib is quadratic; nobody mistypes a word of a thousand letters.
    close = difflib.get_close_matches(word[:100].lower(), folded, n=1, cutoff=0.6)
    return f"Did you mean `{folded[close[0]]}`?" if close else otherwise


def listed(words: Iterable[str], most: int = 12) -> str:
    """``a``, ``b`` and ``c``, each in backticks; long lists are cut and say so."""
    quoted = [f"`{word}`" for word in words]
    if len(quoted) > most:
        return ", ".join(quoted[:most]) + f" and {len(quoted) - most} more"
    return " and ".join(filter(None, [", ".join(quoted[:-1]), quoted[-1] if quoted else ""]))
