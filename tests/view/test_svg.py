"""The static picture: well-formed, closed in itself, the same things as on the canvas, nothing of a name taken as markup."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sm_pipeline_widgets.errors import Problem, Severity
from sm_pipeline_widgets.execution.state import StepStatus
from sm_pipeline_widgets.view.picture import NodeState, draw
from sm_pipeline_widgets.view.svg import render_svg

SVG = "{http://www.w3.org/2000/svg}"


def parse(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 - our own output, and being well-formed is what is tested


def texts(root: ET.Element) -> list[str]:
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def small() -> nx.DiGraph:
    graph = nx.DiGraph()
    for name, kind in (("prepare", "Processing"), ("good", "Condition"), ("each", "ForEach"), ("ask", "Callback")):
        graph.add_node(name, type=kind, branch=None)
    graph.add_node("done", type="RegisterModel", branch="then")
    graph.add_node("stop", type="Fail", branch="else")
    graph.add_edge("prepare", "good", kinds=("data",))
    graph.add_edge("good", "done", kinds=("branch",))
    graph.add_edge("good", "stop", kinds=("branch",))
    graph.add_edge("each", "ask", kinds=("order",))
    return graph


def test_names_types_and_branches_are_written():
    written = texts(parse(render_svg(draw(small()))))
    assert {"prepare", "Processing", "good", "Condition", "then", "else"} <= set(written)


@pytest.mark.parametrize("status", list(StepStatus))
def test_every_state_is_told_by_word_and_glyph(status):
    picture = draw(small())
    plain, drawn = (render_svg(picture, states) for states in (None, {"n1": NodeState(status.value)}))
    assert status.value in texts(parse(drawn))
    assert drawn.count("<path") > plain.count("<path")


def test_order_is_dashed_and_ways_into_skipped_steps_fade():
    root = parse(render_svg(draw(small()), {"n5": NodeState("skipped")}))
    edges = [group for group in root.iter(f"{SVG}g") if len(group) == 2 and group[0].get("d", "").startswith("M")]
    assert sum("stroke-dasharray" in group[0].attrib for group in edges) == 1
    assert sum(group.get("opacity") == "0.18" for group in edges) == 1


def test_problems_are_marked():
    picture = draw(small(), problems=[Problem("E", Severity.ERROR, "<b>", step="good")])
    assert "!" in texts(parse(render_svg(picture)))


@given(st.lists(st.text(max_size=40), min_size=1, max_size=6, unique=True), st.text(max_size=20))
def test_any_text_gives_a_well_formed_picture_without_markup_of_its_own(names, extra):
    graph = nx.DiGraph()
    for name in names:
        graph.add_node(name, type=extra, branch=None)
    picture = draw(graph, problems=[Problem("E", Severity.ERROR, extra, step=names[0])])
    root = parse(render_svg(picture, {"n1": NodeState(extra, extra)}, extra))
    allowed = {"svg", "title", "style", "g", "path", "text", "circle"}
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= allowed
    assert not [name for element in root.iter() for name in element.attrib if name.startswith("on") or "href" in name]


def test_hostile_names_are_text():
    graph = nx.DiGraph([("<script>alert(1)</script>", "]]><x>"), ("&amp;", "'\"><img>")])
    svg = render_svg(draw(graph), title="</title><script>")
    assert "<script" not in svg
    assert "<img" not in svg
    parse(svg)


def test_nothing_is_fetched():
    svg = render_svg(draw(small()))
    assert "url(" not in svg
    assert svg.count("http") == 1, "the name space alone"
