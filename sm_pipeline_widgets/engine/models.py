"""Models: what CreateModel keeps, and what a served model is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine import keeping
from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.model_packages import require_package
from sm_pipeline_widgets.engine.serving import model_of
from sm_pipeline_widgets.engine.transfer import TransferError, split_uri

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sm_pipeline_widgets.engine.objects import ObjectStore
    from sm_pipeline_widgets.engine.resources import ResourceRecord
    from sm_pipeline_widgets.engine.serving import ServedModel

MODEL = keeping.Kind("model", "model")


def create_model(
    keeper: keeping.Keeper, objects: ObjectStore, name: str, request: Mapping[str, Any], origin: str = ""
) -> ResourceRecord:
    """Keep a model.

    Raises
    ------
    ServiceException
        The name is taken, or a container's model data is not there.
    """
    record = {"EnableNetworkIsolation": False, **request}
    record.pop("ModelName", None)
    for container in containers(record):
        _check_data(objects, container)
    return keeping.create(keeper, MODEL, name, record, origin)


def containers(record: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A model's containers, the first to be asked first."""
    primary = record.get("PrimaryContainer")
    if primary:
        yield primary
    yield from record.get("Containers") or []


def describe_model(model: ResourceRecord) -> dict[str, Any]:
    """The answer of DescribeModel."""
    return keeping.described(model, "Model")


def served(keeper: keeping.Keeper, model: ResourceRecord) -> ServedModel:
    """A model as a server gets it; a container that names a model package is what the package says.

    Raises
    ------
    ServingError
        It has several containers, or none.
    ServiceException
        A model package it names is not there.
    """
    whole = [_of_package(keeper, container) for container in containers(model.record)]
    return model_of({"ModelName": model.name, "Containers": whole})


def _of_package(keeper: keeping.Keeper, container: Mapping[str, Any]) -> Mapping[str, Any]:
    name = container.get("ModelPackageName")
    if not name:
        return container
    package = require_package(keeper, str(name))
    found = ((package.record.get("InferenceSpecification") or {}).get("Containers") or [{}])[0]
    variables = {**(found.get("Environment") or {}), **(container.get("Environment") or {})}
    return {**found, "Environment": variables}


def _check_data(objects: ObjectStore, container: Mapping[str, Any]) -> None:
    uri = container.get("ModelDataUrl")
    if not uri:
        return
    try:
        bucket, key = split_uri(str(uri))
    except TransferError:
        raise ServiceException("ValidationException", f"ModelDataUrl {uri!r} is no S3 URI.") from None
    if objects.head(bucket, key) is None:
        raise ServiceException("ValidationException", f"Could not find model data at {uri}.")
