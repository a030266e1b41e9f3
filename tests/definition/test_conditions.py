"""Boolean expressions and the service's AND list: the same truth in both."""

from __future__ import annotations

import json
import operator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sm_pipeline_widgets.definition.conditions import (
    ConditionSyntaxError,
    compile_condition,
    parse_condition,
    render_conditions,
)


def compiled(text):
    return compile_condition(parse_condition(text), lambda reference: {"Get": reference.text})


def equals(left, right):
    return {"Type": "Equals", "LeftValue": left, "RightValue": right}


A, B = {"Get": "$a"}, {"Get": "$b"}


@pytest.mark.parametrize(
    "text, conditions",
    [
        ("$a <= 3", [{"Type": "LessThanOrEqualTo", "LeftValue": A, "RightValue": 3}]),
        ("3 > $a", [{"Type": "GreaterThan", "LeftValue": 3, "RightValue": A}]),
        ("$a != 'x y'", [{"Type": "Not", "Condition": equals(A, "x y")}]),
        ("$a", [equals(A, True)]),
        ("not $a", [{"Type": "Not", "Condition": equals(A, True)}]),
        ("$a == null and $b == -1.5e2", [equals(A, None), equals(B, -150.0)]),
        ("$a == 1 or $b == 2", [{"Type": "Or", "Conditions": [equals(A, 1), equals(B, 2)]}]),
        ("$a in [1, 'x', $b]", [{"Type": "In", "QueryValue": A, "Values": [1, "x", B]}]),
        ("$a not in (1,)", [{"Type": "Not", "Condition": {"Type": "In", "QueryValue": A, "Values": [1]}}]),
        ("1 == $a == $b", [equals(1, A), equals(A, B)]),
        ("not ($a == 1 or not $b == 2)", [{"Type": "Not", "Condition": equals(A, 1)}, equals(B, 2)]),
        ("${steps.a['x y'][0].z} == 'it\\'s'", [equals({"Get": "${steps.a['x y'][0].z}"}, "it's")]),
    ],
)
def test_expressions_become_the_services_conditions(text, conditions):
    assert compiled(text) == conditions


@pytest.mark.parametrize(
    "text, offset, words",
    [
        ("$a = 1", 3, "`==`"),
        ("$a && $b", 3, "`and`"),
        ("$a == fast", 6, "quotes"),
        ("$a ==", 5, "missing at the end"),
        ("($a == 1", 8, "`)` was expected"),
        ("$a == 1 $b", 8, "`and` or `or`"),
        ("$a in 3", 6, "a list was expected"),
        ("", 0, "missing"),
        ("$ == 1", 0, "a name must follow"),
        ("$a not 3", 7, "`in` was expected"),
        ("(" * 100 + "1", None, "nested"),
    ],
)
def test_what_is_no_expression_says_where_and_what_to_do(text, offset, words):
    with pytest.raises(ConditionSyntaxError) as caught:
        parse_condition(text)
    assert words in caught.value.message + caught.value.fix
    assert offset is None or caught.value.offset == offset


def test_an_expression_that_would_explode_is_refused():
    text = " or ".join(f"($a == {n} and $b == {n})" for n in range(12))
    with pytest.raises(ConditionSyntaxError, match="more than 200"):
        compiled(text)


COMPARE = {
    "Equals": operator.eq, "LessThan": operator.lt, "LessThanOrEqualTo": operator.le,
    "GreaterThan": operator.gt, "GreaterThanOrEqualTo": operator.ge,
}  # fmt: skip


def holds(condition, values):
    def value(operand):
        return values[operand["Get"][1:]] if isinstance(operand, dict) else operand

    match condition["Type"]:
        case "Or":
            return any(holds(part, values) for part in condition["Conditions"])
        case "Not":
            return not holds(condition["Condition"], values)
        case "In":
            return value(condition["QueryValue"]) in [value(item) for item in condition["Values"]]
        case kind:
            return COMPARE[kind](value(condition["LeftValue"]), value(condition["RightValue"]))


leaves = st.builds(
    "{} {} {}".format,
    st.sampled_from(["x", "y", "z"]),
    st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "in", "not in"]),
    st.integers(0, 3),
).map(lambda text: text if " in " not in text else f"{text[:-1]}[{text[-1]}, 2]")
expressions = st.recursive(
    leaves,
    lambda inner: (
        st.builds("({} and {})".format, inner, inner)
        | st.builds("({} or {})".format, inner, inner)
        | inner.map("(not {})".format)
    ),
    max_leaves=6,
)


@given(expressions, st.fixed_dictionaries(dict.fromkeys("xyz", st.integers(0, 3))))
def test_the_services_form_is_true_exactly_when_the_expression_is(expression, values):
    truth = eval(expression, {}, values)  # noqa: S307 - an expression this test made itself
    text = expression.replace("x", "$x").replace("y", "$y").replace("z", "$z")
    conditions = compiled(text)
    assert all(holds(condition, values) for condition in conditions) == truth
    again = render_conditions(conditions, lambda v: v["Get"] if isinstance(v, dict) else json.dumps(v))
    assert compiled(again) == conditions
