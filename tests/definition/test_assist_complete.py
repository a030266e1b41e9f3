"""Completion while a person types: a text with `|` for the cursor, and what is offered there."""

from __future__ import annotations

import doctest
import re

import pytest
from hypothesis import example as for_example
from hypothesis import given, settings
from hypothesis import strategies as st

from sm_pipeline_widgets.definition import assist_complete, assist_cursor, assist_references
from sm_pipeline_widgets.definition.assist_complete import complete
from sm_pipeline_widgets.definition.assist_cursor import locate
from sm_pipeline_widgets.definition.assist_values import Surroundings
from sm_pipeline_widgets.definition.spec import read_spec

PIPELINE = """\
parameters:
  alpha: 0.1
  max_rmse: {type: Float, default: 60}
steps:
  prepare:
    type: Processing
    code: prepare.py
    outputs: [train, test]
  train:
    type: Training
    hyperparameters: {alpha: $parameters.alpha}
    inputs: {train: $steps.prepare.outputs.train}
    metrics: {rmse: 'rmse=(.*)'}
<HERE>
  evaluate:
    type: Processing
    inputs: {model: $steps.train.model}
    outputs: [report]
    property_files: {metrics: report/evaluation.json}
  good:
    type: Condition
    if: $steps.evaluate.metrics.rmse <= $parameters.max_rmse
    then: [register]
  register:
    type: RegisterModel
    model: $steps.train.model
    group: g
  score:
    type: Processing
    args: [$item.day]
  loop:
    type: ForEach
    items: [{day: monday, hour: 1}]
    body: [score]
"""
FILES = {"": ["src/", "prepare.py"], "src/": ["main.py"]}
AROUND = Surroundings(
    cells=("train", "look"),
    files=lambda folder: FILES.get(folder, ()),
    variables={"rate": 0.1, "settings": {"depth": 3}, "module": re, "_hidden": 1},
)


def at_cursor(marked):
    """A text and the offset of the `|` in it."""
    cursor = marked.index("|")
    return marked[:cursor] + marked[cursor + 1 :], cursor


def in_pipeline(lines):
    """The pipeline above with lines put behind the step `train`, and the cursor in them."""
    begin = PIPELINE.index("<HERE>")
    return PIPELINE.replace("<HERE>", lines.replace("|", "", 1)), begin + lines.index("|")


def offered(text, cursor):
    return [item.text for item in complete(text, cursor, AROUND).items]


def put_in(text, cursor, item):
    start = complete(text, cursor, AROUND).start
    return text[:start] + item + text[cursor:]


@pytest.mark.parametrize("module", [assist_complete, assist_cursor, assist_references])
def test_examples_in_the_documentation_hold(module):
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize(
    "marked, expected",
    [
        ("st|", ["steps:"]),
        ("par|\nsteps:\n  a:\n    type: Fail\n", ["parameters:"]),
        ("steps:\n  a:\n    type: Fail\nst|", []),
        ("steps:\n  a:\n    typ|", ["type: "]),
        ("steps:\n  a:\n    type: Tr|", ["Training", "Transform"]),
        ("steps:\n  a: {type: Fail, mes|", ["message: "]),
        ("steps:\n  a: {type: Fail, mes|}", ["message: "]),
        ("steps:\n  a: {mes|, type: Fail}", ["message: "]),
        ("steps:\n  a: {mes| type: Fail}", []),  # a comma is missing
        ("steps:\n  a:\n    mes|\n    type: Fail\n", ["message: "]),
        ("steps:\n  a:\n    type: Fail\n    mes|: hello\n", ["message"]),
        ("steps:\n  a:\n    type: Fail\n    m|es: hello\n", []),
        ('{"steps": {"a": {"type": "Fail", "mes|"}}}', ["message"]),
        ('{"steps": {"a": {"type": "Fail", "mes|', ['message": ']),
        ("parameters:\n  x: {ty|}", ["type: "]),
        ("parameters:\n  x: {type: F|}", ["Float"]),
        ("parameters:\n  x:\n    type: Int|", ["Integer"]),
        ("omit: [M|]", ["Metadata"]),
        ("mlflow: {ar|}", ["arn: "]),
        ("defaults:\n  inst|\nsteps:\n", ["instance: ", "instances: "]),
        ("defaults:\n  built|\nsteps:\n", ["built_in: "]),
        ("defaults:\n  built_in: |\nsteps:\n", ["none", "all"]),
        ("steps:\n  a:\n    type: x # ty|", []),
        ("steps:\n  a:\n    type:|", []),
        ("# st|", []),
        ("steps:\n  a:\n   |\n    type: Fail\n", []),  # what is put there would break the indentation
    ],
)
def test_keys_and_types(marked, expected):
    assert offered(*at_cursor(marked)) == expected


@pytest.mark.parametrize(
    "lines, first",
    [
        ("    inp|", ["input_mode: "]),
        ("    inp|uts: x", []),
        ("    depends_on: [|]", ["prepare"]),  # neither itself nor what comes after it
        ("    depends_on:\n      - |", ["prepare", "score", "loop"]),
        ("    depends_on: p|", ["prepare"]),
        ("    depends_on: [{step: prepare, on: f|}]", ["failed"]),
        ("    cache: t|", ["true"]),
        ("    retry: {on: [cap|]}", ["capacity"]),
        ("    retry:\n      - on: [thr|", ["throttling"]),
        ("    instance: ml.p5.|", ["ml.p5.4xlarge", "ml.p5.48xlarge"]),
        ("    image: xgb|", ["xgboost"]),
        ("    image: sklearn:1.|", ["sklearn:1.4-2", "sklearn:1.2-1", "sklearn:1.0-1"]),
        ("    code: |", ["cell:train", "cell:look", "src/", "prepare.py"]),
        ("    code: src/|", ["src/main.py"]),
        ("    code: 'cell:l|'", ["cell:look"]),
        ("    input_mode: F|", ["File", "FastFile"]),
        ("    inputs: {train: {uri: x, mode: Fa|}}", ["FastFile"]),
        ("    inputs:\n      train:\n        mode: Fa|", ["FastFile"]),
        ("    hyperparameters: {max|", ["max_rmse: $parameters.max_rmse"]),
        ("    arguments:\n      Resource|", ["ResourceConfig: "]),
        ("    arguments:\n      ResourceConfig:\n        InstanceT|", ["InstanceType: "]),
        ("    arguments: {ResourceConfig: {InstanceType: ml.p5.4x|", ["ml.p5.4xlarge"]),
        ("    arguments: {AlgorithmSpecification: {TrainingInputMode: |}}", ["Pipe", "File", "FastFile"]),
        ("    arguments:\n      InputDataConfig:\n        - ChannelN|", ["ChannelName: "]),
        ("  other:\n    type: Processing\n    outputs: [found]\n    property_files: {m: f|}", ["found/"]),
        ("  other:\n    type: Lambda\n    outputs: {a: F|}", ["Float"]),
        ("  other: {type: Tuning, strategy: B|}", ["Bayesian"]),
        ("  other:\n    type: Tuning\n    ranges: {eta: {scale: l|}}", ["linear", "log"]),
        ("  other:\n    type: RegisterModel\n    approval: A|", ["Approved"]),
        ("  other:\n    type: Condition\n    then: [reg|]", ["register"]),
        ("  other:\n    type: Condition\n    else:\n      - reg|", ["register"]),
        ("  other:\n    type: ForEach\n    body:\n      reg|", ["- register"]),
    ],
)
def test_values_that_fit(lines, first):
    found = offered(*in_pipeline(lines))
    assert found[: len(first)] == first
    assert first or not found


def test_a_finished_reference_needs_no_knowledge_of_how_references_begin():
    found = offered(*in_pipeline("  other:\n    type: Processing\n    inputs: {data: |}"))
    assert found[0] == "$steps.evaluate.outputs.report"
    assert "$steps.prepare.outputs.train" in found
    assert "$steps.train.model" in found
    assert "$steps.good.outcome" not in found  # no place in S3


@pytest.mark.parametrize(
    "value, expected",
    [
        ("$|", ["parameters", "steps", "execution", "target", "vars"]),
        ("$st|", ["steps"]),
        ("${par|", ["parameters"]),
        ("$parameters.|", ["alpha", "max_rmse"]),
        ("$parameters.m|", ["max_rmse"]),
        ("$steps.p|", ["prepare"]),
        ("$steps.prepare.outputs.|", ["train", "test"]),
        ("$steps.prepare.out|", ["outputs.train", "outputs.test"]),
        ("$steps.train.mo|", ["model", "ModelArtifacts", "ModelPackageConfig"]),
        ("$steps.train.metrics.|", ["rmse"]),
        ("$steps.train.FinalM|", ["FinalMetricDataList['rmse']", "FinalMetricDataList[0]"]),
        ("$steps.train.FinalMetricDataList[|", ["'rmse']", "0]"]),
        ("$steps.train.FinalMetricDataList['|", ["rmse']"]),
        ("$steps.train.FinalMetricDataList['rmse'].V|", ["Value"]),
        ("$steps.train.ModelArtifacts.S|", ["S3ModelArtifacts"]),
        ("$steps.evaluate.metrics.|", ["rmse"]),
        ("$steps.loop.iterations[0].|", ["score"]),
        ("$execution.i|", ["id"]),
        ("$target.b|", ["bucket"]),
        ("$vars.|", ["rate", "settings"]),
        ("$vars.settings.|", ["depth"]),
        ("$$st|", []),
        ("costs $5 or ${steps.prepare.outputs.tr|", ["train"]),
        ("'$steps.train.FinalM|'", ['FinalMetricDataList["rmse"]', "FinalMetricDataList[0]"]),
        ("[a, $steps.train.FinalM|]", []),  # brackets cannot stand there without quotes
    ],
)
@pytest.mark.newest_boto3
def test_references_go_on(value, expected):
    assert offered(*in_pipeline(f"  other:\n    type: Processing\n    args: {value}")) == expected


def test_a_reference_goes_on_inside_a_block_of_text():
    lines = "  other:\n    type: Fail\n    message: |\n      rmse was ${steps.evaluate.metrics.r".replace("|", "\0")
    text = PIPELINE.replace("<HERE>", lines.replace("\0", "|"))
    assert offered(text, text.index("metrics.r\n") + len("metrics.r")) == ["rmse"]


def test_an_item_is_offered_in_a_loop_alone():
    text = PIPELINE.replace("<HERE>\n", "").replace("[$item.day]", "[$item.]")
    assert offered(text, text.index("$item.") + len("$item.")) == ["day", "hour"]
    text = text.replace("$item.", "$i")
    assert offered(text, text.index("[$i]") + 3) == ["item"]


@pytest.mark.parametrize(
    "condition, expected",
    [
        ("$steps.evaluate.metrics.rmse |", ["==", "!=", "<", "<=", ">", ">=", "in", "not in", "and", "or"]),
        ("$steps.evaluate.metrics.rmse < 3 |", ["and", "or"]),
        ("$steps.evaluate.metrics.rmse < 3 a|", ["and"]),
        ("($parameters.alpha == 1 or n|", ["not"]),
        ("$parameters.alpha < $parameters.m|", ["max_rmse"]),
        ("$steps.evaluate.met|", ["metrics"]),
    ],
)
def test_conditions(condition, expected):
    assert offered(*in_pipeline(f"  other:\n    type: Condition\n    if: {condition}")) == expected


def test_an_empty_condition_begins_with_what_is_measured():
    found = offered(*in_pipeline("  other:\n    type: Condition\n    if: |"))
    assert found[:2] == ["$steps.evaluate.metrics.rmse", "$steps.train.metrics.rmse"]
    assert {"$parameters.alpha", "not"} <= set(found)


def test_what_is_broken_in_one_step_hides_nothing_of_the_others():
    text, cursor = in_pipeline("    inputs: {a: [x, 'y\n  other:\n    type: Processing\n    args: [$steps.|")
    assert {"prepare", "train", "evaluate", "register"} <= set(offered(text, cursor))


def test_the_reason_for_an_item_stands_beside_it():
    text, cursor = in_pipeline("    instance: ml.m5.large\n    inp|")
    (item,) = complete(text, cursor).items
    assert item.says.startswith("How channels appear")


def test_no_default_of_a_parameter_named_as_secrets_are_is_shown():
    text, cursor = at_cursor(
        "parameters:\n  api_token: hunter2\nsteps:\n  a:\n    type: Fail\n    message: $parameters.|"
    )
    assert [(item.text, "hunter2" in item.says) for item in complete(text, cursor).items] == [("api_token", False)]


# -- any text -------------------------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    ["steps:", "parameters:", "\n", "  ", "    ", "- ", "a", "train:", "type: ", "Training", "inputs", ": ", "{", "}", "[",
     "]", ",", "'", '"', "$", "${", "steps.", "parameters.", "if: ", "|\n", ">", "#", " ", "\t", "é", "😀", "x y", "&a",
     "arguments:", "ResourceConfig:", "depends_on: ", "cell:", "==", "\\", "%", "@", "\r", "-", "?", "!"]
)  # fmt: skip
TEXTS = st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=40).map("".join))


@given(TEXTS, st.integers(-2, 200))
def test_no_text_and_no_cursor_is_too_odd(text, cursor):
    found = complete(text, cursor, AROUND)
    assert 0 <= found.start <= len(text)


def cuts():
    """The pipeline with a stretch before some place taken out, so that something is to be typed again there."""
    whole = PIPELINE.replace("<HERE>\n", "")
    return st.tuples(st.just(whole), st.integers(0, len(whole)), st.integers(0, 12))


def is_yaml(text):
    return not any(problem.code.startswith("yaml") for problem in read_spec(text).problems)


@given(cuts())
@settings(max_examples=400)
@for_example((PIPELINE.replace("<HERE>\n", ""), 0, 0))
def test_what_is_put_in_breaks_nothing(cut):
    whole, cursor, length = cut
    text, cursor = whole[: max(0, cursor - length)] + whole[cursor:], max(0, cursor - length)
    found = complete(text, cursor, AROUND)
    before = text[: found.start] + text[cursor:]
    # a cut may leave a place that takes no word at all, such as the one before `{a: 1}`
    if not (is_yaml(before) and is_yaml(put_in(text, cursor, "word"))):
        return
    for item in found.items:
        assert is_yaml(put_in(text, cursor, item.text)), item.text


@given(cuts())
@settings(max_examples=400)
def test_what_a_long_text_saves_in_reading_changes_nothing(cut):
    whole, cursor, length = cut
    text, cursor = whole[: max(0, cursor - length)] + whole[cursor:], max(0, cursor - length)
    shift = "# not at the beginning\n"
    here, there = locate(text, cursor), locate(shift + text, cursor + len(shift))
    assert (here.path, here.role, here.prefix, here.start + len(shift)) == (
        there.path,
        there.role,
        there.prefix,
        there.start,
    )
