"""What a row of the step table says, and what most builders share."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.compilation import ReferenceMeaningError
from sm_pipeline_widgets.definition.decompile_values import InexpressibleError
from sm_pipeline_widgets.definition.durations import length_of_time, seconds
from sm_pipeline_widgets.definition.images import is_image_uri
from sm_pipeline_widgets.definition.references import Part, Reference, service_path
from sm_pipeline_widgets.definition.source import Json, MappingNode, Node, Scalar
from sm_pipeline_widgets.definition.values import EXPRESSIONS, StepContext, is_expression_node
from sm_pipeline_widgets.definition.wording import did_you_mean, listed

if TYPE_CHECKING:
    from sm_pipeline_widgets.definition.remainder import Remainder
    from sm_pipeline_widgets.definition.spec import StepSpec

COMMON_KEYS = {
    "type": "The step's type.",
    "display_name": "The name people are shown.",
    "description": "What the step is for.",
    "depends_on": "Steps that must end first: names, or `{step: NAME, on: failed}` (or `stopped`, `any`).",
    "arguments": "The API's own members, merged over everything else.",
    "defaults": "`none`: fill in nothing that the step does not say itself; `all`: fill in what is built in as well.",
    "definition": "The step's JSON as it is, instead of every other key.",
    "local": "What the step returns on this machine, where it then does not run: `{outputs: {NAME: value}}`.",
}
CACHE_KEY = {"cache": "Reuse the result of an equal earlier run: `true` (30 days), `false`, or how long (`7d`)."}
RETRY_KEY = {
    "retry": "When to try again: `{on: [capacity], attempts: 3, interval: 30s, backoff: 2}`, or a list of these."
}
JOB_KEYS = {
    "image": "The container's image: an alias (`sklearn`, `xgboost:1.7-1`) or a full URI.",
    "instance": "The instance type.",
    "count": "How many instances.",
    "volume": "GB of disk for each instance.",
    "role": "The role the job runs as.",
    "environment": "Environment variables of the container.",
    "max_runtime": "When to give up: seconds, or `90m`, `2h`.",
    "code": "What runs: a file, a folder with `entry:`, `cell:NAME` for a %%step cell, or a script on S3 (`s3://…`).",
    "entry": "The script inside the folder given as `code`.",
}
PROCESSES = ("Processing", "QualityCheck", "ClarifyCheck")
"""The types that are processing jobs."""
DEFAULT_INSTANCE = "ml.m5.large"
DEFAULT_VOLUME_GB = 30
DEFAULT_MAX_RUNTIME = 86_400

Build = Callable[[StepContext], dict[str, Json]]
Refer = Callable[["StepSpec", Reference], Json | None]
Unbuild = Callable[["Remainder"], None]


def refer_nothing(_step: StepSpec, _reference: Reference) -> Json | None:
    """For types without friendly outputs."""
    return None


@dataclass(frozen=True, slots=True)
class StepType:
    """One row of the step table.

    Parameters
    ----------
    name
        The service's ``Type``.
    family
        What kind of thing it is on a picture: ``job``, ``decision``, ``model``, ``call``, ``loop``, ``end``.
    keys
        The friendly keys beside the common ones, each with its documentation.
    build
        Makes the step's members (``Arguments``, ``PropertyFiles`` …) out of its keys.
    refer
        The expression behind a friendly output (``outputs.train``, ``model``); None when it has no such output.
    unbuild
        The inverse of `build`: lets friendly keys say what of a step's JSON they can. What it leaves is given under
        ``arguments``, and a result that does not compile back to the same JSON is thrown away.
    outputs
        The friendly outputs' documentation.
    """

    name: str
    family: str
    doc: str
    keys: Mapping[str, str]
    build: Build
    refer: Refer = refer_nothing
    unbuild: Unbuild | None = None
    outputs: Mapping[str, str] = ()  # type: ignore[assignment] # an empty default; rows give a mapping

    @property
    def all_keys(self) -> dict[str, str]:
        """Common and own keys with their documentation."""
        return {**COMMON_KEYS, **self.keys}


def service_reference(step: StepSpec, reference: Reference) -> Json:
    """``Get`` of a path spelled as the service spells it, behind the step's name."""
    return {"Get": f"Steps.{step.name}{service_path(reference.path[1:])}"}


def property_get(step: StepSpec, path: str) -> Json:
    return {"Get": f"Steps.{step.name}.{path}"}


def named(node: Node | None) -> list[str]:
    """The names under a key that takes a mapping or a list of names."""
    if isinstance(node, MappingNode):
        return [key for key, _ in node.items()]
    if node is None or isinstance(node, Scalar):
        return []
    return [item.text for item in node.values if isinstance(item, Scalar)]


def pick_output(step: StepSpec, reference: Reference, at: int, known: list[str], what: str) -> str:
    """The name at a place of the reference's path, which must be among the step's `known` ones."""
    part = reference.path[at] if len(reference.path) > at else None
    if part is None:
        fix = f"`{step.name}` has {listed(known)}." if known else ""
        raise ReferenceMeaningError("incomplete-reference", f"the name of an {what} must follow", fix)
    if part.value not in known:
        fix = did_you_mean(str(part.value), known, f"It has {listed(known)}." if known else f"It has no {what}s.")
        message = f"step `{step.name}` has no {what} `{part.value}`"
        raise ReferenceMeaningError("unknown-output", message, fix)
    return str(part.value)


def no_more(reference: Reference, length: int) -> None:
    """Refuse a path that goes on behind a plain value."""
    if len(reference.path) > length:
        rest = service_path(reference.path[length:])
        raise ReferenceMeaningError("unknown-property", f"`{reference.text}`: nothing lies behind `{rest}`")


def environment_name(prefix: str, name: str) -> str:
    """``SM_INPUT_MY_DATA`` for an input ``my-data``."""
    return prefix + re.sub(r"[^A-Za-z0-9]", "_", name).upper()


def variables(context: StepContext) -> dict[str, Json]:
    """The step's own environment."""
    return {name: context.text(node) for name, node in context.mapping("environment").items()}


def stopping_condition(context: StepContext) -> dict[str, Json]:
    """``StoppingCondition`` from ``max_runtime``."""
    value = context.value("max_runtime", DEFAULT_MAX_RUNTIME)
    if value is None:
        return {}
    if isinstance(value, str | int | float):
        total = seconds(value if isinstance(value, str) else int(value))
        if total is None:
            node = context.node("max_runtime")
            fix = "Write seconds or a length such as `90m` or `2h`."
            context.problem("not-a-duration", f"`{value}` is no length of time", node.span if node else None, fix)
        value = total if total is not None else DEFAULT_MAX_RUNTIME
    return {"MaxRuntimeInSeconds": value}


def cluster(context: StepContext) -> dict[str, Json]:
    """Instance type, count and disk, as every job takes them."""
    members = {
        "InstanceType": context.value("instance", DEFAULT_INSTANCE),
        "InstanceCount": context.value("count", 1),
        "VolumeSizeInGB": context.value("volume", DEFAULT_VOLUME_GB),
    }
    return said(members)


def say_cluster(rest: Remainder, *path: str) -> None:
    """The inverse of :func:`cluster`."""
    for key, member in (("instance", "InstanceType"), ("count", "InstanceCount"), ("volume", "VolumeSizeInGB")):
        rest.take(key, (*path, member), rest.wording.setting)


def say_image(rest: Remainder, *path: str) -> None:
    """The inverse of an image that is given by its full URI."""

    def say(value: Any) -> Json:
        if isinstance(value, str) and not is_image_uri(value):
            raise InexpressibleError(value)
        return rest.wording.setting(value)

    rest.take("image", path, say)


def say_max_runtime(rest: Remainder) -> None:
    """The inverse of :func:`stopping_condition`."""

    def say(value: Any) -> Json:
        if isinstance(value, dict):
            return rest.wording.setting(value)
        if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
            raise InexpressibleError(str(value))
        return length_of_time(value)

    rest.take("max_runtime", ("StoppingCondition", "MaxRuntimeInSeconds"), say)


def say_uri(value: Any, text: Callable[[Any], Json]) -> Json:
    """The inverse of a place in S3."""
    if isinstance(value, str) and not value.startswith("s3://"):
        raise InexpressibleError(value)
    return text(value)


def said(members: Mapping[str, Json]) -> dict[str, Json]:
    """The members that have a value; a bare step says nothing about the others."""
    return {key: value for key, value in members.items() if value is not None}


def filled(members: Mapping[str, Json]) -> dict[str, Json]:
    """The members that hold anything; for the containers of a bare step."""
    return {key: value for key, value in members.items() if value not in (None, {}, [])}


def spelled_out(node: Node) -> bool:
    """Whether an entry is written with the service's own members (``{AppManaged: true, …}``)."""
    return (
        isinstance(node, MappingNode)
        and not is_expression_node(node)
        and bool(node.entries)
        and all(entry.key.text[:1].isupper() for entry in node.entries)
    )


def members_of(context: StepContext, node: Node) -> dict[str, Json]:
    """The members of an entry that is spelled out."""
    members = context.json(node)
    return members if isinstance(members, dict) else {}


def merged(base: Any, over: Any) -> Any:
    """`over` merged into `base`: mappings member by member, everything else replaced."""
    if isinstance(base, dict) and isinstance(over, dict) and not _is_expression(over) and not _is_expression(base):
        return {**base, **{key: merged(base[key], value) if key in base else value for key, value in over.items()}}
    return over


def _is_expression(value: dict[str, Any]) -> bool:
    return len(value) == 1 and next(iter(value)) in EXPRESSIONS


def run_prefix(context: StepContext, *tail: str) -> Json:
    """``s3://bucket/pipeline/<execution id>/step/…``: where a run's results go when the text does not say."""
    bucket = context.pipeline.facts.bucket
    where: list[Json] = ["s3:/", bucket, context.pipeline.name, {"Get": "Execution.PipelineExecutionId"}]
    where.append(context.step.name)
    if context.step.name in context.pipeline.looped and context.step.type in PROCESSES:
        # A loop runs the step once for each item, side by side: only the job's name tells them apart.
        where.append({"Get": "Execution.ProcessingJobName"})
    return {"Std:Join": {"On": "/", "Values": [*where, *tail]}}


def path_text(parts: tuple[Part, ...]) -> str:
    """A JsonGet ``Path``: ``a.b[0]['k']`` without a leading dot."""
    return service_path(parts).removeprefix(".")
