"""CreateModel and its kin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine import keeping, models
from sm_pipeline_widgets.engine.operations.listing import listed
from sm_pipeline_widgets.engine.records import when

if TYPE_CHECKING:
    from sm_pipeline_widgets.engine.operations import Operation
    from sm_pipeline_widgets.engine.service import Engine


def create_model(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    made = models.create_model(engine.services, engine.objects, request["ModelName"], request)
    return {"ModelArn": made.arn}


def describe_model(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    return models.describe_model(keeping.require(engine.services, models.MODEL, request["ModelName"]))


def list_models(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    shown, more = listed(engine.resources.resources(models.MODEL.kind), request)
    summaries = [{"ModelName": at.name, "ModelArn": at.arn, "CreationTime": when(at.created)} for at in shown]
    return {"Models": summaries, **more}


def delete_model(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    model = keeping.require(engine.services, models.MODEL, request["ModelName"])
    engine.resources.delete_resource(model.kind, model.name)
    return {}


OPERATIONS: dict[str, Operation] = {
    "CreateModel": create_model,
    "DeleteModel": delete_model,
    "DescribeModel": describe_model,
    "ListModels": list_models,
}
