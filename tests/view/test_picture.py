"""Pictures: what a graph, problems and states become."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import networkx as nx
import pytest

from sm_pipeline_widgets.definition.compare import Change
from sm_pipeline_widgets.definition.graph import build_graph
from sm_pipeline_widgets.definition.steps import family_of
from sm_pipeline_widgets.errors import Problem, Severity
from sm_pipeline_widgets.execution.state import ExecutionState, ExecutionStatus, StepState, StepStatus
from sm_pipeline_widgets.view import glyphs
from sm_pipeline_widgets.view.picture import (
    NodeState,
    changed,
    draw,
    duration,
    elements,
    faded_edges,
    node_states,
    readable,
    shorten,
)

ROOT = Path(__file__).parents[2]
DEFINITION = {
    "Steps": [
        {"Name": "prepare", "Type": "Processing", "Arguments": {}},
        {"Name": "train", "Type": "Training", "Arguments": {"x": {"Get": "Steps.prepare.Arn"}}},
        {"Name": "tidy", "Type": "Processing", "DependsOn": ["prepare"], "Arguments": {}},
        {
            "Name": "good",
            "Type": "Condition",
            "Arguments": {
                "Conditions": [{"LeftValue": {"Get": "Steps.train.x"}}],
                "IfSteps": [
                    {"Name": "register", "Type": "RegisterModel", "Arguments": {"m": {"Get": "Steps.train.m"}}}
                ],
                "ElseSteps": [{"Name": "stop", "Type": "Fail", "Arguments": {"ErrorMessage": "no"}}],
            },
        },
    ]
}


def picture():
    return draw(build_graph(DEFINITION))


def test_nodes_have_surrogate_ids_in_document_order():
    assert [(node.id, node.name, node.family) for node in picture().nodes] == [
        ("n1", "prepare", "job"),
        ("n2", "train", "job"),
        ("n3", "tidy", "job"),
        ("n4", "good", "decision"),
        ("n5", "register", "model"),
        ("n6", "stop", "end"),
    ]


def test_edges_tell_their_kind_and_branch():
    drawn = picture()
    names = {node.id: node.name for node in drawn.nodes}
    assert {(names[edge.source], names[edge.target]): (edge.kind, edge.label) for edge in drawn.edges} == {
        ("prepare", "train"): ("data", ""),
        ("prepare", "tidy"): ("order", ""),
        ("train", "good"): ("data", ""),
        ("train", "register"): ("data", ""),
        ("good", "register"): ("branch", "then"),
        ("good", "stop"): ("branch", "else"),
    }


def test_edges_begin_and_end_on_their_cards():
    drawn = picture()
    nodes = {node.id: node for node in drawn.nodes}
    for edge in drawn.edges:
        source, target = nodes[edge.source], nodes[edge.target]
        assert edge.points[0] == (source.x, source.y + source.h // 2)
        assert edge.points[-1] == (target.x, target.y - target.h // 2)


def test_an_edge_that_closes_a_cycle_runs_upwards():
    graph = nx.DiGraph([("a", "b"), ("b", "a"), ("a", "a")])
    drawn = draw(graph)
    assert len(drawn.edges) == 2, "a self-loop has no way to take; the problem list tells of it"
    up = next(edge for edge in drawn.edges if edge.source == "n2")
    assert up.points[0][1] > up.points[-1][1]
    assert elements(drawn)[-1]["classes"].startswith("up")


def test_problems_become_badges_of_their_step():
    problems = [Problem("E1", Severity.ERROR, "bad", step="train"), Problem("W1", Severity.WARNING, "hm")]
    drawn = draw(build_graph(DEFINITION), problems=problems)
    assert [(node.name, [badge.text for badge in node.badges]) for node in drawn.nodes if node.badges] == [
        ("train", ["bad"])
    ]


def test_display_names_are_shown_and_names_kept():
    node = draw(nx.DiGraph([("a", "b")]), labels={"a": "Prepare the data"}).nodes[0]
    assert (node.name, node.label) == ("a", "Prepare the data")


def test_an_empty_graph_is_an_empty_picture():
    drawn = draw(nx.DiGraph())
    assert (drawn.nodes, drawn.edges, elements(drawn)) == ((), (), [])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("short", "short"),
        ("x" * 24, "x" * 24),
        ("prepare_the_training_data_eu", "prepare_the_…ing_data_eu"),
        ("y" * 10_000, "y" * 12 + "…" + "y" * 11),
    ],
)
def test_long_names_lose_their_middle(text, shown):
    assert shorten(text) == shown
    assert len(shown) <= 24


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("naïve 日本語 😀", "naïve 日本語 😀"),
        ("a\nb\tc\x00", "a�b�c�"),
        ("a\u202egnp.exe", "a�gnp.exe"),
        ("zero\u200bwidth", "zero�width"),
        ("lone \ud800", "lone �"),
    ],
)
def test_what_hides_or_reorders_text_is_made_visible(text, shown):
    assert readable(text) == shown


def test_hostile_names_survive_the_way_to_the_page():
    names = ["<img src=x onerror=alert(1)>", "\ud800", "", "x" * 10_000, "__proto__", "a\u202eb"]
    graph = nx.DiGraph(pairwise(names))
    sent = json.dumps(elements(draw(graph)), ensure_ascii=False).encode()
    assert len(sent) < 10_000


def test_unknown_types_are_of_no_family():
    assert [family_of(kind) for kind in ("Training", "Lambda", "ForEach", "Quantum")] == [
        "job",
        "call",
        "loop",
        "other",
    ]


NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def execution(**statuses: str) -> ExecutionState:
    steps = {}
    for name, status in statuses.items():
        started = None if status in ("waiting", "blocked", "skipped") else NOW - timedelta(seconds=72)
        ended = started + timedelta(seconds=12) if started and status in ("succeeded", "failed") else None
        steps[name] = StepState(name, "Processing", StepStatus(status), started, ended)
    return ExecutionState("arn", "p", ExecutionStatus.EXECUTING, steps)


def test_states_of_cards():
    state = execution(prepare="succeeded", train="running", tidy="waiting", elsewhere="failed")
    assert node_states(picture(), state, NOW) == {
        "n1": NodeState("succeeded", "0:12"),
        "n2": NodeState("running", "1:12"),
        "n3": NodeState("waiting", ""),
    }


def test_only_what_changed_is_sent():
    before = {"n1": NodeState("running", "0:01"), "n2": NodeState("waiting"), "n3": NodeState("waiting")}
    after = {"n1": NodeState("succeeded", "0:02"), "n2": NodeState("waiting")}
    assert changed(before, after) == {"n1": NodeState("succeeded", "0:02"), "n3": None}
    assert changed(after, after) == {}


def test_edges_into_steps_that_will_not_run_fade():
    drawn = picture()
    faded = faded_edges(drawn, {"n5": NodeState("skipped"), "n6": NodeState("failed")})
    assert faded == {edge.id for edge in drawn.edges if edge.target == "n5"}


@pytest.mark.parametrize(
    ("seconds", "text"), [(-1, "0:00"), (7.9, "0:07"), (760, "12:40"), (11241, "3:07:21"), (183600, "2d 03h")]
)
def test_durations(seconds, text):
    assert duration(seconds) == text


def test_page_and_kernel_draw_the_same_glyphs():
    text = (ROOT / "labextension/src/glyphs.ts").read_text(encoding="utf-8")
    for name in ("TYPE_GLYPHS", "STATE_GLYPHS"):
        found = re.search(rf"{name}[^=]*= (\{{.*?\n\}});", text, re.DOTALL)
        assert found is not None
        theirs = {key: tuple(map(tuple, strokes)) for key, strokes in json.loads(found[1]).items()}
        assert theirs == getattr(glyphs, name)


def test_every_state_has_a_glyph():
    assert set(glyphs.STATE_GLYPHS) == {word.value for word in (*StepStatus, *Change)}
