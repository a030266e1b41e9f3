"""What the service compares a step by when it looks for an earlier result of it (``sagemaker.md`` §2.6).

The one place for this: the checks (``lint_cache``) and what explains hits and misses (``execution.cache``) read it.
What is not here - instance type and count, role, output path, tags, time limits - makes no difference.

>>> list(compared("Transform", {"ModelName": "m", "TransformOutput": {}}))
[(('Arguments', 'ModelName'), 'm')]
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.document import dicts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sm_pipeline_widgets.definition.findings import Path

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
"""Members of a step's arguments, by the step's type; types that are not here are never cached."""

COMPARED_BESIDE: Mapping[str, tuple[str, ...]] = {
    "QualityCheck": (
        "SkipCheck", "RegisterNewBaseline", "ModelPackageGroupName", "SuppliedBaselineConstraints",
        "SuppliedBaselineStatistics",
    ),
    "ClarifyCheck": ("SkipCheck", "RegisterNewBaseline", "ModelPackageGroupName", "SuppliedBaselineConstraints"),
}  # fmt: skip
"""Members that stand beside a step's arguments."""

_INNER: Mapping[str, tuple[str, ...]] = {
    "TrainingJobDefinition": (
        "AlgorithmSpecification", "HyperParameterRanges", "InputDataConfig", "StaticHyperParameters", "TuningObjective",
    ),
    "TrainingJobDefinitions": (
        "AlgorithmSpecification", "HyperParameterRanges", "InputDataConfig", "StaticHyperParameters", "TuningObjective",
    ),
}  # fmt: skip
"""Members of which only a part is compared."""


def compared(kind: str, arguments: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
    """What a step of that type is compared by: each member's path in the step, and its value."""
    for member in COMPARED.get(kind, ()):
        value = arguments.get(member)
        if member in _INNER:
            several = dicts(value) if isinstance(value, list) else dicts([value])
            for one in several:
                yield from ((("Arguments", member), one.get(inner)) for inner in _INNER[member])
        elif value is not None:
            yield ("Arguments", member), value


def compared_values(kind: str, arguments: Mapping[str, Any], beside: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The same as one JSON value: two runs of a step are equal to the service when these are.

    Parameters
    ----------
    beside
        The step's own members, of which check steps are compared by some.
    """
    own = beside or {}
    found: dict[str, Any] = {member: own[member] for member in COMPARED_BESIDE.get(kind, ()) if member in own}
    for member in COMPARED.get(kind, ()):
        value = arguments.get(member)
        if member not in _INNER:
            if value not in (None, {}, []):
                found[member] = value
        elif isinstance(value, dict):
            found[member] = _part(member, value)
        elif isinstance(value, list):
            found[member] = [_part(member, one) for one in dicts(value)]
    return found


_LENGTH = re.compile(
    r"P?(?:(?P<y>\d+)Y)?(?:(?P<mo>\d+)M)?(?:(?P<w>\d+)W)?(?:(?P<d>\d+)D)?"
    r"(?:T?(?:(?P<h>\d+)H)?(?:(?P<m>\d+)M)?(?:(?P<s>\d+)S)?)?",
    re.IGNORECASE,
)
_SECONDS = {"y": 31_536_000, "mo": 2_592_000, "w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1}


def good_for(expire_after: str) -> int | None:
    """How many seconds an ``ExpireAfter`` keeps a result good, or None where it cannot be read.

    The service takes ISO 8601, also without the P and in small letters: ``P30D``, ``30d``, ``T16m``, ``30dT5h``.
    """
    match = _LENGTH.fullmatch(expire_after.strip())
    if match is None or not any(match.groupdict().values()):
        return None
    return sum(int(value) * _SECONDS[unit] for unit, value in match.groupdict().items() if value)


def _part(member: str, value: Mapping[str, Any]) -> dict[str, Any]:
    return {inner: value[inner] for inner in _INNER[member] if inner in value}
