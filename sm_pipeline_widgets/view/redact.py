"""Values that look like secrets, kept out of everything that is shown or saved.

Knows names and shapes only; a value that is no secret by name or shape passes through unchanged.

>>> redacted("DB_PASSWORD", "hunter2"), redacted("alpha", "0.1")
('•••••• (hidden: the name says it is a secret)', '0.1')
"""

from __future__ import annotations

import re

# whole words of a name: `max_tokens` and `keyword` are no secrets, `API_TOKEN` and `secretKey` are
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_SECRET_WORDS = frozenset({"password", "passwd", "passphrase", "secret", "secrets", "token", "credentials"})
_SECRET_ENDS = ("access_key", "secret_key", "api_key", "private_key", "account_key", "auth_key", "encryption_key")
_KEY_SHAPE = re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY-----")

HIDDEN_BY_NAME = "•••••• (hidden: the name says it is a secret)"
HIDDEN_BY_SHAPE = "•••••• (hidden: it looks like a key)"


def is_secret_name(name: str) -> bool:
    """Whether a parameter, variable or argument is named as secrets are."""
    words = [word.lower() for word in _WORDS.findall(name)]
    return not _SECRET_WORDS.isdisjoint(words) or "_".join(words).endswith(_SECRET_ENDS)


def redacted(name: str, value: str) -> str:
    """The value as it may be shown under this name."""
    if value and is_secret_name(name):
        return HIDDEN_BY_NAME
    return without_keys(value)


def without_keys(text: str) -> str:
    """The text with whatever is shaped like a key replaced."""
    return _KEY_SHAPE.sub(HIDDEN_BY_SHAPE, text) if "AKIA" in text or "ASIA" in text or "PRIVATE" in text else text
