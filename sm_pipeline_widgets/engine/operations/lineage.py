"""CreateAction, CreateArtifact, CreateContext, AddAssociation and their kin."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine import keeping, lineage
from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.operations.answers import in_window, page
from sm_pipeline_widgets.engine.operations.listing import listed
from sm_pipeline_widgets.engine.records import when

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sm_pipeline_widgets.engine.lineage import Entity
    from sm_pipeline_widgets.engine.operations import Operation
    from sm_pipeline_widgets.engine.resources import ResourceRecord
    from sm_pipeline_widgets.engine.service import Engine


def create(entity: Entity, engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    return {f"{entity.word}Arn": lineage.create_entity(engine.services, entity, request).arn}


def describe(entity: Entity, engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    return lineage.describe_entity(entity, _require(entity, engine, request))


def update(entity: Entity, engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    with engine.idempotency:
        found = _require(entity, engine, request)
        given = {name: at for name, at in request.items() if name in ("Description", "Status", "ArtifactName")}
        properties = {**(found.record.get("Properties") or {}), **(request.get("Properties") or {})}
        for name in request.get("PropertiesToRemove") or []:
            properties.pop(name, None)
        keeping.change(engine.services, found, {**found.record, **given, "Properties": properties})
    return {f"{entity.word}Arn": found.arn}


def list_entities(entity: Entity, engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    kind, source = request.get(f"{entity.word}Type"), request.get("SourceUri")
    found = [
        at
        for at in engine.resources.resources(entity.resources.kind)
        if kind in (None, at.record.get(f"{entity.word}Type"))
        and source in (None, (at.record.get("Source") or {}).get("SourceUri"))
    ]
    window = {
        **request,
        "CreationTimeAfter": request.get("CreatedAfter"),
        "CreationTimeBefore": request.get("CreatedBefore"),
    }
    shown, more = listed(found, window)
    return {f"{entity.word}Summaries": [lineage.describe_entity(entity, at) for at in shown], **more}


def delete(entity: Entity, engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    found = _require(entity, engine, request)
    engine.resources.delete_resource(found.kind, found.name)
    return {f"{entity.word}Arn": found.arn}


def add_association(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    source, destination = request["SourceArn"], request["DestinationArn"]
    lineage.associate(engine.services, source, destination, request.get("AssociationType", "AssociatedWith"))
    return {"SourceArn": source, "DestinationArn": destination}


def delete_association(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    source, destination = request["SourceArn"], request["DestinationArn"]
    if not engine.resources.delete_resource(lineage.ASSOCIATION, lineage.association_name(source, destination)):
        raise ServiceException("ResourceNotFound", f"Association of {source} and {destination} does not exist.")
    return {"SourceArn": source, "DestinationArn": destination}


def list_associations(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    summaries = [_association(engine, at) for at in engine.resources.resources(lineage.ASSOCIATION)]
    found = [at for at in summaries if _is_wanted(at, request)]
    found.sort(
        key=lambda at: (at.get(request.get("SortBy", "CreationTime")) or "", at["SourceArn"], at["DestinationArn"]),
        reverse=request.get("SortOrder", "Descending") == "Descending",
    )
    shown, more = page(found, request, lambda at: lineage.association_name(at["SourceArn"], at["DestinationArn"]))
    return {"AssociationSummaries": list(shown), **more}


def _is_wanted(summary: Mapping[str, Any], request: Mapping[str, Any]) -> bool:
    names = ("SourceArn", "DestinationArn", "AssociationType", "SourceType", "DestinationType")
    return in_window(summary["CreationTime"].timestamp(), request) and all(
        request.get(name) in (None, summary.get(name)) for name in names
    )


def _association(engine: Engine, found: ResourceRecord) -> dict[str, Any]:
    """The association with what is known of its ends: their types and names."""
    answer = {**found.record, "CreationTime": when(found.created)}
    for end in ("Source", "Destination"):
        entity = engine.resources.resource_by_arn(str(found.record[f"{end}Arn"]))
        word = next((at.word for at in lineage.ENTITIES if entity and at.resources.kind == entity.kind), "")
        if entity and word:
            answer |= {f"{end}Type": entity.record.get(f"{word}Type"), f"{end}Name": entity.name}
    return answer


def _require(entity: Entity, engine: Engine, request: Mapping[str, Any]) -> ResourceRecord:
    arn = request.get(f"{entity.word}Arn")
    name = request.get(f"{entity.word}Name")
    found = engine.resources.resource_by_arn(arn) if arn else None
    if found is None and name:
        found = engine.resources.resource(entity.resources.kind, str(name))
    if found is None or found.kind != entity.resources.kind:
        raise ServiceException("ResourceNotFound", f"{entity.word} '{arn or name}' does not exist.")
    return found


OPERATIONS: dict[str, Operation] = {
    "AddAssociation": add_association,
    "DeleteAssociation": delete_association,
    "ListAssociations": list_associations,
}
for _entity in lineage.ENTITIES:
    OPERATIONS |= {
        f"Create{_entity.word}": partial(create, _entity),
        f"Delete{_entity.word}": partial(delete, _entity),
        f"Describe{_entity.word}": partial(describe, _entity),
        f"List{_entity.word}s": partial(list_entities, _entity),
        f"Update{_entity.word}": partial(update, _entity),
    }
