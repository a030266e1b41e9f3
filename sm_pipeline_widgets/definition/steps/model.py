"""Model: a model the service can serve or transform with (CreateModel)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.steps.base import (
    JOB_KEYS,
    RETRY_KEY,
    StepType,
    said,
)
from sm_pipeline_widgets.definition.steps.members import (
    CONTAINER_KEYS,
    argues,
    has,
    leaves_open,
    listed_containers,
    refer_paths,
    role,
    serving_container,
)

if TYPE_CHECKING:
    from sm_pipeline_widgets.definition.references import Reference
    from sm_pipeline_widgets.definition.source import Json
    from sm_pipeline_widgets.definition.spec import StepSpec
    from sm_pipeline_widgets.definition.values import StepContext

_PATHS = {"name": "ModelName", "arn": "ModelArn", "model": "PrimaryContainer.ModelDataUrl"}


def build(context: StepContext) -> dict[str, Json]:
    """The members of a Model step."""
    members: dict[str, Json] = {"ExecutionRoleArn": role(context)}
    if has(context, "containers"):
        members["Containers"] = listed_containers(context)
    elif not argues(context, "Containers"):
        if leaves_open(context, "model") and "image" not in context.step.entries:
            fix = "Give `model: $steps.train.model`, or the `image` of a container that has its model in it."
            context.problem("missing-key", "nothing says which model", None, fix)
        members["PrimaryContainer"] = serving_container(context) or None
    members["EnableNetworkIsolation"] = context.value("isolated")
    return {"Arguments": said(members)}


def refer(step: StepSpec, reference: Reference) -> Json | None:
    """``name``, ``arn`` and ``model``."""
    return refer_paths(_PATHS, step, reference)


MODEL = StepType(
    name="Model",
    family="model",
    doc="Makes a model that Transform and Endpoint steps can use.",
    keys={
        "model": CONTAINER_KEYS["model"],
        "image": CONTAINER_KEYS["image"],
        "environment": CONTAINER_KEYS["environment"],
        "code": "A script that serves the model, for AWS's framework images.",
        "entry": JOB_KEYS["entry"],
        "containers": "Several containers in a row, each with `model`, `image` and `environment`.",
        "isolated": "Whether the containers are kept from the network.",
        "role": "The role the containers work as.",
        **RETRY_KEY,
    },
    build=build,
    refer=refer,
    outputs={"name": "The model's name.", "arn": "The model's ARN.", "model": "The S3 URI of its model.tar.gz."},
)
