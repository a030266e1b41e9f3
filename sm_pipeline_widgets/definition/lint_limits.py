"""Names and numbers the service limits beside those of the API's shapes (``sagemaker.md`` §1.2, §1.3, §2.7, §2.8)."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.document import Document, dicts
from sm_pipeline_widgets.definition.findings import Finding, Path, problem
from sm_pipeline_widgets.definition.wording import did_you_mean, listed
from sm_pipeline_widgets.errors import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sm_pipeline_widgets.definition.lint_requests import Meanings

MAX_NAME = 64
MAX_PARAMETERS = 200
MAX_PARAMETER_VALUE = 1024
MAX_ENUM_VALUES = 16
MAX_OUTPUTS = 50
USUAL_STEPS = 50
"""What secondary sources call the quota of steps; an account's may be higher."""

# Lenient, as the service is: `P30D`, `30d`, `T12H`, `30dT5h` (sagemaker.md §2.6).
_CACHE_LENGTH = re.compile(r"P?(?=.)(\d+[YMWD])*(T(?=\d)(\d+[HMS])*)?", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TEXT_LIMITS = (("DisplayName", 256), ("Description", 3072))
_RETRY_LIMITS = (("IntervalSeconds", 1, 43_200), ("MaxAttempts", 0, 20), ("ExpireAfterMin", 1, 14_400))
_CAUSES = (
    "Step.SERVICE_FAULT", "Step.THROTTLING", "SageMaker.JOB_INTERNAL_ERROR", "SageMaker.CAPACITY_ERROR",
    "SageMaker.RESOURCE_LIMIT", "Emr.RESOURCE_LIMIT",
)  # fmt: skip
_STEP_CAUSES_ONLY = ("Model", "RegisterModel", "EMR", "EMRServerless")
_NO_RETRY = (
    "Condition", "Fail", "Lambda", "Callback", "QualityCheck", "ClarifyCheck", "Endpoint", "ForEach", "Cleanup",
    "Lineage", "InferenceComponent",
)  # fmt: skip
_NO_CACHE = ("Condition", "Fail", "Model", "RegisterModel", "InferenceComponent", "Lineage", "Cleanup", "ForEach")
_NAMED_LISTS: tuple[tuple[Path, str, str], ...] = (
    (("ProcessingInputs",), "InputName", "input"),
    (("ProcessingOutputConfig", "Outputs"), "OutputName", "output"),
    (("InputDataConfig",), "ChannelName", "channel"),
)


def names(document: Document, _meanings: Meanings) -> Iterator[Finding]:
    """Names that the service refuses, and names given twice."""
    counts = Counter(at.name for at in document.placed)
    for name, count in counts.items():
        if not _NAME.fullmatch(name):
            shown = name if len(name) <= MAX_NAME else f"{name[:40]}…"
            fix = f"Use 1 to {MAX_NAME} letters, digits, `-` and `_`."
            yield problem("step-name", f"`{shown}` cannot be a step's name", fix, ("Name",), step=name)
        if count > 1:
            fix = "Rename all but one; names are unique over the whole pipeline, branches included."
            yield problem("duplicate-name", f"{count} steps are called `{name}`", fix, ("Name",), step=name)
    twice = [str(one.get("Name")) for one in dicts(document.definition.get("Parameters"))]
    for name, count in Counter(twice).items():
        if not _NAME.fullmatch(name):
            fix = f"Use 1 to {MAX_NAME} letters, digits, `-` and `_`."
            yield problem("parameter-name", f"`{name[:80]}` cannot be a parameter's name", fix, ("Parameters", name))
        if count > 1:
            message = f"{count} parameters are called `{name}`"
            yield problem("duplicate-name", message, "Rename all but one.", ("Parameters", name))
    yield from _inner_names(document)
    yield from _loop_names(document)


def _inner_names(document: Document) -> Iterator[Finding]:
    for at in document.placed:
        arguments = at.step.get("Arguments")
        if not isinstance(arguments, dict):
            continue
        for path, key, what in _NAMED_LISTS:
            found: Any = arguments
            for part in path:
                found = found.get(part) if isinstance(found, dict) else None
            if not isinstance(found, list) or len(found) < 2:
                continue
            seen: set[str] = set()
            for index, one in enumerate(dicts(found)):
                name = one.get(key)
                if not isinstance(name, str):
                    continue
                if name in seen:
                    message = f"two of the step's {what}s are called `{name}`"
                    fix = "Rename one of them."
                    if name == "code" and what == "input":
                        fix = "Rename it; `code` is what the step's own code comes in as."
                    yield problem("duplicate-name", message, fix, ("Arguments", *path, index), step=at.name)
                seen.add(name)


def property_files(document: Document, _meanings: Meanings) -> Iterator[Finding]:
    """Property files of outputs that the step does not have, and two of one name (aws/sagemaker-python-sdk #3642)."""
    for at in document.placed:
        arguments = at.step.get("Arguments")
        config = arguments.get("ProcessingOutputConfig") if isinstance(arguments, dict) else None
        outputs = [one.get("OutputName") for one in dicts(config.get("Outputs"))] if isinstance(config, dict) else []
        seen: set[str] = set()
        for index, file in enumerate(dicts(at.step.get("PropertyFiles"))):
            name, output = file.get("PropertyFileName"), file.get("OutputName")
            if isinstance(output, str) and output not in outputs:
                known = [one for one in outputs if isinstance(one, str)]
                fix = did_you_mean(output, known, f"It has {listed(known)}." if known else "Add it to the outputs.")
                message = f"the property file `{name}` lies in an output `{output}` that the step does not have"
                yield problem("unknown-output", message, fix, ("PropertyFiles", index), Severity.WARNING, at.name)
            if isinstance(name, str) and name in seen:
                message = f"two of the step's property files are called `{name}`"
                yield problem("duplicate-name", message, "Rename one.", ("PropertyFiles", index), step=at.name)
            seen.add(str(name))


def _loop_names(document: Document) -> Iterator[Finding]:
    """``<body>-<index>`` is what the runs of a ForEach's steps are called (sagemaker.md §1.7)."""
    for body in (at for at in document.placed if at.branch == "body"):
        taken = re.compile(rf"{re.escape(body.name)}-\d+")
        for at in document.placed:
            if taken.fullmatch(at.name):
                message = f"`{at.name}` is what one of the runs of `{body.name}` in the loop will be called"
                yield problem("reserved-name", message, "Rename the step.", ("Name",), step=at.name)


def sizes(document: Document, _meanings: Meanings) -> Iterator[Finding]:
    """How many and how long."""
    parameters = dicts(document.definition.get("Parameters"))
    if len(parameters) > MAX_PARAMETERS:
        message = f"the pipeline has {len(parameters)} parameters; the service takes {MAX_PARAMETERS}"
        yield problem("too-many", message, "Join some of them, or read them from a file.")
    if len(document.placed) > USUAL_STEPS:
        message = f"the pipeline has {len(document.placed)} steps; new accounts may have a quota of {USUAL_STEPS}"
        yield problem("many-steps", message, "If it is refused, ask for more under Service Quotas.",
                      severity=Severity.NOTE)  # fmt: skip
    for one in parameters:
        yield from _parameter_sizes(one)
    for at in document.placed:
        for key, most in _TEXT_LIMITS:
            value = at.step.get(key)
            if isinstance(value, str) and len(value) > most:
                message = f"`{key}` has {len(value)} characters; the service takes {most}"
                yield problem("wrong-length", message, "Shorten it.", (key,), step=at.name)
        if len(dicts(at.step.get("OutputParameters"))) > MAX_OUTPUTS:
            message = f"the step declares more than {MAX_OUTPUTS} outputs"
            yield problem("too-many", message, "Return a file's URI instead.", ("OutputParameters",), step=at.name)


def _parameter_sizes(one: dict[str, Any]) -> Iterator[Finding]:
    name, value, enum = str(one.get("Name")), one.get("DefaultValue"), one.get("EnumValues")
    if isinstance(value, str) and len(value) > MAX_PARAMETER_VALUE:
        message = f"the default of `{name}` has {len(value)} characters; a value may have {MAX_PARAMETER_VALUE}"
        yield problem("wrong-length", message, "Put it into a file on S3.", ("Parameters", name))
    if isinstance(enum, list) and len(enum) > MAX_ENUM_VALUES:
        message = f"the enum of `{name}` has {len(enum)} values; the service takes {MAX_ENUM_VALUES}"
        yield problem("too-many", message, "Drop the enum.", ("Parameters", name))


def policies(document: Document, _meanings: Meanings) -> Iterator[Finding]:
    """RetryPolicies and CacheConfig: limits, and types that have none."""
    for at in document.placed:
        given = at.step.get("RetryPolicies")
        if given and at.type in _NO_RETRY:
            message = f"a {at.type} step is never tried again, whatever its retry says"
            yield problem("no-retry", message, "Remove it.", ("RetryPolicies",), Severity.WARNING, at.name)
        for index, policy in enumerate(dicts(given)):
            for found in _policy(at.type, policy):
                yield found._replace(path=("RetryPolicies", index, *found.path), step=at.name)
        cache = at.step.get("CacheConfig")
        yield from _cache_length(at.name, cache)
        if isinstance(cache, dict) and cache.get("Enabled") is True and at.type in _NO_CACHE:
            message = f"the result of a {at.type} step is never cached"
            yield problem("no-cache", message, "Remove it.", ("CacheConfig",), Severity.WARNING, at.name)


def _cache_length(step: str, cache: Any) -> Iterator[Finding]:
    length = cache.get("ExpireAfter") if isinstance(cache, dict) else None
    if isinstance(length, str) and not _CACHE_LENGTH.fullmatch(length):
        message = f"`{length[:40]}` is not how long a result can stay good"
        yield problem("not-a-duration", message, "Write `P30D` or `PT12H`.", ("CacheConfig", "ExpireAfter"), step=step)


def _policy(kind: str, policy: dict[str, Any]) -> Iterator[Finding]:
    causes = policy.get("ExceptionType")
    for cause in causes if isinstance(causes, list) else [causes]:
        if isinstance(cause, str) and cause not in _CAUSES:
            fix = did_you_mean(cause, _CAUSES, f"There are {listed(_CAUSES)}.")
            yield problem("unknown-cause", f"`{cause}` is nothing to try again after", fix, ("ExceptionType",))
        elif isinstance(cause, str) and kind in _STEP_CAUSES_ONLY and not cause.startswith(("Step.", "Emr.")):
            message = f"a {kind} step is tried again only after `Step.SERVICE_FAULT` and `Step.THROTTLING`"
            fix = f"Remove `{cause}`."
            yield problem("no-retry", message, fix, ("ExceptionType",), Severity.WARNING)
    for key, least, most in _RETRY_LIMITS:
        value = policy.get(key)
        if isinstance(value, int | float) and not least <= value <= most:
            fix = f"The service takes {least} to {most}."
            yield problem("out-of-range", f"`{key}` of the retry is {value}", fix, (key,))
    if "MaxAttempts" in policy and "ExpireAfterMin" in policy:
        message = "a retry ends after a number of attempts or after a time, not both"
        yield problem("retry-end", message, "Keep `attempts` or `expire`.", ())
