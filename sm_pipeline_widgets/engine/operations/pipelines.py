"""CreatePipeline and its kin: pipelines and their versions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine import names
from sm_pipeline_widgets.engine.admission import LARGEST_OBJECT, LONGEST_DEFINITION, AdmissionError, read_definition
from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.operations.answers import in_window, once, page, refuse
from sm_pipeline_widgets.engine.operations.versions import (
    MOST_ALIASES,
    asked_version,
    check_aliases,
    described,
    require_pipeline,
)
from sm_pipeline_widgets.engine.records import PipelineRecord, when

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sm_pipeline_widgets.engine.service import Engine

MOST_TAGS = 50
LONGEST_NAME = 82
"""The model says 256, the service refuses more than this: the name becomes part of other names."""


def create_pipeline(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    return once(engine, "CreatePipeline", request, lambda: _create(engine, request))


def _create(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    name = request["PipelineName"]
    text = _definition_text(engine, request)
    if text is None:
        refuse("Either Pipeline Definition or Pipeline Definition S3 location should be provided")
    now = engine.clock()
    record = PipelineRecord(
        name=name,
        arn=engine.pipeline_arn(name),
        display_name=request.get("PipelineDisplayName", ""),
        description=request.get("PipelineDescription", ""),
        role=request["RoleArn"],
        created=now,
        modified=now,
        version=1,
        parallelism=parallelism_of(request),
        tags={tag["Key"]: tag["Value"] for tag in request.get("Tags") or []},
    )
    if len(name) > LONGEST_NAME:
        refuse(f'string "{name}" is too long (length: {len(name)}, maximum allowed: {LONGEST_NAME})')
    aliases = _aliases(engine, name, 1, request)
    if not engine.store.add_pipeline(record, text, aliases):
        refuse(
            "Pipeline names must be unique within an AWS account and region. "
            f"Pipeline with name ({name}) already exists."
        )
    return {"PipelineArn": record.arn}


def update_pipeline(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    with engine.idempotency:
        record = require_pipeline(engine, request["PipelineName"])
        text = _definition_text(engine, request)
        changed = replace(
            record,
            display_name=request.get("PipelineDisplayName", record.display_name),
            description=request.get("PipelineDescription", record.description),
            role=request.get("RoleArn", record.role),
            parallelism=parallelism_of(request) or record.parallelism,
            modified=engine.clock(),
            version=record.version + (text is not None),
        )
        if text is None and request.get("PipelineVersionAliases"):
            refuse(
                "PipelineVersionAliases can be given only with a new definition; UpdatePipelineVersion changes those "
                "of a version that exists."
            )
        engine.store.put_pipeline(changed, text, _aliases(engine, record.name, changed.version, request))
    return {"PipelineArn": record.arn, "PipelineVersionId": changed.version}


def describe_pipeline(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    record = require_pipeline(engine, request["PipelineName"])
    version = asked_version(engine, record, request)
    answer = {
        "PipelineArn": record.arn,
        "PipelineName": record.name,
        "PipelineDisplayName": record.display_name or record.name,
        "PipelineDefinition": version.definition,
        "PipelineDescription": record.description,
        "RoleArn": record.role,
        "PipelineStatus": "Active",
        "CreationTime": when(record.created),
        "LastModifiedTime": when(record.modified),
        "LastRunTime": when(record.last_run),
        "CreatedBy": {},
        "LastModifiedBy": {},
        "ParallelismConfiguration": _parallelism(record.parallelism),
        **described(version),
    }
    return {name: value for name, value in answer.items() if value not in (None, "")}


def list_pipelines(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    prefix = request.get("PipelineNamePrefix", "")
    found = [
        record
        for record in engine.store.pipelines()
        if record.name.startswith(prefix) and in_window(record.created, request) and request.get("ManagedBy") != "AWS"
    ]
    if request.get("SortBy") == "Name":
        found.sort(key=lambda record: record.name)
    if request.get("SortOrder", "Descending") == "Descending":
        found.reverse()
    shown, more = page(found, request, lambda record: record.name)
    return {"PipelineSummaries": [_summary(record) for record in shown], **more}


def delete_pipeline(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    return once(engine, "DeletePipeline", request, lambda: _delete(engine, request))


def _delete(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    record = require_pipeline(engine, request["PipelineName"])
    running = [at for at in engine.store.executions(record.name) if not at.status.is_end]
    if running:
        raise ServiceException(
            "ConflictException",
            f"Pipeline '{record.name}' has running executions: stop them first ({running[0].arn}).",
        )
    jobs = [job for at in engine.store.executions(record.name) for job in engine.store.jobs_of(at.arn)]
    engine.store.delete_pipeline(record.name)
    for job in jobs:
        engine.forget_job(job.name)
    return {"PipelineArn": record.arn}


def add_tags(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    with engine.idempotency:
        record = _tagged(engine, request)
        tags = {**record.tags, **{tag["Key"]: tag["Value"] for tag in request["Tags"]}}
        if len(tags) > MOST_TAGS:
            refuse(f"A pipeline can have {MOST_TAGS} tags; this would make {len(tags)}.")
        engine.store.put_pipeline(replace(record, tags=tags))
    return {"Tags": _tags(tags)}


def delete_tags(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    with engine.idempotency:
        record = _tagged(engine, request)
        tags = {key: value for key, value in record.tags.items() if key not in request["TagKeys"]}
        engine.store.put_pipeline(replace(record, tags=tags))
    return {}


def list_tags(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    return {"Tags": _tags(_tagged(engine, request).tags)}


def parallelism_of(request: Mapping[str, Any]) -> int | None:
    """``MaxParallelExecutionSteps`` of a request, if it has one."""
    found = (request.get("ParallelismConfiguration") or {}).get("MaxParallelExecutionSteps")
    return int(found) if found is not None else None


def _aliases(engine: Engine, pipeline: str, version: int, request: Mapping[str, Any]) -> tuple[str, ...]:
    aliases = tuple(dict.fromkeys(request.get("PipelineVersionAliases") or ()))
    if len(aliases) > MOST_ALIASES:
        refuse(f"A pipeline version can have {MOST_ALIASES} aliases; the request gives {len(aliases)}.")
    check_aliases(engine, pipeline, version, aliases)
    return aliases


def _parallelism(limit: int | None) -> dict[str, int] | None:
    return None if limit is None else {"MaxParallelExecutionSteps": limit}


def _definition_text(engine: Engine, request: Mapping[str, Any]) -> str | None:
    text, place = request.get("PipelineDefinition"), request.get("PipelineDefinitionS3Location")
    if text is not None and place is not None:
        refuse("Either Pipeline Definition or Pipeline Definition S3 location should be provided")
    if text is not None and len(text) > LONGEST_DEFINITION:
        refuse(
            f"The pipeline definition has {len(text)} characters; the maximum is {LONGEST_DEFINITION}. "
            "Put a longer one into S3 and give PipelineDefinitionS3Location."
        )
    if place is not None:
        text = _text_at(engine, place)
    if text is None:
        return None
    try:
        text.encode()
        read_definition(text)
    except UnicodeEncodeError:
        refuse("Unable to parse pipeline definition. It holds half a surrogate pair outside of a JSON escape.")
    except AdmissionError as error:
        refuse(str(error))
    return str(text)


def _text_at(engine: Engine, place: Mapping[str, str]) -> str:
    bucket, key = place["Bucket"], place["ObjectKey"]
    found = engine.objects.head(bucket, key)
    if found is None:
        refuse(f"Unable to read the pipeline definition: s3://{bucket}/{key} does not exist.")
    if place.get("VersionId", "null") != "null":
        refuse(f"Unable to read the pipeline definition: s3://{bucket}/{key} has no versions on this machine.")
    if found.size > LARGEST_OBJECT:
        refuse(
            f"The pipeline definition at s3://{bucket}/{key} has {found.size} bytes; the maximum is {LARGEST_OBJECT}."
        )
    with engine.objects.open(bucket, key) as file:
        try:
            return file.read().decode("utf-8")
        except UnicodeDecodeError:
            refuse(f"Unable to parse pipeline definition. s3://{bucket}/{key} is not UTF-8.")


def _summary(record: PipelineRecord) -> dict[str, Any]:
    answer = {
        "PipelineArn": record.arn,
        "PipelineName": record.name,
        "PipelineDisplayName": record.display_name or record.name,
        "PipelineDescription": record.description,
        "RoleArn": record.role,
        "CreationTime": when(record.created),
        "LastModifiedTime": when(record.modified),
        "LastExecutionTime": when(record.last_run),
    }
    return {name: value for name, value in answer.items() if value not in (None, "")}


def _tagged(engine: Engine, request: Mapping[str, Any]) -> PipelineRecord:
    arn = request["ResourceArn"]
    record = engine.store.pipeline(names.pipeline_of(arn)) if ":pipeline/" in arn else None
    if record is None:
        refuse(f"The resource {arn} does not exist; the engine keeps tags of pipelines.")
    return record


def _tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


OPERATIONS: dict[str, Callable[[Engine, dict[str, Any]], dict[str, Any]]] = {
    "AddTags": add_tags,
    "CreatePipeline": create_pipeline,
    "DeletePipeline": delete_pipeline,
    "DeleteTags": delete_tags,
    "DescribePipeline": describe_pipeline,
    "ListPipelines": list_pipelines,
    "ListTags": list_tags,
    "UpdatePipeline": update_pipeline,
}
