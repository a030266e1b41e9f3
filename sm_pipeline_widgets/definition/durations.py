"""Lengths of time as people write them (``90m``, ``2h``, ``30d``) in seconds and in ISO 8601."""

from __future__ import annotations

import re

_PART = re.compile(r"(\d+)\s*([a-z]+)\s*", re.IGNORECASE)
_SECONDS = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}


def seconds(text: str | int) -> int | None:
    """Seconds in ``90m``, ``1h 30m``, ``3600`` or 3600; None when it is no length of time."""
    if isinstance(text, int):
        return None if isinstance(text, bool) else text
    written = text.strip()
    if written.isascii() and written.isdigit() and len(written) < 15:
        return int(written)
    at = total = 0
    for part in _PART.finditer(written):
        if part.start() != at or part[2].lower() not in _SECONDS or len(part[1]) > 12:
            return None
        total += int(part[1]) * _SECONDS[part[2].lower()]
        at = part.end()
    return total if at == len(written) and at else None


def iso8601(total: int) -> str:
    """``P30D``, ``PT90M`` …: the shortest form, in one unit."""
    for size, form in ((86_400, "P{}D"), (3600, "PT{}H"), (60, "PT{}M")):
        if total and total % size == 0:
            return form.format(total // size)
    return f"PT{total}S"


def length_of_time(total: int) -> int | str:
    """``1d``, ``2h``, ``90m``: the way people write it; seconds that make no whole minute stay a number."""
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "m")):
        if total and total % size == 0:
            return f"{total // size}{unit}"
    return total
