"""What a definition must be to be kept, and what it must be to be run here. Pure; refusals are the service's words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.expressions import find_gets, step_of
from sm_pipeline_widgets.definition.graph import iter_steps, own_part
from sm_pipeline_widgets.engine.container import own_entry_point
from sm_pipeline_widgets.engine.plan import make_plan

if TYPE_CHECKING:
    from collections.abc import Mapping

RUNNABLE = ("Processing", "Training", "Condition", "Fail")
LONGEST_DEFINITION = 1_048_576
DEEPEST = 100
_PREFIX = "Unable to parse pipeline definition."


class AdmissionError(Exception):
    """The definition is refused; the text says why and where."""


def read_definition(text: str) -> dict[str, Any]:
    """The definition a text holds, if the service would keep it.

    Raises
    ------
    AdmissionError
        It is no JSON object, or its steps form no graph.
    """
    try:
        definition = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise AdmissionError(f"{_PREFIX} It is not valid JSON: {error}") from error
    if not isinstance(definition, dict):
        raise AdmissionError(f"{_PREFIX} Expecting start of Json Object")
    if definition.get("Version") != "2020-12-01":
        raise AdmissionError(f"{_PREFIX} Version must be '2020-12-01'.")
    _check_lists(definition)
    for at in iter_steps(definition):
        if not isinstance(at.step.get("Name"), str) or not at.name or not at.type:
            raise AdmissionError(f"{_PREFIX} Every step needs a Name and a Type.")
        if not isinstance(at.step.get("Arguments") or {}, dict):
            raise AdmissionError(f"{_PREFIX} Step '{at.name}': Arguments: Expecting start of Json Object")
    try:
        plan = make_plan(definition)
    except ValueError as error:
        raise AdmissionError(f"{_PREFIX} {error}") from error
    _check_references(definition, plan.steps)
    return definition


def check_runnable(definition: Mapping[str, Any]) -> None:
    """Raise an AdmissionError that names every step the engine cannot run."""
    unknown = [f"'{at.name}' ({at.type})" for at in iter_steps(definition) if at.type not in RUNNABLE]
    if unknown:
        raise AdmissionError(
            f"The engine on this machine cannot run these steps: {', '.join(unknown)}. "
            f"It runs {', '.join(RUNNABLE)}; run the pipeline on AWS, or without these steps."
        )
    for at in iter_steps(definition):
        missing = own_entry_point(at.type, at.step.get("Arguments") or {}) if at.type in RUNNABLE[:2] else ""
        if missing:
            raise AdmissionError(
                f"The engine on this machine cannot run step '{at.name}': {missing}, "
                "and the image's own entry point is not here."
            )


def _check_lists(definition: Mapping[str, Any]) -> None:
    if not isinstance(definition.get("Steps"), list):
        raise AdmissionError(f"{_PREFIX} Steps: Expecting start of Json Array")
    for name in ("Parameters",):
        found = definition.get(name) or []
        if not isinstance(found, list) or not all(isinstance(at, dict) and at.get("Name") for at in found):
            raise AdmissionError(f"{_PREFIX} {name}: Expecting start of Json Array of objects with a Name")
    if any(not isinstance(step, dict) for step in definition["Steps"]):
        raise AdmissionError(f"{_PREFIX} Steps: Expecting start of Json Object")


def _check_references(definition: Mapping[str, Any], steps: Mapping[str, Any]) -> None:
    for at in iter_steps(definition):
        for get in find_gets(own_part(at.step)):
            if get.startswith("Steps.") and step_of(get, steps.keys()) is None:
                raise AdmissionError(f"{_PREFIX} Step '{at.name}' refers to {get}, but there is no such step.")
