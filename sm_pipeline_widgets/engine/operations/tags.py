"""AddTags, DeleteTags and ListTags of whatever has an ARN: pipelines, jobs, and everything in the resources table."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine import keeping, names
from sm_pipeline_widgets.engine.operations.answers import page, refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sm_pipeline_widgets.engine.operations import Operation
    from sm_pipeline_widgets.engine.service import Engine

MOST_TAGS = 50


def add_tags(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    given = {tag["Key"]: tag["Value"] for tag in request["Tags"]}
    tags = _change(engine, request["ResourceArn"], lambda before: {**before, **given})
    return {"Tags": _listed(tags)}


def delete_tags(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    gone = set(request["TagKeys"])
    arn = request["ResourceArn"]
    _change(engine, arn, lambda before: {key: value for key, value in before.items() if key not in gone})
    return {}


def list_tags(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    tags, _put = _holder(engine, request["ResourceArn"])
    shown, more = page(_listed(tags), request, lambda tag: tag["Key"])
    return {"Tags": list(shown), **more}


def _change(engine: Engine, arn: str, changed: Callable[[Mapping[str, str]], Mapping[str, str]]) -> Mapping[str, str]:
    with engine.idempotency:
        before, put = _holder(engine, arn)
        tags = changed(before)
        if len(tags) > MOST_TAGS:
            refuse(f"A resource can have {MOST_TAGS} tags; this would make {len(tags)}.")
        put(tags)
    return tags


def _holder(engine: Engine, arn: str) -> tuple[Mapping[str, str], Callable[[Mapping[str, str]], None]]:
    """The tags of what an ARN names, and how others are kept there."""
    pipeline = engine.store.pipeline(names.pipeline_of(arn)) if ":pipeline/" in arn else None
    if pipeline is not None:
        return pipeline.tags, lambda tags: engine.store.put_pipeline(replace(pipeline, tags=tags))
    job = engine.store.job_by_arn(arn)
    if job is not None:
        return _mapping(job.request), lambda tags: engine.store.put_job(
            replace(job, request={**job.request, "Tags": _listed(tags)})
        )
    resource = engine.resources.resource_by_arn(arn)
    if resource is None:
        refuse(f"The resource {arn} does not exist.")

    def put(tags: Mapping[str, str]) -> None:
        keeping.change(engine.services, resource, {**resource.record, "Tags": _listed(tags)})

    return _mapping(resource.record), put


def _mapping(record: Mapping[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in record.get("Tags") or []}


def _listed(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


OPERATIONS: dict[str, Operation] = {"AddTags": add_tags, "DeleteTags": delete_tags, "ListTags": list_tags}
