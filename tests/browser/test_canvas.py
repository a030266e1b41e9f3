"""The canvas in JupyterLab: everything drawn, states without relayout, selection both ways, themes, keys, hostile names."""

from __future__ import annotations

import ast
import re

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

HOSTILE = """
import networkx as nx
from sm_pipeline_widgets.errors import Problem, Severity
from sm_pipeline_widgets.view.picture import NodeState, draw
from sm_pipeline_widgets.widgets.canvas import PipelineCanvas
attack = "<img src=x onerror='window.hacked = 1'>"
names = [attack, "a\\u202egnp.exe", "line\\nbreak", "x" * 10000, "__proto__", "constructor", chr(0xd800), "", " ", "toString"]
graph = nx.DiGraph()
for name in names:
    graph.add_node(name, type=attack, branch=None)
for one, other in zip(names, names[1:]):
    graph.add_edge(one, other, kinds=("data",))
picture = draw(graph, problems=[Problem("E", Severity.ERROR, attack, step=names[1])])
PipelineCanvas(picture, {"n1": NodeState(attack, attack), "n2": NodeState("toString", "<b>")})
"""
BIG = """
import random
import networkx as nx
from sm_pipeline_widgets.view.picture import NodeState, draw
from sm_pipeline_widgets.widgets.canvas import PipelineCanvas
chance = random.Random(1)
graph = nx.DiGraph()
for at in range(500):
    graph.add_node(f"step_{at}", type="Processing", branch=None)
for at in range(20, 500):
    for _ in range(chance.randint(1, 3)):
        graph.add_edge(f"step_{(at // 20 - 1) * 20 + chance.randrange(20)}", f"step_{at}", kinds=("data",))
picture = draw(graph)
print(len(picture.edges))
words = ["succeeded", "running", "failed", "waiting", "skipped"]
PipelineCanvas(picture, {node.id: NodeState(chance.choice(words)) for node in picture.nodes})
"""


CANVAS = ".smpw-canvas"


def test_draws_everything_where_python_placed_it(notebook):
    notebook.open([SETUP, "print(*[f'{n.id}:{n.x}:{n.y}' for n in picture.nodes])"])
    notebook.run(0)
    drawn = notebook.cytoscape(edges=9)
    notebook.run(1)
    printed = notebook.page.locator(".jp-OutputArea-output pre").first.inner_text()
    assert [f"{node['id']}:{node['x']}:{node['y']}" for node in drawn["nodes"]] == printed.split()
    assert [node["name"] for node in drawn["nodes"]][:2] == ["prepare", "train_ridge"]
    assert notebook.page.locator(".smpw-card").count() == 7
    assert notebook.page.locator(".smpw-edge-word").all_inner_texts() == ["then", "else"]
    notebook.screenshot("canvas-7-plain", CANVAS)
    assert notebook.errors == []


def test_curves_take_the_way_that_python_gave_them(notebook):
    notebook.open([SETUP, "print([e.points[1:-1] for e in picture.edges])"])
    notebook.run(0)
    notebook.cytoscape(edges=9)
    notebook.run(1)
    wanted = ast.literal_eval(notebook.page.locator(".jp-OutputArea-output pre").first.inner_text())
    found = notebook.page.evaluate(
        """() => document.querySelector('.smpw-canvas')._cyreg.cy.edges()
            .map(e => (e.controlPoints() ?? []).map(p => [Math.round(p.x), Math.round(p.y)]))"""
    )
    assert [[tuple(point) for point in points] for points in found] == [list(points) for points in wanted]


def test_a_state_change_moves_nothing(notebook):
    notebook.open([SETUP, RUNNING, FAILED])
    notebook.run(0)
    before = notebook.cytoscape(edges=9)
    notebook.run(1)
    notebook.page.wait_for_selector('.smpw-card[data-state="running"]')
    notebook.screenshot("canvas-7-running", CANVAS)
    notebook.run(2)
    notebook.page.wait_for_selector('.smpw-card[data-state="failed"]')
    after = notebook.cytoscape(edges=9)
    notebook.screenshot("canvas-7-failed", CANVAS)
    places = [[(node["x"], node["y"]) for node in drawn["nodes"]] for drawn in (before, after)]
    assert places[0] == places[1]
    assert (before["zoom"], before["pan"]) == (after["zoom"], after["pan"])
    states = {node["name"]: node["classes"] for node in after["nodes"]}
    assert states["train_forest"] == ["is-failed"]
    assert states["register"] == ["is-skipped"]
    faded = {edge["target"] for edge in after["edges"] if "faded" in edge["classes"]}
    assert faded == {"n4", "n5", "n6"}, "ways into blocked and skipped steps fade"
    said = notebook.page.locator('[role="option"]').evaluate_all("all => all.map(one => one.ariaLabel)")
    assert "train_forest, Training, failed 1:12" in said


def test_all_changes_of_a_poll_are_one_message_and_none_when_nothing_changed(notebook):
    counting = """
class Counting(PipelineCanvas):
    sent = 0
    def send_state(self, key=None):
        self.sent += 1
        super().send_state(key)
canvas = Counting(picture)
canvas.sent = 0
"""
    notebook.open([SETUP, counting, FAILED, FAILED + "\nprint(canvas.sent)"])
    for cell in range(4):
        notebook.run(cell)
    assert notebook.page.locator(".jp-OutputArea-output pre").last.inner_text().strip() == "1"


def settled_box(page, locator):
    """Where an element is once the notebook has stopped scrolling."""
    seen = []
    while len(seen) < 100:
        seen.append(locator.bounding_box())
        if len(seen) > 3 and seen[-1] == seen[-2] == seen[-3] == seen[-4]:
            return seen[-1]
        page.wait_for_timeout(100)
    raise AssertionError(f"it never came to rest: {seen[-4:]}")


def test_selection_goes_both_ways(notebook):
    notebook.open([SETUP, "canvas.selected = ids['good_enough']", "print(canvas.selected == ids['prepare'])"])
    notebook.run(0)
    notebook.cytoscape(edges=9)
    notebook.run(1)
    notebook.page.wait_for_selector('.smpw-card[aria-selected="true"] >> text=good_enough')
    notebook.page.locator(".smpw-canvas").scroll_into_view_if_needed()
    box = settled_box(notebook.page, notebook.page.locator(".smpw-card", has_text="prepare"))
    notebook.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    notebook.page.wait_for_selector('.smpw-card[aria-selected="true"] >> text=prepare')
    notebook.screenshot("canvas-7-selected", CANVAS)
    notebook.run(2)
    assert notebook.page.locator(".jp-OutputArea-output pre").last.inner_text().strip() == "True"
    assert [node["name"] for node in notebook.cytoscape()["nodes"] if node["selected"]] == ["prepare"]


def test_keys_walk_the_graph_and_leave_the_notebook_alone(notebook):
    notebook.open([SETUP, "1"])
    notebook.run(0)
    notebook.cytoscape(edges=9)
    cells = notebook.page.locator(".jp-Notebook .jp-Cell").count()
    notebook.page.locator(CANVAS).focus()
    chosen = notebook.page.locator('.smpw-card[aria-selected="true"] .smpw-card-name')
    walked = []
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowDown", "ArrowDown", "ArrowUp"):
        notebook.page.keyboard.press(key)
        walked.append(chosen.inner_text())
    assert walked[:3] == ["prepare", "train_ridge", "train_forest"]
    assert walked[3:] == ["evaluate", "good_enough", "evaluate"]
    # in the notebook's command mode these would delete the cell and insert others
    for key in ("d", "d", "a", "b", "x", "Escape"):
        notebook.page.keyboard.press(key)
    assert notebook.page.locator(".jp-Notebook .jp-Cell").count() == cells
    assert chosen.count() == 0


def test_it_follows_the_theme(notebook):
    notebook.open([SETUP, RUNNING])
    notebook.run(0)
    notebook.run(1)
    notebook.page.wait_for_selector('.smpw-card[data-state="running"]')
    fill = """() => document.querySelector('.smpw-canvas')._cyreg.cy.nodes()[0].style('background-color')"""
    light = notebook.page.evaluate(fill)
    notebook.set_theme("JupyterLab Dark")
    notebook.page.wait_for_function(f"light => ({fill})() !== light", arg=light)
    dark = [int(part) for part in re.findall(r"\d+", notebook.page.evaluate(fill))]
    assert max(dark[:3]) < 80
    notebook.screenshot("canvas-7-dark", CANVAS)


def test_hostile_names_are_only_ever_text(notebook):
    notebook.open([HOSTILE])
    notebook.run(0)
    drawn = notebook.cytoscape(edges=9)
    assert len(drawn["nodes"]) == 10
    assert notebook.page.evaluate("window.hacked") is None
    assert notebook.page.locator(".smpw-canvas img, .smpw-canvas script, .smpw-canvas b").count() == 0
    notebook.screenshot("canvas-hostile", CANVAS)
    assert notebook.errors == []


def test_500_steps_are_all_there_and_can_be_seen_whole(notebook):
    notebook.open([BIG])
    notebook.run(0)
    count = int(notebook.page.locator(".jp-OutputArea-output pre").first.inner_text())
    assert len(notebook.cytoscape(edges=count)["nodes"]) == 500
    notebook.screenshot("canvas-500-start", CANVAS)
    notebook.page.click('.smpw-zoom button[title="Fit"]')
    notebook.page.wait_for_selector('.smpw-cards[data-detail="none"]', state="attached")
    drawn = notebook.cytoscape()
    assert all(drawn["extent"]["x1"] < node["x"] < drawn["extent"]["x2"] for node in drawn["nodes"])
    notebook.screenshot("canvas-500-whole", CANVAS)


def test_it_draws_again_after_it_was_scrolled_away(notebook):
    notebook.open([SETUP, *["print('\\n' * 40)"] * 12])
    for cell in range(13):
        notebook.run(cell)
    notebook.page.locator(".jp-Notebook .jp-Cell").first.scroll_into_view_if_needed()
    notebook.page.wait_for_selector(".smpw-card >> text=prepare")
    painted = """() => {
        const canvas = document.querySelector('.smpw-canvas canvas[data-id="layer2-node"]');
        const {width, height} = canvas;
        return width > 0 && canvas.getContext('2d').getImageData(0, 0, width, height).data.some(value => value > 0);
    }"""
    notebook.page.wait_for_function(painted)


def test_it_draws_in_notebook_7(notebook, notebook7):
    notebook.open([SETUP], notebook7)
    notebook.run(0)
    assert len(notebook.cytoscape(edges=9)["nodes"]) == 7
    notebook.screenshot("canvas-notebook7")
    # what JupyterLab has around the views is there as far as Notebook 7 has a place for it
    notebook.page.evaluate("void window.jupyterapp.commands.execute('sm-pipelines:panel')")
    notebook.page.locator("#sm-pipelines-panel", has_text="engine on this machine").wait_for()
    assert notebook.errors == []
