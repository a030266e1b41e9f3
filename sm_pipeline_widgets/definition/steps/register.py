"""RegisterModel: a version in a group of the model registry (CreateModelPackage)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.steps.base import (
    DEFAULT_INSTANCE,
    JOB_KEYS,
    RETRY_KEY,
    StepType,
    said,
)
from sm_pipeline_widgets.definition.steps.members import (
    CONTAINER_KEYS,
    group,
    has,
    is_options,
    leaves_open,
    listed_containers,
    refer_paths,
    serving_container,
    text_map,
    text_setting,
    texts,
)
from sm_pipeline_widgets.definition.steps.sources import check_uri
from sm_pipeline_widgets.errors import Severity

if TYPE_CHECKING:
    from sm_pipeline_widgets.definition.references import Reference
    from sm_pipeline_widgets.definition.source import Json, Node
    from sm_pipeline_widgets.definition.spec import StepSpec
    from sm_pipeline_widgets.definition.values import StepContext

_PATHS = {
    "package": "ModelPackageArn",
    "version": "ModelPackageVersion",
    "approval": "ModelApprovalStatus",
    "group": "ModelPackageGroupName",
}
_QUALITY = {"statistics": "Statistics", "constraints": "Constraints"}
METRICS = {
    "model_quality": ("ModelQuality", _QUALITY),
    "data_quality": ("ModelDataQuality", _QUALITY),
    "bias": ("Bias", {"report": "Report", "before": "PreTrainingReport", "after": "PostTrainingReport"}),
    "explainability": ("Explainability", {"report": "Report"}),
}
"""``ModelMetrics``: what was measured, and of each which files; the first one may be given alone."""
BASELINES = {
    "model_quality": ("ModelQuality", _QUALITY),
    "data_quality": ("ModelDataQuality", _QUALITY),
    "bias": (
        "Bias",
        {"config": "ConfigFile", "before": "PreTrainingConstraints", "after": "PostTrainingConstraints"},
    ),
    "explainability": ("Explainability", {"constraints": "Constraints", "config": "ConfigFile"}),
}
"""``DriftCheckBaselines``, in the same form."""
_FILE_KEYS = {"uri": "The file's S3 URI.", "content_type": "Its MIME type; JSON when left out."}
_APPROVALS = ("PendingManualApproval", "Approved", "Rejected")


def build(context: StepContext) -> dict[str, Json]:
    """The members of a RegisterModel step."""
    if leaves_open(context, "model", "containers") and "image" not in context.step.entries:
        fix = "For example `model: $steps.train.model`."
        context.problem("missing-key", "`model` is missing", None, fix)
    if leaves_open(context, "group"):
        fix = "For example `group: diabetes`; the group is made when it is not there yet."
        context.problem("missing-key", "`group` is missing; the package would have no versions", None, fix,
                        Severity.WARNING)  # fmt: skip
    return {
        "Arguments": said(
            {
                "ModelPackageGroupName": text_setting(context, "group"),
                "ModelPackageDescription": text_setting(context, "package_description"),
                "InferenceSpecification": _inference(context),
                "ModelApprovalStatus": text_setting(context, "approval", _APPROVALS[0]),
                "ModelMetrics": _files(context, "metrics", METRICS),
                "DriftCheckBaselines": _files(context, "baselines", BASELINES),
                "CustomerMetadataProperties": text_map(context, "metadata"),
                "Domain": text_setting(context, "domain"),
                "Task": text_setting(context, "task"),
                "SamplePayloadUrl": text_setting(context, "sample_payload"),
                "SkipModelValidation": _validation(context),
            }
        )
    }


def refer(step: StepSpec, reference: Reference) -> Json | None:
    """``package``, ``version``, ``approval`` and ``group``."""
    return refer_paths(_PATHS, step, reference)


def _inference(context: StepContext) -> Json:
    if has(context, "containers"):
        containers = listed_containers(context)
    else:
        one = serving_container(context)
        one |= said(
            {
                "Framework": text_setting(context, "framework"),
                "FrameworkVersion": text_setting(context, "framework_version"),
            }
        )
        containers = [one] if one else []
    instances = texts(context, "instances", [DEFAULT_INSTANCE])
    return group(
        {
            "Containers": containers or None,
            "SupportedContentTypes": texts(context, "content_types", ["text/csv"]),
            "SupportedResponseMIMETypes": texts(context, "response_types", ["text/csv"]),
            "SupportedRealtimeInferenceInstanceTypes": instances,
            "SupportedTransformInstanceTypes": texts(context, "transform_instances", [DEFAULT_INSTANCE]),
        }
    )


def _validation(context: StepContext) -> Json:
    # The SDK always says "None", which switches the service's own check of the package's files on (sagemaker.md §6.4).
    value = context.value("skip_validation", False)
    return {True: "All", False: "None"}[value] if isinstance(value, bool) else value


def _files(context: StepContext, key: str, table: dict[str, tuple[str, dict[str, str]]]) -> Json:
    if not has(context, key):
        return None
    node = context.node(key)
    if not is_options(node):
        context.mapping(key)
        return None
    members: dict[str, Json] = {}
    for name, inner in context.options(node, dict.fromkeys(table, ""), f"`{key}`").items():
        member, files = table[name]
        if not is_options(inner) or "uri" in dict(inner.items()):
            members[member] = {next(iter(files.values())): _file(context, inner)}
            continue
        given = context.options(inner, dict.fromkeys(files, ""), f"`{name}`")
        members[member] = {files[one]: _file(context, value) for one, value in given.items()}
    return members


def _file(context: StepContext, node: Node) -> Json:
    options: dict[str, Node] = {}
    if is_options(node):
        options = context.options(node, _FILE_KEYS, "a file")
    where = options.get("uri", node)
    if is_options(where):
        context.problem("missing-key", "the file has no `uri`", node.span)
        return None
    uri = context.text(where)
    check_uri(context, uri, where, "the file")
    kind = context.text(options["content_type"]) if "content_type" in options else "application/json"
    return {"ContentType": kind, "S3Uri": uri}


REGISTER_MODEL = StepType(
    name="RegisterModel",
    family="model",
    doc="Puts a version of a model into a group of the model registry.",
    keys={
        **CONTAINER_KEYS,
        "code": "A script that serves the model, for AWS's framework images.",
        "entry": JOB_KEYS["entry"],
        "containers": "Several containers in a row, each with `model`, `image` and `environment`.",
        "group": "The model package group.",
        "approval": "`PendingManualApproval` (when left out), `Approved` or `Rejected`.",
        "content_types": "MIME types the model reads; `text/csv` when left out.",
        "response_types": "MIME types it answers with; `text/csv` when left out.",
        "instances": "Instance types it may be served on.",
        "transform_instances": "Instance types it may transform data on.",
        "metrics": (
            "Files that tell how good it is: `model_quality`, `data_quality`, `bias`, `explainability`, each an S3 URI "
            "or `{statistics: …, constraints: …}` (bias: `report`, `before`, `after`)."
        ),
        "baselines": (
            "Files later checks compare with: the same names; bias has `config`, `before`, `after`, "
            "explainability `constraints` and `config`."
        ),
        "metadata": "Names and texts kept with the version.",
        "package_description": "What the version is.",
        "domain": "The machine learning domain, such as `MACHINE_LEARNING`.",
        "task": "What the model does, such as `REGRESSION`.",
        "sample_payload": "The S3 URI of a sample request.",
        "skip_validation": "`true` keeps the service from checking the package's files.",
        **RETRY_KEY,
    },
    build=build,
    refer=refer,
    outputs={
        "package": "The model package's ARN.",
        "version": "Its version in the group.",
        "approval": "Its approval status.",
        "group": "Its group's name.",
    },
)
