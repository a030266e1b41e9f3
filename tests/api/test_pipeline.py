"""The Python twin: pipelines from every source, and what is refused before anything is uploaded."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sm_pipeline_widgets import Pipeline
from sm_pipeline_widgets.api.code_book import CodeBook
from sm_pipeline_widgets.api.execution import check_parameters
from sm_pipeline_widgets.errors import DefinitionError, Severity, UsageError

TEXT = """\
parameters:
  n: 3
  mode: {type: String, enum: [fast, slow], default: fast}
  rate: {type: Float}
  dry: false
steps:
  a: {type: Processing, image: x/y, outputs: [o]}
  b: {type: Training, image: x/y, inputs: {t: $steps.a.outputs.o}}
  c: {type: Condition, if: $parameters.n > 2, then: [d], depends_on: b}
  d: {type: Fail, message: too many}
"""


def plain(graph):
    return dict(graph.nodes(data=True)), {edge: graph.edges[edge] for edge in graph.edges}


def test_a_text_and_its_definition_are_the_same_pipeline():
    written = Pipeline.from_yaml(TEXT, name="both")
    read = Pipeline.from_definition(json.dumps(written.definition()), name="both")
    assert plain(read.graph) == plain(written.graph)
    assert read.definition() == written.definition()
    assert read.parameters == written.parameters
    # a definition has no lines; everything else is found in it as in the text
    assert [(one.code, one.message) for one in read.problems] == [(one.code, one.message) for one in written.problems]
    assert {one.severity for one in read.problems} == {Severity.NOTE}


def test_a_definition_is_read_from_a_file(tmp_path):
    written = Pipeline.from_yaml(TEXT, name="both").definition()
    (tmp_path / "both.json").write_text(json.dumps(written))
    assert Pipeline.from_definition(tmp_path / "both.json", name="both").definition() == written
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        Pipeline.from_definition(tmp_path / "other.json")


def test_a_definition_with_errors_says_so_and_is_still_given_back_as_it_came():
    broken = {"Version": "2020-12-01", "Steps": [{"Name": "a b", "Type": "Fail", "Arguments": {}, "DependsOn": ["x"]}]}
    pipeline = Pipeline.from_definition(broken)
    assert [problem.code for problem in pipeline.errors] == ["step-name", "unknown-step"]
    assert pipeline.definition() == broken


names = st.lists(st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,6}", fullmatch=True), min_size=2, max_size=7, unique=True)


@given(names, st.randoms(use_true_random=False))
def test_whatever_is_declared_reads_back_as_the_same_graph(steps, random):
    lines = ["steps:"]
    for at, name in enumerate(steps):
        before = [other for other in steps[:at] if random.random() < 0.5]
        lines += [f"  {name}:", "    type: Processing", "    image: x/y", "    outputs: [o]"]
        if before and random.random() < 0.5:
            lines += ["    inputs:", *(f"      {other}: $steps.{other}.outputs.o" for other in before)]
        elif before:
            lines += [f"    depends_on: [{', '.join(before)}]"]
    written = Pipeline.from_yaml("\n".join(lines), name="made")
    assert written.problems == []
    assert plain(Pipeline.from_definition(written.definition()).graph) == plain(written.graph)


def test_a_definition_comes_back_exactly_and_is_not_shared():
    definition = {"Version": "2020-12-01", "Steps": [{"Name": "x", "Type": "Fail", "Arguments": {"ErrorMessage": ""}}]}
    pipeline = Pipeline.from_definition(definition, name="given")
    assert pipeline.definition() == definition
    pipeline.definition()["Steps"].clear()
    definition["Steps"].clear()
    assert len(pipeline.definition()["Steps"]) == 1


@pytest.mark.parametrize("text", ["{", "[]", "3", '"x"'])
def test_what_is_no_definition_is_said_to_be_none(text):
    with pytest.raises(DefinitionError, match="definition of `x`"):
        Pipeline.from_definition(text, name="x")


def test_an_sdk_pipeline_is_read_through_its_own_definition():
    class Made:
        name = "made-elsewhere"

        def definition(self):
            return '{"Steps": [{"Name": "s", "Type": "Lambda", "Arguments": {}}]}'

    pipeline = Pipeline.from_sdk(Made())
    assert pipeline.name == "made-elsewhere"
    assert list(pipeline.graph) == ["s"]


def test_a_text_with_errors_has_a_graph_but_no_definition():
    pipeline = Pipeline.from_yaml("steps: {a: {type: Procesing}, b: {type: Fail, message: x}}", name="broken")
    assert list(pipeline.graph) == ["a", "b"]
    with pytest.raises(DefinitionError, match="has a problem") as caught:
        pipeline.definition()
    assert [problem.code for problem in caught.value.problems] == ["unknown-type"]


def test_code_that_changes_changes_the_definition(tmp_path):
    script = tmp_path / "a.py"
    script.write_text("print(1)\n")
    text = "steps: {a: {type: Processing, code: a.py}}"
    pipeline = Pipeline.from_yaml(text, name="code", code=CodeBook(tmp_path))
    first = json.dumps(pipeline.definition())
    assert json.dumps(Pipeline.from_yaml(text, name="code", code=CodeBook(tmp_path)).definition()) == first
    script.write_text("print(2)\n")
    assert json.dumps(Pipeline.from_yaml(text, name="code", code=CodeBook(tmp_path)).definition()) != first


@pytest.mark.parametrize(
    "given_values, words",
    [
        ({"rate": 1, "nn": 2}, r"no parameter `nn`[\s\S]*`n`"),
        ({}, r"needs a value for `rate`[\s\S]*-p rate="),
        ({"rate": "quick"}, "of type Float"),
        ({"rate": 1, "n": "2.5"}, "of type Integer"),
        ({"rate": 1, "mode": "medium"}, r"cannot be `medium`[\s\S]*`fast` and `slow`"),
        ({"rate": 1, "dry": "maybe"}, "of type Boolean"),
    ],
)
def test_parameters_the_service_would_refuse_are_refused_at_once(given_values, words):
    with pytest.raises(UsageError, match=words):
        check_parameters(Pipeline.from_yaml(TEXT, name="p"), given_values)


def test_parameters_may_be_text_or_values():
    check_parameters(Pipeline.from_yaml(TEXT, name="p"), {"rate": "1e-3", "n": 2, "dry": True, "mode": "slow"})
