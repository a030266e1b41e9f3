"""CreateEndpointConfig, CreateEndpoint, UpdateEndpoint and their kin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine import keeping
from sm_pipeline_widgets.engine.endpoints import CONFIG, ENDPOINT, describe_config, describe_endpoint
from sm_pipeline_widgets.engine.operations.listing import listed
from sm_pipeline_widgets.engine.records import when

if TYPE_CHECKING:
    from sm_pipeline_widgets.engine.operations import Operation
    from sm_pipeline_widgets.engine.service import Engine


def create_endpoint_config(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    return {"EndpointConfigArn": engine.endpoints.create_config(request["EndpointConfigName"], request).arn}


def describe_endpoint_config(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    return describe_config(keeping.require(engine.endpoints, CONFIG, request["EndpointConfigName"]))


def list_endpoint_configs(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    shown, more = listed(engine.resources.resources(CONFIG.kind), request)
    summaries = [
        {"EndpointConfigName": at.name, "EndpointConfigArn": at.arn, "CreationTime": when(at.created)} for at in shown
    ]
    return {"EndpointConfigs": summaries, **more}


def delete_endpoint_config(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    config = keeping.require(engine.endpoints, CONFIG, request["EndpointConfigName"])
    engine.resources.delete_resource(config.kind, config.name)
    return {}


def create_endpoint(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    made = engine.endpoints.create(request["EndpointName"], request["EndpointConfigName"], request.get("Tags"))
    return {"EndpointArn": made.arn}


def update_endpoint(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    kept = {"DesiredWeight", "DesiredInstanceCount"} if request.get("RetainAllVariantProperties") else set()
    kept -= {at["VariantPropertyType"] for at in request.get("ExcludeRetainedVariantProperties") or ()}
    changed = engine.endpoints.update(request["EndpointName"], request["EndpointConfigName"], kept=kept)
    return {"EndpointArn": changed.arn}


def update_endpoint_weights_and_capacities(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    changed = engine.endpoints.reweigh(request["EndpointName"], request["DesiredWeightsAndCapacities"])
    return {"EndpointArn": changed.arn}


def describe(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    return describe_endpoint(keeping.require(engine.endpoints, ENDPOINT, request["EndpointName"]))


def list_endpoints(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    status = request.get("StatusEquals")
    found = [at for at in engine.resources.resources(ENDPOINT.kind) if status in (None, at.record["EndpointStatus"])]
    shown, more = listed(found, request)
    return {"Endpoints": [describe_endpoint(at) for at in shown], **more}


def delete_endpoint(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    engine.endpoints.delete(request["EndpointName"])
    return {}


OPERATIONS: dict[str, Operation] = {
    "CreateEndpoint": create_endpoint,
    "CreateEndpointConfig": create_endpoint_config,
    "DeleteEndpoint": delete_endpoint,
    "DeleteEndpointConfig": delete_endpoint_config,
    "DescribeEndpoint": describe,
    "DescribeEndpointConfig": describe_endpoint_config,
    "ListEndpointConfigs": list_endpoint_configs,
    "ListEndpoints": list_endpoints,
    "UpdateEndpoint": update_endpoint,
    "UpdateEndpointWeightsAndCapacities": update_endpoint_weights_and_capacities,
}
