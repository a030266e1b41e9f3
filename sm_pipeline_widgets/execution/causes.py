"""Known causes of failure, recognised by the words they leave, each with what to do next.

A table of patterns over the texts of a failure (``sagemaker.md`` §5.3). A cause is a hint: it shows the words it was
recognised by, and is never shown in place of the failure itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Cause:
    """What probably happened, what to do, and the words it was recognised by."""

    title: str
    fix: str
    evidence: str


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: re.Pattern[str]
    title: str
    fix: str


def _rule(pattern: str, title: str, fix: str) -> _Rule:
    return _Rule(re.compile(pattern), title, fix)


_RULES = (
    _rule(
        r"ModuleNotFoundError: No module named '(?P<name>[\w.]+)'",
        "The package `{name}` is not installed where the step runs.",
        "On AWS put it in a requirements.txt beside the script (a folder as `code:`) or choose an image that has it; "
        "on this machine install it with pip.",
    ),
    _rule(
        r"KeyError: '(?P<name>SM_(?:CHANNEL|INPUT)_\w+)'",
        "The script asks for `{name}`, but the step has no input of that name.",
        "Give the step that input (`inputs:`), or correct the name in the script.",
    ),
    _rule(
        r"KeyError: '(?P<name>SM_OUTPUT_\w+)'",
        "The script asks for `{name}`, but the step has no output of that name.",
        "Give the step that output (`outputs:`), or correct the name in the script.",
    ),
    _rule(
        r"FileNotFoundError: .*?(?P<path>/opt/ml/(?:input|processing/input)[^'\" ]*)",
        "The script reads `{path}`, and no such file was brought there.",
        "Check the step's inputs, and what the step before it wrote into the output they come from.",
    ),
    _rule(
        r"error: (?P<words>unrecognized arguments: .*|the following arguments are required: .*|argument .*)",
        "The script does not take the arguments it was given ({words}).",
        "Compare the step's arguments or hyperparameters with what the script's parser declares.",
    ),
    _rule(
        r"ResourceLimitExceeded.*?service limit '(?P<limit>[^']+)' is (?P<count>\d+)",
        "The account may have only {count} of `{limit}`.",
        "Ask for more in Service Quotas, or choose another instance type.",
    ),
    _rule(
        r"CapacityError|Insufficient capacity|Unable to provision requested ML compute capacity",
        "AWS had no such machine free.",
        "Run it again later, choose another instance type, or add `retry:` for SageMaker.CAPACITY_ERROR.",
    ),
    _rule(
        r"not authorized to perform: (?P<action>[\w-]+:\w+)",
        "The role lacks the permission `{action}`.",
        "Add it to the role that the pipeline (or this step) acts as.",
    ),
    _rule(
        r"No S3 objects found under S3 URL \"?(?P<uri>s3://[^\s\"]+)",
        "There is nothing at `{uri}`.",
        "Check the input's place, and whether the step before it wrote anything.",
    ),
    _rule(
        r"Data download failed:NoSuchKey|NoSuchKey \(404\)",
        "An object that an input names does not exist.",
        "Check the input's place, and whether the step before it wrote anything.",
    ),
    _rule(
        r"Failed to download data|Data download failed|AccessDenied.*s3://|s3://.*AccessDenied",
        "The step's input could not be read from S3.",
        "The job's role needs s3:GetObject and s3:ListBucket there (and kms:Decrypt for encrypted data).",
    ),
    _rule(
        r"Cannot pull algorithm container|manifest for .* not found|Requested image not found",
        "The container image could not be pulled.",
        "Check the image's name and tag, its region, and that the role may read that repository.",
    ),
    _rule(
        r"CUDA out of memory",
        "The GPU's memory ran out.",
        "Make the batch smaller, or use an instance type with a bigger GPU.",
    ),
    _rule(
        r"\b[Ee]xit ?[Cc]ode:? *137\b|MemoryError|Cannot allocate memory|instance type with more memory",
        "Memory ran out.",
        "Use an instance type with more memory, or work on the data in parts.",
    ),
    _rule(
        r"\b[Ee]xit ?[Cc]ode:? *(?:126|127)\b",
        "The step's command could not be started.",
        "Check the entry point's path, and that the script has Unix line ends and a `#!` line of the image's.",
    ),
    _rule(
        r"MaxRuntimeExceeded|MaxRuntimeInSeconds \(.*was stopped",
        "The step ran longer than it may.",
        "Raise its time limit (`max_runtime`, or StoppingCondition under `arguments:`), or give it less to do.",
    ),
    _rule(
        r"MaxWaitTimeExceeded",
        "No spot machine was free within the time the step may wait.",
        "Raise MaxWaitTimeInSeconds, or do without spot machines.",
    ),
    _rule(
        r"InternalServerError|encountered an internal error",
        "The service itself failed.",
        "Run it again; `retry:` for SageMaker.JOB_INTERNAL_ERROR does so by itself.",
    ),
    _rule(
        r"Quality check failed|Clarify check failed",
        "The data or the model has drifted from its baseline.",
        "Open the violation report that the step's details name.",
    ),
    _rule(
        r"Rate exceeded|ThrottlingException",
        "Too many requests at once in this account.",
        "Let fewer steps run in parallel, and run it again.",
    ),
)


def find_causes(texts: Sequence[str], most: int = 2) -> tuple[Cause, ...]:
    """The known causes that the texts speak of, the most specific first."""
    found: list[Cause] = []
    for rule in _RULES:
        match = next((match for text in texts if (match := rule.pattern.search(text))), None)
        if match is not None:
            known = {name: value or "" for name, value in match.groupdict().items()}
            found.append(Cause(rule.title.format(**known), rule.fix, match[0]))
    return tuple(found[:most])
