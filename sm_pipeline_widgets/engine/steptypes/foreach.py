"""ForEach: its body runs once per item, so many iterations at a time; then one iteration may be selected."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine.plan import ServiceStepStatus
from sm_pipeline_widgets.engine.resolve import ResolveError, resolve, walk
from sm_pipeline_widgets.engine.steptypes.base import Done, Loops, Parity, ParityStatus, StepType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sm_pipeline_widgets.engine.steptypes.base import BodyEnd, Services, Task

DEFAULT_CONCURRENCY = 10
MOST_AT_A_TIME = 50
NOT_IN_BODY = ("Condition", "Fail", "ForEach")
_OUTPUT = "IterationOutput."


def loops(task: Task) -> Loops:
    """The items: a list, or the text of a JSON list."""
    items = resolve(task.arguments.get("IterableItems"), task.scope)
    if isinstance(items, str):
        try:
            items = json.loads(items)
        except ValueError:
            raise ResolveError(_no_list(task, items)) from None
    if not isinstance(items, list):
        raise ResolveError(_no_list(task, items))
    at_a_time = resolve(task.arguments.get("MaxConcurrency", DEFAULT_CONCURRENCY), task.scope)
    if isinstance(at_a_time, bool) or not isinstance(at_a_time, int) or not 1 <= at_a_time <= MOST_AT_A_TIME:
        raise ResolveError(
            f"ClientError: MaxConcurrency of step '{task.name}' must be a number from 1 to {MOST_AT_A_TIME}, "
            f"not {at_a_time!r}."
        )
    return Loops(tuple(items), at_a_time)


def finish(task: Task, made: Loops, ends: Sequence[BodyEnd]) -> Done:
    """Count how the iterations ended, select one, and give the outputs of all."""
    bad = [end.name for end in ends if end.status is ServiceStepStatus.FAILED]
    stopped = task.stopping.is_set()
    status = ServiceStepStatus.FAILED if bad else ServiceStepStatus.STOPPED if stopped else ServiceStepStatus.SUCCEEDED
    counts = {
        "Status": status.value,
        "InputItemCount": len(made.items),
        "TotalStepCount": len(ends),
        **{
            f"{wanted}StepCount": sum(end.status is wanted for end in ends)
            for wanted in (ServiceStepStatus.SUCCEEDED, ServiceStepStatus.FAILED, ServiceStepStatus.STOPPED)
        },
    }
    if status is not ServiceStepStatus.SUCCEEDED:
        reason = f"ClientError: {len(bad)} of {len(ends)} steps of the loop failed: {', '.join(bad)}." if bad else ""
        return Done(status, reason, {"ForEach": counts}, counts)
    outputs: list[dict[str, Any]] = [{} for _ in made.items]
    for end in ends:
        outputs[end.iteration][end.body] = end.properties
    chosen = _selected(task, ends)
    if chosen is None:
        return Done(status, "", {"ForEach": counts}, {**counts, "IterationOutputs": outputs})
    metadata = {**counts, "Selector": {"StepName": chosen.body, "Index": chosen.iteration}}
    properties = {**counts, "IterationOutputs": outputs, "Selected": chosen.properties}
    return Done(status, "", {"ForEach": metadata}, properties)


def _selected(task: Task, ends: Sequence[BodyEnd]) -> BodyEnd | None:
    """The end with the largest or smallest field; the first of equal ones."""
    selector = task.arguments.get("Selector")
    if not isinstance(selector, dict) or not ends:
        return None
    picks = {"MaxBy": max, "MinBy": min}
    pick, field = selector.get("Pick"), selector.get("Field")
    get = field.get("Get", "") if isinstance(field, dict) else ""
    bodies = sorted({end.body for end in ends if get.startswith(f"{_OUTPUT}{end.body}.")}, key=len)
    if pick not in picks or not bodies:
        raise ResolveError(
            f"ClientError: the Selector of step '{task.name}' needs Pick (MaxBy or MinBy) and a Field such as "
            "{'Get': \"IterationOutput.<step>.OutputParameters['score']\"}."
        )
    body = bodies[-1]
    path = get.removeprefix(f"{_OUTPUT}{body}.")
    values = {end.iteration: (_number(task, end, path), end) for end in ends if end.body == body}
    best = picks[pick](values, key=lambda iteration: values[iteration][0])
    return values[best][1]


def _number(task: Task, end: BodyEnd, path: str) -> float:
    try:
        value = walk(end.properties, path)
        return float(value)
    except (LookupError, ValueError, TypeError) as error:
        raise ResolveError(
            f"ClientError: the Selector of step '{task.name}' finds no number at '{path}' of '{end.name}'."
        ) from error


def _no_list(task: Task, items: Any) -> str:
    return f"ClientError: IterableItems of step '{task.name}' is no list and no text of a JSON list: {str(items)[:200]}"


def _never_run(task: Task) -> Done:
    return Done.failed(f"InternalServerError: loop '{task.name}' was run as a step.")


def check(step: Mapping[str, Any], _services: Services) -> str:
    """Why a step cannot run here: what the service does not take in a body."""
    arguments = step.get("Arguments") or {}
    body = arguments.get("ForEachBody")
    if not isinstance(body, list) or not body:
        return "ForEachBody has no step"
    inside = [str(at.get("Name")) for at in body if isinstance(at, dict) and at.get("Type") in NOT_IN_BODY]
    return f"{', '.join(inside)} cannot stand in a loop ({', '.join(NOT_IN_BODY)} cannot)" if inside else ""


FOR_EACH = StepType(
    name="ForEach",
    run=_never_run,
    parity=Parity(
        ParityStatus.APPROXIMATED,
        "Items, MaxConcurrency, Selector and outputs as documented; when an iteration fails, the others go on and "
        "the loop fails in the end.",
    ),
    check=check,
    is_resolved=False,
    loops=loops,
    finish=finish,
)
