"""Where in a cell's text a member of the compiled definition was written.

What stands under ``arguments:`` is found exactly. A member that a friendly key makes is found by the member's name;
anything else is the step's, and its place is the step's name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.document import dicts
from sm_pipeline_widgets.definition.graph import iter_steps
from sm_pipeline_widgets.definition.source import Entry, MappingNode, Node, Scalar, SequenceNode, Span

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sm_pipeline_widgets.definition.findings import Path
    from sm_pipeline_widgets.definition.spec import PipelineSpec, StepSpec

MADE_BY: Mapping[str, tuple[str, ...]] = {
    "InstanceType": ("instance", "serverless"),
    "InstanceCount": ("count",),
    "InitialInstanceCount": ("count",),
    "VolumeSizeInGB": ("volume",),
    "RoleArn": ("role",),
    "ExecutionRoleArn": ("role", "execution_role"),
    "ImageUri": ("image",),
    "TrainingImage": ("image",),
    "Image": ("image",),
    "Environment": ("environment",),
    "HyperParameters": ("hyperparameters", "parameters"),
    "StaticHyperParameters": ("hyperparameters",),
    "ContainerArguments": ("args",),
    "ContainerEntrypoint": ("command",),
    "Args": ("args",),
    "MaxRuntimeInSeconds": ("max_runtime",),
    "ProcessingInputs": ("inputs", "dataset"),
    "InputDataConfig": ("inputs",),
    "Outputs": ("outputs", "output"),
    "MetricDefinitions": ("metrics",),
    "S3OutputPath": ("output",),
    "ModelName": ("model",),
    "ModelDataUrl": ("model",),
    "PrimaryContainer": ("model",),
    "Containers": ("containers", "model"),
    "ModelPackageGroupName": ("group",),
    "ModelApprovalStatus": ("approval",),
    "ModelPackageDescription": ("package_description",),
    "SupportedContentTypes": ("content_types",),
    "SupportedResponseMIMETypes": ("response_types",),
    "SupportedRealtimeInferenceInstanceTypes": ("instances",),
    "SupportedTransformInstanceTypes": ("transform_instances",),
    "ModelMetrics": ("metrics",),
    "DriftCheckBaselines": ("baselines",),
    "CustomerMetadataProperties": ("metadata",),
    "Domain": ("domain",),
    "Task": ("task",),
    "SamplePayloadUrl": ("sample_payload",),
    "TransformInput": ("input",),
    "TransformOutput": ("output",),
    "BatchStrategy": ("strategy",),
    "MaxConcurrentTransforms": ("max_concurrency",),
    "MaxPayloadInMB": ("max_payload",),
    "InputFilter": ("input_filter",),
    "OutputFilter": ("output_filter",),
    "JoinSource": ("join",),
    "Strategy": ("strategy",),
    "MaxNumberOfTrainingJobs": ("jobs",),
    "MaxParallelTrainingJobs": ("parallel",),
    "ParameterRanges": ("ranges",),
    "HyperParameterTuningJobObjective": ("objective",),
    "TrainingJobEarlyStoppingType": ("early_stopping",),
    "WarmStartConfig": ("warm_start",),
    "TargetAttributeName": ("target",),
    "ProblemType": ("problem_type",),
    "Mode": ("mode",),
    "EndpointName": ("name",),
    "EndpointConfigName": ("name", "config"),
    "ProductionVariants": ("variants",),
    "ClusterId": ("cluster",),
    "ClusterConfig": ("cluster",),
    "StepConfig": ("jar", "script", "code"),
    "Jar": ("jar",),
    "IterableItems": ("items",),
    "ErrorMessage": ("message",),
    "Conditions": ("if",),
    "FunctionArn": ("function",),
    "SqsQueueUrl": ("queue",),
    "CacheConfig": ("cache",),
    "RetryPolicies": ("retry",),
    "DependsOn": ("depends_on",),
    "DisplayName": ("display_name",),
    "Description": ("description",),
    "PropertyFiles": ("property_files",),
    "OutputParameters": ("outputs",),
}
"""Members of the definition and the friendly keys that may make them."""

OPTIONS = {
    "S3Uri": "uri",
    "LocalPath": "path",
    "S3InputMode": "mode",
    "InputMode": "mode",
    "S3UploadMode": "mode",
    "S3DataDistributionType": "distribution",
    "S3CompressionType": "compression",
    "CompressionType": "compression",
    "ContentType": "content_type",
}
"""Members of one input or output and the option that makes them."""

_NAMES = ("InputName", "OutputName", "ChannelName", "Name", "PropertyFileName")


class Places:
    """Finds the place of a path; see :data:`sm_pipeline_widgets.definition.lint.Place`."""

    def __init__(self, spec: PipelineSpec, definition: Mapping[str, Any]) -> None:
        self.spec = spec
        self.definition = definition
        self._steps: dict[str, Mapping[str, Any]] | None = None

    def __call__(self, step: str | None, path: Path, *, on_key: bool = False) -> Span | None:
        if step is None:
            parameter = self.spec.parameters.get(str(path[1])) if len(path) == 2 else None
            return parameter.span if parameter is not None else None
        spec = self.spec.steps.get(step)
        if spec is None:
            return None
        return self._in_arguments(spec, path, on_key=on_key) or self._by_key(spec, path, on_key=on_key) or spec.span

    def _in_arguments(self, spec: StepSpec, path: Path, *, on_key: bool) -> Span | None:
        node = spec.node("arguments")
        if node is None or path[:1] != ("Arguments",):
            return None
        found, rest = _walk(node, path[1:], on_key=on_key)
        # A member that is missing stands nowhere; where it should be is what surrounds it.
        return found if found is not None and len(rest) <= 1 else None

    def _by_key(self, spec: StepSpec, path: Path, *, on_key: bool) -> Span | None:
        for at in range(len(path) - 1, -1, -1):
            entry = self._entry(spec, MADE_BY.get(str(path[at]), ()))
            if entry is not None:
                return self._inside(spec, entry, path, at + 1, on_key=on_key)
        if spec.type in ("Lambda", "Callback") and "inputs" in spec.entries and len(path) > 1:
            return self._inside(spec, spec.entries["inputs"], path, 1, on_key=on_key)
        entry = spec.entries.get(str(path[0])) if path else None  # a capital key, given as it is
        return entry.value.span if entry is not None else None

    def _entry(self, spec: StepSpec, keys: tuple[str, ...]) -> Entry | None:
        found = (spec.entries.get(key) or self.spec.defaults.get(key) for key in keys)
        return next((entry for entry in found if entry is not None), None)

    def _inside(self, spec: StepSpec, entry: Entry, path: Path, at: int, *, on_key: bool) -> Span:
        rest = self._named(spec.name, path, at)
        span, _left = _walk(entry.value, rest, on_key=on_key) if rest else (None, ())
        return span or entry.value.span

    def _named(self, step: str, path: Path, at: int) -> Path:
        """The rest of a path with the index of a list's item replaced by what the item is called."""
        rest = path[at:]
        if not rest or not isinstance(rest[0], int):
            return rest[:1]
        if self._steps is None:
            self._steps = {placed.name: placed.step for placed in iter_steps(self.definition)}
        value: Any = self._steps.get(step)
        for part in path[:at]:
            value = value.get(part) if isinstance(value, dict) else None
        items = dicts(value)
        if items and rest[0] < len(items):
            name = next((items[rest[0]][key] for key in _NAMES if key in items[rest[0]]), None)
            if isinstance(name, str):
                option = OPTIONS.get(str(rest[-1]))
                return (name, option) if option is not None else (name,)
        return rest[:1]


def _walk(node: Node, path: Path, *, on_key: bool) -> tuple[Span | None, Path]:
    """The span of the last part of a path that is there (None when none is), and the parts that are not."""
    span: Span | None = None
    for at, part in enumerate(path):
        if isinstance(node, MappingNode):
            key = node.key(str(part))
            value = node.get(str(part))
            if key is None or value is None:
                return span, path[at:]
            by_value = isinstance(value, Scalar) and not (on_key and at == len(path) - 1)
            span, node = (value.span if by_value else key.span), value
        elif isinstance(node, SequenceNode):
            index = part if isinstance(part, int) else _index(node, part)
            if index is None or index >= len(node.values):
                return span, path[at:]
            node = node.values[index]
            span = node.span
        else:
            return span, path[at:]
    return span, ()


def _index(node: SequenceNode, name: str) -> int | None:
    texts = [item.text if isinstance(item, Scalar) else None for item in node.values]
    return texts.index(name) if name in texts else None
