"""Transform: a model over a data set, without an endpoint (CreateTransformJob)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.steps.base import (
    CACHE_KEY,
    DEFAULT_INSTANCE,
    JOB_KEYS,
    RETRY_KEY,
    StepType,
    said,
)
from sm_pipeline_widgets.definition.steps.members import (
    environment,
    group,
    leaves_open,
    needed,
    output_prefix,
    place,
    refer_paths,
    text_setting,
)
from sm_pipeline_widgets.errors import Severity

if TYPE_CHECKING:
    from sm_pipeline_widgets.definition.references import Reference
    from sm_pipeline_widgets.definition.source import Json, Node
    from sm_pipeline_widgets.definition.spec import StepSpec
    from sm_pipeline_widgets.definition.values import StepContext

INPUT_KEYS = {
    "uri": "Where it comes from: an s3:// URI or a step's output.",
    "content_type": "The MIME type the model is told.",
    "split": "How a file is cut into records: `Line`, `RecordIO`, `TFRecord` or `None`.",
    "compression": "`None` or `Gzip`.",
    "type": "`S3Prefix` or `ManifestFile`.",
}
OUTPUT_KEYS = {
    "uri": "Where it goes; below the run's own prefix when left out.",
    "accept": "The MIME type the model is asked for.",
    "assemble": "How records are put together again: `Line` or `None`.",
}
_PATHS = {
    "output": "TransformOutput.S3OutputPath",
    "name": "TransformJobName",
    "arn": "TransformJobArn",
    "model": "ModelName",
}


def build(context: StepContext) -> dict[str, Json]:
    """The members of a Transform step."""
    needed(context, "model", "Give a Model step's name: `model: $steps.model.name`.")
    uri, reading = place(context, "input", INPUT_KEYS, "the input")
    if uri is None and (leaves_open(context, "input") or reading):
        context.problem("missing-key", "nothing says what to transform", None, "`input: $steps.prepare.outputs.batch`")
    where, writing = place(context, "output", OUTPUT_KEYS, "the output")
    if where is None and context.step.name in context.pipeline.looped:
        fix = "Put the item into it: `output: s3://$target.bucket/$execution.id/$item`."
        context.problem("missing-key", "in a loop all items' results would lie in one place", None, fix,
                        Severity.WARNING)  # fmt: skip
    return {
        "Arguments": said(
            {
                "ModelName": text_setting(context, "model"),
                "TransformInput": _input(context, uri, reading),
                "TransformOutput": group(
                    {
                        "S3OutputPath": output_prefix(context, where),
                        "Accept": _text(context, writing, "accept"),
                        "AssembleWith": _text(context, writing, "assemble"),
                    }
                ),
                "TransformResources": group(
                    {
                        "InstanceType": context.value("instance", DEFAULT_INSTANCE),
                        "InstanceCount": context.value("count", 1),
                    }
                ),
                "BatchStrategy": text_setting(context, "strategy"),
                "MaxConcurrentTransforms": context.value("max_concurrency"),
                "MaxPayloadInMB": context.value("max_payload"),
                "DataProcessing": group(
                    {
                        "InputFilter": text_setting(context, "input_filter"),
                        "OutputFilter": text_setting(context, "output_filter"),
                        "JoinSource": text_setting(context, "join"),
                    }
                ),
                "Environment": environment(context),
            }
        )
    }


def refer(step: StepSpec, reference: Reference) -> Json | None:
    """``output``, ``name``, ``arn`` and ``model``."""
    return refer_paths(_PATHS, step, reference)


def _input(context: StepContext, uri: Json, options: dict[str, Node]) -> Json:
    if uri is None and not options:
        return None
    return said(
        {
            "DataSource": {
                "S3DataSource": said({"S3DataType": _text(context, options, "type") or "S3Prefix", "S3Uri": uri})
            },
            "ContentType": _text(context, options, "content_type"),
            "SplitType": _text(context, options, "split"),
            "CompressionType": _text(context, options, "compression"),
        }
    )


def _text(context: StepContext, options: dict[str, Node], key: str) -> Json:
    return context.text(options[key]) if key in options else None


TRANSFORM = StepType(
    name="Transform",
    family="job",
    doc="Runs a model over a data set.",
    keys={
        "model": "The model's name, usually `$steps.MODEL.name`.",
        "input": "The data: an S3 URI, or `{uri, content_type, split, compression}`.",
        "output": "Where results go: an S3 URI, or `{uri, accept, assemble}`; the run's own prefix when left out.",
        "instance": JOB_KEYS["instance"],
        "count": JOB_KEYS["count"],
        "strategy": "`MultiRecord` or `SingleRecord`.",
        "max_concurrency": "How many requests one container gets at a time.",
        "max_payload": "The largest request, in MB.",
        "input_filter": "A JSONPath: what of a record the model sees.",
        "output_filter": "A JSONPath: what of a record is kept.",
        "join": "`Input` puts each record in front of its result.",
        "environment": JOB_KEYS["environment"],
        **CACHE_KEY,
        **RETRY_KEY,
    },
    build=build,
    refer=refer,
    outputs={
        "output": "The S3 prefix the results lie below.",
        "name": "The job's name.",
        "arn": "The job's ARN.",
        "model": "The name of the model it used.",
    },
)
