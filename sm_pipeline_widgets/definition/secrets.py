"""What looks like a secret, by its name or by its shape.

>>> is_secret_name("DB_PASSWORD"), is_secret_name("max_tokens"), is_secret_name("pad_token")
(True, False, False)
"""

from __future__ import annotations

import re
from functools import lru_cache

# Whole words of a name: `max_tokens` and `keyword` are no secrets, `API_TOKEN` and `secretKey` are.
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_SECRET_WORDS = frozenset({"password", "passwd", "passphrase", "secret", "secrets", "token", "credentials"})
_SECRET_ENDS = ("access_key", "secret_key", "api_key", "private_key", "account_key", "auth_key", "encryption_key")
_ORDINARY = frozenset({"pad_token", "eos_token", "bos_token", "sep_token", "cls_token", "mask_token", "unk_token"})
"""Words of language models, whose tokens are no secrets."""

KEY_SHAPE = re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY-----")
"""An AWS access key's id, or the head of a private key."""


# The names of a pipeline's settings are few, and asked about for every step at every edit.
@lru_cache(maxsize=8192)
def is_secret_name(name: str) -> bool:
    """Whether a parameter, variable or argument is named as secrets are."""
    words = [word.lower() for word in _WORDS.findall(name)]
    whole = "_".join(words)
    return whole not in _ORDINARY and (not _SECRET_WORDS.isdisjoint(words) or whole.endswith(_SECRET_ENDS))


def looks_like_key(text: str) -> bool:
    """Whether a text holds something shaped like a key."""
    return ("AKIA" in text or "ASIA" in text or "PRIVATE" in text) and KEY_SHAPE.search(text) is not None
