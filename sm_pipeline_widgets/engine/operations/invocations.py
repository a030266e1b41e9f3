"""InvokeEndpoint: the one call of ``sagemaker-runtime`` that is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.serving import Request, ServingError

if TYPE_CHECKING:
    from sm_pipeline_widgets.engine.operations import Operation
    from sm_pipeline_widgets.engine.service import Engine

_CUSTOM = "X-Amzn-SageMaker-Custom-Attributes"


def invoke_endpoint(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    name = request["EndpointName"]
    endpoint, variant = engine.endpoints.choose(name, request.get("TargetVariant", ""))
    custom = request.get("CustomAttributes")
    asked = Request(
        body=request.get("Body") or b"",
        content_type=request.get("ContentType") or "application/octet-stream",
        accept=request.get("Accept") or "*/*",
        headers={_CUSTOM: custom} if custom else {},
    )
    try:
        reply = engine.endpoints.server(endpoint, variant).invoke(asked)
    except ServingError as error:
        raise _failed(name, variant.name, 0, str(error)) from error
    if reply.status != 200:
        raise _failed(name, variant.name, reply.status, reply.body.decode("utf-8", "replace"))
    return {"Body": reply.body, "ContentType": reply.content_type, "InvokedProductionVariant": variant.name}


def _failed(endpoint: str, variant: str, status: int, said: str) -> ServiceException:
    """The model's failure, as the service passes it on."""
    kind = "client" if 400 <= status < 500 else "server"
    return ServiceException(
        "ModelError",
        f'Received {kind} error ({status}) from {variant} with message "{said}". See the log group '
        f"/aws/sagemaker/Endpoints/{endpoint} for more information.",
        424,
        {"OriginalStatusCode": status, "OriginalMessage": said},
    )


OPERATIONS: dict[str, Operation] = {"InvokeEndpoint": invoke_endpoint}
