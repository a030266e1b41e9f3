"""The DAG of a definition, also of definitions that other people's code made."""

from __future__ import annotations

import json

import pytest

from sm_pipeline_widgets.definition.graph import build_graph
from tests.corpus import definitions


def test_every_edge_the_sdk_knows_is_in_the_graph():
    missing = []
    for path in definitions():
        graph = build_graph(json.loads(path.read_text()))
        adjacency = json.loads(path.with_suffix(".edges.json").read_text())["adjacency"]
        edges = [(parent, child) for parent, children in adjacency.items() for child in children]
        missing += [(path.name, *edge) for edge in edges if not graph.has_edge(*edge)]
    assert missing == []


def test_edges_say_why_they_are_there():
    graph = build_graph(
        {
            "Steps": [
                {"Name": "a", "Type": "Processing", "Arguments": {}},
                {"Name": "b", "Type": "Training", "DependsOn": ["a"], "Arguments": {"X": [{"Get": "Steps.a.Arn"}]}},
                {"Name": "check", "Type": "QualityCheck", "ModelName": {"Get": "Steps.b.ModelName"}, "Arguments": {}},
                {"Name": "c", "Type": "Condition", "DependsOn": [{"Step": "b", "Trigger": "Failed"}], "Arguments": {
                    "Conditions": [], "IfSteps": [{"Name": "d", "Type": "Fail", "Arguments": {}}], "ElseSteps": [],
                }},
                {"Name": "clean", "Type": "Cleanup", "Arguments": {"Resources": {"S3": [{"StepName": "a"}]}}},
                {"Name": "lost", "Type": "Fail", "Arguments": {"ErrorMessage": {"Get": "Steps.nobody.x"}}},
            ]
        }
    )  # fmt: skip
    assert {edge: graph.edges[edge]["kinds"] for edge in graph.edges} == {
        ("a", "b"): ("data", "order"),
        ("b", "check"): ("data",),
        ("b", "c"): ("order",),
        ("c", "d"): ("branch",),
        ("a", "clean"): ("order",),
    }
    assert graph.nodes["d"] == {"type": "Fail", "branch": "then", "parent": "c"}


def test_a_chain_of_two_thousand_steps_and_branches_a_hundred_deep_are_no_trouble():
    chain = [{"Name": f"s{n}", "Type": "Fail", "DependsOn": [f"s{n - 1}"], "Arguments": {}} for n in range(2000)]
    assert len(build_graph({"Steps": chain}).edges) == 1999
    inner = []
    for depth in range(100):
        inner = [{"Name": f"c{depth}", "Type": "Condition", "Arguments": {"Conditions": [], "IfSteps": inner}}]
    assert len(build_graph({"Steps": inner}).edges) == 99


@pytest.mark.parametrize("definition", [{}, {"Steps": None}, {"Steps": [1, {}]}, {"Steps": [{"Name": "a", "DependsOn": 3}]},
                                        {"Steps": [{"Name": "a", "Arguments": []}]}])  # fmt: skip
def test_odd_documents_make_odd_graphs_not_exceptions(definition):
    build_graph(definition)
