"""What a Training step may say beside its script, data and instances: spot instances, isolation, debugger, profiler.

A table of keys and members, read in both directions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.decompile_values import InexpressibleError
from sm_pipeline_widgets.definition.source import Json, Scalar, SequenceNode
from sm_pipeline_widgets.definition.steps.base import merged, say_uri

if TYPE_CHECKING:
    from sm_pipeline_widgets.definition.remainder import Remainder
    from sm_pipeline_widgets.definition.values import StepContext

OPTION_KEYS = {
    "command": "What the container runs instead of its own entrypoint.",
    "args": "Arguments of that command.",
    "isolated": "Whether the container is kept from the network.",
    "encrypted_traffic": "Whether traffic between the instances is encrypted.",
    "spot": "Whether spot instances are used.",
    "keep_alive": "Seconds the instances stay warm for the next job.",
    "attempts": "How often the job itself is tried.",
    "debugger": "The S3 prefix SageMaker Debugger writes to.",
    "profiler": "The S3 prefix the profiler writes to, or `false`.",
}
_TEXT_LISTS: dict[str, tuple[str, ...]] = {
    "command": ("AlgorithmSpecification", "ContainerEntrypoint"),
    "args": ("AlgorithmSpecification", "ContainerArguments"),
}
_SETTINGS: dict[str, tuple[str, ...]] = {
    "isolated": ("EnableNetworkIsolation",),
    "encrypted_traffic": ("EnableInterContainerTrafficEncryption",),
    "spot": ("EnableManagedSpotTraining",),
    "keep_alive": ("ResourceConfig", "KeepAlivePeriodInSeconds"),
    "attempts": ("RetryStrategy", "MaximumRetryAttempts"),
}


def with_options(context: StepContext, arguments: dict[str, Json]) -> dict[str, Json]:
    """The arguments with what the step's options say."""
    said: Any = arguments
    for key, path in _TEXT_LISTS.items():
        node = context.step.node(key)
        if isinstance(node, SequenceNode):
            said = merged(said, _at(path, [context.text(item) for item in node.values]))
        elif isinstance(node, Scalar) and node.value is not None:
            said = merged(said, _at(path, [context.text(node)]))
        elif node is not None:
            fix = f"For example `{key}: [a, b]`."
            context.problem("wrong-kind", f"`{key}` takes a list", node.span, fix)
    for key, path in _SETTINGS.items():
        value = context.value(key) if context.says(key) else None
        if value is not None:
            said = merged(said, _at(path, value))
    where = context.text_value("debugger") if context.says("debugger") else None
    if where is not None:
        said = merged(said, {"DebugHookConfig": {"S3OutputPath": where, "CollectionConfigurations": []}})
    where = context.value("profiler") if context.says("profiler") else None
    if where is False:
        said = merged(said, {"ProfilerConfig": {"DisableProfiler": True}})
    elif where is not None:
        said = merged(said, {"ProfilerConfig": {"S3OutputPath": context.as_text(where), "DisableProfiler": False}})
    return dict(said)


def _at(path: tuple[str, ...], value: Json) -> Json:
    for name in reversed(path):
        value = {name: value}
    return value


def say_options(rest: Remainder) -> None:
    """The inverse of :func:`with_options`."""
    for key, path in _TEXT_LISTS.items():
        rest.take(key, path, rest.texts)
    for key, path in _SETTINGS.items():
        rest.take(key, path, rest.wording.setting)
    rest.take("debugger", ("DebugHookConfig",), lambda value: _place(rest, value, "CollectionConfigurations", []))
    rest.take("profiler", ("ProfilerConfig",), lambda value: _profiler(rest, value))


def _profiler(rest: Remainder, value: Any) -> Json:
    if value == {"DisableProfiler": True} and value["DisableProfiler"] is True:
        return False
    return _place(rest, value, "DisableProfiler", False)


def _place(rest: Remainder, value: Any, beside: str, usual: Json) -> Json:
    if not isinstance(value, dict) or set(value) != {"S3OutputPath", beside} or value[beside] is not usual:
        is_empty = isinstance(value, dict) and usual == [] and value.get(beside) == [] and len(value) == 2
        if not is_empty or "S3OutputPath" not in value:
            raise InexpressibleError(str(value))
    return say_uri(value["S3OutputPath"], rest.wording.text)
