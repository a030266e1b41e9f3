"""EndpointConfig and Endpoint: a model that answers requests.

The service makes the endpoint, or updates the one of that name when it exists, and waits until it is in service
(``sagemaker.md`` §1.5). A configuration cannot be changed once it is made, so every run makes its own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.steps.base import (
    CACHE_KEY,
    DEFAULT_INSTANCE,
    RETRY_KEY,
    StepType,
    said,
)
from sm_pipeline_widgets.definition.steps.members import (
    has,
    is_options,
    leaves_open,
    needed,
    refer_paths,
    say,
    text_setting,
)

if TYPE_CHECKING:
    from sm_pipeline_widgets.definition.references import Reference
    from sm_pipeline_widgets.definition.remainder import Remainder
    from sm_pipeline_widgets.definition.source import Json, Node
    from sm_pipeline_widgets.definition.spec import StepSpec
    from sm_pipeline_widgets.definition.values import StepContext

VARIANT_KEYS = {
    "model": "The model's name, usually `$steps.MODEL.name`.",
    "instance": "The instance type.",
    "count": "How many instances.",
    "weight": "Its share of the requests, relative to the others'.",
    "serverless": "Instead of instances: `{memory: 2048, concurrency: 5}`.",
}
SERVERLESS_KEYS = {
    "memory": "MB of memory: 1024, 2048, 3072, 4096, 5120 or 6144.",
    "concurrency": "How many requests at a time at most.",
    "provisioned": "How many are kept warm.",
}
_SERVERLESS = {
    "memory": "MemorySizeInMB",
    "concurrency": "MaxConcurrency",
    "provisioned": "ProvisionedConcurrency",
}
_ONLY = "AllTraffic"
_LONGEST_NAME = 63
_EXECUTION_ID = 12


def build_config(context: StepContext) -> dict[str, Json]:
    """The members of an EndpointConfig step."""
    if leaves_open(context, "model", "variants"):
        context.problem("missing-key", "`model` is missing", None, "Give a Model step's name: `$steps.model.name`.")
    return {
        "Arguments": said(
            {
                "EndpointConfigName": text_setting(context, "name") or _config_name(context),
                "ProductionVariants": _variants(context) or None,
            }
        )
    }


def build_endpoint(context: StepContext) -> dict[str, Json]:
    """The members of an Endpoint step."""
    needed(context, "config", "Give an EndpointConfig step's name: `config: $steps.config.name`.")
    default = None if context.bare else _name(f"{context.pipeline.name}-{context.step.name}", _LONGEST_NAME)
    return {
        "Arguments": said(
            {
                "EndpointName": text_setting(context, "name", default),
                "EndpointConfigName": text_setting(context, "config"),
            }
        )
    }


def refer_config(step: StepSpec, reference: Reference) -> Json | None:
    """``name`` and ``arn``."""
    return refer_paths({"name": "EndpointConfigName", "arn": "EndpointConfigArn"}, step, reference)


def refer_endpoint(step: StepSpec, reference: Reference) -> Json | None:
    """``name``, ``arn`` and ``config``."""
    paths = {"name": "EndpointName", "arn": "EndpointArn", "config": "EndpointConfigName"}
    return refer_paths(paths, step, reference)


def unbuild_endpoint(rest: Remainder) -> None:
    """Friendly keys for what they can say of an Endpoint step."""
    say(rest, texts={"config": ("EndpointConfigName",), "name": ("EndpointName",)})


def _config_name(context: StepContext) -> Json:
    if context.bare or ("arguments" in context.step.entries and not has(context, "model")):
        return None
    stem = _name(f"{context.pipeline.name}-{context.step.name}", _LONGEST_NAME - _EXECUTION_ID - 1)
    return {"Std:Join": {"On": "-", "Values": [stem, {"Get": "Execution.PipelineExecutionId"}]}}


def _name(text: str, longest: int) -> str:
    """A text as the name of an endpoint: letters, digits and hyphens between them."""
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")[:longest].strip("-")


def _variants(context: StepContext) -> list[Json]:
    if has(context, "variants"):
        return [_listed_variant(context, name, node) for name, node in context.mapping("variants").items()]
    if not has(context, "model"):
        return []
    serverless = _serverless(context, context.node("serverless"))
    instances: dict[str, Json] = {}
    if serverless is None:
        instances = said(
            {
                "InstanceType": context.value("instance", DEFAULT_INSTANCE),
                "InitialInstanceCount": context.value("count", 1),
            }
        )
    return [
        said(
            {
                "VariantName": text_setting(context, "variant", _ONLY),
                "ModelName": text_setting(context, "model"),
                **instances,
                "ServerlessConfig": serverless,
                "InitialVariantWeight": context.value("weight", 1),
            }
        )
    ]


def _listed_variant(context: StepContext, name: str, node: Node) -> Json:
    if not is_options(node):
        fix = f"For example `{name}: {{model: $steps.model.name, weight: 1}}`."
        context.problem("wrong-kind", f"the variant `{name}` takes keys and values", node.span, fix)
        return {"VariantName": name}
    options = context.options(node, VARIANT_KEYS, "a variant")
    if "model" not in options:
        context.problem("missing-key", f"the variant `{name}` has no `model`", node.span)
    serverless = _serverless(context, options.get("serverless"))
    shared: dict[str, Json] = {}
    if serverless is None:
        shared = {"instance": context.value("instance", DEFAULT_INSTANCE), "count": context.value("count", 1)}
    given = {**shared, **{key: context.json(value) for key, value in options.items()}}
    return said(
        {
            "VariantName": name,
            "ModelName": context.text(options["model"]) if "model" in options else None,
            "InstanceType": given.get("instance"),
            "InitialInstanceCount": given.get("count"),
            "ServerlessConfig": serverless,
            "InitialVariantWeight": given.get("weight", None if context.bare else 1),
        }
    )


def _serverless(context: StepContext, node: Node | None) -> Json:
    if node is None:
        return None
    if not is_options(node):
        fix = "`serverless: {memory: 2048, concurrency: 5}`"
        context.problem("wrong-kind", "`serverless` takes keys and values", node.span, fix)
        return None
    options = context.options(node, SERVERLESS_KEYS, "`serverless`")
    given: dict[str, Json] = {} if context.bare else {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
    return {**given, **{_SERVERLESS[key]: context.json(value) for key, value in options.items()}}


ENDPOINT_CONFIG = StepType(
    name="EndpointConfig",
    family="model",
    doc="Says how a model is served.",
    keys={
        **VARIANT_KEYS,
        "variant": "What the only variant is called; `AllTraffic` when left out.",
        "variants": "Several variants by name, each with `model`, `instance`, `count` and `weight`.",
        "name": "The configuration's name; one of its own for each run when left out.",
        **CACHE_KEY,
        **RETRY_KEY,
    },
    build=build_config,
    refer=refer_config,
    outputs={"name": "The configuration's name.", "arn": "The configuration's ARN."},
)

ENDPOINT = StepType(
    name="Endpoint",
    family="model",
    doc="Makes an endpoint, or updates it, and waits until it answers.",
    keys={
        "config": "The configuration's name, usually `$steps.CONFIG.name`.",
        "name": "The endpoint's name; made of the pipeline's and the step's when left out.",
        **CACHE_KEY,
    },
    build=build_endpoint,
    refer=refer_endpoint,
    unbuild=unbuild_endpoint,
    outputs={
        "name": "The endpoint's name.",
        "arn": "The endpoint's ARN.",
        "config": "The name of the configuration it has.",
    },
)
