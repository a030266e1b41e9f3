"""Models: what CreateModel keeps, and what a served model is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine import keeping
from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.transfer import TransferError, split_uri

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sm_pipeline_widgets.engine.objects import ObjectStore
    from sm_pipeline_widgets.engine.resources import ResourceRecord

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
