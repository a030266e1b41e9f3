"""Definitions that other people's code made: every one has a text, and the text is exactly that definition."""

from __future__ import annotations

import json

import pytest

from sm_pipeline_widgets import Pipeline
from sm_pipeline_widgets.definition.compile import compile_spec
from sm_pipeline_widgets.definition.decompile import to_text
from sm_pipeline_widgets.definition.facts import TargetFacts
from sm_pipeline_widgets.definition.spec import read_spec
from tests.corpus import definitions

ELSEWHERE = TargetFacts(region="eu-west-1", account="999999999999", role="arn:aws:iam::999999999999:role/x", bucket="b")


@pytest.fixture(scope="module")
def texts():
    found = {}
    for path in definitions():
        definition = json.loads(path.read_text())
        found[path.name] = (definition, to_text(definition))
    return found


def test_each_comes_back_exactly_on_any_target(texts):
    different = []
    for name, (definition, text) in texts.items():
        again = compile_spec(read_spec(text), "other", facts=ELSEWHERE).definition
        if again != definition or json.dumps(again, sort_keys=True) != json.dumps(definition, sort_keys=True):
            different.append(name)
    assert different == []


def test_none_needs_its_json_as_it_is(texts):
    assert [name for name, (_, text) in texts.items() if "definition:" in text] == []


def test_the_same_definition_gives_the_same_text_and_a_text_is_its_own(texts):
    name = "h2nb_end_to_end_pipeline_1.json"
    definition, text = texts[name]
    assert Pipeline.from_definition(definition).to_yaml() == text
    assert Pipeline.from_yaml(text).to_yaml() is text
