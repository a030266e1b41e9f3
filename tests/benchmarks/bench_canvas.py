"""From Shift+Enter in a ``%%pipeline`` cell to all edges on the page, against stock ipycytoscape in the same browser.

Ours is the whole cell: text read, checked, compiled, laid out, drawn in the execution view. Stock is a ready-made graph
given to ``CytoscapeWidget`` with its dagre layout; at 500 nodes it needs many seconds, so it is asked only with ``--stock``.
Imports and the page's code are loaded before the clock starts, as after the first cell of a notebook.

``python -m tests.benchmarks.bench_canvas [--stock]``
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))

from conftest import CHROMIUM, CHROMIUM_ARGS, JupyterServer, serve, wait_idle

if TYPE_CHECKING:
    from collections.abc import Iterator

SETUP = """
import random, time
import ipycytoscape, networkx as nx
from sm_pipeline_widgets.view.picture import draw
get_ipython().run_line_magic("load_ext", "sm_pipeline_widgets")

def graph(count, edges):
    made = nx.DiGraph()
    for at in range(count):
        made.add_node(f"step_{at}", type="Processing", branch=None)
    for one, other in edges:
        made.add_edge(f"step_{one}", f"step_{other}", kinds=("data",))
    return made

def layered(count, width):
    chance = random.Random(1)
    return graph(count, sorted({((at // width - 1) * width + chance.randrange(width), at)
        for at in range(width, count) for _ in range(chance.randint(1, 3))}))

GRAPHS = {
    "50 in layers": layered(50, 6),
    "500 in layers": layered(500, 20),
    "chain of 500": graph(500, [(at, at + 1) for at in range(499)]),
    "fan of 200": graph(201, [(0, at) for at in range(1, 201)]),
}
def text(source):
    lines = ["defaults: {image: 1.dkr.ecr.us-east-1.amazonaws.com/a:1}", "steps:"]
    for node in source:
        before = ", ".join(source.predecessors(node))
        lines += [f"  {node}:", "    type: Processing", "    outputs: [o]"] + ([f"    depends_on: [{before}]"] if before else [])
    return "\\n".join(lines)

TEXTS = {name: text(source) for name, source in GRAPHS.items()}

def ours(name):
    get_ipython().run_cell_magic("pipeline", "bench", TEXTS[name])

def stock(name):
    widget = ipycytoscape.CytoscapeWidget(cytoscape_layout={"name": "dagre"})
    source = GRAPHS[name]
    widget.graph.add_nodes([ipycytoscape.Node(data={"id": node}) for node in source])
    widget.graph.add_edges([ipycytoscape.Edge(data={"source": a, "target": b}) for a, b in source.edges], directed=True)
    return widget

get_ipython().run_cell_magic("pipeline", "first", text(layered(3, 1)))  # the first of a page also loads the view's code
"""
SIZES = {"50 in layers": 50, "500 in layers": 500, "chain of 500": 500, "fan of 200": 201}
GOALS = {"50 in layers": 0.4, "500 in layers": 1.5, "chain of 500": 1.5, "fan of 200": 1.5}
LAYOUT = """
times = []
for name, source in GRAPHS.items():
    best = min(_time(lambda: draw(source)) for _ in range(3))
    print(f"{name}: {best * 1000:.0f} ms")
"""
TIMING = """
def _time(call):
    started = time.perf_counter(); call(); return time.perf_counter() - started
"""
WATCH = """selector => {
    window.started = window.ended = null;
    addEventListener('keydown', event => {
        if (event.key !== 'Enter' || !event.shiftKey || window.started !== null) return;
        window.started = performance.now();
        const look = () => {
            const cy = [...document.querySelectorAll(selector)].map(e => e._cyreg?.cy).filter(Boolean).pop();
            const done = cy && cy.nodes().length >= window.wantedNodes && cy.edges().length >= window.wantedEdges;
            if (done) window.ended = performance.now(); else requestAnimationFrame(look);
        };
        requestAnimationFrame(look);
    }, {capture: true});
}"""


@contextmanager
def server() -> Iterator[JupyterServer]:
    with tempfile.TemporaryDirectory() as folder:
        serving = serve(Path(folder), "jupyterlab", "lab/tree")
        yield next(serving)
        serving.close()


def open_notebook(page: Page, where: JupyterServer, name: str, cells: list[str]) -> None:
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in cells])
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(book, where.root / name)
    page.goto(where.address(name))
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    page.wait_for_function("window.jupyterapp !== undefined")
    wait_idle(page)


def run(page: Page, cell: int) -> None:
    page.locator(".jp-Notebook .jp-Cell").nth(cell).locator(".jp-InputArea-editor").first.click()
    page.keyboard.press("Shift+Enter")
    page.wait_for_function(
        """n => /\\[\\d+\\]/.test(document.querySelectorAll('.jp-Cell')[n].querySelector('.jp-InputArea-prompt').textContent)""",
        arg=cell,
        timeout=120_000,
    )


def measure(page: Page, where: JupyterServer, kind: str, graph: str) -> float:
    """Seconds from the key to all edges, in a fresh page and kernel."""
    count = f"print('edges', len(GRAPHS[{graph!r}].edges))"
    open_notebook(page, where, f"{kind}-{graph}.ipynb".replace(" ", "-"), [SETUP, count, f"{kind}({graph!r})"])
    run(page, 0)
    run(page, 1)
    edges = int(page.locator(".jp-OutputArea-output pre", has_text="edges").inner_text().split()[1])
    page.evaluate(f"window.wantedNodes = {SIZES[graph]}; window.wantedEdges = {edges}")
    page.evaluate(WATCH, ".smpw-canvas" if kind == "ours" else ".custom-widget")
    run(page, 2)
    page.wait_for_function("window.ended !== null", timeout=120_000)
    wait_idle(page)
    elapsed: float = page.evaluate("(window.ended - window.started) / 1000")
    return elapsed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stock", action="store_true", help="also measure stock ipycytoscape")
    parser.add_argument("--repeat", type=int, default=3, help="measurements of ours; the median is shown")
    options = parser.parse_args()
    with server() as where, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        page = chromium.new_page(viewport={"width": 1280, "height": 900})
        open_notebook(page, where, "layout.ipynb", [SETUP, TIMING + LAYOUT])
        run(page, 0)
        run(page, 1)
        print("Graph to picture, layout included:", end=" ")
        print(", ".join(page.locator(".jp-OutputArea-output pre", has_text="ms").inner_text().strip().splitlines()))
        print(
            "\n| Shift+Enter to all edges | goal | `%%pipeline` cell | stock ipycytoscape | stock / ours |\n|---|---|---|---|---|"
        )
        for graph, goal in GOALS.items():
            ours = statistics.median(measure(page, where, "ours", graph) for _ in range(options.repeat))
            stock = measure(page, where, "stock", graph) if options.stock else None
            theirs = f"{stock:.2f} s | {stock / ours:.1f}" if stock is not None else "not measured | "
            print(f"| {graph} | {goal:.1f} s | {ours:.2f} s | {theirs} |", flush=True)
        chromium.close()


if __name__ == "__main__":
    main()
