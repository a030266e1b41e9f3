"""The definition that the service gives back, as a value."""

from __future__ import annotations

import ast
import json
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Mapping


def parse_definition(text: str) -> Mapping[str, Any]:
    """A definition's JSON as a mapping.

    A stand-in of the service may give a definition that it was given in S3 as Python writes a dict (moto does); that
    is read as the literal it is.

    Raises
    ------
    DefinitionError
        The service holds something that is not a JSON object.
    """
    try:
        value = json.loads(text)
    except ValueError as error:
        value = _python_literal(text)
        if value is None:
            raise DefinitionError(
                f"The service's pipeline definition is not JSON: {error}", fix="Deploy the pipeline again."
            ) from error
    if not isinstance(value, dict):
        raise DefinitionError("The service's pipeline definition is not a JSON object.", fix="Deploy it again.")
    return value


def _python_literal(text: str) -> Any:
    """The value of a Python literal (nothing is run), or None when it is none."""
    try:
        return ast.literal_eval(text) if text.startswith("{'") else None
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
