"""Pipelines and their executions through the API: submit, start, stop, read.

Every function takes the :class:`~sm_pipeline_widgets.aws.target.Target` it talks to, and raises TargetError or
ServiceError. Answers that ``execution`` interprets are handed on as the API gives them.
"""

from __future__ import annotations

import ast
import hashlib
import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.aws.errors import is_missing, translated
from sm_pipeline_widgets.errors import DefinitionError, ServiceError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from sm_pipeline_widgets.aws.target import Target

INLINE_LIMIT = 1_048_576
"""Characters of ``PipelineDefinition`` that a request may hold; a longer one goes through S3."""

DISPLAY_NAME_LIMIT = 82


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


def deployed(target: Target, name: str, version: int | None = None) -> Deployed | None:
    """The deployed pipeline of that name or ARN, its newest version or the one given; None when there is none."""
    wanted: dict[str, Any] = {} if version is None else {"PipelineVersionId": version}
    try:
        with translated():
            answer = target.sagemaker.describe_pipeline(PipelineName=name, **wanted)
    except ServiceError as error:
        if is_missing(error) or (error.code == "ValidationException" and "could not find" in error.message.lower()):
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


def submit(target: Target, name: str, definition: Mapping[str, Any], description: str = "") -> str:
    """Create the pipeline, or update it where it differs, and return its ARN.

    The service makes a new version of every update, so nothing is sent when nothing changed.
    """
    text = json.dumps(definition)
    before = deployed(target, name)
    if before is None:
        try:
            return _create(target, name, text, description)
        except ServiceError as error:
            if "already exists" not in error.message:  # somebody else was quicker
                raise
    elif (
        _canonical(before.definition) == _canonical(json.loads(text))
        and (not description or before.description == description)
        and before.role == target.role
    ):
        return before.arn
    return _update(target, name, text, description)


def start(
    target: Target,
    name: str,
    parameters: Mapping[str, object] | None = None,
    display_name: str | None = None,
    token: str | None = None,
) -> str:
    """Start an execution and return its ARN.

    The same `token` (32 to 128 characters) starts the same execution once, however often it is sent.
    """
    request: dict[str, Any] = {"PipelineName": name, "ClientRequestToken": token or str(uuid.uuid4())}
    if parameters:
        request["PipelineParameters"] = [
            {"Name": key, "Value": wire_value(key, value)} for key, value in parameters.items()
        ]
    if display_name:
        request["PipelineExecutionDisplayName"] = display_name[:DISPLAY_NAME_LIMIT]
    with translated():
        return target.sagemaker.start_pipeline_execution(**request)["PipelineExecutionArn"]


def stop(target: Target, arn: str) -> None:
    """Ask the service to stop an execution; it takes a while and ends as Stopped."""
    with translated():
        target.sagemaker.stop_pipeline_execution(PipelineExecutionArn=arn, ClientRequestToken=str(uuid.uuid4()))


def describe(target: Target, arn: str) -> Mapping[str, Any]:
    """The answer of DescribePipelineExecution."""
    with translated():
        return answer_of(target.sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn))


def steps(target: Target, arn: str) -> tuple[Mapping[str, Any], ...]:
    """All items of ListPipelineExecutionSteps, oldest first."""
    pages = _pages(target, "list_pipeline_execution_steps", PipelineExecutionArn=arn, SortOrder="Ascending")
    return tuple(step for page in pages for step in page.get("PipelineExecutionSteps", ()))


def parameters(target: Target, arn: str) -> dict[str, str]:
    """The parameters an execution runs with, as strings."""
    pages = _pages(target, "list_pipeline_parameters_for_execution", PipelineExecutionArn=arn)
    return {entry["Name"]: entry["Value"] for page in pages for entry in page.get("PipelineParameters", ())}


def definition_of(target: Target, arn: str) -> Mapping[str, Any]:
    """The definition an execution runs: the one it was started with, whatever was deployed since."""
    with translated():
        answer = target.sagemaker.describe_pipeline_definition_for_execution(PipelineExecutionArn=arn)
    return parse_definition(answer.get("PipelineDefinition", ""))


def list_pipelines(target: Target, prefix: str = "", limit: int = 1000) -> tuple[PipelineSummary, ...]:
    """Pipelines, the newest first."""
    request = {"PipelineNamePrefix": prefix} if prefix else {}
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
    pages = _pages(target, "list_pipeline_executions", PipelineName=name, SortBy="CreationTime", SortOrder="Descending")
    found = (entry for page in pages for entry in page.get("PipelineExecutionSummaries", ()))
    return tuple(
        ExecutionSummary(
            arn=entry["PipelineExecutionArn"],
            status=entry.get("PipelineExecutionStatus", ""),
            started=entry.get("StartTime"),
            display_name=entry.get("PipelineExecutionDisplayName", ""),
            description=entry.get("PipelineExecutionDescription", ""),
            reason=entry.get("PipelineExecutionFailureReason", ""),
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


def parse_definition(text: str) -> Mapping[str, Any]:
    """A definition's JSON as a mapping.

    A stand-in of the service may give a definition that it was given in S3 as Python writes a dict (moto does); that
    is read as the literal it is.

    Raises
    ------
    DefinitionError
        The service holds something that is not a JSON object.
    """
    try:
        value = json.loads(text)
    except ValueError as error:
        value = _python_literal(text)
        if value is None:
            raise DefinitionError(
                f"The service's pipeline definition is not JSON: {error}", fix="Deploy the pipeline again."
            ) from error
    if not isinstance(value, dict):
        raise DefinitionError("The service's pipeline definition is not a JSON object.", fix="Deploy it again.")
    return value


def _python_literal(text: str) -> Any:
    """The value of a Python literal (nothing is run), or None when it is none."""
    try:
        return ast.literal_eval(text) if text.startswith("{'") else None
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None


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


def _create(target: Target, name: str, text: str, description: str) -> str:
    request = _request(target, name, text, description)
    with translated():
        answer = target.sagemaker.create_pipeline(**request, ClientRequestToken=str(uuid.uuid4()))
    return answer["PipelineArn"]


def _update(target: Target, name: str, text: str, description: str) -> str:
    with translated():
        return target.sagemaker.update_pipeline(**_request(target, name, text, description))["PipelineArn"]


def _request(target: Target, name: str, text: str, description: str) -> dict[str, Any]:
    request: dict[str, Any] = {"PipelineName": name, "RoleArn": target.role, "PipelineDescription": description}
    if not description:
        del request["PipelineDescription"]
    if len(text) <= INLINE_LIMIT:
        return {**request, "PipelineDefinition": text}
    key = f"sm-pipeline-widgets/definitions/{hashlib.sha256(text.encode()).hexdigest()}.json"
    bucket = target.ensure_bucket()
    with translated():
        target.s3.put_object(Bucket=bucket, Key=key, Body=text.encode())
    return {**request, "PipelineDefinitionS3Location": {"Bucket": bucket, "ObjectKey": key}}


def _canonical(definition: Mapping[str, Any]) -> str:
    """Equal texts for equal definitions; unlike ``==`` it tells 1 from 1.0 and from true."""
    return json.dumps(definition, sort_keys=True)


def _pages(target: Target, operation: str, **request: Any) -> Iterator[Mapping[str, Any]]:
    """Every page of a list operation, each read inside :func:`translated`."""
    with translated():
        paginator = target.sagemaker.get_paginator(operation)  # type: ignore[call-overload]
        yield from paginator.paginate(**request, PaginationConfig={"PageSize": 100})


def _first(found: Iterable[Any], limit: int) -> Iterator[Any]:
    for number, entry in enumerate(found):
        if number == limit:
            return
        yield entry
