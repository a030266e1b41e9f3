"""Pipelines and their executions through the API: submit, start, stop, read.

Every function takes the :class:`~sm_pipeline_widgets.aws.target.Target` it talks to, and raises TargetError or
ServiceError. Answers that ``execution`` interprets are handed on as the API gives them.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.aws import execution_reads
from sm_pipeline_widgets.aws.definition_text import parse_definition
from sm_pipeline_widgets.aws.errors import is_not_there, surely, translated
from sm_pipeline_widgets.definition.run_form import RunOptions
from sm_pipeline_widgets.errors import ServiceError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from sm_pipeline_widgets.aws.target import Target

INLINE_LIMIT = 1_048_576
"""Characters of ``PipelineDefinition`` that a request may hold; a longer one goes through S3."""

DISPLAY_NAME_LIMIT = 82
PAGE = 100
"""The most entries that a page of any list may have."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """A pipeline as it is known to the service."""

    name: str
    arn: str
    definition: Mapping[str, Any]
    text: str
    role: str = ""
    display_name: str = ""
    description: str = ""
    created: datetime | None = None
    modified: datetime | None = None
    last_run: datetime | None = None


@dataclass(frozen=True, slots=True)
class PipelineSummary:
    """A line of the list of pipelines."""

    name: str
    arn: str
    display_name: str = ""
    description: str = ""
    created: datetime | None = None
    modified: datetime | None = None
    last_run: datetime | None = None


@dataclass(frozen=True, slots=True)
class ExecutionSummary:
    """A line of the list of a pipeline's executions; ``status`` is the API's word."""

    arn: str
    status: str
    started: datetime | None = None
    display_name: str = ""
    description: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class VersionSummary:
    """A line of the list of a pipeline's versions."""

    number: int
    created: datetime | None = None
    name: str = ""
    aliases: tuple[str, ...] = ()


def deployed(target: Target, name: str, version: int | None = None, alias: str = "") -> Deployed | None:
    """The deployed pipeline of that name or ARN, its newest version or the one given; None when there is none."""
    wanted: dict[str, Any] = {} if version is None else {"PipelineVersionId": version}
    if alias:
        wanted["PipelineVersionAlias"] = alias
    try:
        with translated():
            answer = target.sagemaker.describe_pipeline(PipelineName=name, **wanted)
    except ServiceError as error:
        if is_not_there(error):
            return None
        raise
    text = answer.get("PipelineDefinition", "")
    return Deployed(
        name=answer.get("PipelineName", name),
        arn=answer.get("PipelineArn", ""),
        definition=parse_definition(text),
        text=text,
        role=answer.get("RoleArn", ""),
        display_name=answer.get("PipelineDisplayName", ""),
        description=answer.get("PipelineDescription", ""),
        created=answer.get("CreationTime"),
        modified=answer.get("LastModifiedTime"),
        last_run=answer.get("LastRunTime"),
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """A pipeline as it should be deployed. An empty description leaves the one that is there."""

    name: str
    definition: Mapping[str, Any]
    role: str
    description: str = ""
    tags: tuple[tuple[str, str], ...] = ()

    def differs_from(self, before: Deployed) -> bool:
        """Whether deploying it would change anything that the service makes a new version of."""
        return (
            _canonical(before.definition) != _canonical(json.loads(json.dumps(self.definition)))
            or bool(self.description and before.description != self.description)
            or before.role != self.role
        )


def is_large(definition: Mapping[str, Any]) -> bool:
    """Whether a definition goes through S3, because no request can hold it."""
    return len(json.dumps(definition)) > INLINE_LIMIT


class Outcome(StrEnum):
    """What deploying did."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


def submit(target: Target, name: str, definition: Mapping[str, Any], description: str = "") -> str:
    """Create the pipeline, or update it where it differs, and return its ARN."""
    wanted = Wanted(name, definition, target.role, description)
    return deploy(target, wanted, deployed(target, name))[0]


def deploy(target: Target, wanted: Wanted, before: Deployed | None, *, take_over: bool = True) -> tuple[str, Outcome]:
    """Create or update a pipeline; its ARN, and what was done.

    The service makes a new version of every update, so nothing is sent when nothing changed.

    Parameters
    ----------
    before
        What is deployed now.
    take_over
        Update a pipeline that somebody else has created since; without it that is an error.
    """
    if before is None:
        try:
            return _create(target, wanted), Outcome.CREATED
        except ServiceError as error:
            if "already exists" not in error.message or not take_over:
                raise
        return _update(target, wanted), Outcome.UPDATED
    if wanted.differs_from(before):
        arn, outcome = _update(target, wanted), Outcome.UPDATED
    else:
        arn, outcome = before.arn, Outcome.UNCHANGED
    _tag(target, arn, wanted.tags)
    return arn, outcome


def start(
    target: Target,
    name: str,
    parameters: Mapping[str, object] | None = None,
    display_name: str | None = None,
    token: str | None = None,
) -> str:
    """Start an execution and return its ARN; see :func:`start_run`."""
    options = RunOptions(parameters or {}, (display_name or "")[:DISPLAY_NAME_LIMIT], token=token or "")
    return start_run(target, name, options)


def start_run(target: Target, name: str, options: RunOptions) -> str:
    """Start an execution as the options say and return its ARN.

    The same token (32 to 128 characters) starts the same execution once, however often it is sent.
    """
    request: dict[str, Any] = {"PipelineName": name, "ClientRequestToken": options.token or str(uuid.uuid4())}
    more: dict[str, Any] = {
        "PipelineParameters": [
            {"Name": key, "Value": wire_value(key, value)} for key, value in options.parameters.items()
        ],
        "PipelineExecutionDisplayName": options.display_name,
        "PipelineExecutionDescription": options.description,
        "ParallelismConfiguration": (
            {"MaxParallelExecutionSteps": options.parallelism} if options.parallelism is not None else None
        ),
        "PipelineVersionId": options.version,
        "PipelineVersionAlias": options.alias,
        "SelectiveExecutionConfig": _selection(options),
    }
    request |= {key: value for key, value in more.items() if value}
    return surely(lambda: target.sagemaker.start_pipeline_execution(**request)["PipelineExecutionArn"])


def _selection(options: RunOptions) -> dict[str, Any] | None:
    if not options.selected:
        return None
    source = {"SourcePipelineExecutionArn": options.source} if options.source else {}
    return {**source, "SelectedSteps": [{"StepName": name} for name in options.selected]}


def stop(target: Target, arn: str) -> None:
    """Ask the service to stop an execution; it takes a while and ends as Stopped."""
    token = str(uuid.uuid4())
    surely(lambda: target.sagemaker.stop_pipeline_execution(PipelineExecutionArn=arn, ClientRequestToken=token))


def describe(target: Target, arn: str) -> Mapping[str, Any]:
    """The answer of DescribePipelineExecution."""
    return execution_reads.describe(target.sagemaker, arn)


def steps(target: Target, arn: str) -> tuple[Mapping[str, Any], ...]:
    """All items of ListPipelineExecutionSteps, oldest first."""
    return execution_reads.steps(target.sagemaker, arn)


def parameters(target: Target, arn: str) -> dict[str, str]:
    """The parameters an execution runs with, as strings."""
    return execution_reads.parameters(target.sagemaker, arn)


def definition_of(target: Target, arn: str) -> Mapping[str, Any]:
    """The definition an execution runs: the one it was started with, whatever was deployed since."""
    return parse_definition(execution_reads.definition_text(target.sagemaker, arn))


def list_pipelines(target: Target, prefix: str = "", limit: int = 1000) -> tuple[PipelineSummary, ...]:
    """Pipelines, the newest first."""
    request: dict[str, Any] = {"PipelineNamePrefix": prefix} if prefix else {}
    pages = _pages(target, "list_pipelines", SortBy="CreationTime", SortOrder="Descending", **request)
    found = (entry for page in pages for entry in page.get("PipelineSummaries", ()))
    return tuple(
        PipelineSummary(
            name=entry["PipelineName"],
            arn=entry["PipelineArn"],
            display_name=entry.get("PipelineDisplayName", ""),
            description=entry.get("PipelineDescription", ""),
            created=entry.get("CreationTime"),
            modified=entry.get("LastModifiedTime"),
            last_run=entry.get("LastExecutionTime"),
        )
        for entry in _first(found, limit)
    )


def list_executions(target: Target, name: str, limit: int = 100) -> tuple[ExecutionSummary, ...]:
    """A pipeline's executions, newest first."""
    return tuple(_first(iter_executions(target, name, page=min(limit, PAGE)), limit))


def iter_executions(target: Target, name: str, page: int = PAGE) -> Iterator[ExecutionSummary]:
    """A pipeline's executions, newest first; a page is asked for when the one before is used up."""
    order: dict[str, Any] = {"SortBy": "CreationTime", "SortOrder": "Descending"}
    for answer in _pages(target, "list_pipeline_executions", page, PipelineName=name, **order):
        for entry in answer.get("PipelineExecutionSummaries", ()):
            yield ExecutionSummary(
                arn=entry["PipelineExecutionArn"],
                status=entry.get("PipelineExecutionStatus", ""),
                started=entry.get("StartTime"),
                display_name=entry.get("PipelineExecutionDisplayName", ""),
                description=entry.get("PipelineExecutionDescription", ""),
                reason=entry.get("PipelineExecutionFailureReason", ""),
            )


def list_versions(target: Target, name: str, limit: int = 100) -> tuple[VersionSummary, ...]:
    """A pipeline's versions, newest first."""
    pages = _pages(target, "list_pipeline_versions", min(limit, PAGE), PipelineName=name, SortOrder="Descending")
    found = (entry for page in pages for entry in page.get("PipelineVersionSummaries", ()))
    return tuple(
        VersionSummary(
            number=int(entry["PipelineVersionId"]),
            created=entry.get("CreationTime"),
            name=entry.get("PipelineVersionDisplayName", ""),
            aliases=tuple(entry.get("PipelineVersionAliases", ())),
        )
        for entry in _first(found, limit)
    )


def latest_execution(target: Target, name: str) -> ExecutionSummary | None:
    """A pipeline's newest execution, or None when it never ran."""
    found = list_executions(target, name, limit=1)
    return found[0] if found else None


def answer_of(response: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the service answered, without what differs from one request to the next."""
    return {name: value for name, value in response.items() if name != "ResponseMetadata"}


def wire_value(name: str, value: object) -> str:
    """A parameter's value as the API takes it: always a string, spelled as the SDK spells it.

    Raises
    ------
    UsageError
        A list, a mapping or None, which no parameter can be.
    """
    if isinstance(value, str | bool | int | float):
        return str(value)
    raise UsageError(f"Parameter `{name}` cannot be a {type(value).__name__}.", "Give a text, a number, true or false.")


def _create(target: Target, wanted: Wanted) -> str:
    request = _request(target, wanted)
    if wanted.tags:
        request["Tags"] = _wire_tags(wanted.tags)
    request["ClientRequestToken"] = str(uuid.uuid4())
    return surely(lambda: target.sagemaker.create_pipeline(**request)["PipelineArn"])


def _update(target: Target, wanted: Wanted) -> str:
    with translated():
        return target.sagemaker.update_pipeline(**_request(target, wanted))["PipelineArn"]


def _tag(target: Target, arn: str, tags: tuple[tuple[str, str], ...]) -> None:
    """Give a pipeline that is there these tags too; updating it cannot."""
    if tags:
        with translated():
            target.sagemaker.add_tags(ResourceArn=arn, Tags=_wire_tags(tags))


def _wire_tags(tags: tuple[tuple[str, str], ...]) -> list[Any]:
    return [{"Key": key, "Value": value} for key, value in tags]


def _request(target: Target, wanted: Wanted) -> dict[str, Any]:
    request: dict[str, Any] = {"PipelineName": wanted.name, "RoleArn": wanted.role}
    if wanted.description:
        request["PipelineDescription"] = wanted.description
    text = json.dumps(wanted.definition)
    if len(text) <= INLINE_LIMIT:
        return {**request, "PipelineDefinition": text}
    key = f"sm-pipeline-widgets/definitions/{hashlib.sha256(text.encode()).hexdigest()}.json"
    bucket = target.ensure_bucket(create=False)
    with translated():
        target.s3.put_object(Bucket=bucket, Key=key, Body=text.encode())
    return {**request, "PipelineDefinitionS3Location": {"Bucket": bucket, "ObjectKey": key}}


def _canonical(definition: Mapping[str, Any]) -> str:
    """Equal texts for equal definitions; unlike ``==`` it tells 1 from 1.0 and from true."""
    return json.dumps(definition, sort_keys=True)


def _pages(target: Target, operation: str, page: int = PAGE, **request: Any) -> Iterator[Mapping[str, Any]]:
    """Every page of a list operation, each read inside :func:`translated`."""
    with translated():
        paginator = target.sagemaker.get_paginator(operation)  # type: ignore[call-overload]
        yield from paginator.paginate(**request, PaginationConfig={"PageSize": page})


def _first(found: Iterable[Any], limit: int) -> Iterator[Any]:
    for number, entry in enumerate(found):
        if number == limit:
            return
        yield entry
