"""Files that open as a canvas: what the page is told when it asks its kernel to draw one."""

from __future__ import annotations

import json

import pytest

from sm_pipeline_widgets import Pipeline
from sm_pipeline_widgets.api.documents import _OPEN, converted, open_document

TEXT = "steps:\n  stop: {type: Fail, message: enough}\n"
DEFINITION = json.dumps(Pipeline.from_yaml(TEXT, "demo").definition())


def opened(path, text):
    return json.loads(open_document("page/1", path, text, {"target": "local"}))


@pytest.mark.parametrize("text", [TEXT, "", "steps: {a: [", "just words"])
def test_any_text_is_drawn_with_its_problems(text):
    assert opened("folder/demo.pipeline.yaml", text).keys() == {"model_id"}


def test_a_definition_is_drawn_and_not_edited():
    assert opened("demo.pipeline.json", DEFINITION).keys() == {"model_id"}
    fact = _OPEN["page/1"].view.editor
    assert not fact["can_edit"]
    assert "Convert" in fact["reason"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"Version": 3}', "not JSON"])
def test_what_is_no_definition_is_told_with_a_way_out(text):
    answer = opened("demo.pipeline.json", text)
    assert answer.get("model_id") or (answer["message"] and "as a text" in answer["fix"])


def test_a_definition_becomes_a_text_that_compiles_to_it():
    text = json.loads(converted("demo.pipeline.json", DEFINITION))["text"]
    assert Pipeline.from_yaml(text, "demo").definition() == json.loads(DEFINITION)


def test_opening_again_takes_the_place_of_the_view_before():
    first = opened("demo.pipeline.yaml", TEXT)["model_id"]
    second = opened("demo.pipeline.yaml", TEXT)["model_id"]
    assert first != second
    assert _OPEN["page/1"].view.model_id == second
