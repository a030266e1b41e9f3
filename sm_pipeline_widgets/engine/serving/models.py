"""A CreateModel request → what a server needs to know of the model. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_PROGRAM = "inference.py"


class ServingError(Exception):
    """A model cannot be served here, or its server failed; the text says why."""


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A model as a server gets it.

    Parameters
    ----------
    data
        The ``s3://`` URI of a ``tar.gz``, or of a prefix (ending with a slash); empty for a model without data.
    """

    name: str
    data: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def program(self) -> str:
        """The script with the handler functions."""
        return self.environment.get("SAGEMAKER_PROGRAM") or DEFAULT_PROGRAM

    @property
    def code(self) -> str:
        """Where the script comes from: an ``s3://`` archive, or a folder of the container."""
        given = self.environment.get("SAGEMAKER_SUBMIT_DIRECTORY", "")
        return given.removeprefix("file://") or "/opt/ml/model/code"


def model_of(request: Mapping[str, Any]) -> ServedModel:
    """The model that a CreateModel request describes.

    Raises
    ------
    ServingError
        It has several containers, or none.
    """
    name = str(request.get("ModelName", "model"))
    containers = request.get("Containers") or [request.get("PrimaryContainer")]
    containers = [container for container in containers if container]
    if len(containers) != 1:
        raise ServingError(
            f"Model '{name}' has {len(containers)} containers; the engine on this machine serves models of one."
        )
    container = containers[0]
    environment = {str(key): str(value) for key, value in (container.get("Environment") or {}).items()}
    return ServedModel(name, _data(container), environment)


def script_problem(model: ServedModel) -> str:
    """Why a model surely cannot be served here: nothing says where its handler functions are."""
    if model.data or model.code.startswith("s3://"):
        return ""
    return (
        f"model '{model.name}' has neither model data nor SAGEMAKER_SUBMIT_DIRECTORY: there is no script with "
        "model_fn, and the image's own server is not here"
    )


def _data(container: Mapping[str, Any]) -> str:
    source = (container.get("ModelDataSource") or {}).get("S3DataSource") or {}
    uri = str(container.get("ModelDataUrl") or source.get("S3Uri") or "")
    if source.get("CompressionType") == "None" and not uri.endswith("/"):
        return uri + "/"
    return uri
