"""AutoML: the service tries algorithms of its own on a table (CreateAutoMLJob, ensembling mode)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.steps.base import CACHE_KEY, JOB_KEYS, RETRY_KEY, StepType, said
from sm_pipeline_widgets.definition.steps.members import (
    group,
    has,
    is_options,
    length,
    needed,
    output_prefix,
    place,
    refer_paths,
    role,
    say,
    text_setting,
)
from sm_pipeline_widgets.definition.steps.sources import check_uri

if TYPE_CHECKING:
    from sm_pipeline_widgets.definition.references import Reference
    from sm_pipeline_widgets.definition.remainder import Remainder
    from sm_pipeline_widgets.definition.source import Json, Node, Scalar
    from sm_pipeline_widgets.definition.spec import StepSpec
    from sm_pipeline_widgets.definition.values import StepContext

CHANNEL_KEYS = {
    "uri": "Where it comes from: an s3:// URI or a step's output.",
    "type": "`S3Prefix` or `ManifestFile`.",
    "content_type": "The MIME type, such as `text/csv;header=present`.",
    "compression": "`None` or `Gzip`.",
    "weights": "The column with each row's weight.",
}
_PATHS = {
    "best_candidate": "BestCandidate.CandidateName",
    "best_model": "BestCandidate.InferenceContainers[0].ModelDataUrl",
    "best_image": "BestCandidate.InferenceContainers[0].Image",
    "best_metric": "BestCandidate.FinalAutoMLJobObjectiveMetric.Value",
    "insights": "BestCandidateProperties.ModelInsightsJsonReportPath",
    "explainability": "BestCandidateProperties.ExplainabilityJsonReportPath",
    "name": "AutoMLJobName",
    "arn": "AutoMLJobArn",
    "output": "OutputDataConfig.S3OutputPath",
}


def build(context: StepContext) -> dict[str, Json]:
    """The members of an AutoML step."""
    needed(context, "inputs", "For example `inputs: {training: $steps.prepare.outputs.train}`.")
    needed(context, "target", "Give the column to predict: `target: price`.")
    where, _ = place(context, "output", {"uri": ""}, "the output")
    metric = text_setting(context, "objective")
    return {
        "Arguments": said(
            {
                "InputDataConfig": _channels(context),
                "OutputDataConfig": group({"S3OutputPath": output_prefix(context, where)}),
                "AutoMLJobConfig": group(
                    {
                        "CompletionCriteria": group(
                            {
                                "MaxCandidates": context.value("max_candidates"),
                                "MaxRuntimePerTrainingJobInSeconds": length(context, "max_training_runtime"),
                                "MaxAutoMLJobRuntimeInSeconds": length(context, "max_runtime"),
                            }
                        ),
                        "CandidateGenerationConfig": group(
                            {"FeatureSpecificationS3Uri": text_setting(context, "features")}
                        ),
                        "DataSplitConfig": group({"ValidationFraction": context.value("validation_fraction")}),
                        # The only mode a pipeline takes (sagemaker.md §1.4).
                        "Mode": text_setting(context, "mode", "ENSEMBLING"),
                    }
                ),
                "AutoMLJobObjective": {"MetricName": metric} if metric is not None else None,
                "ProblemType": text_setting(context, "problem_type"),
                "RoleArn": role(context),
            }
        )
    }


def refer(step: StepSpec, reference: Reference) -> Json | None:
    """What the best candidate is, and the reports on it."""
    return refer_paths(_PATHS, step, reference)


def unbuild(rest: Remainder) -> None:
    """Friendly keys for what they can say of an AutoML step; its data stays as it is."""
    config = "AutoMLJobConfig"
    say(
        rest,
        texts={
            "output": ("OutputDataConfig", "S3OutputPath"),
            "objective": ("AutoMLJobObjective", "MetricName"),
            "problem_type": ("ProblemType",),
            "features": (config, "CandidateGenerationConfig", "FeatureSpecificationS3Uri"),
            "mode": (config, "Mode"),
        },
        settings={
            "max_candidates": (config, "CompletionCriteria", "MaxCandidates"),
            "max_training_runtime": (config, "CompletionCriteria", "MaxRuntimePerTrainingJobInSeconds"),
            "max_runtime": (config, "CompletionCriteria", "MaxAutoMLJobRuntimeInSeconds"),
            "validation_fraction": (config, "DataSplitConfig", "ValidationFraction"),
            "role": ("RoleArn",),
        },
    )


def _channels(context: StepContext) -> Json:
    if not has(context, "inputs"):
        return None
    target = text_setting(context, "target")
    return [_channel(context, name, node, target) for name, node in context.pairs("inputs")]


def _channel(context: StepContext, key: Scalar, node: Node, target: Json) -> Json:
    name = key.text
    options = context.options(node, CHANNEL_KEYS, "an input") if is_options(node) else {"uri": node}
    if name not in ("training", "validation"):
        fix = "The data is `training`, and `validation` when that is kept apart."
        context.problem("unknown-key", f"`{name}` is no kind of data here", key.span, fix)
    given = {key: context.text(value) for key, value in options.items()}
    if "uri" in options:
        check_uri(context, given["uri"], options["uri"], f"the input `{name}`")
    else:
        context.problem("missing-key", f"the input `{name}` has no `uri`", node.span)
    source = said({"S3DataType": given.get("type", "S3Prefix"), "S3Uri": given.get("uri")})
    return said(
        {
            "DataSource": {"S3DataSource": source},
            "TargetAttributeName": target,
            "ChannelType": name,
            "CompressionType": given.get("compression"),
            "ContentType": given.get("content_type"),
            "SampleWeightAttributeName": given.get("weights"),
        }
    )


AUTOML = StepType(
    name="AutoML",
    family="job",
    doc="Tries algorithms on a table and keeps the best model.",
    keys={
        "inputs": "The data: `training`, and `validation` when it is kept apart, each an S3 URI or a step's output.",
        "target": "The column to predict.",
        "objective": "The metric that decides, such as `F1`, `AUC` or `RMSE`.",
        "problem_type": "`Regression`, `BinaryClassification` or `MulticlassClassification`.",
        "max_candidates": "How many models to try at most.",
        "max_runtime": "When to end the whole search: seconds, or `90m`, `2h`.",
        "max_training_runtime": "When to end one training.",
        "validation_fraction": "The share of the training data that is kept for validation.",
        "features": "The S3 URI of a feature specification.",
        "mode": "`ENSEMBLING`, the only one a pipeline takes.",
        "output": "The S3 prefix results go below; the run's own when left out.",
        "role": JOB_KEYS["role"],
        **CACHE_KEY,
        **RETRY_KEY,
    },
    build=build,
    refer=refer,
    unbuild=unbuild,
    outputs={
        "best_candidate": "The best candidate's name.",
        "best_model": "The S3 URI of its model.tar.gz (of the first container).",
        "best_image": "The image that serves it (the first container's).",
        "best_metric": "The objective's value it reached.",
        "insights": "The S3 URI of the report on its quality.",
        "explainability": "The S3 URI of the report on its features.",
        "name": "The job's name.",
        "arn": "The job's ARN.",
        "output": "The S3 prefix the results lie below.",
    },
)
