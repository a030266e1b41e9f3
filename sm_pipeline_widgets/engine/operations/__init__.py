"""The API operations the engine answers; each raises a code and a message and knows no HTTP.

``registry.py`` names them all, by service.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

# given the engine and the checked parameters, the members of the answer
Operation = Callable[[Any, dict[str, Any]], dict[str, Any]]
