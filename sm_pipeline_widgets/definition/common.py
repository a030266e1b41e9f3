"""The keys every step has - names, order, caching, retries - as members of its JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.durations import iso8601, seconds
from sm_pipeline_widgets.definition.source import Json, MappingNode, Node, Scalar, SequenceNode, plain
from sm_pipeline_widgets.definition.wording import did_you_mean, listed

if TYPE_CHECKING:
    from sm_pipeline_widgets.definition.values import StepContext

DEPENDENCY_KEYS = {"step": "The step that must end first.", "on": "`completed`, `failed`, `stopped` or `any`."}
TRIGGERS = {"completed": "Completed", "succeeded": "Completed", "failed": "Failed", "stopped": "Stopped", "any": "Any"}
RETRY_KEYS = {
    "on": "What to try again after.",
    "attempts": "How often at most (20).",
    "interval": "How long to wait before the first try.",
    "backoff": "The factor between waits.",
    "expire": "When to give up, instead of `attempts`.",
}
RETRY_CAUSES = {
    "capacity": "SageMaker.CAPACITY_ERROR",
    "internal": "SageMaker.JOB_INTERNAL_ERROR",
    "limit": "SageMaker.RESOURCE_LIMIT",
    "fault": "Step.SERVICE_FAULT",
    "throttling": "Step.THROTTLING",
}
DEFAULT_CACHE_DAYS = 30


def common_members(context: StepContext) -> dict[str, Json]:
    """DisplayName, Description, DependsOn, CacheConfig and RetryPolicies, as far as the step has them."""
    members: dict[str, Json] = {}
    for key, member in (("display_name", "DisplayName"), ("description", "Description")):
        if key in context.step.entries:
            members[member] = context.text_value(key)
    dependencies = [found for node in _several(context.node("depends_on")) if (found := _dependency(context, node))]
    if dependencies:
        members["DependsOn"] = dependencies
    cache = context.node("cache")
    if cache is not None:
        members["CacheConfig"] = _cache(context, cache)
    policies = [_policy(context, node) for node in _several(context.node("retry"))]
    if policies:
        members["RetryPolicies"] = [policy for policy in policies if policy]
    return members


def _several(node: Node | None) -> tuple[Node, ...]:
    if isinstance(node, SequenceNode):
        return node.values
    return () if node is None or (isinstance(node, Scalar) and node.value is None) else (node,)


def _dependency(context: StepContext, node: Node) -> Json:
    trigger = "Completed"
    name = node
    if isinstance(node, MappingNode):
        options = context.options(node, DEPENDENCY_KEYS, "a dependency")
        name = options.get("step", node)
        written = plain(options.get("on"))
        if written is not None and str(written).lower() not in TRIGGERS:
            fix = did_you_mean(str(written), TRIGGERS, f"One of {listed(TRIGGERS)}.")
            context.problem("unknown-trigger", f"`{written}` is not an end of a step", options["on"].span, fix)
        trigger = TRIGGERS.get(str(written).lower(), "Completed")
    if not isinstance(name, Scalar):
        fix = "Give a step's name, or `{step: NAME, on: failed}`."
        context.problem("wrong-kind", "a dependency names a step", node.span, fix)
        return None
    steps = context.pipeline.spec.steps
    if name.text not in steps:
        fix = did_you_mean(name.text, steps, f"The steps are {listed(steps)}.")
        context.problem("unknown-step", f"there is no step `{name.text}` to depend on", name.span, fix)
        return None
    return name.text if trigger == "Completed" else {"Step": name.text, "Trigger": trigger}


def _cache(context: StepContext, node: Node) -> Json:
    value = plain(node)
    if isinstance(value, bool):
        return {"Enabled": True, "ExpireAfter": f"P{DEFAULT_CACHE_DAYS}D"} if value else {"Enabled": False}
    if isinstance(value, str) and value[:1].upper() in ("P", "T"):
        return {"Enabled": True, "ExpireAfter": value}
    total = seconds(value) if isinstance(value, str | int) else None
    if total is None:
        fix = "Write `true`, `false`, or how long a result stays good, such as `30d` or `12h`."
        context.problem("not-a-duration", "`cache` is no length of time", node.span, fix)
        return {"Enabled": True, "ExpireAfter": f"P{DEFAULT_CACHE_DAYS}D"}
    return {"Enabled": True, "ExpireAfter": iso8601(total)}


def _policy(context: StepContext, node: Node) -> Json:
    if not isinstance(node, MappingNode):
        context.problem(
            "wrong-kind", "a retry is written as keys and values", node.span, "`{on: [capacity], attempts: 3}`"
        )
        return None
    options = context.options(node, RETRY_KEYS, "a retry")
    policy: dict[str, Any] = {"ExceptionType": [_cause(context, item) for item in _several(options.get("on"))]}
    if not policy["ExceptionType"]:
        context.problem("missing-key", "a retry needs `on`", node.span, f"One or more of {listed(RETRY_CAUSES)}.")
    if "interval" in options:
        policy["IntervalSeconds"] = _length(context, options["interval"])
    if "backoff" in options:
        policy["BackoffRate"] = plain(options["backoff"])
    if "attempts" in options:
        policy["MaxAttempts"] = plain(options["attempts"])
    if "expire" in options:
        policy["ExpireAfterMin"] = (_length(context, options["expire"]) or 0) // 60
    return policy


def _cause(context: StepContext, node: Node) -> str:
    word = str(plain(node))
    if word in RETRY_CAUSES:
        return RETRY_CAUSES[word]
    if "." not in word:
        fix = did_you_mean(word, RETRY_CAUSES, f"One of {listed(RETRY_CAUSES)}.")
        context.problem("unknown-cause", f"`{word}` is nothing to try again after", node.span, fix)
    return word


def _length(context: StepContext, node: Node) -> int | None:
    value = plain(node)
    total = seconds(value) if isinstance(value, str | int) else None
    if total is None:
        context.problem("not-a-duration", f"`{value}` is no length of time", node.span, "Such as `30s` or `5m`.")
    return total
