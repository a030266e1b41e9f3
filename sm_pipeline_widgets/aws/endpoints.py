"""Endpoints through the API: described with their models' versions, planned acts performed, asked."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from sm_pipeline_widgets.aws.errors import is_not_there, translated
from sm_pipeline_widgets.errors import ServiceError, UsageError
from sm_pipeline_widgets.execution.deployment import (
    ChangeEndpoint,
    MakeConfiguration,
    MakeEndpoint,
    MakeModel,
    SetWeights,
    is_config_of,
)
from sm_pipeline_widgets.execution.endpoints import Answer, configuration_of, endpoint_of, running_variants

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sm_pipeline_widgets.aws.target import Target
    from sm_pipeline_widgets.execution.deployment import Act, Remove
    from sm_pipeline_widgets.execution.endpoints import Configuration, Endpoint, Variant

PAGE = 100
LARGEST_BODY = 6 * 1024 * 1024
"""Bytes of a request that the service takes."""
_CARRIED = (
    "DataCaptureConfig",
    "KmsKeyId",
    "AsyncInferenceConfig",
    "ExplainerConfig",
    "VpcConfig",
    "ExecutionRoleArn",
    "EnableNetworkIsolation",
)


def iter_endpoints(target: Target, contains: str = "") -> Iterator[Endpoint]:
    """The endpoints, newest first, as a list tells them: without variants."""
    request: dict[str, Any] = {"SortBy": "CreationTime", "SortOrder": "Descending"}
    if contains:
        request["NameContains"] = contains
    with translated():
        pages = target.sagemaker.get_paginator("list_endpoints")
        for page in pages.paginate(**request, PaginationConfig={"PageSize": PAGE}):
            yield from map(endpoint_of, page.get("Endpoints", ()))


def describe_endpoint(target: Target, name: str) -> Endpoint | None:
    """An endpoint with its variants; None where there is none of that name."""
    try:
        with translated():
            answer = target.sagemaker.describe_endpoint(EndpointName=name)
    except ServiceError as error:
        if is_not_there(error):
            return None
        raise
    configuration = describe_configuration(target, str(answer.get("EndpointConfigName") or ""))
    return endpoint_of(answer, running_variants(answer, configuration) if configuration else ())


def require_endpoint(target: Target, name: str) -> Endpoint:
    """The endpoint of that name.

    Raises
    ------
    UsageError
        There is none.
    """
    found = describe_endpoint(target, name)
    if found is None:
        fix = "`%pipeline endpoints` lists what is there; `%pipeline deploy GROUP/N` makes one."
        raise UsageError(f"Target `{target.name}` has no endpoint `{name}`.", fix)
    return found


def describe_configuration(target: Target, name: str) -> Configuration | None:
    """A configuration, its variants with the packages behind their models; None where it is gone."""
    if not name:
        return None
    try:
        with translated():
            answer = target.sagemaker.describe_endpoint_config(EndpointConfigName=name)
    except ServiceError as error:
        if is_not_there(error):
            return None
        raise
    models = {str(one.get("ModelName") or "") for one in answer.get("ProductionVariants") or ()} - {""}
    return configuration_of(answer, {model: _package_of(target, model) for model in models})


def own_configurations(target: Target, endpoint: str) -> tuple[Configuration, ...]:
    """The configurations that were made for this endpoint by :func:`perform`."""
    names = []
    with translated():
        pages = target.sagemaker.get_paginator("list_endpoint_configs")
        for page in pages.paginate(NameContains=endpoint[:40], PaginationConfig={"PageSize": PAGE}):
            names += [str(one["EndpointConfigName"]) for one in page.get("EndpointConfigs", ())]
    found = (describe_configuration(target, name) for name in names if is_config_of(endpoint, name))
    return tuple(one for one in found if one is not None)


def has_model(target: Target, name: str) -> bool:
    """Whether there is a model of that name."""
    try:
        with translated():
            target.sagemaker.describe_model(ModelName=name)
    except ServiceError as error:
        if is_not_there(error):
            return False
        raise
    return True


def perform(target: Target, act: Act) -> None:
    """Do one act of a plan.

    Raises
    ------
    ServiceError, TargetError
        The service refuses it, or cannot be asked.
    """
    client = target.sagemaker
    with translated():
        match act:
            case MakeModel():
                client.create_model(
                    ModelName=act.name, Containers=[{"ModelPackageName": act.package}], ExecutionRoleArn=target.role
                )
            case MakeConfiguration():
                client.create_endpoint_config(**_configuration_request(target, act))
            case MakeEndpoint():
                client.create_endpoint(EndpointName=act.name, EndpointConfigName=act.config)
            case ChangeEndpoint():
                client.update_endpoint(EndpointName=act.name, EndpointConfigName=act.config)
            case SetWeights():
                client.update_endpoint_weights_and_capacities(
                    EndpointName=act.endpoint,
                    DesiredWeightsAndCapacities=[
                        {"VariantName": name, "DesiredWeight": weight} for name, weight in act.weights
                    ],
                )
            case _:
                _remove(target, act)


def invoke(target: Target, name: str, body: bytes, content_type: str, *, accept: str = "", variant: str = "") -> Answer:
    """Ask an endpoint.

    Raises
    ------
    UsageError
        The request is larger than the service takes.
    ServiceError
        There is no such endpoint or variant, it is not in service, or the model failed.
    """
    if len(body) > LARGEST_BODY:
        message = f"The request has {len(body):,} bytes; an endpoint takes {LARGEST_BODY >> 20} MiB at a time."
        raise UsageError(message, "Send fewer rows at once, or use a Transform step.")
    more = {key: value for key, value in (("Accept", accept), ("TargetVariant", variant)) if value}
    began = time.monotonic()
    with translated():
        try:
            answer = target.client("sagemaker-runtime").invoke_endpoint(
                EndpointName=name, Body=body, ContentType=content_type, **more
            )
        except ClientError as error:
            raise _model_error(name, error) from error
        with answer["Body"] as stream:
            content = stream.read()
    return Answer(
        content,
        str(answer.get("ContentType") or ""),
        str(answer.get("InvokedProductionVariant") or ""),
        time.monotonic() - began,
    )


def _model_error(name: str, error: ClientError) -> Exception:
    """The model's own failure in words; any other refusal as it is."""
    if error.response.get("Error", {}).get("Code") != "ModelError":
        return error
    said = str(error.response.get("OriginalMessage") or error.response["Error"].get("Message") or "")
    fix = f"Its log is in `/aws/sagemaker/Endpoints/{name}`. Check the sample and its content type first."
    return ServiceError("InvokeEndpoint", "ModelError", f"The model failed: {said}", fix)


def _configuration_request(target: Target, act: MakeConfiguration) -> dict[str, Any]:
    before: Mapping[str, Any] = {}
    if act.like:
        before = target.sagemaker.describe_endpoint_config(EndpointConfigName=act.like)
    kept = {str(one.get("VariantName")): one for one in before.get("ProductionVariants") or ()}
    carried = {name: before[name] for name in _CARRIED if before.get(name)}
    variants = [_variant_request(one, kept.get(one.name)) for one in act.variants]
    return {"EndpointConfigName": act.name, "ProductionVariants": variants, **carried}


def _variant_request(variant: Variant, before: Mapping[str, Any] | None) -> dict[str, Any]:
    """A variant as it is asked for; one that goes on keeps whatever else was said of it."""
    if before is not None and before.get("ModelName") == variant.model:
        counted = {"InitialInstanceCount": variant.count} if variant.instance else {}
        return {**before, **counted, "InitialVariantWeight": variant.weight}
    return {
        "VariantName": variant.name,
        "ModelName": variant.model,
        "InstanceType": variant.instance,
        "InitialInstanceCount": variant.count,
        "InitialVariantWeight": variant.weight,
    }


def _remove(target: Target, act: Remove) -> None:
    """Delete what may be gone already."""
    client = target.sagemaker
    try:
        with translated():
            if act.kind == "endpoint":
                client.delete_endpoint(EndpointName=act.name)
            elif act.kind == "model":
                client.delete_model(ModelName=act.name)
            else:
                client.delete_endpoint_config(EndpointConfigName=act.name)
    except ServiceError as error:
        if not is_not_there(error):
            raise


def _package_of(target: Target, model: str) -> str:
    """The ARN of the model package that a model is made of; empty where it is made of something else, or is gone."""
    try:
        with translated():
            answer = target.sagemaker.describe_model(ModelName=model)
    except ServiceError as error:
        if is_not_there(error):
            return ""
        raise
    containers = [answer.get("PrimaryContainer") or {}, *(answer.get("Containers") or ())]
    return next((str(one["ModelPackageName"]) for one in containers if one.get("ModelPackageName")), "")
