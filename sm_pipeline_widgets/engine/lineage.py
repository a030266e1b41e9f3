"""Lineage: actions, artifacts and contexts, and how they are associated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine import keeping, names
from sm_pipeline_widgets.engine.resources import ResourceRecord

if TYPE_CHECKING:
    from collections.abc import Mapping

ASSOCIATION = "association"


@dataclass(frozen=True, slots=True)
class Entity:
    """A kind of lineage entity: the API's word, and its resources."""

    word: str
    resources: keeping.Kind


ACTION = Entity("Action", keeping.Kind("action", "action"))
ARTIFACT = Entity("Artifact", keeping.Kind("artifact", "artifact"))
CONTEXT = Entity("Context", keeping.Kind("context", "context"))
ENTITIES = (ACTION, ARTIFACT, CONTEXT)


def create_entity(
    keeper: keeping.Keeper, entity: Entity, request: Mapping[str, Any], origin: str = ""
) -> ResourceRecord:
    """Keep an action, artifact or context. An artifact of the same source and type is the one that is there.

    Raises
    ------
    ServiceException
        The name is taken.
    """
    if entity is not ARTIFACT:
        return keeping.create(keeper, entity.resources, str(request[f"{entity.word}Name"]), request, origin)
    source = f"{request['Source']['SourceUri']}\n{request.get('ArtifactType', '')}\n{request.get('ArtifactName', '')}"
    name = names.derived_text(source, 32)
    return keeping.create(keeper, entity.resources, name, request, origin=f"artifact:{name}")


def describe_entity(entity: Entity, found: ResourceRecord) -> dict[str, Any]:
    """The answer of DescribeAction, DescribeArtifact or DescribeContext."""
    answer = keeping.described(found, entity.word)
    answer[f"{entity.word}Name"] = found.record.get(f"{entity.word}Name")
    return answer


def associate(keeper: keeping.Keeper, source: str, destination: str, kind: str) -> ResourceRecord:
    """Keep an association of two entities, by their ARNs; the same again changes nothing."""
    record = {"SourceArn": source, "DestinationArn": destination, "AssociationType": kind}
    name = association_name(source, destination)
    now = keeper.clock()
    made = ResourceRecord(ASSOCIATION, name, keeper.arn(ASSOCIATION, name), now, now, record)
    keeper.resources.put_resource_if_absent(made)
    return made


def association_name(source: str, destination: str) -> str:
    """One association per pair."""
    return names.derived_text(f"{source}\n{destination}", 32)
