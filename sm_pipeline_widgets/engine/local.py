"""What a definition says about local runs only: the answers a person declared for steps that cannot run here.

They travel in the definition's ``Metadata``, which AWS ignores, and only when it was compiled for a local target. Pure.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX = "sm-pipeline-widgets:local:"
"""The name of a ``Metadata`` entry, before the step's; its value is JSON text such as ``{"outputs": {"x": 1}}``."""


def declared_answers(definition: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """By step, what was declared for it.

    Raises
    ------
    ValueError
        An entry is no JSON object.
    """
    metadata = definition.get("Metadata")
    found: dict[str, Mapping[str, Any]] = {}
    for name, text in metadata.items() if isinstance(metadata, dict) else ():
        if not name.startswith(PREFIX):
            continue
        try:
            answer = json.loads(text)
        except (TypeError, ValueError):
            answer = None
        if not isinstance(answer, dict):
            raise ValueError(f"Metadata '{name}' must be the text of a JSON object.")  # noqa: TRY004 - the definition's fault
        found[name.removeprefix(PREFIX)] = answer
    return found


def has_answer(local: Mapping[str, Any]) -> bool:
    """Whether a declaration says what the step returns."""
    return isinstance(local.get("outputs"), dict)
