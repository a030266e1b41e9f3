"""Steps that ask for caching and will never get it: something they are compared by is new in every run.

What is compared for which type is ``sagemaker.md`` §2.6.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.document import Document, dicts, find_path
from sm_pipeline_widgets.definition.expressions import find_gets, parse_path, step_of
from sm_pipeline_widgets.definition.findings import Finding, Path, problem
from sm_pipeline_widgets.errors import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sm_pipeline_widgets.definition.lint_requests import Meanings

COMPARED: Mapping[str, tuple[str, ...]] = {
    "Processing": ("AppSpecification", "Environment", "ProcessingInputs"),
    "Training": (
        "AlgorithmSpecification", "CheckpointConfig", "DebugHookConfig", "DebugRuleConfigurations", "Environment",
        "HyperParameters", "InputDataConfig",
    ),
    "Tuning": ("HyperParameterTuningJobConfig", "TrainingJobDefinition", "TrainingJobDefinitions"),
    "AutoML": ("AutoMLJobConfig", "AutoMLJobObjective", "InputDataConfig", "ProblemType"),
    "Transform": ("DataProcessing", "Environment", "ModelName", "TransformInput"),
    "EMR": ("ClusterId", "StepConfig"),
    "QualityCheck": ("AppSpecification", "Environment", "ProcessingInputs"),
    "ClarifyCheck": ("AppSpecification", "Environment", "ProcessingInputs"),
}  # fmt: skip
_TUNING_COMPARED = (
    "AlgorithmSpecification", "HyperParameterRanges", "InputDataConfig", "StaticHyperParameters", "TuningObjective",
)  # fmt: skip
_NEW_EACH_RUN = (
    "Execution.PipelineExecutionId", "Execution.PipelineExecutionArn", "Execution.StartDateTime",
    "Execution.CurrentDateTime", "Execution.TrainingJobName", "Execution.ProcessingJobName",
)  # fmt: skip
_TIMESTAMP = re.compile(r"20\d\d-[01]\d-[0-3]\d[-T_ ][0-2]\d[-:]?[0-5]\d[-:]?[0-5]\d")
_JOB_RESULTS = ("ModelArtifacts", "BestTrainingJob", "TrainingJobSummaries")
"""Properties whose value holds the name of the job that made it, which is new in every run."""


def cache_breakers(document: Document, _meanings: Meanings) -> Iterator[Finding]:
    """Warn of a cached step that is compared by something that changes from run to run."""
    for at in document.placed:
        cache, arguments = at.step.get("CacheConfig"), at.step.get("Arguments")
        if not isinstance(cache, dict) or cache.get("Enabled") is not True or not isinstance(arguments, dict):
            continue
        if "ExpireAfter" not in cache:
            message = "the cache of the step does not say how long a result stays good"
            fix = "Give a length such as `cache: 30d` (`ExpireAfter`)."
            yield problem("cache-breaker", message, fix, ("CacheConfig",), Severity.WARNING, at.name)
        for path, value in _compared(at.type, arguments):
            found = _breaker(value, document)
            if found is not None:
                message, fix, culprit = found
                message = f"the step is cached, but `{path[-1]}` {message}"
                where = find_path(value, culprit, path) or path
                yield problem("cache-breaker", message, fix, where, Severity.WARNING, at.name)
                break


def _compared(kind: str, arguments: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
    for member in COMPARED.get(kind, ()):
        value = arguments.get(member)
        if member.startswith("TrainingJobDefinition"):
            several = dicts(value) if isinstance(value, list) else dicts([value])
            for one in several:
                yield from ((("Arguments", member), one.get(inner)) for inner in _TUNING_COMPARED)
        elif value is not None:
            yield ("Arguments", member), value


def _breaker(value: Any, document: Document) -> tuple[str, str, Any] | None:
    """What of a value is new in every run: in words, what to do about it, and the value itself."""
    for get in find_gets(value):
        if get in _NEW_EACH_RUN:
            fix = "Without it an equal run finds the earlier result; otherwise drop `cache`."
            return f"holds `{get}`, which is new in every run", fix, {"Get": get}
        upstream = _unsteady(get, document)
        if upstream is not None:
            message = f"reads from `{upstream}`, whose result lies elsewhere in every run"
            return message, f"Give `{upstream}` a `cache` as well.", {"Get": get}
    if isinstance(value, dict) and "sagemaker_job_name" in value:
        # The SDK takes it out for this reason (aws/sagemaker-python-sdk #2940).
        return "holds `sagemaker_job_name`, which is new in every run", "Remove it.", "sagemaker_job_name"
    stamp = next((text for text in _texts(value) if _TIMESTAMP.search(text)), None)
    if stamp is not None:
        fix = "If it changes whenever the pipeline is made anew, nothing is ever found in the cache."
        return f"holds a time (`{stamp[:80]}`)", fix, stamp
    return None


def _unsteady(get: str, document: Document) -> str | None:
    """The step a Get reads from, when that is not cached and leaves its result in a new place each run."""
    found = step_of(get, document.steps)
    if found is None:
        return None
    name, path = found
    step, arguments = document.steps[name], document.arguments(name)
    cache = step.get("CacheConfig")
    if isinstance(cache, dict) and cache.get("Enabled") is True:
        return None
    try:
        parts = parse_path(path)
    except ValueError:
        return None
    if parts[:1] and parts[0] in _JOB_RESULTS and step.get("Type") in ("Training", "Tuning"):
        return name
    where = _place_of_output(parts, arguments)
    return name if any(inner in _NEW_EACH_RUN for inner in find_gets(where)) else None


def _place_of_output(parts: tuple[str | int, ...], arguments: Mapping[str, Any]) -> Any:
    if parts[:2] == ("ProcessingOutputConfig", "Outputs") and len(parts) > 2:
        config = arguments.get("ProcessingOutputConfig")
        outputs = dicts(config.get("Outputs")) if isinstance(config, dict) else []
        return next((one for at, one in enumerate(outputs) if parts[2] in (at, one.get("OutputName"))), None)
    return arguments.get("TransformOutput") if parts[:1] == ("TransformOutput",) else None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
