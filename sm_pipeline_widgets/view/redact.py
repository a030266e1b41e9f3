"""Values that look like secrets, kept out of everything that is shown or saved.

What looks like a secret is `definition.secrets`; a value that is no secret by name or shape passes through unchanged.

>>> redacted("DB_PASSWORD", "hunter2"), redacted("alpha", "0.1")
('•••••• (hidden: the name says it is a secret)', '0.1')
"""

from __future__ import annotations

import re
from typing import Any

from sm_pipeline_widgets.definition.secrets import KEY_SHAPE, is_secret_name

HIDDEN_BY_NAME = "•••••• (hidden: the name says it is a secret)"
HIDDEN_BY_SHAPE = "•••••• (hidden: it looks like a key)"


def redacted(name: str, value: str) -> str:
    """The value as it may be shown under this name."""
    if value and is_secret_name(name):
        return HIDDEN_BY_NAME
    return without_keys(value)


def without_keys(text: str) -> str:
    """The text with whatever is shaped like a key replaced."""
    return KEY_SHAPE.sub(HIDDEN_BY_SHAPE, text) if "AKIA" in text or "ASIA" in text or "PRIVATE" in text else text


# `NAME=value`, `"name": "value"` and `--name value`; `Bearer …`; the password of an address.
_ASSIGNED = re.compile(
    r"(?P<before>(?P<name>\b[A-Za-z_][\w.-]*)=|[\"'](?P<key>[A-Za-z_][\w.-]*)[\"']: ?|--(?P<option>[A-Za-z][\w-]*) )"
    r"(?P<value>\"[^\"]*\"|'[^']*'|[^\s,;&)}\]\"']+)"
)
_CARRIED = re.compile(r"(?P<before>\b[Bb]earer |://[^\s:/@]+:)(?P<value>[^\s@\"']+)(?P<after>@|\b)")


def without_secrets(text: str) -> str:
    """Text from outside - a log line, a command, a message - as it may leave this machine.

    Hidden is what is shaped like a key, what is assigned to a name of secrets, and what a request or address carries.

    >>> without_secrets("run --api_token abc MODE=fast DB_PASSWORD=hunter2").split()
    ['run', '--api_token', '••••••', 'MODE=fast', 'DB_PASSWORD=••••••']
    """
    shown = _ASSIGNED.sub(_without_value, without_keys(text)) if "=" in text or "--" in text or ":" in text else text
    if "earer " in shown or "://" in shown:
        shown = _CARRIED.sub(_without_carried, shown)
    return without_keys(shown)


def _without_value(match: re.Match[str]) -> str:
    name = match["name"] or match["key"] or match["option"]
    return f"{match['before']}••••••" if is_secret_name(name) else match[0]


def _without_carried(match: re.Match[str]) -> str:
    is_address = match["before"].startswith("://")
    return match[0] if is_address and match["after"] != "@" else f"{match['before']}••••••{match['after']}"


def redacted_value(name: str, value: Any) -> Any:
    """A JSON value as it may be shown under this name, at any depth: by its keys, and after options (``--token``)."""
    if isinstance(value, str):
        return redacted(name, value)
    if isinstance(value, dict):
        return {key: redacted_value(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [redacted_value(_option(value, at) or name, item) for at, item in enumerate(value)]
    return HIDDEN_BY_NAME if value is not None and not isinstance(value, bool) and is_secret_name(name) else value


def _option(items: list[Any], at: int) -> str:
    before = items[at - 1] if at else None
    return before if isinstance(before, str) and before.startswith("--") and "=" not in before else ""
