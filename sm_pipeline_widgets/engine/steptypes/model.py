"""Model and RegisterModel: what CreateModel and CreateModelPackage keep."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.engine import keeping, model_packages, models
from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.steptypes.base import STEP_ERRORS, Done, Parity, ParityStatus, StepType
from sm_pipeline_widgets.engine.steptypes.requests import checked, failed

if TYPE_CHECKING:
    from sm_pipeline_widgets.engine.steptypes.base import Task


def create(task: Task) -> Done:
    """Keep a model under the attempt's own name."""
    services, name = task.services, task.resource_name
    request = checked("CreateModel", {**task.arguments, "ModelName": name})
    try:
        made = models.create_model(services, services.objects, name, request, origin=name)
    except ServiceException as error:
        raise failed("CreateModel", error) from error
    return Done.succeeded({"Model": {"Arn": made.arn}}, keeping.plain(models.describe_model(made)))


def register(task: Task) -> Done:
    """Keep a model package; the group it names is made if there is none."""
    name = task.resource_name
    request = checked("CreateModelPackage", task.arguments)
    # as the service marks what a pipeline registers: the way from a version back to its run
    request["MetadataProperties"] = {"GeneratedBy": task.execution.arn, **(request.get("MetadataProperties") or {})}
    if not request.get("ModelPackageGroupName"):
        request.setdefault("ModelPackageName", name)
    try:
        made = model_packages.create_package(task.services, request, origin=name, makes_group=True)
    except ServiceException as error:
        raise failed("CreateModelPackage", error) from error
    whole = keeping.plain(model_packages.describe_package(made))
    return Done.succeeded({"RegisterModel": {"Arn": made.arn}}, whole)


MODEL = StepType(
    name="Model",
    run=create,
    parity=Parity(ParityStatus.SAME, "Kept in the engine; its data must exist. Served by Endpoint and Transform."),
    retryable=STEP_ERRORS,
    is_at_once=True,
)
REGISTER_MODEL = StepType(
    name="RegisterModel",
    run=register,
    parity=Parity(
        ParityStatus.SAME,
        "Versions, approval and metadata as on AWS; the group is made if there is none. Packages are not validated: "
        "they are Completed at once.",
    ),
    retryable=STEP_ERRORS,
    is_at_once=True,
)
