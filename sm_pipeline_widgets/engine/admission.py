"""What a definition must be to be kept, and what it must be to be run here. Pure; refusals are the service's words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.expressions import find_gets, step_of
from sm_pipeline_widgets.definition.graph import iter_steps, own_part
from sm_pipeline_widgets.engine.arguments import argument_problem
from sm_pipeline_widgets.engine.caching import expiry_seconds
from sm_pipeline_widgets.engine.limits import limit_problem
from sm_pipeline_widgets.engine.local import declared_answers, has_answer
from sm_pipeline_widgets.engine.plan import make_plan
from sm_pipeline_widgets.engine.retrying import policies_of
from sm_pipeline_widgets.engine.steptypes.refused import REFUSED

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sm_pipeline_widgets.engine.steptypes.base import Services, StepType

LONGEST_DEFINITION = 1_048_576
"""Within a request; one that lies in S3 may be longer."""
LARGEST_OBJECT = 32 << 20
"""Bytes of a definition in S3. The service names no limit; more than this is no pipeline anybody could run."""
_UNKNOWN = "the engine knows no such type"
TRIGGERS = ("Completed", "Failed", "Stopped", "Any")
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
        wrong = argument_problem(at.step)
        if wrong:
            raise AdmissionError(f"{_PREFIX} Step '{at.name}': {wrong}")
        _check_settings(at.step)
    beyond = limit_problem(definition)
    if beyond:
        raise AdmissionError(f"{_PREFIX} {beyond}")
    _declared(definition)
    try:
        plan = make_plan(definition)
    except ValueError as error:
        raise AdmissionError(f"{_PREFIX} {error}") from error
    _check_references(definition, plan.all_steps())
    return definition


def check_runnable(
    definition: Mapping[str, Any],
    table: Mapping[str, StepType],
    services: Services,
    chosen: Collection[str] = (),
) -> None:
    """Raise an AdmissionError that names every step the engine cannot run and why; of the chosen ones, if any are."""
    local = _declared(definition)
    names = [at.name for at in iter_steps(definition)]
    stray = [name for name in local if name not in names]
    if stray:
        raise AdmissionError(f"Metadata declares local outputs of steps that do not exist: {', '.join(stray)}.")
    found: list[str] = []
    for at in iter_steps(definition):
        is_wanted = not chosen or at.name in chosen or (at.branch == "body" and at.parent in chosen)
        if is_wanted and not has_answer(local.get(at.name, {})):
            row = table.get(at.type)
            why = row.check(at.step, services) if row else REFUSED.get(at.type, _UNKNOWN)
            if why:
                found.append(f"'{at.name}' ({at.type}): {why.rstrip('.')}")
    if found:
        raise AdmissionError(
            f"The engine on this machine cannot run {'step' if len(found) == 1 else 'these steps:'} "
            f"{'; '.join(found)}. Run the pipeline on AWS, or declare what {_them(found)} should return on this "
            "machine: `local: {outputs: {…}}`."
        )


def _them(found: Sequence[str]) -> str:
    return "the step" if len(found) == 1 else "each step"


def _declared(definition: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    try:
        return declared_answers(definition)
    except ValueError as error:
        raise AdmissionError(f"{_PREFIX} {error}") from error


def _check_settings(step: Mapping[str, Any]) -> None:
    """Raise an AdmissionError for caching, retrying or waiting that cannot be read."""
    try:
        policies_of(step)
        for entry in step.get("DependsOn") or ():
            trigger = entry.get("Trigger", TRIGGERS[0]) if isinstance(entry, dict) else TRIGGERS[0]
            if trigger not in TRIGGERS:
                raise ValueError(f"DependsOn: Trigger must be one of {', '.join(TRIGGERS)}, not {trigger!r}")  # noqa: TRY301
        config = step.get("CacheConfig")
        expires = config.get("ExpireAfter") if isinstance(config, dict) else None
        if isinstance(expires, str):
            expiry_seconds(expires)
    except (ValueError, TypeError) as error:
        raise AdmissionError(f"{_PREFIX} Step '{step.get('Name')}': {error}.") from error


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
