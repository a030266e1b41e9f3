"""EndpointConfig and Endpoint: a configuration is kept, an endpoint is deployed or updated and waited for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine import keeping
from sm_pipeline_widgets.engine.endpoints import ENDPOINT, MOVING, describe_config, describe_endpoint
from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.steptypes.base import JOB_ERRORS, Done, Parity, ParityStatus, StepType, members
from sm_pipeline_widgets.engine.steptypes.requests import checked, failed

if TYPE_CHECKING:
    from sm_pipeline_widgets.engine.resources import ResourceRecord
    from sm_pipeline_widgets.engine.steptypes.base import Task

LOOK_SECONDS = 0.05


def configure(task: Task) -> Done:
    """Keep the configuration, under the attempt's own name if it has none."""
    name = str(task.arguments.get("EndpointConfigName") or task.resource_name)
    request = checked("CreateEndpointConfig", {**task.arguments, "EndpointConfigName": name})
    try:
        made = task.services.endpoints.create_config(name, request, origin=task.resource_name)
    except ServiceException as error:
        raise failed("CreateEndpointConfig", error) from error
    return Done.succeeded({"EndpointConfig": {"Arn": made.arn}}, keeping.plain(describe_config(made)))


def deploy(task: Task) -> Done:
    """Create the endpoint, or update it if there is one of that name, and wait until it is in service."""
    request = checked("CreateEndpoint", task.arguments)
    name = request["EndpointName"]
    made = _begun(task, name, request)
    metadata = {"Endpoint": {"Arn": made.arn}}
    task.report(metadata)
    while (found := task.services.resources.resource(ENDPOINT.kind, name)) is not None:
        if found.record["EndpointStatus"] not in MOVING:
            break
        if task.stopping.wait(LOOK_SECONDS):
            return Done.stopped(metadata)
    if found is None:
        return Done.failed(f"ClientError: endpoint {name} was deleted while it was deployed.", metadata)
    reason = found.record.get("FailureReason")
    if reason:
        return Done.failed(f"ClientError: endpoint {name} could not be deployed: {reason}", metadata)
    return Done.succeeded(metadata, keeping.plain(describe_endpoint(found)))


def _begun(task: Task, name: str, request: dict[str, Any]) -> ResourceRecord:
    endpoints, origin, config = task.services.endpoints, task.resource_name, request["EndpointConfigName"]
    before = task.services.resources.resource(ENDPOINT.kind, name)
    is_own = before is not None and before.record.get(keeping.ORIGIN) == origin
    operation = "CreateEndpoint" if before is None or is_own else "UpdateEndpoint"
    try:
        if operation == "CreateEndpoint":
            return endpoints.create(name, config, request.get("Tags"), origin)
        return endpoints.update(name, config, origin=origin)
    except ServiceException as error:
        raise failed(operation, error) from error


ENDPOINT_CONFIG = StepType(
    name="EndpointConfig",
    run=configure,
    parity=Parity(ParityStatus.SAME, "Kept in the engine; the models it names must be there."),
    compared=members("ProductionVariants", "AsyncInferenceConfig", "ShadowProductionVariants"),
    retryable=JOB_ERRORS,
    is_at_once=True,
)
ENDPOINT_STEP = StepType(
    name="Endpoint",
    run=deploy,
    parity=Parity(
        ParityStatus.APPROXIMATED,
        "A process per variant that loads the model with the script's model_fn and answers InvokeEndpoint. The "
        "packages are those of the engine's Python; counts of instances are kept but change nothing.",
    ),
    compared=members("EndpointName", "EndpointConfigName"),
)
