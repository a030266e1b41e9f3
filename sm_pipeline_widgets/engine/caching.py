"""Whether a step's result can be taken over from an earlier run (``sagemaker.md`` §2.6). Pure."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_DAY = 86_400.0
_DATE_UNITS = {"y": 365 * _DAY, "m": 30 * _DAY, "w": 7 * _DAY, "d": _DAY}
_TIME_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0}
_DURATION = re.compile(r"p?((?:\d+[ymwd])*)(?:t((?:\d+[hms])*))?", re.IGNORECASE)
_PART = re.compile(r"(\d{1,9})([a-z])", re.IGNORECASE)
# the service's own examples leave out the T as well: 12h
_BARE_TIME = re.compile(r"p?((?:\d+[hs])+|(?:\d+h)(?:\d+[ms])*)", re.IGNORECASE)


def cache_key(kind: str, compared: Any) -> str:
    """What an equal run of the step has in common: a hash of its type and of what is compared."""
    text = json.dumps([kind, compared], sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def expiry_seconds(text: str) -> float:
    """Seconds in an ``ExpireAfter``: ``P30D``, ``PT1H``, ``P4DT12H``, also ``30d``, ``T12H``, ``30dT5h``.

    Raises
    ------
    ValueError
        It is no such length of time.
    """
    written = str(text).strip()
    bare = _BARE_TIME.fullmatch(written)
    match = _DURATION.fullmatch(written)
    if bare is not None:
        date, time = "", bare[1]
    elif match is not None and (match[1] or match[2]):
        date, time = match[1], match[2] or ""
    else:
        raise ValueError(f"'{written[:80]}' is no ISO 8601 duration such as P30D or PT12H")
    return _total(date, _DATE_UNITS) + _total(time, _TIME_UNITS)


def wanted(config: Any) -> bool:
    """Whether a ``CacheConfig`` asks for caching."""
    return isinstance(config, dict) and config.get("Enabled") is True


def oldest(config: Mapping[str, Any], now: float) -> float:
    """The time a result must not be older than; the service wants one said, without it a result is good for ever."""
    expires = config.get("ExpireAfter")
    return 0.0 if expires is None else now - expiry_seconds(str(expires))


def _total(text: str, units: Mapping[str, float]) -> float:
    return sum(int(count) * units[unit.lower()] for count, unit in _PART.findall(text))
