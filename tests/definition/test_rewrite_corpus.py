"""Definitions that other people's code made, renamed step by step: only the names differ afterwards."""

from __future__ import annotations

import json

import pytest

from sm_pipeline_widgets.definition.compile import assemble, compilation
from sm_pipeline_widgets.definition.decompile import to_text
from sm_pipeline_widgets.definition.edits import RenameParameter, RenameStep
from sm_pipeline_widgets.definition.expressions import step_of
from sm_pipeline_widgets.definition.rewrite import apply, apply_all
from sm_pipeline_widgets.definition.spec import read_spec
from tests.corpus import definitions

MOST = 12
"""Steps of one text that are renamed."""


def compiled(text):
    return assemble(compilation("p", read_spec(text)))


def renamed(value, steps, parameters):
    """A definition with names replaced wherever the service reads a name."""
    if isinstance(value, list):
        return [renamed(item, steps, parameters) for item in value]
    if not isinstance(value, dict):
        return value
    if list(value) == ["Get"] and isinstance(value["Get"], str):
        return {"Get": renamed_get(value["Get"], steps, parameters)}
    return {key: renamed_member(key, inner, value, steps, parameters) for key, inner in value.items()}


def renamed_member(key, inner, holder, steps, parameters):
    if key == "DependsOn" and isinstance(inner, list):
        return [
            steps.get(one, one) if isinstance(one, str) else {**one, "Step": steps.get(one["Step"])} for one in inner
        ]
    if key == "StepName":
        return steps.get(inner, inner)
    if key == "Name" and inner in steps and holder.get("Type") and ("Arguments" in holder or len(holder) > 2):
        return steps[inner]
    if key == "Parameters" and isinstance(inner, list) and "Steps" in holder:
        return [{**one, "Name": parameters.get(one["Name"], one["Name"])} for one in inner]
    return renamed(inner, steps, parameters)


def renamed_get(get, steps, parameters):
    if get.startswith("Parameters."):
        name = get.removeprefix("Parameters.")
        return f"Parameters.{parameters.get(name, name)}"
    found = step_of(get, steps)
    return f"Steps.{steps[found[0]]}{get[len('Steps.') + len(found[0]) :]}" if found else get


def every_fifth():
    """One in five; the others belong to the long tests."""
    return [
        pytest.param(path, id=path.stem, marks=() if at % 5 == 0 else pytest.mark.soak)
        for at, path in enumerate(definitions())
    ]


@pytest.mark.parametrize("path", every_fifth())
def test_renamed_step_by_step_only_the_names_differ(path):
    text = to_text(json.loads(path.read_text()))
    spec, before = read_spec(text), compiled(text)
    every = max(1, len(spec.steps) // MOST)  # two of the definitions have 2,000 equal steps
    steps = {name: f"s-{at}_x" if at % every == 0 else name for at, name in enumerate(spec.steps)}
    parameters = {name: f"q{at}" for at, name in enumerate(spec.parameters)}
    again = text
    for name, new in steps.items():
        again = apply(again, RenameStep(name, new)).text
    assert compiled(again) == renamed(before, steps, {})
    edited = apply_all(again, [RenameParameter(name, new) for name, new in parameters.items()])
    assert compiled(edited.text) == renamed(before, steps, parameters)
    assert apply(edited.text, edited.inverse).text == again
