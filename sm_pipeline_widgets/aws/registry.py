"""The model registry through the API: groups, versions, decisions, and what their reports say."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, cast

from sm_pipeline_widgets.aws.errors import translated
from sm_pipeline_widgets.aws.objects import read_text
from sm_pipeline_widgets.definition.wording import did_you_mean, listed
from sm_pipeline_widgets.errors import PipelineWidgetsError, ServiceError, UsageError
from sm_pipeline_widgets.execution.decisions import LONGEST_NOTE, decisions_in, kept_text, plain_note
from sm_pipeline_widgets.execution.model_metrics import read_metrics
from sm_pipeline_widgets.execution.registry import (
    Approval,
    Report,
    ReportFile,
    group_of,
    split_name,
    version_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mypy_boto3_sagemaker.literals import ModelApprovalStatusType

    from sm_pipeline_widgets.aws.target import Target
    from sm_pipeline_widgets.execution.decisions import Decision
    from sm_pipeline_widgets.execution.registry import Group, Version

PAGE = 100
_AT_ONCE = 4
_MISSING = ("does not exist", "could not find", "cannot find", "not found")


def iter_groups(target: Target, contains: str = "") -> Iterator[Group]:
    """The model package groups, newest first; page by page, as far as somebody looks."""
    request: dict[str, Any] = {"SortBy": "CreationTime", "SortOrder": "Descending"}
    if contains:
        request["NameContains"] = contains
    with translated():
        pages = target.sagemaker.get_paginator("list_model_package_groups")
        for page in pages.paginate(**request, PaginationConfig={"PageSize": PAGE}):
            yield from map(group_of, page.get("ModelPackageGroupSummaryList", ()))


def iter_versions(target: Target, group: str, approval: Approval | None = None) -> Iterator[Version]:
    """The versions of a group, newest first, as a list tells them.

    Raises
    ------
    UsageError
        There is no such group.
    """
    request: dict[str, Any] = {"ModelPackageGroupName": group, "SortBy": "CreationTime", "SortOrder": "Descending"}
    if approval is not None:
        request["ModelApprovalStatus"] = approval.value
    try:
        with translated():
            pages = target.sagemaker.get_paginator("list_model_packages")
            for page in pages.paginate(**request, PaginationConfig={"PageSize": PAGE}):
                for row in page.get("ModelPackageSummaryList", ()):
                    yield version_of(row, is_described=False)
    except ServiceError as error:
        raise _no_group(target, group, error) from error


def latest_approved(target: Target, group: str) -> Version | None:
    """The newest version that is approved: what a deployment takes."""
    found = next(iter_versions(target, group, Approval.APPROVED), None)
    return describe_version(target, found.arn) if found is not None else None


def find_version(target: Target, name: str) -> Version:
    """The version of ``GROUP/3`` or an ARN.

    Raises
    ------
    UsageError
        No number is said, or there is no such version.
    """
    group, number = split_name(name)
    if number is None:
        fix = f"Write `{name}/1` or its ARN; `%pipeline models {name}` lists the versions."
        raise UsageError(f"`{name}` names no version.", fix)
    arn = name
    if not name.startswith("arn:"):
        arn = (
            f"arn:{target.partition}:sagemaker:{target.region}:{target.account}:model-package/{group.lower()}/{number}"
        )
    try:
        return describe_version(target, arn)
    except ServiceError as error:
        if not _is_missing(error):
            raise
        fix = f"`%pipeline models {group}` lists the versions that are there."
        raise UsageError(f"Target `{target.name}` has no version {number} of `{group}`.", fix) from error


def describe_version(target: Target, arn: str) -> Version:
    """Everything the registry says of a version."""
    with translated():
        answer = target.sagemaker.describe_model_package(ModelPackageName=arn)
    decided = decisions_in(str(answer.get("ApprovalDescription") or ""), str(answer.get("ModelApprovalStatus") or ""))
    return version_of(answer, decided, is_described=True)


def describe_all(target: Target, versions: Sequence[Version]) -> tuple[Version, ...]:
    """Versions of a list with everything said of them; a few requests at a time."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return tuple(pool.map(lambda version: describe_version(target, version.arn), versions))


def decide(target: Target, version: Version, decision: Decision) -> None:
    """Approve or reject a version; who decided, when and why is kept with it, before what was decided earlier."""
    with translated():
        target.sagemaker.update_model_package(
            ModelPackageArn=version.arn,
            ModelApprovalStatus=cast("ModelApprovalStatusType", decision.status),
            ApprovalDescription=kept_text([decision, *version.decisions]),
        )


def checked_note(note: str) -> str:
    """The note as it can be kept.

    Raises
    ------
    UsageError
        It is empty or too long.
    """
    said = plain_note(note)
    if not said:
        fix = 'Say why, for whoever asks later: `--note "rmse 54, below 60"`.'
        raise UsageError("A decision needs a note.", fix)
    if len(said) > LONGEST_NOTE:
        message = f"The note has {len(said)} characters; {LONGEST_NOTE} fit beside who and when."
        raise UsageError(message, "Say it shorter, and name the place of the details.")
    return said


def read_report(target: Target, file: ReportFile) -> Report:
    """What a report file says; a problem with reading it is told, not raised."""
    try:
        text = read_text(target, file.uri)
    except PipelineWidgetsError as error:
        return Report(file, problem=error.message)
    try:
        return Report(file, text, read_metrics(text))
    except (ValueError, RecursionError):
        return Report(file, text, problem="It is no JSON.")


def _no_group(target: Target, group: str, error: ServiceError) -> PipelineWidgetsError:
    """The words for a group that is not there; any other error as it is."""
    if not _is_missing(error):
        return error
    names = [one.name for one, _ in zip(iter_groups(target), range(PAGE), strict=False)]
    otherwise = f"There are {listed(names)}." if names else "A RegisterModel step makes one: `group: NAME`."
    return UsageError(f"Target `{target.name}` has no model group `{group}`.", did_you_mean(group, names, otherwise))


def _is_missing(error: ServiceError) -> bool:
    return any(words in error.message.lower() for words in _MISSING) or error.code == "ResourceNotFound"
