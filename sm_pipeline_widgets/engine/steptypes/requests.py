"""Arguments of a step against the request they become, for steps that call one operation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine import shapes
from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.wire import operation_model

if TYPE_CHECKING:
    from collections.abc import Mapping


def checked(operation: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The members of the operation's request among the arguments.

    Raises
    ------
    ServiceException
        A member is of another type, or breaks a constraint: the step fails with the service's words.
    """
    shape = operation_model("sagemaker", operation).input_shape
    try:
        read: dict[str, Any] = shapes.from_json(shape, arguments)
        shapes.check(shape, read)
    except ServiceException as error:
        raise failed(operation, error) from error
    return read


def failed(operation: str, error: ServiceException) -> ServiceException:
    """A refused call as the service tells it of a step."""
    return ServiceException(
        error.code, f"Failed to invoke sagemaker:{operation}. Error Details: {error.message}", error.status
    )
