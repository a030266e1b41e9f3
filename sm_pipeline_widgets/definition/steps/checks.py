"""QualityCheck and ClarifyCheck: is the data, or the model, as it was when the baseline was made?

Both are processing jobs of containers that AWS gives, with members of their own beside ``Arguments``
(``sagemaker.md`` §1.6). What the containers are told follows the SDK's monitors.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.images import UnknownImageError, resolve_image
from sm_pipeline_widgets.definition.source import Json, MappingNode, Node, Scalar, plain
from sm_pipeline_widgets.definition.steps.base import (
    CACHE_KEY,
    JOB_KEYS,
    RETRY_KEY,
    StepType,
    cluster,
    run_prefix,
    said,
    stopping_condition,
    variables,
)
from sm_pipeline_widgets.definition.steps.members import (
    argues,
    code_uri,
    has,
    image_of,
    needed,
    place,
    refer_paths,
    role,
    text_setting,
)
from sm_pipeline_widgets.definition.steps.sources import s3_input
from sm_pipeline_widgets.definition.wording import did_you_mean, listed

if TYPE_CHECKING:
    from sm_pipeline_widgets.definition.references import Reference
    from sm_pipeline_widgets.definition.spec import StepSpec
    from sm_pipeline_widgets.definition.values import StepContext

ROOT = "/opt/ml/processing"
QUALITY_CHECKS = {"data_quality": "DATA_QUALITY", "model_quality": "MODEL_QUALITY"}
CLARIFY_CHECKS = {
    "data_bias": "DATA_BIAS",
    "model_bias": "MODEL_BIAS",
    "explainability": "MODEL_EXPLAINABILITY",
    "model_explainability": "MODEL_EXPLAINABILITY",
}
FORMATS: dict[str, Json] = {
    "csv": {"csv": {"header": True, "output_columns_position": "START"}},
    "csv_without_header": {"csv": {"header": False, "output_columns_position": "START"}},
    "json": {"json": {"lines": False}},
    "json_lines": {"json": {"lines": True}},
    "capture": {"sagemakerCaptureJson": {}},
}
_DATASET_KEYS = {
    "uri": "Where it lies: an s3:// URI or a step's output.",
    "distribution": "`FullyReplicated` or `ShardedByS3Key`.",
}
ATTRIBUTES = {
    "problem_type": "problem_type",
    "prediction": "inference_attribute",
    "label": "ground_truth_attribute",
    "probability": "probability_attribute",
    "threshold": "probability_threshold_attribute",
}
_SCRIPTS = {"preprocess": "record_preprocessor_script", "postprocess": "post_analytics_processor_script"}
_CONSTRAINT_PATHS = {
    "constraints": "CalculatedBaselineConstraints",
    "baseline_constraints": "BaselineUsedForDriftCheckConstraints",
}
_PATHS = {
    **_CONSTRAINT_PATHS,
    "statistics": "CalculatedBaselineStatistics",
    "baseline_statistics": "BaselineUsedForDriftCheckStatistics",
}


def build_quality(context: StepContext) -> dict[str, Json]:
    """The members of a QualityCheck step."""
    kind = _check_type(context, QUALITY_CHECKS)
    source = f"{ROOT}/input/baseline_dataset_input"
    inputs = _dataset(context, "baseline_dataset_input", source)
    told: dict[str, Json] = {}
    if not context.bare:
        told = {"output_path": f"{ROOT}/output", "publish_cloudwatch_metrics": "Disabled", "dataset_source": source}
    told |= said({"dataset_format": _format(context)})
    for key, name in _SCRIPTS.items():
        uri, _ = place(context, key, {"uri": ""}, f"`{key}`")
        if uri is None:
            continue
        folder = f"{ROOT}/input/{name}_input"
        inputs.append(s3_input(f"{name}_input", uri, folder, {}))
        told[name] = f"{folder}/{_file_name(context.node(key))}"
    if kind == "MODEL_QUALITY" and not context.bare:
        told["analysis_type"] = kind
    told |= said({name: text_setting(context, key) for key, name in ATTRIBUTES.items()})
    told |= variables(context)
    return {
        "Arguments": _job(context, "model-monitor", inputs, "quality_check_output", told),
        **_beside(context, kind),
        **said({"SuppliedBaselineStatistics": text_setting(context, "baseline_statistics")}),
    }


def build_clarify(context: StepContext) -> dict[str, Json]:
    """The members of a ClarifyCheck step."""
    kind = _check_type(context, CLARIFY_CHECKS)
    inputs: list[Json] = []
    config = _config(context)
    if config is not None:
        inputs.append(s3_input("analysis_config", config, f"{ROOT}/input/config", {}))
    inputs += _dataset(context, "dataset", f"{ROOT}/input/data")
    return {
        "Arguments": _job(context, "clarify", inputs, "analysis_result", variables(context)),
        **_beside(context, kind),
        **said({"ModelName": text_setting(context, "model")}),
    }


def refer_quality(step: StepSpec, reference: Reference) -> Json | None:
    """The four baselines."""
    return refer_paths(_PATHS, step, reference)


def refer_clarify(step: StepSpec, reference: Reference) -> Json | None:
    """The two baselines."""
    return refer_paths(_CONSTRAINT_PATHS, step, reference)


def _check_type(context: StepContext, known: dict[str, str]) -> Json:
    node = context.node("check")
    if not isinstance(node, Scalar) or node.value is None:
        if context.bare:
            return None
        context.problem("missing-key", "`check` is missing", None, f"One of {listed(known)}.")
        return None
    if node.text not in known and node.text not in known.values():
        fix = did_you_mean(node.text, known, f"One of {listed(known)}.")
        context.problem("wrong-kind", f"`{node.text}` is nothing to check", node.span, fix)
    return known.get(node.text, node.text)


def _beside(context: StepContext, kind: Json) -> dict[str, Json]:
    return said(
        {
            "CheckType": kind,
            "ModelPackageGroupName": text_setting(context, "group"),
            "SkipCheck": context.value("skip", False),
            "FailOnViolation": context.value("fail_on_violation", True),
            "RegisterNewBaseline": context.value("new_baseline", False),
            "SuppliedBaselineConstraints": text_setting(context, "baseline_constraints"),
        }
    )


def _job(context: StepContext, image: str, inputs: list[Json], output: str, told: dict[str, Json]) -> dict[str, Json]:
    where, _ = place(context, "output", {"uri": ""}, "the output")
    if where is None and not context.bare:
        where = run_prefix(context, "output")
    outputs: list[Json] = []
    if where is not None:
        to = {"S3Uri": where, "LocalPath": f"{ROOT}/output", "S3UploadMode": "EndOfJob"}
        outputs.append({"OutputName": output, "AppManaged": False, "S3Output": to})
    stop = stopping_condition(context) if has(context, "max_runtime") else None
    return said(
        {
            "ProcessingResources": {"ClusterConfig": instances} if (instances := cluster(context)) else None,
            "AppSpecification": {"ImageUri": uri} if (uri := _image(context, image)) is not None else None,
            "RoleArn": role(context),
            "ProcessingInputs": inputs or None,
            "ProcessingOutputConfig": {"Outputs": outputs} if outputs else None,
            "Environment": told or None,
            "StoppingCondition": stop,
        }
    )


def _image(context: StepContext, image: str) -> Json:
    """AWS's own image; ``defaults: {image: …}`` speaks of other steps' containers, so only the step's own counts."""
    own = context.step.node("image")
    if own is not None:
        return image_of(context, own)
    if context.bare or argues(context, "AppSpecification", "ImageUri"):
        return None
    try:
        return resolve_image(image, context.pipeline.facts.region)
    except UnknownImageError as error:
        context.problem("unknown-image", error.message, None, "Give the image's full URI under `image:`.")
        return None


def _dataset(context: StepContext, name: str, path: str) -> list[Json]:
    needed(context, "dataset", "Give the data to check: `dataset: $steps.prepare.outputs.train`.")
    uri, options = place(context, "dataset", _DATASET_KEYS, "the dataset")
    if uri is None:
        return []
    spread = {"distribution": context.text(options["distribution"])} if "distribution" in options else {}
    return [s3_input(name, uri, path, spread)]


def _format(context: StepContext) -> Json:
    node = context.node("format")
    if isinstance(node, MappingNode):
        return json.dumps(plain(node))
    word = context.value("format", "csv")
    if not isinstance(word, str) or word.startswith("{"):
        return word
    if word not in FORMATS:
        fix = did_you_mean(word, FORMATS, f"One of {listed(FORMATS)}, or the container's own JSON.")
        context.problem("wrong-kind", f"`{word}` is no format of data", node.span if node else None, fix)
        return word
    return json.dumps(FORMATS[word])


def _config(context: StepContext) -> Json:
    """The analysis configuration: where it lies, or a file that is uploaded as code is."""
    node = context.node("config")
    needed(context, "config", "Give Clarify's analysis configuration: `config: analysis_config.json`, or its S3 URI.")
    if not isinstance(node, Scalar) or node.value is None:
        return None
    if node.text.startswith("s3://") or "$" in node.text:
        return context.text(node)
    use = context.code_use("files", "config")
    return code_uri(context, use) if use is not None else None


def _file_name(node: Node | None) -> str:
    if isinstance(node, MappingNode):
        node = node.get("uri")
    return node.text.rsplit("/", 1)[-1] if isinstance(node, Scalar) else ""


_SHARED_KEYS = {
    "dataset": "The data to check: an S3 URI or a step's output.",
    "group": "The model package group whose approved version has the baselines.",
    "skip": "`true` makes baselines only and compares nothing.",
    "fail_on_violation": "Whether a violation fails the step; `true` when left out.",
    "new_baseline": "`true` takes what is found now as the baseline to be registered.",
    "baseline_constraints": "The S3 URI of the constraints to compare with, instead of the group's.",
    "output": "The S3 prefix reports go below; the run's own when left out.",
    "image": "The container's image; AWS's own when left out.",
    **{key: JOB_KEYS[key] for key in ("instance", "count", "volume", "role", "environment", "max_runtime")},
    **CACHE_KEY,
    **RETRY_KEY,
}
_SHARED_OUTPUTS = {
    "constraints": "The S3 URI of the constraints found now.",
    "baseline_constraints": "The S3 URI of the constraints to register as baseline.",
}

QUALITY_CHECK = StepType(
    name="QualityCheck",
    family="job",
    doc="Compares data, or a model's answers, with a baseline.",
    keys={
        "check": "`data_quality` or `model_quality`.",
        "format": f"The dataset's format: {', '.join(f'`{name}`' for name in FORMATS)}, or the container's own.",
        "problem_type": "Of a model: `Regression`, `BinaryClassification` or `MulticlassClassification`.",
        "prediction": "The column with the model's answer.",
        "label": "The column with the truth.",
        "probability": "The column with the answer's probability.",
        "threshold": "The probability above which an answer counts as positive.",
        "preprocess": "The S3 URI of a script that changes each record first.",
        "postprocess": "The S3 URI of a script that runs over the results.",
        "baseline_statistics": "The S3 URI of the statistics to compare with, instead of the group's.",
        **_SHARED_KEYS,
    },
    build=build_quality,
    refer=refer_quality,
    outputs={
        **_SHARED_OUTPUTS,
        "statistics": "The S3 URI of the statistics found now.",
        "baseline_statistics": "The S3 URI of the statistics to register as baseline.",
    },
)

CLARIFY_CHECK = StepType(
    name="ClarifyCheck",
    family="job",
    doc="Looks for bias in data or a model, or explains a model, and compares with a baseline.",
    keys={
        "check": "`data_bias`, `model_bias` or `explainability`.",
        "config": "Clarify's analysis configuration: a JSON file on this machine, or an S3 URI.",
        "model": "The model's name, for checks of a model: `$steps.MODEL.name`.",
        **_SHARED_KEYS,
    },
    build=build_clarify,
    refer=refer_clarify,
    outputs=_SHARED_OUTPUTS,
)
