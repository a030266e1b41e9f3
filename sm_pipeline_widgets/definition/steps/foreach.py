"""ForEach: the same steps once for each item of a list (``sagemaker.md`` §1.7).

The body's steps are declared beside all others and named under ``body``; compiling puts them in. Inside them ``$item``
is the item.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.compilation import ReferenceMeaningError
from sm_pipeline_widgets.definition.source import Json, MappingNode, Node, Scalar, SequenceNode, plain
from sm_pipeline_widgets.definition.steps.base import StepType, said, service_reference
from sm_pipeline_widgets.definition.steps.control import branch_names
from sm_pipeline_widgets.definition.steps.members import has, is_options, needed, refer_paths
from sm_pipeline_widgets.definition.values import is_expression_node
from sm_pipeline_widgets.definition.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sm_pipeline_widgets.definition.compilation import ReferToStep
    from sm_pipeline_widgets.definition.references import Reference
    from sm_pipeline_widgets.definition.spec import StepSpec
    from sm_pipeline_widgets.definition.values import StepContext

BODY = {"body": "ForEachBody"}
"""The key that names the body's steps, and the member that holds them."""
MAX_ITEMS = 100
MAX_CONCURRENCY = 50
DEFAULT_CONCURRENCY = 10
NOT_IN_BODY = ("Condition", "Fail", "ForEach")
_PICKS = {"max": "MaxBy", "min": "MinBy"}
_PATHS = {
    "status": "Status",
    "items": "InputItemCount",
    "steps": "TotalStepCount",
    "succeeded": "SucceededStepCount",
    "failed": "FailedStepCount",
    "stopped": "StoppedStepCount",
}


def build(context: StepContext) -> dict[str, Json]:
    """The arguments; the body's steps are put in by whoever has all steps in hand."""
    needed(context, "items", "For example `items: [a, b]`, or a reference to a JSON list: `items: $parameters.names`.")
    needed(context, "body", "Name the steps that run for each item: `body: [score]`.")
    _check_body(context)
    members: dict[str, Json] = {
        "IterableItems": _items(context),
        "MaxConcurrency": _concurrency(context),
        "Selector": _selector(context),
    }
    body: dict[str, Json] = {"ForEachBody": []} if context.says("body") or not context.bare else {}
    return {"Arguments": {**said(members), **body}}


def refer(step: StepSpec, reference: Reference) -> Json | None:
    """``status``, the counts, ``selected.…`` and ``iterations[K].STEP.…`` spelled as the service spells them."""
    first = str(reference.names[1])
    if first == "selected":
        return _inside(step, reference, "Selected", 2, 3)
    if first == "iterations":
        return _inside(step, reference, f"IterationOutputs[{_iteration(reference)}]", 3, 5)
    return refer_paths(_PATHS, step, reference)


def refer_through(
    steps: Mapping[str, StepSpec], loop: StepSpec, reference: Reference, refer_to_step: ReferToStep
) -> Json | None:
    """What a friendly output of a body step is behind ``selected`` or ``iterations[K].STEP``; None when it is none.

    ``$steps.loop.iterations[0].score.outputs.auc`` means what ``$steps.score.outputs.auc`` means inside the loop.
    """
    names = reference.names
    if len(names) > 2 and names[1] == "selected":
        body, at, into = _selected_step(loop), 2, "Selected"
    elif len(names) > 4 and names[1] == "iterations" and isinstance(names[2], int):
        body, at, into = str(names[3]), 4, f"IterationOutputs[{names[2]}].{names[3]}"
    else:
        return None
    first = str(names[at])
    inner = steps.get(body)
    if inner is None or first[:1].isupper() or body not in {name.text for name in branch_names(loop, "body")}:
        return None
    path = (reference.path[0]._replace(value=body), *reference.path[at:])
    found = refer_to_step(inner, reference._replace(path=path))
    return _moved(found, f"Steps.{body}.", f"Steps.{loop.name}.{into}.")


def looped_steps(steps: Iterable[StepSpec]) -> dict[str, str]:
    """The steps that stand in the body of a ForEach, each with the ForEach's name."""
    loops = [step for step in steps if step.type == "ForEach" and step.literal is None]
    return {name.text: loop.name for loop in loops for name in branch_names(loop, "body")}


def _inside(step: StepSpec, reference: Reference, where: str, at: int, least: int) -> Json:
    if len(reference.path) < least:
        fix = f"For example `{reference.text}.OutputParameters['score']`."
        raise ReferenceMeaningError("incomplete-reference", f"`{reference.text}` is a whole result", fix)
    rest = service_reference(step, reference._replace(path=(reference.path[0], *reference.path[at:])))
    path = str(rest["Get"]) if isinstance(rest, dict) else ""
    return {"Get": f"Steps.{step.name}.{where}{path.removeprefix(f'Steps.{step.name}')}"}


def _iteration(reference: Reference) -> int:
    at = reference.names[2] if len(reference.path) > 2 else None
    if not isinstance(at, int):
        fix = f"`$steps.{reference.names[0]}.iterations[0].STEP.…` is the first."
        raise ReferenceMeaningError("incomplete-reference", "say which iteration", fix)
    return at


def _selected_step(loop: StepSpec) -> str:
    node = loop.node("select")
    field = next((value for _, value in node.items()), None) if isinstance(node, MappingNode) else None
    parts = field.text.lstrip("${").split(".") if isinstance(field, Scalar) else []
    return parts[1] if len(parts) > 2 and parts[0] == "steps" else ""


def _moved(value: Json, old: str, new: str) -> Json:
    """An expression that reads from another place."""
    if isinstance(value, dict):
        get = value.get("Get")
        if len(value) == 1 and isinstance(get, str) and get.startswith(old):
            return {"Get": new + get.removeprefix(old)}
        return {key: _moved(inner, old, new) for key, inner in value.items()}
    return [_moved(inner, old, new) for inner in value] if isinstance(value, list) else value


def _items(context: StepContext) -> Json:
    node = context.node("items")
    if isinstance(node, SequenceNode):
        if not 1 <= len(node.values) <= MAX_ITEMS:
            fix = "A longer list can come from a parameter or a step, as the text of a JSON list."
            message = f"`items` has {len(node.values)} items; the service takes 1 to {MAX_ITEMS}"
            context.problem("wrong-kind", message, node.span, fix)
        return [_item(context, item) for item in node.values]
    if not has(context, "items") or node is None:
        return None
    value = context.json(node)
    if not isinstance(value, dict) or (isinstance(node, MappingNode) and not is_expression_node(node)):
        fix = "`items: [a, b]`, or a reference to the text of a JSON list: `items: $parameters.names`."
        context.problem("wrong-kind", "`items` takes a list, or a reference to one", node.span, fix)
    return value


def _item(context: StepContext, node: Node) -> Json:
    """A single value as it is; keys and values as the text of a JSON object, whose fields are ``$item.field``."""
    if isinstance(node, SequenceNode):
        context.problem("wrong-kind", "an item is one value, or keys and values", node.span, "Give the list a key.")
        return json.dumps(plain(node))
    if not is_options(node):
        return context.json(node)
    pieces = list(_pieces(context, node))
    if all(isinstance(piece, str) for piece in pieces):
        return "".join(str(piece) for piece in pieces)
    return {"Std:Join": {"On": "", "Values": _together(pieces)}}


def _pieces(context: StepContext, node: Node) -> Iterable[Json]:
    """The JSON text of a node in pieces, an expression standing where its value will."""
    if is_options(node):
        for at, (key, value) in enumerate(node.items()):
            yield f"{', ' if at else '{'}{json.dumps(key)}: "
            yield from _pieces(context, value)
        yield "}" if node.entries else "{}"
    elif isinstance(node, SequenceNode):
        for at, value in enumerate(node.values):
            yield ", " if at else "["
            yield from _pieces(context, value)
        yield "]" if node.values else "[]"
    else:
        inner = context.json(node)
        if not isinstance(inner, dict):
            yield json.dumps(inner)
        elif context.pipeline.parameter_type(inner) in ("Integer", "Float", "Boolean"):
            yield inner
        else:
            yield from ('"', inner, '"')


def _together(pieces: list[Json]) -> list[Json]:
    merged: list[Json] = []
    for piece in pieces:
        last = merged[-1] if merged else None
        if isinstance(piece, str) and isinstance(last, str):
            merged[-1] = last + piece
        else:
            merged.append(piece)
    return merged


def _concurrency(context: StepContext) -> Json:
    value = context.value("max_concurrency", DEFAULT_CONCURRENCY)
    node = context.node("max_concurrency")
    fits = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_CONCURRENCY
    if value is not None and not fits:
        fix = f"Give a whole number from 1 to {MAX_CONCURRENCY}."
        message = "`max_concurrency` is no number the service takes"
        context.problem("wrong-kind", message, node.span if node else None, fix)
    return value


def _selector(context: StepContext) -> Json:
    node = context.node("select")
    if node is None:
        return None
    options = context.options(node, dict.fromkeys(_PICKS, ""), "`select`") if is_options(node) else {}
    if len(options) != 1:
        fix = "`select: {max: $steps.score.outputs.auc}`, or `min`."
        context.problem("wrong-kind", "`select` says `max` or `min` of what", node.span, fix)
        return None
    pick, field = next(iter(options.items()))
    value = context.json(field)
    names = [name.text for name in branch_names(context.step, "body")]
    get = value.get("Get") if isinstance(value, dict) else None
    body = next((name for name in names if isinstance(get, str) and get.startswith(f"Steps.{name}.")), None)
    if body is None:
        fix = f"Such as `$steps.{names[0] if names else 'STEP'}.outputs.NAME`."
        context.problem("wrong-kind", "`select` takes an output of a step in the body", field.span, fix)
        return None
    return {"Pick": _PICKS[pick], "Field": _moved(value, f"Steps.{body}.", f"IterationOutput.{body}.")}


def _check_body(context: StepContext) -> None:
    for name in branch_names(context.step, "body"):
        run_as = re.compile(rf"{re.escape(name.text)}-\d+")
        for other in context.pipeline.spec.steps.values():
            if run_as.fullmatch(other.name):
                message = f"`{other.name}` is what an iteration of `{name.text}` is called in a run"
                context.problem("step-name", message, other.span, "Give one of them another name.")
        inner = context.pipeline.spec.steps.get(name.text)
        if inner is not None and inner.type in NOT_IN_BODY:
            message = f"`{name.text}` is a {inner.type} step, and none of {listed(NOT_IN_BODY)} can stand in a loop"
            context.problem("wrong-place", message, name.span, "Let it follow the loop.")


FOR_EACH = StepType(
    name="ForEach",
    family="loop",
    doc="Runs the same steps once for each item.",
    keys={
        "items": "A list of 1 to 100 values (or keys and values), or a reference to the text of a JSON list.",
        "body": "The steps that run for each item; in them `$item` is the item, `$item.field` a field of it.",
        "max_concurrency": "How many items at a time, 1 to 50; 10 when left out.",
        "select": "The iteration that counts later: `{max: $steps.STEP.outputs.NAME}`, or `min`.",
    },
    build=build,
    refer=refer,
    outputs={
        "selected.…": "An output of the iteration that `select` chose.",
        "iterations[K].STEP.…": "An output of a body step in the K-th iteration.",
        "status": "How the loop ended.",
        "items": "How many items there were.",
        "steps": "How many steps ran.",
        "succeeded": "How many of them succeeded.",
        "failed": "How many of them failed.",
        "stopped": "How many of them were stopped.",
    },
)
