"""A step's arguments with what is known filled in: parameters, joins of them; the rest in words.

>>> resolved({"InstanceType": {"Get": "Parameters.machine"}}, {"parameters.machine": "ml.m5.large"})
{'InstanceType': 'ml.m5.large'}
>>> resolved({"Get": "Steps.a.ModelArtifacts"}, {})
'steps.a.ModelArtifacts'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.execution.operands import Unread, is_expression, label

if TYPE_CHECKING:
    from collections.abc import Mapping


def resolved(value: Any, known: Mapping[str, object]) -> Any:
    """The value with every expression replaced by what it came to, or by its words where that is not known.

    Parameters
    ----------
    known
        Values by :func:`~sm_pipeline_widgets.execution.operands.label`.
    """
    if is_expression(value):
        return _expression(value, known)
    if isinstance(value, dict):
        return {key: resolved(inner, known) for key, inner in value.items()}
    if isinstance(value, list):
        return [resolved(inner, known) for inner in value]
    return value


def arguments_of(step: Mapping[str, Any], known: Mapping[str, object]) -> Mapping[str, Any]:
    """A step's arguments as they were given to the service, as far as that is known; empty where it has none.

    Parameters
    ----------
    step
        Its entry of a definition.
    """
    found = resolved(step.get("Arguments"), known)
    return found if isinstance(found, dict) else {}


def _expression(value: Mapping[str, Any], known: Mapping[str, object]) -> Any:
    found = known.get(label(value))
    if found is not None and not isinstance(found, Unread):
        return found
    joined = value.get("Std:Join")
    if isinstance(joined, dict):
        return str(joined.get("On", "")).join(str(resolved(part, known)) for part in joined.get("Values") or ())
    return label(value)
