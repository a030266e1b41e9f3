"""CreateModelPackage, UpdateModelPackage and their kin: the model registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine import keeping, model_packages
from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.model_packages import GROUP, PACKAGE
from sm_pipeline_widgets.engine.operations.answers import refuse
from sm_pipeline_widgets.engine.operations.listing import listed
from sm_pipeline_widgets.engine.operations.sts import caller
from sm_pipeline_widgets.engine.records import when

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sm_pipeline_widgets.engine.operations import Operation
    from sm_pipeline_widgets.engine.resources import ResourceRecord
    from sm_pipeline_widgets.engine.service import Engine

_UPDATED = (
    "ModelApprovalStatus",
    "ApprovalDescription",
    "InferenceSpecification",
    "SourceUri",
    "ModelCard",
    "ModelLifeCycle",
)


def create_model_package_group(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    made = model_packages.create_group(engine.services, request["ModelPackageGroupName"], request)
    return {"ModelPackageGroupArn": made.arn}


def describe_model_package_group(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    group = model_packages.require_group(engine.services, request["ModelPackageGroupName"])
    answer = keeping.described(group, "ModelPackageGroup")
    return {**answer, "ModelPackageGroupStatus": "Completed", "CreatedBy": {}}


def list_model_package_groups(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    # nobody shares a group with this machine
    is_own = request.get("CrossAccountFilterOption") != "CrossAccount"
    shown, more = listed(engine.resources.resources(GROUP.kind) if is_own else (), request, "Ascending")
    return {"ModelPackageGroupSummaryList": [_group_summary(at) for at in shown], **more}


def delete_model_package_group(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    group = model_packages.require_group(engine.services, request["ModelPackageGroupName"])
    if model_packages.versions(engine.services, group.name):
        raise ServiceException(
            "ConflictException",
            f"Model Package Group {group.arn} cannot be deleted: it still has model packages. Delete them first.",
        )
    engine.resources.delete_resource(GROUP.kind, group.name)
    return {}


def create_model_package(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    token = request.get("ClientToken")
    request = {**request, "CreatedBy": caller(engine)}
    made = model_packages.create_package(engine.services, request, f"token:{token}" if token else "")
    return {"ModelPackageArn": made.arn}


def describe_model_package(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    package = model_packages.require_package(engine.services, request["ModelPackageName"])
    whole = model_packages.describe_package(package)
    return {"CreatedBy": {}, **whole}


def batch_describe_model_package(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    missing: dict[str, Any] = {}
    for arn in request["ModelPackageArnList"]:
        try:
            package = model_packages.require_package(engine.services, arn)
        except ServiceException as error:
            missing[arn] = {"ErrorCode": error.code, "ErrorResponse": error.message}
            continue
        whole = model_packages.describe_package(package)
        found[arn] = {"InferenceSpecification": {"Containers": [], "SupportedContentTypes": []}, **whole}
    return {"ModelPackageSummaries": found, "BatchDescribeModelPackageErrorMap": missing}


def list_model_packages(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    group = request.get("ModelPackageGroupName")
    if group is not None:
        owner = model_packages.require_group(engine.services, group)
        found = model_packages.versions(engine.services, owner.name)
    else:
        found = [at for at in engine.resources.resources(PACKAGE.kind) if _is_of_type(at, request)]
    approval = request.get("ModelApprovalStatus")
    found = [at for at in found if approval in (None, at.record.get("ModelApprovalStatus"))]
    shown, more = listed(found, request, "Ascending")
    return {"ModelPackageSummaryList": [_summary(at) for at in shown], **more}


def update_model_package(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    with engine.idempotency:
        package = model_packages.require_package(engine.services, request["ModelPackageArn"])
        record = {**package.record, **{name: request[name] for name in _UPDATED if name in request}}
        custom = {**(record.get("CustomerMetadataProperties") or {}), **request.get("CustomerMetadataProperties", {})}
        for name in request.get("CustomerMetadataPropertiesToRemove") or []:
            custom.pop(name, None)
        record["CustomerMetadataProperties"] = custom
        more = request.get("AdditionalInferenceSpecificationsToAdd") or []
        known = {at["Name"] for at in record.get("AdditionalInferenceSpecifications") or []}
        twice = [at["Name"] for at in more if at["Name"] in known]
        if twice:
            refuse(f"The model package has an additional inference specification named {twice[0]} already.")
        if more:
            record["AdditionalInferenceSpecifications"] = [
                *(record.get("AdditionalInferenceSpecifications") or []),
                *more,
            ]
        record["LastModifiedBy"] = caller(engine)
        keeping.change(engine.services, package, record)
    return {"ModelPackageArn": package.arn}


def delete_model_package(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    package = model_packages.require_package(engine.services, request["ModelPackageName"])
    engine.resources.delete_resource(PACKAGE.kind, package.name)
    return {}


def _is_of_type(package: ResourceRecord, request: Mapping[str, Any]) -> bool:
    wanted = request.get("ModelPackageType", "Unversioned")
    return wanted in ("Both", "Versioned" if "ModelPackageVersion" in package.record else "Unversioned")


def _group_summary(group: ResourceRecord) -> dict[str, Any]:
    return {
        "ModelPackageGroupName": group.name,
        "ModelPackageGroupArn": group.arn,
        "ModelPackageGroupDescription": group.record.get("ModelPackageGroupDescription"),
        "CreationTime": when(group.created),
        "ModelPackageGroupStatus": "Completed",
    }


def _summary(package: ResourceRecord) -> dict[str, Any]:
    whole = model_packages.describe_package(package)
    if "ModelPackageVersion" in package.record:
        del whole["ModelPackageName"]
    return whole


OPERATIONS: dict[str, Operation] = {
    "BatchDescribeModelPackage": batch_describe_model_package,
    "CreateModelPackage": create_model_package,
    "CreateModelPackageGroup": create_model_package_group,
    "DeleteModelPackage": delete_model_package,
    "DeleteModelPackageGroup": delete_model_package_group,
    "DescribeModelPackage": describe_model_package,
    "DescribeModelPackageGroup": describe_model_package_group,
    "ListModelPackageGroups": list_model_package_groups,
    "ListModelPackages": list_model_packages,
    "UpdateModelPackage": update_model_package,
}
