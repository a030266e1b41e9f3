"""How references are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sm_pipeline_widgets.definition.expressions import parse_path, step_of
from sm_pipeline_widgets.definition.references import (
    Part,
    ReferenceSyntaxError,
    parse_template,
    render_reference,
    service_path,
)


def shape(text):
    return [part if isinstance(part, str) else (part.root, *part.names) for part in parse_template(text)]


@pytest.mark.parametrize(
    "text, parts",
    [
        ("$steps.prepare.outputs.train", [("steps", "prepare", "outputs", "train")]),
        ("$steps.my-step.model", [("steps", "my-step", "model")]),
        ("rmse was ${steps.evaluate.metrics.rmse}.", ["rmse was ", ("steps", "evaluate", "metrics", "rmse"), "."]),
        ("$steps.a.b.", [("steps", "a", "b"), "."]),
        ("$steps.t.FinalMetricDataList['val:acc'].Value", [("steps", "t", "FinalMetricDataList", "val:acc", "Value")]),
        ("$steps.a.b[0]['x y'].c", [("steps", "a", "b", 0, "x y", "c")]),
        ("${parameters['max rmse']}", [("parameters", "max rmse")]),
        ("$parameters.a-$parameters.b", [("parameters", "a"), "-", ("parameters", "b")]),
        ("costs $5 or $$parameters", ["costs $5 or $parameters"]),
        ("$", ["$"]),
        ("$$", ["$"]),
        ("", [""]),
        ("plain", ["plain"]),
    ],
)
def test_references_and_literal_text_are_told_apart(text, parts):
    assert shape(text) == parts


@pytest.mark.parametrize("text, offset", [("a ${b", 2), ("${", 0), ("${a.}", 0), ("${a['x}", 0), ("${5}", 0)])
def test_a_reference_that_does_not_end_says_where_it_began(text, offset):
    with pytest.raises(ReferenceSyntaxError) as caught:
        parse_template(text)
    assert caught.value.offset == offset
    assert caught.value.fix


names = st.text(st.characters(blacklist_characters="'\"]", blacklist_categories=["Cs"]), min_size=1)
paths = st.lists(st.builds(Part, names, st.just(value=True)) | st.builds(Part, st.integers(0, 99), st.just(value=True)))


@given(paths)
def test_a_rendered_reference_reads_back(path):
    text = render_reference("steps", tuple(path), braced=True)
    assert text is not None
    (read,) = parse_template(text)
    assert read.root == "steps"
    assert read.names == tuple(part.value for part in path)


@given(st.text())
def test_any_text_is_a_template_or_a_syntax_error(text):
    try:
        parse_template(text)
    except ReferenceSyntaxError as error:
        assert 0 <= error.offset <= len(text)


@pytest.mark.parametrize(
    "get, names, found",
    [
        ("Steps.a.B.C", {"a"}, ("a", "B.C")),
        ("Steps.a.b.Arn", {"a", "a.b"}, ("a.b", "Arn")),
        ("Steps.a['x'].y", {"a"}, ("a", "['x'].y")),
        ("Steps.ab.c", {"a"}, None),
        ("Steps.a", {"a"}, ("a", "")),
        ("Parameters.a", {"a"}, None),
        ("Steps.__proto__.x", {"__proto__"}, ("__proto__", "x")),
    ],
)
def test_the_longest_known_step_name_wins(get, names, found):
    assert step_of(get, names) == found


def test_paths_split_at_dots_and_brackets():
    path = "A.Outputs['x y'].B[0][\"k\"]"
    assert parse_path(path) == ("A", "Outputs", "x y", "B", 0, "k")
    assert service_path((Part("A"), Part("x", bracket=True), Part(0, bracket=True))) == ".A['x'][0]"
    with pytest.raises(ValueError, match="position 1"):
        parse_path("a]b")
