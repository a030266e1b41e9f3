"""Expressions and conditions: tables and properties."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sm_pipeline_widgets.engine.resolve import ResolveError, Scope, evaluate, render_text, resolve, walk

STEPS = {
    "prep": {
        "ProcessingJobName": "job-1",
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": "train", "S3Output": {"S3Uri": "s3://b/train"}}]},
        "ProcessingInputs": [{"InputName": "in put", "S3Input": {"S3Uri": "s3://b/in"}}],
        "Environment": {"a.b": "dotted", "K": "v"},
    },
    "fit": {"FinalMetricDataList": [{"MetricName": "val:acc", "Value": 0.5}], "TrainingTimeInSeconds": 3},
    "c": {"Outcome": True},
    "a.b": {"X": 1},
    "a": {"b": {"X": 2}},
}
FILES = {("prep", "Eval"): {"metrics": {"acc": [{"value": 0.9}], "odd key": 1}}}


def read_file(step, name):
    if (step, name) not in FILES:
        raise ResolveError(f"no {name} of {step}")
    return FILES[step, name]


SCOPE = Scope(
    parameters={"n": 3, "x": 6.0, "flag": True, "s": "text", "prep": "same name"},
    execution={"PipelineExecutionId": "abc123def456"},
    steps=STEPS,
    names=[*STEPS, "later"],
    read_property_file=read_file,
    read_json=lambda uri: {"Result": [uri]},
)


def get(text):
    return {"Get": text}


def join(on, *values):
    return {"Std:Join": {"On": on, "Values": list(values)}}


def json_get(path, file="Steps.prep.PropertyFiles.Eval"):
    return {"Std:JsonGet": {"PropertyFile": get(file), "Path": path}}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        (1, 1),
        ("Get", "Get"),
        (None, None),
        ({"Get": 1}, {"Get": 1}),
        ({"Get": "Parameters.n", "x": 1}, {"Get": "Parameters.n", "x": 1}),
        (get("Parameters.n"), 3),
        (get("Parameters.prep"), "same name"),
        ([{"deep": [get("Parameters.flag")]}], [{"deep": [True]}]),
        (get("Execution.PipelineExecutionId"), "abc123def456"),
        (get("Steps.prep.ProcessingJobName"), "job-1"),
        (get("Steps.prep.ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri"), "s3://b/train"),
        (get("Steps.prep.ProcessingOutputConfig.Outputs[0].S3Output.S3Uri"), "s3://b/train"),
        (get("Steps.prep.ProcessingInputs['in put'].S3Input.S3Uri"), "s3://b/in"),
        (get("Steps.prep.Environment['a.b']"), "dotted"),
        (get("Steps.fit.FinalMetricDataList['val:acc'].Value"), 0.5),
        (get("Steps.a.b.X"), 1),
        (join("/", "s3:/", "b", get("Execution.PipelineExecutionId")), "s3://b/abc123def456"),
        (
            join("", get("Parameters.x"), "|", get("Parameters.n"), "|", get("Parameters.flag"), "|", None),
            "6.0|3|true|null",
        ),
        (join("", get("Steps.c.Outcome")), "true"),
        (join("-", join("+", 1, 2), []), "1+2-[]"),
        (join(","), ""),
        (json_get("metrics.acc[0].value"), 0.9),
        (json_get("metrics['odd key']"), 1),
        ({"Std:JsonGet": {"S3Uri": join("/", "s3:/", "b", "k"), "Path": "Result[0]"}}, "s3://b/k"),
        ({"Std:JsonGet": {"PropertyFile": "Steps.prep.PropertyFiles.Eval", "Path": "metrics.acc[0].value"}}, 0.9),
    ],
)
def test_values(expression, value):
    found = resolve(expression, SCOPE)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        (get("Parameters.none"), "{'Get': 'Parameters.none'} is undefined."),
        (get("Execution.None"), "is undefined"),
        (get("Steps.none.X"), "is undefined"),
        (get("Steps.later.X"), "is undefined"),
        (get("Steps.prep.None"), "is undefined"),
        (get("Steps.prep.ProcessingOutputConfig.Outputs['none']"), "is undefined"),
        (get("Steps.prep.ProcessingOutputConfig.Outputs[7]"), "is undefined"),
        (get("Steps.prep.ProcessingJobName.deeper"), "is undefined"),
        (get("Steps.prep.Environment['it's']"), "is undefined"),
        (get(""), "is undefined"),
        (json_get("metrics.none"), "Invalid json path 'metrics.none'"),
        (json_get("metrics["), "Invalid json path"),
        (json_get("", "Steps.prep.Other.Eval"), "Property file reference"),
        (json_get("a", "Steps.prep.PropertyFiles.None"), "no None of prep"),
        (
            {"Std:JsonGet": {"PropertyFile": get("Steps.prep.PropertyFiles.Eval"), "Path": get("Parameters.s")}},
            "static string",
        ),
        ({"Std:Join": {"On": "", "Values": "text"}}, "needs a list"),
    ],
)
def test_values_that_are_none(expression, words):
    with pytest.raises(ResolveError) as caught:
        resolve(expression, SCOPE)
    assert words in str(caught.value)


def compare(kind, left, right):
    return {"Type": kind, "LeftValue": left, "RightValue": right}


@pytest.mark.parametrize(
    ("condition", "outcome"),
    [
        (compare("Equals", 1, 1.0), True),
        (compare("Equals", "a", "b"), False),
        (compare("Equals", get("Parameters.flag"), True), True),
        (compare("GreaterThan", "1", "0"), True),
        (compare("GreaterThan", "1", "3"), False),
        (compare("GreaterThan", "10", "9"), False),
        (compare("GreaterThanOrEqualTo", get("Parameters.n"), 3), True),
        (compare("LessThan", get("Parameters.x"), get("Parameters.n")), False),
        (compare("LessThanOrEqualTo", json_get("metrics.acc[0].value"), 0.9), True),
        ({"Type": "In", "QueryValue": get("Parameters.s"), "Values": ["a", get("Parameters.s")]}, True),
        ({"Type": "In", "QueryValue": 1, "Values": ["1", True]}, False),
        ({"Type": "Not", "Condition": compare("Equals", 1, 2)}, True),
        ({"Type": "Or", "Conditions": [compare("Equals", 1, 2), compare("Equals", 1, 1)]}, True),
        ({"Type": "Or", "Conditions": []}, False),
    ],
)
def test_conditions(condition, outcome):
    assert evaluate([condition], SCOPE) is outcome


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (
            compare("Equals", 1, "1"),
            "LeftValue [1] of type [int] and RightValue [1] of type [str] are not of the same type.",
        ),
        (compare("Equals", True, 1), "not of the same type"),
        (compare("LessThan", "a", 1), "Condition of type [LessThan] not supported between [a]"),
        (compare("LessThan", True, False), "not supported"),
        (compare("LessThan", None, None), "not supported"),
        (compare("NotEquals", 1, 1), "Condition of type [NotEquals] is not known."),
    ],
)
def test_conditions_that_cannot_be_evaluated(condition, words):
    with pytest.raises(ResolveError) as caught:
        evaluate([condition], SCOPE)
    assert words in str(caught.value)


def test_conditions_are_anded_and_stop_at_the_first_that_does_not_hold():
    assert evaluate([], SCOPE) is True
    assert evaluate([compare("Equals", 1, 2), compare("Equals", get("Parameters.none"), 1)], SCOPE) is False


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.text().filter(lambda key: key not in ("Get", "Std:Join", "Std:JsonGet")), inner)
    ),
    max_leaves=20,
)


@given(JSON)
def test_json_without_expressions_stays_what_it_is(value):
    assert resolve(value, SCOPE) == value


@given(st.text().filter(lambda text: not text.startswith(("Parameters.", "Execution.", "Steps."))))
def test_any_other_get_is_an_error_and_nothing_else(text):
    with pytest.raises(ResolveError):
        resolve(get(text), SCOPE)


@given(st.sampled_from(["Parameters.", "Execution.", "Steps.", "Steps.prep."]), st.text())
def test_any_path_gives_a_value_or_the_typed_error(root, text):
    try:
        resolve(get(root + text), SCOPE)
    except ResolveError as error:
        assert "is undefined" in str(error)


@given(st.lists(st.text()), st.text())
def test_join_of_texts_is_joining(texts, on):
    assert resolve(join(on, *texts), SCOPE) == on.join(texts)


@given(st.dictionaries(st.text(alphabet="abcXYZ_ -.", min_size=1), st.integers(), min_size=1), st.data())
def test_walk_finds_every_key_in_quotes(document, data):
    key = data.draw(st.sampled_from(sorted(document)))
    assert walk({"m": document}, f"m['{key}']") == document[key]


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers())
def test_numbers_are_written_so_that_they_can_be_read_back(number):
    assert json.loads(render_text(number)) == number
