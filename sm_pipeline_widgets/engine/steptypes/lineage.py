"""Lineage: actions, artifacts, contexts and their associations, recorded when the step runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine import lineage
from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.steptypes.base import Done, Parity, ParityStatus, StepType
from sm_pipeline_widgets.engine.steptypes.requests import checked, failed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sm_pipeline_widgets.engine.steptypes.base import Task


def run(task: Task) -> Done:
    """Record everything the step names; associations last, since they name the others."""
    arns = {entity.word: _recorded(task, entity) for entity in lineage.ENTITIES}
    associations = [_associated(task, arns, at) for at in task.arguments.get("Associations") or []]
    told: dict[str, Any] = {f"{word}Arns": found for word, found in arns.items() if found}
    if associations:
        told["Associations"] = associations
    return Done.succeeded({"Lineage": told}, told)


def _recorded(task: Task, entity: lineage.Entity) -> dict[str, str]:
    operation = f"Create{entity.word}"
    found: dict[str, str] = {}
    for request in task.arguments.get(f"{entity.word}s") or []:
        read = checked(operation, request)
        try:
            made = lineage.create_entity(task.services, entity, read, origin=task.resource_name)
        except ServiceException as error:
            raise failed(operation, error) from error
        found[str(read.get(f"{entity.word}Name") or made.name)] = made.arn
    return found


def _associated(task: Task, arns: Mapping[str, Mapping[str, str]], wanted: Mapping[str, Any]) -> dict[str, str]:
    source, destination = (_end(task, arns, wanted.get(name) or {}) for name in ("Source", "Destination"))
    lineage.associate(task.services, source, destination, str(wanted.get("AssociationType") or "AssociatedWith"))
    return {"SourceArn": source, "DestinationArn": destination}


def _end(task: Task, arns: Mapping[str, Mapping[str, str]], end: Mapping[str, Any]) -> str:
    if end.get("Arn"):
        return str(end["Arn"])
    found = arns.get(str(end.get("Type")), {}).get(str(end.get("Name")))
    if found is None:
        raise ServiceException(
            "ValidationException",
            f"an association of step '{task.name}' names {end.get('Type')} '{end.get('Name')}', "
            "which the step does not make: give its Arn.",
        )
    return found


LINEAGE = StepType(
    name="Lineage",
    run=run,
    parity=Parity(ParityStatus.SAME, "Recorded in the engine; Describe and List answer. QueryLineage is not there."),
    is_at_once=True,
)
