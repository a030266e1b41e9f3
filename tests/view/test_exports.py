"""Graphs for other tools and the boto3 script: whatever a step is called, what is written parses and says the same."""

from __future__ import annotations

import ast
import re
import warnings
from itertools import pairwise

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sm_pipeline_widgets.definition.compare_values import canonical
from sm_pipeline_widgets.definition.facts import TargetFacts
from sm_pipeline_widgets.view.dot import dot
from sm_pipeline_widgets.view.html import Snapshot
from sm_pipeline_widgets.view.mermaid import mermaid
from sm_pipeline_widgets.view.page import page
from sm_pipeline_widgets.view.picture import NodeState, draw
from sm_pipeline_widgets.view.script import BUCKET, ROLE, Code, literal, script

with warnings.catch_warnings():
    # its grammar is made with pyparsing's older names
    warnings.simplefilter("ignore", DeprecationWarning)
    import pydot
    import pydot.dot_parser

HOSTILE = ["end", 'a"b', "[x]", "a\nb", "%%{init: {}}%%", "`x`", "a;b", "style x:#35;", "\\N", "&lt;", "<b>", "a-->b", "#quot;",
           "subgraph", "click n1 call x()", "\u202e", "", " ", "}", "\\", '\\"', "x" * 500, "日本", "class", "$$x$$", "fa:fa-car"]  # fmt: skip
names = st.lists(st.text(max_size=12) | st.sampled_from(HOSTILE), min_size=1, max_size=5, unique=True)


def drawn(those, kinds=("Processing",)):
    graph = nx.DiGraph()
    for at, name in enumerate(those):
        graph.add_node(name, type=kinds[at % len(kinds)], branch=None)
    for one, other in pairwise(those):
        graph.add_edge(one, other, kinds=("order",))
    return draw(graph)


def said(text):
    """What a reader sees of a name: controls and the like are marks, long ones lose their middle."""
    return re.sub(r"[^\w ]", "", text)


# the lines this package writes; a label is letters, digits, a few signs and numeric references
_LABEL = r'"((?:[^\W_]|[ _\-.,/]|#\d+;|<br>|\(no name\))*)"'
_NODE = re.compile(
    rf"    (n\d+)(?:\({_LABEL}\)|\{{\{{{_LABEL}\}}\}}|\[\({_LABEL}\)\]|\[/{_LABEL}/\]|\[\[{_LABEL}\]\]|\(\[{_LABEL}\]\)|\[{_LABEL}\])"
)
_EDGE = re.compile(r"    (n\d+) (-->|-\.->)(?:\|(then|else|each)\|)? (n\d+)")


def read_mermaid(text):
    """Labels by node and the edges; fails where a line is neither."""
    comment, heading, *lines = text.removesuffix("\n").split("\n")
    assert comment.startswith("%% ")
    assert "%%{" not in comment
    assert heading == "flowchart TD"
    labels, edges = {}, []
    for line in lines:
        node, edge = _NODE.fullmatch(line), _EDGE.fullmatch(line)
        assert node or edge, line
        if node:
            label = next(group for group in node.groups()[1:] if group is not None)
            labels[node[1]] = re.sub(r"#(\d+);", lambda found: chr(int(found[1])), label.split("<br>")[0]).replace(
                "\u200b", ""
            )
        else:
            edges.append((edge[1], edge[4]))
    return labels, edges


@given(names)
def test_mermaid_is_one_diagram_whatever_the_names(those):
    picture = drawn(those)
    labels, edges = read_mermaid(mermaid(picture, those[0], {"n1": NodeState("failed")}))
    assert len(labels) == len(those)
    assert edges == [(edge.source, edge.target) for edge in picture.edges]
    for node in picture.nodes:
        if len(node.name) < 200 and node.name.isprintable() and node.name:
            assert labels[node.id] == node.name


@given(names)
def test_dot_is_one_graph_whatever_the_names(those):
    picture = drawn(those)
    (graph,) = pydot.graph_from_dot_data(dot(picture, those[0], {"n1": NodeState("failed")}))
    found = {node.get_name(): node.get("label") for node in graph.get_nodes() if re.fullmatch(r"n\d+", node.get_name())}
    assert set(found) == {node.id for node in picture.nodes}
    assert [(edge.get_source(), edge.get_destination()) for edge in graph.get_edges()] == [
        (edge.source, edge.target) for edge in picture.edges
    ]
    for node in picture.nodes:
        if len(node.name) < 200 and node.name.isprintable() and node.name:
            words = found[node.id][1:-1].removesuffix("\\nfailed").removesuffix("\\nProcessing")
            assert words.replace('\\"', '"').replace("\\\\", "\\").replace("&amp;", "&") == node.name


@pytest.mark.parametrize(
    ("kind", "shape", "form"),
    [
        ("Training", '("', "box"),
        ("Condition", '{{"', "hexagon"),
        ("RegisterModel", '[("', "note"),
        ("Lambda", '[/"', "parallelogram"),
        ("ForEach", '[["', "box3d"),
        ("Fail", '(["', "octagon"),
        ("New", '["', "box"),
    ],
)
def test_shapes_tell_the_family(kind, shape, form):
    picture = drawn(["a"], [kind])
    assert f"n1{shape}a" in mermaid(picture, "t")
    (graph,) = pydot.graph_from_dot_data(dot(picture, "t"))
    assert next(node for node in graph.get_nodes() if node.get_name() == "n1").get("shape") == form


def test_branches_and_order_are_told_on_the_lines():
    graph = nx.DiGraph()
    for name, branch in (("gate", None), ("yes", "then"), ("no", "else"), ("later", None)):
        graph.add_node(name, type="Condition", branch=branch)
    graph.add_edges_from([("gate", "yes"), ("gate", "no")], kinds=("branch",))
    graph.add_edge("yes", "later", kinds=("order",))
    for text in (mermaid(draw(graph), "t"), dot(draw(graph), "t")):
        assert ("|then|" in text and "|else|" in text) or ('label="then"' in text and 'label="else"' in text)
        assert "-.->" in text or "style=dashed" in text


def test_secrets_in_names_are_hidden():
    picture = drawn(["AKIAABCDEFGHIJKLMNOP"])
    assert "AKIAABC" not in mermaid(picture, "t") + dot(picture, "t")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=80),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@given(json_values)
def test_a_literal_reads_back_as_the_value_with_every_type(value):
    assert canonical(ast.literal_eval(literal(value, 8))) == canonical(value)


@pytest.mark.parametrize("value", ["\ud800", "a\u2028b", "{x}", 'q"\\', float("inf"), [], {}, [[]], 2**80, -0.0])
def test_odd_values_too(value):
    found = eval(literal(value))  # noqa: S307 - our own text
    assert canonical(found) == canonical(value)


def test_marks_become_arguments_and_braces_stay_braces():
    assert literal(ROLE) == "role"
    assert literal(f's3://{BUCKET}/{{x}}"') == 'f"s3://{bucket}/{{x}}\\""'


def definition_of(text, role="R", bucket="B"):
    space = {"__name__": "made"}
    exec(compile(text, "made.py", "exec"), space)  # noqa: S102 - what is tested is that it runs
    return space["definition"](role, bucket), space


@given(st.text(max_size=30), st.text(max_size=30), json_values)
def test_a_script_is_python_whatever_names_and_values(name, description, value):
    given_definition = {"Steps": [], "X": value, "Role": ROLE, "At": f"s3://{BUCKET}/x"}
    code = Code({"k/a.py": b"print('\\\\')\n\x0c", "k/b.bin": b"\xff\x00", "empty": b""})
    found, space = definition_of(script(name, given_definition, TargetFacts(), code, description))
    assert canonical(found) == canonical({"Steps": [], "X": value, "Role": "R", "At": "s3://B/x"})
    assert (space["NAME"], space["DESCRIPTION"], space["CODE"]) == (name, description, dict(code.objects))


def test_a_definition_without_the_bucket_makes_none():
    text = script("p", {"Steps": []}, TargetFacts(), Code())
    assert "    ensure_bucket(s3, bucket, session.region_name)" not in text
    assert "upload_code" not in text


def test_a_page_is_whole_and_holds_no_script():
    text = page(Snapshot(title="<script>alert(1)</script>\u202e", names=("a",)))
    assert text.startswith("<!doctype html>")
    assert "<script" not in text
    assert "Content-Security-Policy" in text
    assert not re.findall(r'(?:src|href)="(?!data:)', text)
