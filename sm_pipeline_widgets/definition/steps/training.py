"""Training: a script in script mode, or a container that trains, and the model it leaves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.code import archive_key
from sm_pipeline_widgets.definition.decompile_values import InexpressibleError
from sm_pipeline_widgets.definition.source import Json, Node, plain
from sm_pipeline_widgets.definition.steps.base import (
    CACHE_KEY,
    JOB_KEYS,
    RETRY_KEY,
    StepType,
    cluster,
    filled,
    members_of,
    named,
    no_more,
    pick_output,
    property_get,
    run_prefix,
    said,
    say_cluster,
    say_image,
    say_max_runtime,
    say_uri,
    spelled_out,
    stopping_condition,
    variables,
)
from sm_pipeline_widgets.definition.steps.sources import input_source
from sm_pipeline_widgets.definition.steps.training_options import OPTION_KEYS, say_options, with_options
from sm_pipeline_widgets.definition.yaml_text import scalar

if TYPE_CHECKING:
    from collections.abc import Callable

    from sm_pipeline_widgets.definition.references import Reference
    from sm_pipeline_widgets.definition.remainder import Remainder
    from sm_pipeline_widgets.definition.source import Scalar
    from sm_pipeline_widgets.definition.spec import StepSpec
    from sm_pipeline_widgets.definition.values import StepContext

CHANNEL_KEYS = {
    "uri": "Where it comes from: an s3:// URI or a step's output.",
    "mode": "`File` or `FastFile`.",
    "distribution": "`FullyReplicated` or `ShardedByS3Key`.",
    "content_type": "The MIME type the algorithm is told.",
    "compression": "`None` or `Gzip`.",
}


def build(context: StepContext) -> dict[str, Json]:
    """The members of a Training step."""
    mode = context.value("input_mode", "File")
    algorithm = said({"TrainingImage": context.image(), "TrainingInputMode": mode})
    metrics = context.mapping("metrics")
    if metrics or (context.bare and context.says("metrics")):
        algorithm["MetricDefinitions"] = [{"Name": name, "Regex": context.text(node)} for name, node in metrics.items()]
    if context.bare:
        return {"Arguments": with_options(context, _bare(context, algorithm))}
    arguments: dict[str, Json] = {
        "AlgorithmSpecification": algorithm,
        "RoleArn": context.value("role", context.pipeline.facts.role),
        "OutputDataConfig": {"S3OutputPath": context.text_value("output") or run_prefix(context, "output")},
        "ResourceConfig": cluster(context),
        "StoppingCondition": stopping_condition(context),
    }
    hyperparameters = _hyperparameters(context)
    if hyperparameters:
        arguments["HyperParameters"] = hyperparameters
    channels: list[Json] = [_channel(context, name, node) for name, node in context.pairs("inputs")]
    if channels:
        arguments["InputDataConfig"] = channels
    own = variables(context)
    if own:
        arguments["Environment"] = own
    return {"Arguments": with_options(context, arguments)}


def _bare(context: StepContext, algorithm: dict[str, Json]) -> dict[str, Json]:
    """The arguments of a step that has nothing but what it says."""
    arguments = filled(
        {
            "AlgorithmSpecification": algorithm,
            "RoleArn": context.value("role"),
            "OutputDataConfig": said({"S3OutputPath": context.text_value("output")}),
            "ResourceConfig": cluster(context),
            "StoppingCondition": stopping_condition(context),
        }
    )
    if context.says("hyperparameters") or context.says("code"):
        arguments["HyperParameters"] = _hyperparameters(context)
    if context.says("inputs"):
        arguments["InputDataConfig"] = [_channel(context, name, node) for name, node in context.pairs("inputs")]
    if context.says("environment"):
        arguments["Environment"] = variables(context)
    return arguments


def refer(step: StepSpec, reference: Reference) -> Json | None:
    """``model``, ``metrics.NAME``, ``inputs.NAME`` and ``output``."""
    kind = reference.names[1]
    if kind == "model":
        no_more(reference, 2)
        return property_get(step, "ModelArtifacts.S3ModelArtifacts")
    if kind == "output":
        no_more(reference, 2)
        return property_get(step, "OutputDataConfig.S3OutputPath")
    if kind == "metrics":
        name = pick_output(step, reference, 2, named(step.node("metrics")), "metric")
        no_more(reference, 3)
        return property_get(step, f"FinalMetricDataList['{name}'].Value")
    return None


def _hyperparameters(context: StepContext) -> dict[str, Json]:
    uri = context.code_uri()
    use = context.code_use("archive") if uri is None else None
    given = context.mapping("hyperparameters")
    if uri is not None:
        return {**{name: context.encoded(node) for name, node in given.items()}, **_archive(context, uri)}
    if use is None:
        if not context.bare and "image" not in context.step.entries and "arguments" not in context.step.entries:
            fix = "Give `code: train.py`, `code: cell:NAME`, or the `image` of an algorithm."
            context.problem("missing-key", "nothing says what to train with", None, fix)
        return {name: context.text(node) for name, node in given.items()}
    # Script mode: AWS's framework images read every value as JSON and start `python PROGRAM --name value …`.
    archive = f"s3://{context.pipeline.facts.bucket}/{archive_key(use.facts.sha256)}"
    return {
        **{name: context.encoded(node) for name, node in given.items()},
        "sagemaker_program": json.dumps(use.facts.entry),
        "sagemaker_submit_directory": json.dumps(archive),
    }


def _archive(context: StepContext, uri: str) -> dict[str, Json]:
    """What script mode is told of an archive on S3, and which script of it runs."""
    entry = plain(context.node("entry"))
    if not isinstance(entry, str):
        node = context.node("code")
        fix = "Add `entry: train.py`."
        context.problem("missing-key", f"nothing says which script of `{uri}` runs", node.span if node else None, fix)
    return {"sagemaker_program": json.dumps(entry), "sagemaker_submit_directory": json.dumps(uri)}


def _channel(context: StepContext, name: Scalar, node: Node) -> dict[str, Json]:
    if spelled_out(node):
        return {"ChannelName": name.text, **members_of(context, node)}
    uri, options = input_source(context, name, node, CHANNEL_KEYS)
    given = {key: context.text(value) for key, value in options.items()}
    distribution = given.get("distribution", None if context.bare else "FullyReplicated")
    source: dict[str, Json] = {
        "S3DataType": "S3Prefix",
        "S3Uri": uri,
        **said({"S3DataDistributionType": distribution}),
    }
    channel: dict[str, Json] = {"ChannelName": name.text, "DataSource": {"S3DataSource": source}}
    for key, member in (("content_type", "ContentType"), ("mode", "InputMode"), ("compression", "CompressionType")):
        if key in given:
            channel[member] = given[key]
    return channel


def unbuild(rest: Remainder) -> None:
    """Friendly keys for what they can say of a Training step."""
    rest.keys["defaults"] = "none"
    say_image(rest, "AlgorithmSpecification", "TrainingImage")
    rest.take("input_mode", ("AlgorithmSpecification", "TrainingInputMode"), rest.wording.setting)
    say_cluster(rest, "ResourceConfig")
    rest.take("role", ("RoleArn",), rest.wording.setting)
    say_max_runtime(rest)
    rest.take("environment", ("Environment",), rest.texts_by_name)
    _say_script(rest)
    rest.take("hyperparameters", ("HyperParameters",), rest.texts_by_name)
    rest.take("metrics", ("AlgorithmSpecification", "MetricDefinitions"), lambda value: _say_metrics(rest, value))
    rest.take("inputs", ("InputDataConfig",), lambda value: rest.entries(value, "ChannelName", _say_channel(rest)))
    rest.take("output", ("OutputDataConfig", "S3OutputPath"), rest.wording.text)
    say_options(rest)


def _say_script(rest: Remainder) -> None:
    """``code``, ``entry`` and plain hyperparameters for script mode, which has them as JSON in texts."""
    arguments = rest.arguments if isinstance(rest.arguments, dict) else {}
    given = arguments.get("HyperParameters")
    if not isinstance(given, dict):
        return
    uri, entry = (_decoded(given.get(name)) for name in ("sagemaker_submit_directory", "sagemaker_program"))
    if not isinstance(uri, str) or not uri.startswith("s3://") or "$" in uri or not isinstance(entry, str):
        return
    others = {name: value for name, value in given.items() if name not in SCRIPT_MODE}
    try:
        said_others = {name: _say_encoded(rest, value) for name, value in others.items()}
    except InexpressibleError:
        return
    rest.keys |= {"code": uri, "entry": entry}
    if said_others:
        rest.keys["hyperparameters"] = said_others
    del arguments["HyperParameters"]


SCRIPT_MODE = ("sagemaker_submit_directory", "sagemaker_program")


def _say_encoded(rest: Remainder, value: Any) -> Json:
    """The inverse of :meth:`StepContext.encoded`."""
    if not isinstance(value, str):
        return rest.wording.text(value)
    inner = _decoded(value)
    if inner is _NOT_JSON or json.dumps(inner) != value:
        raise InexpressibleError(value)
    if isinstance(inner, int | float) and not isinstance(inner, bool) and scalar(inner) != value:
        raise InexpressibleError(value)
    if isinstance(inner, dict | list) and ('"Get"' in value or '"Std:' in value):
        raise InexpressibleError(value)  # text that looks like an expression would become one
    return rest.wording.value(inner)


def _decoded(value: Any) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) else _NOT_JSON
    except ValueError:
        return _NOT_JSON


_NOT_JSON = object()


def _say_metrics(rest: Remainder, value: Any) -> Json:
    def say(_name: str, members: dict[str, Any]) -> Json:
        return rest.wording.text(members["Regex"])

    if not isinstance(value, list) or not all(
        isinstance(item, dict) and set(item) == {"Name", "Regex"} for item in value
    ):
        raise InexpressibleError(str(value))
    return rest.entries(value, "Name", say)


def _say_channel(rest: Remainder) -> Callable[[str, dict[str, Any]], Json]:
    keys = {"ContentType": "content_type", "InputMode": "mode", "CompressionType": "compression"}

    def say(name: str, members: dict[str, Any]) -> Json:
        source = members.get("DataSource")
        place = source.get("S3DataSource") if isinstance(source, dict) and len(source) == 1 else None
        if not isinstance(place, dict) or not set(members) <= {"DataSource", *keys}:
            raise InexpressibleError(name)
        if not {"S3DataType", "S3Uri"} <= set(place) <= {"S3DataType", "S3Uri", "S3DataDistributionType"}:
            raise InexpressibleError(name)
        if place["S3DataType"] != "S3Prefix":
            raise InexpressibleError(name)
        options: dict[str, Json] = {"uri": say_uri(place["S3Uri"], rest.wording.text)}
        if "S3DataDistributionType" in place:
            options["distribution"] = rest.wording.text(place["S3DataDistributionType"])
        options |= {keys[member]: rest.wording.text(value) for member, value in members.items() if member in keys}
        uri = options["uri"]
        return options if len(options) > 1 or not isinstance(uri, str) else uri

    return say


TRAINING = StepType(
    name="Training",
    family="job",
    doc="Trains a model with a script or an algorithm's container.",
    keys={
        "inputs": "Channels: a name with an s3:// URI or a step's output.",
        "hyperparameters": "Given to the script as `--name value` and in `SM_HP_<NAME>`.",
        "metrics": "Metrics found in the log: `NAME: regular expression with one group`.",
        "output": "The S3 prefix the model goes below; the run's own when left out.",
        "input_mode": "How channels appear: `File`, `FastFile` or `Pipe`.",
        **OPTION_KEYS,
        **JOB_KEYS,
        **CACHE_KEY,
        **RETRY_KEY,
    },
    build=build,
    refer=refer,
    unbuild=unbuild,
    outputs={
        "model": "The S3 URI of model.tar.gz.",
        "metrics.NAME": "The last value of a metric.",
        "output": "The S3 prefix the model lies below.",
    },
)
