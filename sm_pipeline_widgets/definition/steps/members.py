"""Members that several families make the same way: settings with defaults behind them, places, names, containers.

A step that says ``defaults: none`` gets nothing it does not say itself; everything here then gives None, which is
left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeGuard

from sm_pipeline_widgets.definition.code import archive_key, file_key, folder_key
from sm_pipeline_widgets.definition.durations import seconds
from sm_pipeline_widgets.definition.images import UnknownImageError, aliases, resolve_image
from sm_pipeline_widgets.definition.source import Json, MappingNode, Node, Scalar, SequenceNode
from sm_pipeline_widgets.definition.steps.base import no_more, property_get, run_prefix, said, variables
from sm_pipeline_widgets.definition.steps.sources import check_uri
from sm_pipeline_widgets.definition.values import is_expression_node

if TYPE_CHECKING:
    from sm_pipeline_widgets.definition.compilation import CodeUse
    from sm_pipeline_widgets.definition.references import Reference
    from sm_pipeline_widgets.definition.remainder import Remainder
    from sm_pipeline_widgets.definition.spec import StepSpec
    from sm_pipeline_widgets.definition.values import StepContext

_STEP_NAMED = re.compile(r"\$\{?steps(?:\.(?P<plain>[A-Za-z0-9_]+(?:-+[A-Za-z0-9_]+)*)|\[(['\"])(?P<quoted>.+?)\2\])")


def group(members: Mapping[str, Json]) -> dict[str, Json] | None:
    """The members that have a value; None when none has."""
    return said(members) or None


def has(context: StepContext, key: str) -> bool:
    """Whether a key has a value (the step's own, or the pipeline's default)."""
    node = context.node(key)
    return node is not None and not (isinstance(node, Scalar) and node.value is None)


def is_options(node: Node | None) -> TypeGuard[MappingNode]:
    """Whether a node holds keys and values, and is no expression written as the service writes it."""
    return isinstance(node, MappingNode) and not is_expression_node(node)


def leaves_open(context: StepContext, *keys: str) -> bool:
    """Whether a step says none of the keys, nor anything in the service's own members."""
    told = context.bare or "arguments" in context.step.entries
    return not told and not any(has(context, key) for key in keys)


def argues(context: StepContext, *path: str) -> bool:
    """Whether ``arguments`` gives a member, so that nothing need be filled in for it."""
    inner = context.step.node("arguments")
    for name in path:
        inner = inner.get(name) if isinstance(inner, MappingNode) else None
    return inner is not None


def text_setting(context: StepContext, key: str, built_in: str | None = None) -> Json:
    """A key's value where the service takes text, else the built-in one."""
    return context.text_value(key) if has(context, key) else context.value(key, built_in)


def role(context: StepContext) -> Json:
    """The role the service works as: the step's, the pipeline's, or the target's."""
    return context.value("role", context.pipeline.facts.role)


def length(context: StepContext, key: str, built_in: int | None = None) -> Json:
    """Seconds under a key that takes a length of time."""
    value = context.value(key, built_in)
    if not isinstance(value, str | float):
        return value
    total = seconds(value if isinstance(value, str) else int(value))
    if total is None:
        node = context.node(key)
        fix = "Write seconds or a length such as `90m` or `2h`."
        context.problem("not-a-duration", f"`{value}` is no length of time", node.span if node else None, fix)
    return total


def texts(context: StepContext, key: str, built_in: list[str] | None = None) -> list[Json] | None:
    """The texts under a key that takes a list (or a single one)."""
    node = context.node(key)
    if isinstance(node, SequenceNode):
        return [context.text(item) for item in node.values]
    if is_options(node):
        context.problem("wrong-kind", f"`{key}` takes a list", node.span, f"For example `{key}: [a, b]`.")
        return None
    if node is not None and has(context, key):
        return [context.text(node)]
    return None if context.bare or built_in is None else list(built_in)


def text_map(context: StepContext, key: str) -> dict[str, Json] | None:
    """Names with texts under a key; None when it is not there."""
    if not has(context, key):
        return None
    return {name: context.text(node) for name, node in context.mapping(key).items()}


def environment(context: StepContext) -> dict[str, Json] | None:
    """The environment a step says; None when it says none."""
    return variables(context) if has(context, "environment") else None


def place(context: StepContext, key: str, known: Mapping[str, str], what: str) -> tuple[Json, dict[str, Node]]:
    """A key that takes an S3 URI, or a mapping with `uri` and options."""
    node = context.node(key)
    options: dict[str, Node] = {}
    if is_options(node):
        options = context.options(node, known, what)
        node = options.get("uri")
    if node is None or (isinstance(node, Scalar) and node.value is None):
        return None, options
    uri = context.text(node)
    check_uri(context, uri, node, what)
    return uri, options


def needed(context: StepContext, key: str, fix: str) -> None:
    """Note that a key is missing, unless the step says it by ``arguments``."""
    if leaves_open(context, key):
        context.problem("missing-key", f"`{key}` is missing", None, fix)


def output_prefix(context: StepContext, uri: Json) -> Json:
    """Where results go: as the step says, else below the run's own prefix."""
    return uri if uri is not None or context.bare else run_prefix(context, "output")


# -- code ---------------------------------------------------------------------------------------------------------


def code_uri(context: StepContext, use: CodeUse) -> str:
    """The S3 URI of a step's script."""
    return f"s3://{context.pipeline.facts.bucket}/{file_key(use.facts.sha256, use.facts.entry)}"


def code_folder_uri(context: StepContext, use: CodeUse) -> str:
    """The S3 prefix of a step's code."""
    return f"s3://{context.pipeline.facts.bucket}/{folder_key(use.facts.sha256)}"


def serving_environment(context: StepContext) -> dict[str, Json]:
    """What AWS's framework images read to serve a model with the step's own script, as the SDK sets it."""
    use = context.code_use("archive")
    if use is None:
        return {}
    return {
        "SAGEMAKER_PROGRAM": use.facts.entry,
        "SAGEMAKER_SUBMIT_DIRECTORY": f"s3://{context.pipeline.facts.bucket}/{archive_key(use.facts.sha256)}",
        "SAGEMAKER_CONTAINER_LOG_LEVEL": "20",
        "SAGEMAKER_REGION": context.pipeline.facts.region,
    }


# -- containers that serve ----------------------------------------------------------------------------------------

CONTAINER_KEYS = {
    "model": "The S3 URI of model.tar.gz, usually a step's `model`.",
    "image": "The container's image; the image that trained the model when left out.",
    "environment": "Environment variables of the container.",
    "framework": "The framework's name, such as `XGBOOST`.",
    "framework_version": "The framework's version.",
}


_CONTAINER_MEMBERS = {"model": "ModelDataUrl", "framework": "Framework", "framework_version": "FrameworkVersion"}


def serving_container(context: StepContext) -> dict[str, Json]:
    """The container that serves ``model``: image, data and environment."""
    uri, _ = place(context, "model", {}, "the model")
    own = {**serving_environment(context), **(environment(context) or {})}
    variables_said = has(context, "environment") or bool(own)
    return said(
        {
            "Image": serving_image(context, context.node("model")),
            "ModelDataUrl": uri,
            "Environment": own if variables_said else None,
        }
    )


def listed_containers(context: StepContext) -> list[Json]:
    """The containers of an inference pipeline, in the order data goes through them."""
    node = context.node("containers")
    if not isinstance(node, SequenceNode) or not all(map(is_options, node.values)):
        if node is not None:
            fix = "`containers: [{model: $steps.a.model}, {model: $steps.b.model, image: xgboost}]`"
            context.problem("wrong-kind", "`containers` takes a list of containers", node.span, fix)
        return []
    return [_listed_container(context, item) for item in node.values if is_options(item)]


def _listed_container(context: StepContext, node: MappingNode) -> dict[str, Json]:
    options = context.options(node, CONTAINER_KEYS, "a container")
    own = options.get("environment")
    said_image = options.get("image")
    image = serving_image(context, options.get("model")) if said_image is None else _served(context, said_image)
    members: dict[str, Json] = {"Image": image}
    for key, member in _CONTAINER_MEMBERS.items():
        if key in options:
            members[member] = context.text(options[key])
    if isinstance(own, MappingNode):
        members["Environment"] = {name: context.text(value) for name, value in own.items()}
    return said(members)


def serving_image(context: StepContext, model: Node | None) -> Json:
    """The step's own image, else that of the step that made the model, else the pipeline's default.

    A framework whose images for training and for serving differ (``pytorch``) means the one that serves.
    """
    maker = _maker(context, model) if "image" not in context.step.entries and not context.bare else None
    node = maker.node("image") if maker is not None else None
    if maker is not None and node is not None:
        context.note("image", node.text if isinstance(node, Scalar) else "", f"step {maker.name}")
        return _served(context, node, quiet=True)
    value = context.value("image", "sklearn")
    return _resolved(context, serving_alias(value), context.node("image")) if isinstance(value, str) else value


def _served(context: StepContext, node: Node, *, quiet: bool = False) -> Json:
    value = context.json(node)
    return _resolved(context, serving_alias(value), node, quiet=quiet) if isinstance(value, str) else value


def serving_alias(text: str) -> str:
    """The alias of the image that serves what `text` trains: the same version, or the newest when it has none."""
    name, _, version = text.partition(":")
    versions = aliases().get(f"{name}-inference")
    if versions is None:
        return text
    wanted = version.removesuffix("gpu").removesuffix("cpu").removesuffix("-")
    there = any(one == wanted or one.startswith(f"{wanted}.") for one in versions)
    return f"{name}-inference:{wanted}" if wanted and there else f"{name}-inference"


def image_of(context: StepContext, node: Node) -> Json:
    """An image written somewhere else than where ``image`` of a step is looked for."""
    value = context.json(node)
    return _resolved(context, value, node) if isinstance(value, str) else value


def _resolved(context: StepContext, text: str, node: Node | None, *, quiet: bool = False) -> str:
    """The URI behind an alias; `quiet` where the step that wrote it has told its problems."""
    try:
        return resolve_image(text, context.pipeline.facts.region)
    except UnknownImageError as error:
        if not quiet:
            context.problem("unknown-image", error.message, node.span if node is not None else None, error.fix)
        return text


def _maker(context: StepContext, model: Node | None) -> StepSpec | None:
    found = _STEP_NAMED.match(model.text) if isinstance(model, Scalar) else None
    maker = context.pipeline.spec.steps.get(found["plain"] or found["quoted"]) if found else None
    return maker if maker is not None and maker.type in ("Training", "Tuning") else None


# -- back from a definition -----------------------------------------------------------------------------------------

Paths = Mapping[str, tuple[str, ...]]
"""Keys, and where in the arguments stands what each of them says."""


def say(rest: Remainder, *, texts: Paths | None = None, settings: Paths | None = None) -> None:
    """Let keys say what they hold as it is; the step then has nothing else."""
    rest.keys["defaults"] = "none"
    for key, path in (texts or {}).items():
        rest.take(key, path, rest.wording.text)
    for key, path in (settings or {}).items():
        rest.take(key, path, rest.wording.setting)


# -- friendly outputs ---------------------------------------------------------------------------------------------


def refer_paths(paths: Mapping[str, str], step: StepSpec, reference: Reference) -> Json | None:
    """The service's path behind a friendly output, by a table of them."""
    path = paths.get(str(reference.names[1]))
    if path is None:
        return None
    no_more(reference, 2)
    return property_get(step, path)
