"""Reading texts by spans: what is written is what is read, and nothing raises."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sm_pipeline_widgets.definition.source import MappingNode, Scalar, plain, read_source


@pytest.mark.parametrize(
    "written, value",
    [
        ("no", "no"), ("yes", "yes"), ("on", "on"), ("012", "012"), ("0x1f", "0x1f"), ("1_000", "1_000"),
        ("2026-01-01", "2026-01-01"), ("12:30:00", "12:30:00"), ("1", 1), ("-7", -7), ("+7", 7), ("0", 0),
        ("0.10", 0.1), ("1e3", 1000.0), (".5", 0.5), ("1.", 1.0), ("true", True), ("False", False), ("null", None),
        ("~", None), ("", None), ("'1'", "1"), ('"true"', "true"), (".inf", float("inf")), ("1.2-1", "1.2-1"),
        ("9" * 5000, "9" * 5000), ("$steps.a.b", "$steps.a.b"), ("v1", "v1"),
    ],
)  # fmt: skip
def test_plain_scalars_mean_what_json_has_and_nothing_else(written, value):
    read = plain(read_source(f"a: {written}\n").root)["a"]
    assert read == value
    assert type(read) is type(value)


def test_every_value_knows_its_place_in_code_points():
    text = "a: 1\nbär: {x: '𝒳', y: [2, z]}\n"
    root = read_source(text).root
    assert isinstance(root, MappingNode)
    inner = root.get("bär").get("y").values[1]
    assert (inner.span.line, inner.span.column) == (2, 22)
    assert text[inner.span.start : inner.span.end] == "z"
    quoted = root.get("bär").get("x")
    assert text[quoted.span.start : quoted.span.end] == "'𝒳'"


@pytest.mark.parametrize(
    "text, code, line, kept",
    [
        ("a: 1\na: 2\n", "duplicate-key", 2, {"a": 1}),
        ("a: &x 1\n", "yaml-anchor", 1, {"a": 1}),
        ("a: *x\n", "yaml-anchor", 1, {"a": None}),
        ("a: !!python/object:os.system x\n", "yaml-tag", 1, {"a": "x"}),
        ("a: 1\n---\nb: 2\n", "yaml-documents", 2, {"a": 1}),
        ("a: 1\nb: [1, 2\nc: 3\n", "yaml-syntax", 3, {"a": 1, "b": [1, "2 c"]}),
        ('a: 1\nb: "x" y\n', "yaml-syntax", 2, {"a": 1, "b": "x"}),
        ("a: 1\n\tb: 2\n", "yaml-syntax", 2, {}),
        ("? [a]\n: b\n", "yaml-key", 1, {}),
        ("a: \x07\n", "yaml-syntax", 1, None),
        ("a: \ud800\n", "yaml-character", None, None),
        ("- " * 500, "yaml-depth", 1, None),
    ],
)
def test_what_cannot_be_read_is_a_problem_and_what_stands_before_it_is_kept(text, code, line, kept):
    source = read_source(text)
    assert next(problem.code for problem in source.problems) == code
    assert source.problems[0].line == line
    assert plain(source.root) == kept


@given(st.text())
def test_any_text_at_all_is_read_without_an_exception(text):
    read_source(text)


@given(st.dictionaries(st.text(st.characters(codec="ascii", min_codepoint=97, max_codepoint=122), min_size=1),
                       st.integers() | st.booleans() | st.none(), max_size=5))  # fmt: skip
def test_plain_mappings_come_back(values):
    written = "".join(f"{key!r}: {'null' if value is None else str(value).lower()}\n" for key, value in values.items())
    assert (plain(read_source(written).root) or {}) == values


def test_a_block_scalar_keeps_its_lines():
    root = read_source("a: |\n  one\n  two\nb: 1\n").root
    node = root.get("a")
    assert isinstance(node, Scalar)
    assert node.value == "one\ntwo\n"
    assert node.style == "|"
