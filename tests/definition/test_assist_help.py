"""Help at a cursor: what a word is, what it becomes, what is wrong with it; and that none of it is markup."""

from __future__ import annotations

import doctest
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sm_pipeline_widgets.definition import assist_api, assist_help
from sm_pipeline_widgets.definition.assist_api import key_member, plain_text
from sm_pipeline_widgets.definition.assist_help import Fact, Help, explain
from sm_pipeline_widgets.definition.assist_help_text import as_markdown, as_text, code, escaped
from sm_pipeline_widgets.definition.assist_values import Surroundings
from sm_pipeline_widgets.definition.compile import compile_spec
from sm_pipeline_widgets.definition.spec import read_spec
from sm_pipeline_widgets.definition.steps import STEP_TYPES
from sm_pipeline_widgets.definition.steps.examples import OF_KEY, OF_TYPE, example

TEXT = """\
parameters:
  rows: 1000
  api_token: hunter2
steps:
  prepare:
    type: Processing
    code: prepare.py
    outputs: [train]
    property_files: {facts: train/facts.json}
  fit:
    type: Training
    image: xgboost:1.7-1
    instance: ml.m5.large
    cuont: 3
    inputs: {train: $steps.prepare.outputs.train}
    hyperparameters: {rows: $parameters.rows, rate: $vars.rate, n: $steps.prepare.facts.n}
    depends_on: [prepare]
    arguments:
      ResourceConfig:
        VolumeSizeInGB: 40
  done:
    type: Fail
    message: $steps.fit.model and $parameters.api_token
"""


def told_at(before, word, text=TEXT):
    """Help with the cursor inside `word`, behind the first place where `before` stands."""
    cursor = text.index(word, text.index(before)) + 1
    return explain(text, cursor, Surroundings(variables={"rate": "hunter3"}))


def facts(found):
    return {fact.about: fact.says for fact in found.facts}


@pytest.mark.parametrize("module", [assist_api, assist_help])
def test_examples_in_the_documentation_hold(module):
    assert doctest.testmod(module).failed == 0


def test_a_key_says_what_it_is_what_it_becomes_and_what_the_api_says_of_it():
    found = told_at("fit:", "instance")
    assert found.sentence == "The instance type."
    assert facts(found)["Becomes"] == "Arguments.ResourceConfig.InstanceType"
    assert facts(found)["Example"] == "instance: ml.m5.large"
    assert "ml.m5.large" in facts(found)["One of"]
    assert "instance type" in found.documentation


def test_a_key_that_is_left_out_says_what_is_filled_in():
    text = TEXT.replace("    instance: ml.m5.large\n", "    count:\n")
    assert facts(told_at("fit:", "count", text))["Now"] == "1 (built in)"
    assert facts(told_at("fit:", "instance"))["Default"] == "ml.m5.large"


@pytest.mark.parametrize(
    "before, word, title, says",
    [
        ("prepare:", "type", "type", "The step's type."),
        ("prepare:", "Processing", "type: Processing", "Runs a script or container over data."),
        ("fit:", "xgboost", "image: xgboost:1.7-1", "A container image."),
        ("fit:", "ml.m5", "instance: ml.m5.large", "An instance type."),
        ("steps:", "prepare", "prepare", "A step."),
        ("depends_on", "prepare", "prepare", "A step."),
        ("parameters:", "rows", "rows", "A parameter of the pipeline."),
        ("steps:\n", "steps", "steps", "The steps, by name."),
    ],
)
def test_every_kind_of_word_is_told(before, word, title, says):
    found = told_at(before, word)
    assert (found.title, found.sentence) == (title, says)


def test_words_that_are_only_suggested_are_not_told_as_all_there_are():
    text = TEXT.replace("    cuont: 3\n", "    cache: 30d\n")
    assert "Such as" in facts(told_at("fit:", "cache", text))
    assert "One of" in facts(told_at("fit:", "instance", text))


def test_a_reference_says_what_it_becomes_of_which_type_and_who_makes_it():
    found = told_at("inputs:", "steps.prepare.outputs.train")
    assert "ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri" in facts(found)["Becomes"]
    assert facts(found)["Made by"] == "prepare, Processing step"
    assert facts(found)["Type"].startswith("text")
    assert '"Std:JsonGet"' in facts(told_at("n:", "steps.prepare.facts"))["Becomes"]
    assert facts(told_at("rows: $", "parameters.rows"))["Type"] == "Integer"


def test_a_reference_to_nothing_says_what_there_is():
    found = told_at("inputs:", "steps.prepare", TEXT.replace("outputs.train", "outputs.trian"))
    assert found.sentence == "step `prepare` has no output `trian`"
    assert facts(found)["Instead"] == "Did you mean `train`?"
    assert found.problems[0].code == "unknown-output"


def test_what_is_wrong_comes_first():
    found = told_at("fit:", "cuont")
    assert [problem.code for problem in found.problems] == ["unknown-key"]
    assert as_text(found).startswith("error: `cuont` is not a key of a Training step\n  Did you mean `count`?")
    assert as_markdown(found).startswith("**error:** `cuont` is not a key")


def test_members_of_the_api_are_told_where_they_stand():
    found = told_at("arguments:", "VolumeSizeInGB")
    assert found.title == "VolumeSizeInGB"
    assert facts(found)["Type"].startswith("a whole number") or "number" in facts(found)["Type"]
    assert "storage volume" in found.documentation


@pytest.mark.parametrize("word", ["api_token and", "rate, n", "hunter2\n"])
def test_no_secret_is_told(word):
    for place in re.finditer("api_token|rate", TEXT):
        found = explain(TEXT, place.start() + 1, Surroundings(variables={"rate": "hunter3"}))
        assert found is None or not re.search("hunter[23]", as_text(found))


def test_where_nothing_is_known_nothing_is_said():
    assert explain("# a comment\nsteps:\n  a:\n    type: Fail\n", 5) is None
    assert explain("steps:\n  a:\n    type: Fail\n    message: hello\n    # why\n", 50) is None


# -- the table ------------------------------------------------------------------------------------------------------

KEYS = [(name, key) for name, row in STEP_TYPES.items() for key in row.all_keys]


@pytest.mark.parametrize("type_name, key", KEYS)
def test_every_key_has_a_line_that_says_it_and_an_example_that_is_read(type_name, key):
    assert STEP_TYPES[type_name].all_keys[key]
    line = example(type_name, key)
    assert line.startswith(f"{key}:")
    entry = line if key == "type" else f"{line}\n    type: {type_name}"
    entry += "\n    body: [score]" if key == "select" else ""
    spec = read_spec(
        f"steps:\n  s:\n    {entry if key != 'definition' else line}\n  score: {{type: Processing, code: a.py, outputs: [auc]}}\n"
    )
    assert not [problem for problem in spec.problems if problem.code.startswith("yaml")]
    found = {problem.code for problem in compile_spec(spec, "p").problems if problem.message.startswith(f"`{key}` ")}
    assert found <= {"missing-key"}


def test_no_example_is_left_over():
    assert {key for _, key in KEYS} == set(OF_KEY)
    assert set(OF_TYPE) <= set(KEYS)


@pytest.mark.parametrize(
    "type_name, keys, member",
    [
        ("Processing", ("instance",), "Arguments.ProcessingResources.ClusterConfig.InstanceType"),
        ("Processing", ("inputs",), "Arguments.ProcessingInputs"),
        ("Processing", ("inputs", "*", "mode"), "Arguments.ProcessingInputs.0.S3Input.S3InputMode"),
        ("Processing", ("property_files",), "PropertyFiles"),
        ("Training", ("max_runtime",), "Arguments.StoppingCondition.MaxRuntimeInSeconds"),
        ("Training", ("hyperparameters",), "Arguments.HyperParameters"),
        ("Lambda", ("function",), "FunctionArn"),
        ("Condition", ("then",), "Arguments.IfSteps"),
        ("Training", ("code",), None),
    ],
)
def test_which_member_a_key_makes_is_found_by_making_it(type_name, keys, member):
    found = key_member(type_name, keys)
    assert (found and ".".join(map(str, found))) == member


# -- texts ----------------------------------------------------------------------------------------------------------


def test_documentation_is_plain_text():
    markup = "<p>Give <code>a &lt; b</code>, see <a href='javascript:x()'>here</a>.</p><ul><li> <p>one</p> </li></ul>"
    assert plain_text(markup) == "Give a < b, see here.\n\n- one"
    assert "javascript" not in plain_text(markup)


@given(st.text(max_size=40))
def test_nothing_from_outside_becomes_markup(text):
    for written in (escaped(text), as_markdown(Help("t", text, (Fact(text, text),), text))):
        assert not re.search(r"(?<!\\)<[A-Za-z/!]", re.sub(r"`[^`]*`", "", written))
    assert not re.search(r"(?<!\\)[*_\[\]]", escaped(text))


def test_code_keeps_its_backticks_inside():
    assert code("a ` b") == "``a ` b``"
    assert code("`") == "`` ` ``"


@given(st.text(max_size=60), st.integers(-2, 100))
def test_no_text_and_no_cursor_is_too_odd(text, cursor):
    explain(text, cursor)


@given(st.integers(0, len(TEXT)))
def test_every_place_of_a_text_can_be_asked(cursor):
    found = explain(TEXT, cursor)
    assert found is None or (as_text(found) and as_markdown(found))
