"""A difference in words and as a picture: short, in the language's words, secrets hidden, told by sign and word."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sm_pipeline_widgets import Pipeline
from sm_pipeline_widgets.definition.compare import compare
from sm_pipeline_widgets.definition.spoken import speaker
from sm_pipeline_widgets.view.diff_picture import change_states, draw_difference, frame_details, step_details
from sm_pipeline_widgets.view.diff_text import Voices, difference_text
from sm_pipeline_widgets.view.picture import elements
from sm_pipeline_widgets.view.svg import render_svg

BEFORE = """\
parameters: {alpha: 0.1, DB_PASSWORD: hunter2, kept: x}
steps:
  prepare: {type: Processing, image: sklearn, args: [--rows, 10, --token, abc123], outputs: [train, test]}
  fit:
    type: Training
    image: sklearn
    hyperparameters: {alpha: $parameters.alpha, depth: 3}
    inputs: {train: $steps.prepare.outputs.train}
  evaluate:
    type: Processing
    image: sklearn
    inputs: {model: $steps.fit.model, test: $steps.prepare.outputs.test}
    outputs: [report]
    property_files: {metrics: report/evaluation.json}
  good: {type: Condition, if: $steps.evaluate.metrics.rmse <= 60, then: [bad]}
  bad: {type: Fail, message: "rmse was ${steps.evaluate.metrics.rmse}"}
  old: {type: Lambda, function: "arn:aws:lambda:us-east-1:111122223333:function:old"}
"""
AFTER = (
    BEFORE.replace("fit", "train")
    .replace("alpha: 0.1", "alpha: 0.2")
    .replace("hunter2", "hunter3")
    .replace("abc123", "xyz789")
    .replace("--rows, 10", "--rows, $parameters.kept")
    .replace("depth: 3", "depth: 4")
    .replace("<= 60, then", "<= 55 and $parameters.alpha > 0, else")
    .replace("test: $steps.prepare.outputs.test", "test: $steps.prepare.outputs.train")
    .replace("  old: {type: Lambda", "  new: {type: Lambda, depends_on: evaluate")
    .replace("function:old", "function:new")
)


def made(text):
    return Pipeline.from_yaml(text, "demo").definition()


@pytest.fixture(scope="module")
def sides():
    return made(BEFORE), made(AFTER)


def told(before, after):
    return difference_text(compare(before, after), Voices.of(before, after), "demo@1", "demo")


def test_counts_come_first_then_parameters_then_steps(sides):
    assert told(*sides) == """\
demo@1 → demo
steps: 1 added, 1 removed, 5 changed; parameters: 2 changed, 1 unchanged

Parameters
  ~ alpha
      DefaultValue: 0.1 → 0.2
  ~ DB_PASSWORD
      DefaultValue: changed, •••••• (hidden: the name says it is a secret)

Steps
  ~ prepare (Processing)
      AppSpecification.ContainerArguments[--rows]: '10' → $parameters.kept
      AppSpecification.ContainerArguments[--token]: changed, •••••• (hidden: the name says it is a secret)
  ~ train (Training): renamed from fit
      OutputDataConfig.S3OutputPath: …ecution.id}/fit/output → …ecution.id}/train/output
      HyperParameters.depth: '3' → '4'
  ~ evaluate (Processing)
      ProcessingInputs[test].S3Input.S3Uri: $steps.prepare.outputs.test → $steps.prepare.outputs.train
  ~ good (Condition)
      the condition: $steps.evaluate.metrics.rmse <= 60 → $steps.evaluate.metrics.rmse <= 55 and $parameters.alpha > 0
  ~ bad (Fail): moved from good then to good else
  + new (Lambda)
  - old (Lambda)"""  # fmt: skip


def test_identical_definitions_say_so(sides):
    assert told(sides[0], sides[0]) == "demo@1 → demo\nThe definitions are identical (6 steps)."


def test_long_values_lose_what_they_share_and_then_their_middle():
    def definition(text):
        return {"Steps": [{"Name": "a", "Type": "Fail", "Arguments": {"ErrorMessage": text}}]}

    same = "s" * 300
    short = told(definition(f"{same}one{same}"), definition(f"{same}two{same}"))
    assert "ErrorMessage: …ssssssssssssonessssssssssss… → …sssssssssssstwossssssssssss…" in short
    assert max(map(len, told(definition("a" * 5000), definition("b" * 5000)).splitlines())) < 200


def test_names_from_outside_break_no_line():
    steps = [{"Name": "a\nb\x1b[31m", "Type": "x\u202e", "Arguments": {}}]
    text = told({"Steps": []}, {"Steps": steps})
    assert "\x1b" not in text
    assert [line for line in text.splitlines() if line.startswith("  +")] == ["  + a�b�[31m (x�)"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"Get": "Parameters.alpha"}, "$parameters.alpha"),
        ({"Get": "Steps.fit.ModelArtifacts.S3ModelArtifacts"}, "$steps.fit.model"),
        ({"Get": "Steps.fit.TrainingJobArn"}, "$steps.fit.TrainingJobArn"),
        ({"Get": "Execution.PipelineExecutionId"}, "$execution.id"),
        ({"Get": "Steps.gone.X"}, "$steps.gone.X"),
        ({"Std:Join": {"On": "/", "Values": ["s3:/", {"Get": "Parameters.kept"}, "x"]}}, "s3://${parameters.kept}/x"),
        ({"lr": 0.1, "on": True, "n": None, "x y": ["1", 1]}, "{lr: 0.1, on: true, n: null, x y: ['1', 1]}"),
    ],
)
def test_values_are_said_as_the_language_says_them(sides, value, words):
    assert speaker(sides[0]).say(value) == words


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Get", "Std:Join", "On", "Values", "Std:JsonGet", "Conditions", "Type", "x"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@given(json_values, json_values)
def test_whatever_a_step_holds_is_told_and_drawn(one, other):
    before, after = ({"Steps": [{"Name": "a", "Type": "Condition", "Arguments": value}]} for value in (one, other))
    told(before, after).encode("utf-8", "strict")
    picture = draw_difference(compare(before, after), before, after)
    ET.fromstring(render_svg(picture, change_states(picture, compare(before, after))))  # noqa: S314 - our own output


def test_the_picture_is_of_both_sides(sides):
    difference = compare(*sides)
    picture = draw_difference(difference, *sides)
    states = change_states(picture, difference)
    words = {node.name: states[node.id].word if node.id in states else "" for node in picture.nodes}
    assert words == {
        "prepare": "changed", "train": "changed", "evaluate": "changed", "good": "changed", "bad": "changed",
        "new": "added", "old": "removed",
    }  # fmt: skip
    names = {node.id: node.name for node in picture.nodes}
    assert [(names[e.source], names[e.target], e.change) for e in picture.edges if e.change] == [
        ("evaluate", "new", "added")
    ]
    (edge,) = [one for one in elements(picture) if "is-added" in one.get("classes", "")]
    assert edge["group"] == "edges"
    svg = render_svg(picture, states)
    assert "<title>added</title>" in svg
    assert "old, Lambda, removed<" in svg
    assert 'stroke-dasharray="5 4"' in svg


def test_an_edge_that_went_round_makes_no_endless_graph():
    def steps(first, second):
        return {
            "Steps": [
                {"Name": first, "Type": "X", "Arguments": {}},
                {"Name": second, "Type": "X", "Arguments": {}, "DependsOn": [first]},
            ]
        }

    before, after = steps("a", "b"), steps("b", "a")
    picture = draw_difference(compare(before, after), before, after)
    assert sorted(edge.change for edge in picture.edges) == ["added", "removed"]


def test_details_say_each_value_and_hide_secrets(sides):
    difference, voices = compare(*sides), Voices.of(*sides)
    details = step_details(difference, voices)
    assert ("the step", "renamed from fit") in details["train"]
    assert ("HyperParameters.depth", "'3' → '4'") in details["train"]
    assert details["new"] == [("the step", "added")] or details["new"] == []
    assert frame_details(difference, voices)["alpha"] == "DefaultValue: 0.1 → 0.2"
    everything = json.dumps([details, frame_details(difference, voices)])
    assert not [secret for secret in ("hunter", "abc123", "xyz789") if secret in everything]
