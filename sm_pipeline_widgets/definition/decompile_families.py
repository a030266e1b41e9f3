"""Friendly keys for steps whose builders know many members: models, transforms, checks, calls and loops.

Each function is the inverse of its type's builder as far as that is worth reading; what it leaves stands under
``arguments``. A result that does not compile back to the same JSON is thrown away, so nothing here need be complete.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.decompile_processing import unbuild_processing
from sm_pipeline_widgets.definition.decompile_values import InexpressibleError, is_expression
from sm_pipeline_widgets.definition.steps.base import say_cluster, say_image, say_max_runtime, say_uri
from sm_pipeline_widgets.definition.steps.checks import ATTRIBUTES, CLARIFY_CHECKS, FORMATS
from sm_pipeline_widgets.definition.steps.processing import ROOT
from sm_pipeline_widgets.definition.steps.register import BASELINES, METRICS
from sm_pipeline_widgets.definition.steps.sources import s3_input

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sm_pipeline_widgets.definition.remainder import Remainder
    from sm_pipeline_widgets.definition.source import Json
    from sm_pipeline_widgets.definition.steps.base import Unbuild

_CHECKS = {
    "DATA_QUALITY": "data_quality",
    "MODEL_QUALITY": "model_quality",
    "DATA_BIAS": "data_bias",
    "MODEL_BIAS": "model_bias",
    "MODEL_EXPLAINABILITY": "explainability",
}


def _lambda(rest: Remainder) -> None:
    _call(rest, "function", "FunctionArn", "arn:")


def _callback(rest: Remainder) -> None:
    _call(rest, "queue", "SqsQueueUrl", "https://")


def _call(rest: Remainder, key: str, member: str, whole: str) -> None:
    address = rest.members.get(member)
    is_whole = isinstance(address, dict) or (isinstance(address, str) and address.startswith(whole))
    if not is_whole or "OutputParameters" not in rest.members:
        rest.keys["defaults"] = "none"  # a name alone would be taken for one of the target's account
    rest.take_member(key, member, rest.wording.setting)
    if rest.arguments and isinstance(rest.arguments, dict):
        rest.keys["inputs"] = {name: rest.wording.value(value) for name, value in rest.arguments.items()}
        rest.arguments = {}
    rest.take_member("outputs", "OutputParameters", _returned)


def _returned(value: Any) -> Json:
    found: dict[str, Json] = {}
    for output in value if isinstance(value, list) else ():
        if not isinstance(output, dict) or set(output) != {"OutputName", "OutputType"}:
            raise InexpressibleError(str(output))
        name, kind = output["OutputName"], output["OutputType"]
        if not isinstance(name, str) or name in found or not isinstance(kind, str):
            raise InexpressibleError(str(output))
        found[name] = kind
    if not found and value != []:
        raise InexpressibleError(str(value))
    return list(found) if all(kind == "String" for kind in found.values()) else found


def _transform(rest: Remainder) -> None:
    text, setting = rest.wording.text, rest.wording.setting
    rest.keys["defaults"] = "none"
    rest.take("model", ("ModelName",), text)
    rest.take("input", ("TransformInput",), lambda value: _transform_input(rest, value))
    rest.take("output", ("TransformOutput",), lambda value: _transform_output(rest, value))
    rest.take("instance", ("TransformResources", "InstanceType"), setting)
    rest.take("count", ("TransformResources", "InstanceCount"), setting)
    rest.take("strategy", ("BatchStrategy",), text)
    rest.take("max_concurrency", ("MaxConcurrentTransforms",), setting)
    rest.take("max_payload", ("MaxPayloadInMB",), setting)
    rest.take("input_filter", ("DataProcessing", "InputFilter"), text)
    rest.take("output_filter", ("DataProcessing", "OutputFilter"), text)
    rest.take("join", ("DataProcessing", "JoinSource"), text)
    rest.take("environment", ("Environment",), rest.texts_by_name)


def _transform_input(rest: Remainder, value: Any) -> Json:
    source = _only(_only(value, "DataSource", {"ContentType", "SplitType", "CompressionType"}), "S3DataSource", set())
    uri = _only(source, "S3Uri", {"S3DataType"})
    options: dict[str, Json] = {"uri": say_uri(uri, rest.wording.text)}
    for key, member in (("content_type", "ContentType"), ("split", "SplitType"), ("compression", "CompressionType")):
        if member in value:
            options[key] = rest.wording.text(value[member])
    if source.get("S3DataType") != "S3Prefix":
        options["type"] = rest.wording.text(source.get("S3DataType"))
    return _short(options)


def _transform_output(rest: Remainder, value: Any) -> Json:
    uri = _only(value, "S3OutputPath", {"Accept", "AssembleWith"})
    options: dict[str, Json] = {"uri": say_uri(uri, rest.wording.text)}
    for key, member in (("accept", "Accept"), ("assemble", "AssembleWith")):
        if member in value:
            options[key] = rest.wording.text(value[member])
    return _short(options)


def _only(value: Any, member: str, others: set[str]) -> Any:
    if not isinstance(value, dict) or not {member} <= set(value) <= {member} | others:
        raise InexpressibleError(str(value))
    return value[member]


def _short(options: dict[str, Json]) -> Json:
    """The place alone when there is nothing else to say of it."""
    uri = options["uri"]
    return options if len(options) > 1 or not isinstance(uri, str) else uri


def _model(rest: Remainder) -> None:
    rest.keys["defaults"] = "none"
    _container(rest, "PrimaryContainer")
    rest.take("isolated", ("EnableNetworkIsolation",), rest.wording.setting)
    rest.take("role", ("ExecutionRoleArn",), rest.wording.setting)


def _container(rest: Remainder, *path: str) -> None:
    say_image(rest, *path, "Image")
    rest.take("model", (*path, "ModelDataUrl"), lambda value: say_uri(value, rest.wording.text))
    rest.take("environment", (*path, "Environment"), rest.texts_by_name)


def _register(rest: Remainder) -> None:
    text = rest.wording.text
    rest.keys["defaults"] = "none"
    _only_container(rest)
    for key, member in (
        ("content_types", "SupportedContentTypes"),
        ("response_types", "SupportedResponseMIMETypes"),
        ("instances", "SupportedRealtimeInferenceInstanceTypes"),
        ("transform_instances", "SupportedTransformInstanceTypes"),
    ):
        rest.take(key, ("InferenceSpecification", member), rest.texts)
    rest.take("group", ("ModelPackageGroupName",), text)
    rest.take("approval", ("ModelApprovalStatus",), text)
    rest.take("package_description", ("ModelPackageDescription",), text)
    rest.take("metrics", ("ModelMetrics",), lambda value: _files(rest, value, METRICS))
    rest.take("baselines", ("DriftCheckBaselines",), lambda value: _files(rest, value, BASELINES))
    rest.take("metadata", ("CustomerMetadataProperties",), rest.texts_by_name)
    for key, member in (("domain", "Domain"), ("task", "Task"), ("sample_payload", "SamplePayloadUrl")):
        rest.take(key, (member,), text)
    rest.take("skip_validation", ("SkipModelValidation",), _validation)


def _only_container(rest: Remainder) -> None:
    """Let keys say the only container; a list cannot be merged, so they say all of it or nothing."""
    inference = rest.arguments.get("InferenceSpecification") if isinstance(rest.arguments, dict) else None
    containers = inference.get("Containers") if isinstance(inference, dict) else None
    if not isinstance(inference, dict) or not isinstance(containers, list) or len(containers) != 1:
        return
    (container,) = containers
    if not isinstance(container, dict) or not container:
        return
    before = dict(rest.keys)
    inference["Containers"] = dict(container)
    _container(rest, "InferenceSpecification", "Containers")
    rest.take("framework", ("InferenceSpecification", "Containers", "Framework"), rest.wording.text)
    rest.take("framework_version", ("InferenceSpecification", "Containers", "FrameworkVersion"), rest.wording.text)
    if "Containers" in inference:
        rest.keys = before
        inference["Containers"] = containers


def _validation(value: Any) -> Json:
    if value not in ("None", "All"):
        raise InexpressibleError(str(value))
    return bool(value == "All")


def _files(rest: Remainder, value: Any, table: Mapping[str, tuple[str, dict[str, str]]]) -> Json:
    """Files that tell how good a model is, or what later checks compare with."""
    if not isinstance(value, dict) or not value:
        raise InexpressibleError(str(value))
    keys = {member: key for key, (member, _) in table.items()}
    found: dict[str, Json] = {}
    for member, files in value.items():
        key = keys.get(member, "")
        names = {service: short for short, service in table[key][1].items()} if key else {}
        if not key or not isinstance(files, dict) or not set(files) <= set(names):
            raise InexpressibleError(str(files))
        said = {names[name]: _file(rest, file) for name, file in files.items()}
        usual = next(iter(names.values()))
        is_alone = set(said) == {usual} and isinstance(said[usual], str)
        found[key] = said[usual] if is_alone else said
    return found


def _file(rest: Remainder, value: Any) -> Json:
    if not isinstance(value, dict) or set(value) != {"ContentType", "S3Uri"}:
        raise InexpressibleError(str(value))
    uri = say_uri(value["S3Uri"], rest.wording.text)
    if value["ContentType"] == "application/json" and isinstance(uri, str):
        return uri
    return {"uri": uri, "content_type": rest.wording.text(value["ContentType"])}


def _check(rest: Remainder) -> None:
    text, setting = rest.wording.text, rest.wording.setting
    rest.keys["defaults"] = "none"
    rest.take_member("check", "CheckType", _check_type)
    rest.take_member("group", "ModelPackageGroupName", text)
    rest.take_member("skip", "SkipCheck", setting)
    rest.take_member("fail_on_violation", "FailOnViolation", setting)
    rest.take_member("new_baseline", "RegisterNewBaseline", setting)
    rest.take_member("baseline_statistics", "SuppliedBaselineStatistics", text)
    rest.take_member("baseline_constraints", "SuppliedBaselineConstraints", text)
    rest.take_member("model", "ModelName", text)
    say_image(rest, "AppSpecification", "ImageUri")
    say_cluster(rest, "ProcessingResources", "ClusterConfig")
    rest.take("role", ("RoleArn",), setting)
    say_max_runtime(rest)
    _check_inputs(rest)
    _check_output(rest)
    _check_environment(rest)


def _check_inputs(rest: Remainder) -> None:
    """The dataset, and Clarify's configuration before it; all inputs or none, since they are a list."""
    inputs = rest.arguments.get("ProcessingInputs") if isinstance(rest.arguments, dict) else None
    folders = {"analysis_config": ("config", "config"), "dataset": ("dataset", "data"),
               "baseline_dataset_input": ("dataset", "baseline_dataset_input")}  # fmt: skip
    if not isinstance(inputs, list) or not isinstance(rest.arguments, dict):
        return
    found: dict[str, Json] = {}
    order = []
    for one in inputs:
        name = one.get("InputName") if isinstance(one, dict) else None
        place = one.get("S3Input") if isinstance(one, dict) else None
        if not isinstance(name, str) or name not in folders or not isinstance(place, dict):
            return
        key, folder = folders[name]
        uri, spread = place.get("S3Uri"), place.get("S3DataDistributionType")
        usual = s3_input(name, uri, f"{ROOT}/input/{folder}", {"distribution": spread})
        if one != usual or key in found or (key == "config" and isinstance(uri, str) and not uri.startswith("s3://")):
            return
        try:
            said_uri = say_uri(uri, rest.wording.text)
        except InexpressibleError:
            return
        is_plain = spread == "FullyReplicated" and isinstance(said_uri, str)
        if key == "config" and not is_plain:
            return
        found[key] = said_uri if is_plain else {"uri": said_uri, "distribution": rest.wording.value(spread)}
        order.append(key)
    if order == sorted(order):
        rest.keys |= found
        del rest.arguments["ProcessingInputs"]


def _check_output(rest: Remainder) -> None:
    name = "analysis_result" if rest.keys.get("check") in CLARIFY_CHECKS else "quality_check_output"

    def say(value: Any) -> Json:
        only = value[0] if isinstance(value, list) and len(value) == 1 else None
        place = only.get("S3Output") if isinstance(only, dict) else None
        uri = place.get("S3Uri") if isinstance(place, dict) else None
        usual = {"S3Uri": uri, "LocalPath": f"{ROOT}/output", "S3UploadMode": "EndOfJob"}
        if uri is None or only != {"OutputName": name, "AppManaged": False, "S3Output": usual}:
            raise InexpressibleError(str(value))
        return say_uri(uri, rest.wording.text)

    rest.take("output", ("ProcessingOutputConfig", "Outputs"), say)


def _check_environment(rest: Remainder) -> None:
    told = rest.arguments.get("Environment") if isinstance(rest.arguments, dict) else None
    if not isinstance(told, dict) or not told:
        return
    if rest.keys.get("check") not in CLARIFY_CHECKS:
        rest.take("format", ("Environment", "dataset_format"), _format)
        for key, name in ATTRIBUTES.items():
            rest.take(key, ("Environment", name), rest.wording.text)
    rest.take("environment", ("Environment",), rest.texts_by_name)


def _format(value: Any) -> Json:
    """A format's name, or the container's own JSON as keys."""
    for name, written in FORMATS.items():
        if json.dumps(written) == value:
            return name
    try:
        inner = json.loads(value) if isinstance(value, str) else None
    except ValueError:
        inner = None
    if not isinstance(inner, dict) or json.dumps(inner) != value or "$" in value:
        raise InexpressibleError(str(value))
    return inner


def _check_type(value: Any) -> Json:
    if not isinstance(value, str) or value not in _CHECKS:
        raise InexpressibleError(str(value))
    return _CHECKS[value]


def _loop(rest: Remainder) -> None:
    rest.keys["defaults"] = "none"
    body = rest.keys.pop("body", None)
    rest.take("items", ("IterableItems",), lambda value: _items(rest, value))
    rest.take("max_concurrency", ("MaxConcurrency",), rest.wording.setting)
    if body is not None:
        rest.keys["body"] = body


def _items(rest: Remainder, value: Any) -> Json:
    if not isinstance(value, list):
        return rest.wording.setting(value)
    if any(isinstance(item, list) or (isinstance(item, dict) and not is_expression(item)) for item in value):
        raise InexpressibleError(str(value))
    return rest.wording.value(value)


UNBUILD: Mapping[str, Unbuild] = {
    "Processing": unbuild_processing,
    "Lambda": _lambda,
    "Callback": _callback,
    "Transform": _transform,
    "Model": _model,
    "RegisterModel": _register,
    "QualityCheck": _check,
    "ClarifyCheck": _check,
    "ForEach": _loop,
}
"""By type; a row's own ``unbuild`` comes first."""
