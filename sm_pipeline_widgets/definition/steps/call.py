"""Steps that call something else: a Lambda function, or whoever reads a queue and answers (Callback).

Both take a flat payload and declare outputs by name and type (``sagemaker.md`` §1.5).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.source import Json, MappingNode, Node, Scalar, SequenceNode
from sm_pipeline_widgets.definition.spec import PARAMETER_TYPES
from sm_pipeline_widgets.definition.steps.base import (
    CACHE_KEY,
    StepType,
    named,
    no_more,
    pick_output,
    property_get,
    said,
)
from sm_pipeline_widgets.definition.steps.members import (
    has,
)
from sm_pipeline_widgets.definition.wording import did_you_mean, listed
from sm_pipeline_widgets.errors import Severity

if TYPE_CHECKING:
    from sm_pipeline_widgets.definition.references import Reference
    from sm_pipeline_widgets.definition.spec import StepSpec
    from sm_pipeline_widgets.definition.values import StepContext

_FUNCTION_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}(:[A-Za-z0-9_$-]+)?")
_QUEUE_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}(\.fifo)?")
_SHARED_KEYS = {
    "inputs": "What is sent: names with values or references.",
    "outputs": "What comes back: a list of names, or names with their type (`score: Float`).",
    **CACHE_KEY,
}


def build_lambda(context: StepContext) -> dict[str, Json]:
    """The members of a Lambda step."""
    _needed_outside_arguments(context, "function", "Give the function's name or ARN: `function: notify`.")
    return _call(context, "FunctionArn", _function_arn(context, context.value("function")))


def build_callback(context: StepContext) -> dict[str, Json]:
    """The members of a Callback step."""
    _needed_outside_arguments(context, "queue", "Give the SQS queue's name or URL: `queue: approvals`.")
    return _call(context, "SqsQueueUrl", _queue_url(context, context.value("queue")))


def refer(step: StepSpec, reference: Reference) -> Json | None:
    """``outputs.NAME``, and a declared output's name alone."""
    declared = named(step.node("outputs"))
    first = reference.names[1]
    if first == "outputs":
        name = pick_output(step, reference, 2, declared, "output")
        no_more(reference, 3)
    elif first in declared:
        name = str(first)
        no_more(reference, 2)
    else:
        return None
    return property_get(step, f"OutputParameters['{name}']")


def _needed_outside_arguments(context: StepContext, key: str, fix: str) -> None:
    # ARN and URL stand beside `Arguments`, so those cannot stand in for them.
    if not has(context, key) and not context.bare:
        context.problem("missing-key", f"`{key}` is missing", None, fix)


def _call(context: StepContext, member: str, value: Json) -> dict[str, Json]:
    outputs = [_output(context, name, node) for name, node in context.pairs("outputs")]
    keeps = bool(outputs) or has(context, "outputs") or not context.bare
    return {
        "Arguments": _payload(context),
        **said({member: value, "OutputParameters": outputs if keeps else None}),
    }


def _payload(context: StepContext) -> dict[str, Json]:
    given = context.mapping("inputs")
    for name, node in given.items():
        if not isinstance(node, Scalar):
            fix = "Send JSON text, or give each value a name of its own."
            message = f"`{name}` is nested; the service sends single values only"
            context.problem("wrong-kind", message, node.span, fix, Severity.WARNING)
    return {name: context.json(node) for name, node in given.items()}


def _output(context: StepContext, name: Scalar, node: Node) -> Json:
    kind = "String"
    if isinstance(node, MappingNode | SequenceNode):
        fix = f"For example `outputs: {{{name.text}: Float}}`."
        context.problem("wrong-kind", f"the output `{name.text}` takes a type", node.span, fix)
    elif node is not name and node.value is not None:
        known = {known.lower(): known for known in PARAMETER_TYPES}
        if node.text.lower() not in known:
            fix = did_you_mean(node.text, PARAMETER_TYPES, f"The types are {listed(PARAMETER_TYPES)}.")
            context.problem("parameter-type", f"`{node.text}` is not a type of output", node.span, fix)
        kind = known.get(node.text.lower(), "String")
    return {"OutputName": name.text, "OutputType": kind}


def _function_arn(context: StepContext, value: Json) -> Json:
    """An ARN; a name alone is a function of the target's account and region (others are refused anyway)."""
    if not isinstance(value, str) or context.bare or not _FUNCTION_NAME.fullmatch(value):
        return value
    facts = context.pipeline.facts
    return f"arn:{partition(facts.region)}:lambda:{facts.region}:{facts.account}:function:{value}"


def _queue_url(context: StepContext, value: Json) -> Json:
    if not isinstance(value, str) or context.bare or not _QUEUE_NAME.fullmatch(value):
        return value
    facts = context.pipeline.facts
    suffix = "amazonaws.com.cn" if facts.region.startswith("cn-") else "amazonaws.com"
    return f"https://sqs.{facts.region}.{suffix}/{facts.account}/{value}"


def partition(region: str) -> str:
    """The first part of a region's ARNs."""
    return next((f"aws-{at}" for at in ("cn", "us-gov") if region.startswith(f"{at}-")), "aws")


LAMBDA = StepType(
    name="Lambda",
    family="call",
    doc="Calls a Lambda function and takes what it returns.",
    keys={"function": "The function's ARN, or its name in the target's account.", **_SHARED_KEYS},
    build=build_lambda,
    refer=refer,
    outputs={"outputs.NAME": "A value the function returned.", "NAME": "The same, for short."},
)

CALLBACK = StepType(
    name="Callback",
    family="call",
    doc="Sends a message to a queue and waits until somebody answers.",
    keys={"queue": "The SQS queue's URL, or its name in the target's account.", **_SHARED_KEYS},
    build=build_callback,
    refer=refer,
    outputs={"outputs.NAME": "A value that was answered.", "NAME": "The same, for short."},
)
