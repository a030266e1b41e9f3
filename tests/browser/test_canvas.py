"""The canvas in JupyterLab: everything drawn, states without relayout, selection both ways, themes, keys, hostile names."""

from __future__ import annotations

SETUP = """
import networkx as nx
from sm_pipeline_widgets.view.picture import NodeState, draw
from sm_pipeline_widgets.widgets.canvas import PipelineCanvas

graph = nx.DiGraph()
for name, kind, branch in [
    ("prepare", "Processing", None), ("train_ridge", "Training", None), ("train_forest", "Training", None),
    ("evaluate", "Processing", None), ("good_enough", "Condition", None),
    ("register", "RegisterModel", "then"), ("too_bad", "Fail", "else"),
]:
    graph.add_node(name, type=kind, branch=branch)
for source, target, kinds in [
    ("prepare", "train_ridge", ("data",)), ("prepare", "train_forest", ("data",)), ("train_ridge", "evaluate", ("data",)),
    ("train_forest", "evaluate", ("data",)), ("prepare", "evaluate", ("data",)), ("evaluate", "good_enough", ("data",)),
    ("good_enough", "register", ("branch",)), ("good_enough", "too_bad", ("branch",)), ("train_forest", "register", ("order",)),
]:
    graph.add_edge(source, target, kinds=kinds)
picture = draw(graph)
ids = {node.name: node.id for node in picture.nodes}
canvas = PipelineCanvas(picture)
canvas
"""
RUNNING = """
canvas.show_states({ids[n]: NodeState(*s) for n, s in {
    "prepare": ("succeeded", "0:03"), "train_ridge": ("cached", "0:01"), "train_forest": ("running", "0:12"),
    "evaluate": ("waiting",), "good_enough": ("waiting",), "register": ("waiting",), "too_bad": ("waiting",)}.items()})
"""
FAILED = """
canvas.show_states({ids[n]: NodeState(*s) for n, s in {
    "prepare": ("succeeded", "0:03"), "train_ridge": ("succeeded", "0:41"), "train_forest": ("failed", "1:12"),
    "evaluate": ("blocked",), "good_enough": ("blocked",), "register": ("skipped",), "too_bad": ("stopped", "0:02")}.items()})
"""


def test_draws_everything_where_python_placed_it(open_notebook, run_cell, cytoscape, screenshot, page, page_errors):
    open_notebook([SETUP, RUNNING, FAILED])
    run_cell(0)
    drawn = cytoscape(edges=9)
    assert [node["name"] for node in drawn["nodes"]][:2] == ["prepare", "train_ridge"]
    screenshot("canvas-7-plain", ".smpw-canvas")
    run_cell(1)
    page.wait_for_selector('.smpw-card[data-state="running"]')
    screenshot("canvas-7-running", ".smpw-canvas")
    run_cell(2)
    page.wait_for_selector('.smpw-card[data-state="failed"]')
    screenshot("canvas-7-failed", ".smpw-canvas")
    screenshot("canvas-7-page")
    assert page_errors == []
