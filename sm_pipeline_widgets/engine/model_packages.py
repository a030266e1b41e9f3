"""The model registry: groups, and packages that are versions of a group or stand alone."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine import keeping
from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.resources import ResourceRecord

if TYPE_CHECKING:
    from collections.abc import Mapping

GROUP = keeping.Kind("model-package-group", "model package group")
PACKAGE = keeping.Kind("model-package", "model package")
PENDING = "PendingManualApproval"
_LAST = "sm-pipeline-widgets:last-version"
# version numbers of one group are given one after the other; one process serves a state folder
_numbering = threading.Lock()


def create_group(keeper: keeping.Keeper, name: str, record: Mapping[str, Any]) -> ResourceRecord:
    """Keep a new group.

    Raises
    ------
    ServiceException
        The name is taken.
    """
    kept = {at: value for at, value in record.items() if at != "ModelPackageGroupName"}
    now = keeper.clock()
    arn = keeper.arn(GROUP.kind, name)
    made = ResourceRecord(GROUP.kind, name, arn, now, now, keeping.plain({**kept, _LAST: 0}))
    if not keeper.resources.put_resource_if_absent(made):
        raise ServiceException("ValidationException", f"Model Package Group already exists: {arn}")
    return made


def require_group(keeper: keeping.Keeper, name_or_arn: str) -> ResourceRecord:
    """The group of a name or ARN, or the service's refusal."""
    found = keeper.resources.resource(GROUP.kind, name_or_arn)
    found = found or (keeper.resources.resource_by_arn(name_or_arn) if name_or_arn.startswith("arn:") else None)
    if found is None or found.kind != GROUP.kind:
        arn = name_or_arn if name_or_arn.startswith("arn:") else keeper.arn(GROUP.kind, name_or_arn)
        raise ServiceException("ValidationException", f"ModelPackageGroup {arn} does not exist.")
    return found


def create_package(
    keeper: keeping.Keeper, request: Mapping[str, Any], origin: str = "", *, makes_group: bool = False
) -> ResourceRecord:
    """Keep a package: the next version of its group, or one that stands alone under its own name.

    Parameters
    ----------
    makes_group
        A RegisterModel step makes the group it names if there is none; the API's CreateModelPackage refuses.

    Raises
    ------
    ServiceException
        There is no such group, the name is taken, or neither group nor name is given.
    """
    group, name = request.get("ModelPackageGroupName"), request.get("ModelPackageName")
    if bool(group) == bool(name):
        raise ServiceException(
            "ValidationException", "Either ModelPackageName or ModelPackageGroupName must be given, and not both."
        )
    record = {"ModelPackageStatus": "Completed", **request}
    record.pop("ModelPackageName", None)
    record.pop("ClientToken", None)
    if name:
        return keeping.create(keeper, PACKAGE, str(name), record, origin)
    record.setdefault("ModelApprovalStatus", PENDING)
    with _numbering:
        return _next_version(keeper, str(group), record, origin, makes_group=makes_group)


def _next_version(
    keeper: keeping.Keeper, group: str, record: Mapping[str, Any], origin: str, *, makes_group: bool
) -> ResourceRecord:
    if makes_group and keeper.resources.resource(GROUP.kind, group) is None and not group.startswith("arn:"):
        create_group(keeper, group, {})
    owner = require_group(keeper, group)
    for version in versions(keeper, owner.name) if origin else ():
        if version.record.get(keeping.ORIGIN) == origin:
            return version
    number = int(owner.record.get(_LAST, 0)) + 1
    whole = {**record, "ModelPackageGroupName": owner.name, "ModelPackageVersion": number}
    made = keeping.create(keeper, PACKAGE, f"{owner.name}/{number}", whole, origin)
    keeping.change(keeper, owner, {**owner.record, _LAST: number})
    return made


def versions(keeper: keeping.Keeper, group: str) -> list[ResourceRecord]:
    """The packages of a group, oldest first."""
    return keeper.resources.resources(PACKAGE.kind, f"{group}/")


def require_package(keeper: keeping.Keeper, name_or_arn: str) -> ResourceRecord:
    """The package of a name or ARN, or the service's refusal."""
    if name_or_arn.startswith("arn:"):
        found = keeper.resources.resource_by_arn(name_or_arn)
    else:
        found = keeper.resources.resource(PACKAGE.kind, name_or_arn)
    if found is None or found.kind != PACKAGE.kind:
        arn = name_or_arn if name_or_arn.startswith("arn:") else keeper.arn(PACKAGE.kind, name_or_arn)
        raise ServiceException("ValidationException", f"ModelPackage {arn} does not exist.")
    return found


def describe_package(package: ResourceRecord) -> dict[str, Any]:
    """The answer of DescribeModelPackage."""
    answer = keeping.described(package, "ModelPackage")
    answer["ModelPackageName"] = package.record.get("ModelPackageGroupName", package.name)
    status = {"Name": package.name, "Status": package.record["ModelPackageStatus"]}
    answer["ModelPackageStatusDetails"] = {"ValidationStatuses": [], "ImageScanStatuses": [status]}
    return answer
