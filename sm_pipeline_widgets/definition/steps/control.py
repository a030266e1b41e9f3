"""Steps that decide and end: Condition and Fail."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.compilation import ReferenceMeaningError
from sm_pipeline_widgets.definition.conditions import (
    ConditionSyntaxError,
    compile_condition,
    parse_condition,
    render_conditions,
)
from sm_pipeline_widgets.definition.decompile_values import InexpressibleError
from sm_pipeline_widgets.definition.source import Json, Node, Scalar, SequenceNode
from sm_pipeline_widgets.definition.steps.base import StepType, no_more, property_get
from sm_pipeline_widgets.definition.values import place_in
from sm_pipeline_widgets.definition.yaml_text import scalar
from sm_pipeline_widgets.errors import Severity

if TYPE_CHECKING:
    from sm_pipeline_widgets.definition.references import Reference
    from sm_pipeline_widgets.definition.remainder import Remainder
    from sm_pipeline_widgets.definition.spec import StepSpec
    from sm_pipeline_widgets.definition.values import StepContext

_EXAMPLE = "For example `$steps.evaluate.metrics.rmse <= 60 and $parameters.mode in ['full', 'fast']`."

BRANCHES = {"then": "IfSteps", "else": "ElseSteps"}


def build_condition(context: StepContext) -> dict[str, Json]:
    """Conditions; the branches' steps are put in by whoever has all steps in hand."""
    if not context.bare:
        return {"Arguments": {"Conditions": _conditions(context), "IfSteps": [], "ElseSteps": []}}
    arguments: dict[str, Json] = {"Conditions": _conditions(context)} if context.says("if") else {}
    return {"Arguments": {**arguments, **{member: [] for key, member in BRANCHES.items() if context.says(key)}}}


def refer_condition(step: StepSpec, reference: Reference) -> Json | None:
    """``outcome``."""
    if reference.names[1] != "outcome":
        return None
    no_more(reference, 2)
    return property_get(step, "Outcome")


def branch_names(step: StepSpec, key: str) -> list[Scalar]:
    """The names listed under ``then`` or ``else``."""
    node = step.node(key)
    if isinstance(node, SequenceNode):
        return [item for item in node.values if isinstance(item, Scalar) and item.value is not None]
    return [node] if isinstance(node, Scalar) and node.value is not None else []


def build_fail(context: StepContext) -> dict[str, Json]:
    """A Fail step's message."""
    if context.bare and not context.says("message"):
        return {"Arguments": {}}
    if context.node("message") is None and "arguments" not in context.step.entries:
        fix = "Say why the run ends here: `message: rmse was ${steps.evaluate.metrics.rmse}`."
        context.problem("missing-key", "`message` is missing; the run would end without a reason", None, fix,
                        Severity.WARNING)  # fmt: skip
    return {"Arguments": {"ErrorMessage": context.text_value("message") or ""}}


def _conditions(context: StepContext) -> list[Json]:
    node = context.node("if")
    if node is None:
        if "arguments" not in context.step.entries:
            fix = "For example `if: $steps.evaluate.metrics.rmse <= $parameters.max_rmse`."
            context.problem("missing-key", "`if` is missing", None, fix)
        return []
    if not isinstance(node, Scalar):
        fix = "Join several with `and` and `or`: `if: $a < 1 and ($b == 'x' or $c)`."
        context.problem("wrong-kind", "`if` takes one expression", node.span, fix)
        return []
    return _expression(context, node)


def _expression(context: StepContext, node: Scalar) -> list[Json]:
    def resolve(reference: Reference) -> Json:
        try:
            return context.resolve(reference)
        except ReferenceMeaningError as error:
            place = place_in(node, reference.offset, len(reference.text))
            context.problem(error.code, error.message, place, error.fix)
            return reference.text

    text = str(node.value) if isinstance(node.value, str) else node.text
    try:
        return list(compile_condition(parse_condition(text), resolve))
    except ConditionSyntaxError as error:
        context.problem("condition-syntax", error.message, place_in(node, error.offset, 1), error.fix or _EXAMPLE)
        return []


def is_listed(node: Node | None) -> bool:
    """Whether a branch is written as a list of names (or one name, or nothing)."""
    return node is None or isinstance(node, SequenceNode | Scalar)


def unbuild_condition(rest: Remainder) -> None:
    """One expression for the conditions, if they come back from it."""
    if not all(key in rest.keys for key in BRANCHES):
        rest.keys["defaults"] = "none"
    branches = {key: rest.keys.pop(key) for key in BRANCHES if key in rest.keys}
    rest.take("if", ("Conditions",), lambda value: _say_conditions(rest, value))
    if "if" not in rest.keys and isinstance(rest.arguments, dict) and "Conditions" not in rest.arguments:
        rest.keys["defaults"] = "none"
    rest.keys.update(branches)


def _say_conditions(rest: Remainder, conditions: Any) -> Json:
    meaning: dict[str, Json] = {}

    def operand(value: Any) -> str:
        written = rest.wording.reference(value, braced=False)
        if written is not None:
            meaning[written] = value
            return written
        if isinstance(value, str):
            return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
        if isinstance(value, dict | list):
            raise InexpressibleError(str(value))
        return scalar(value)

    try:
        text = render_conditions(conditions, operand)
        again = compile_condition(parse_condition(text), lambda reference: meaning[reference.text])
    except (KeyError, TypeError, AttributeError, ConditionSyntaxError) as error:
        raise InexpressibleError(str(conditions)) from error
    if json.dumps(again, sort_keys=True) != json.dumps(conditions, sort_keys=True):
        raise InexpressibleError(text)
    return text


def unbuild_fail(rest: Remainder) -> None:
    """The message."""
    rest.take("message", ("ErrorMessage",), rest.wording.text)
    if "message" not in rest.keys:
        rest.keys["defaults"] = "none"


CONDITION = StepType(
    name="Condition",
    family="decision",
    doc="Takes one of two branches.",
    keys={
        "if": "A boolean expression: `== != < <= > >= in not and or ( )` over references and literals.",
        "then": "The steps that run when it holds.",
        "else": "The steps that run when it does not.",
    },
    build=build_condition,
    refer=refer_condition,
    unbuild=unbuild_condition,
    outputs={"outcome": "`true` or `false`."},
)

FAIL = StepType(
    name="Fail",
    family="end",
    doc="Ends the run as failed, with a message.",
    keys={"message": "What the run's owner should read; may hold references."},
    build=build_fail,
    unbuild=unbuild_fail,
)
