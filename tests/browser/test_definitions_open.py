"""Definitions that other people's code made, opened in JupyterLab: each is drawn whole, in words a person can read."""

from __future__ import annotations

import json

import pytest

from sm_pipeline_widgets import Pipeline
from tests.corpus import definitions

SAMPLE = 24
LOAD = "from sm_pipeline_widgets import show"


def largest_first():
    return sorted(definitions(), key=lambda path: -path.stat().st_size)


def drawn(page, index, count):
    """What the canvas in the output of cell `index` shows; waits until it has `count` nodes."""
    page.evaluate(
        "n => { const book = window.jupyterapp.shell.currentWidget.content;"
        " book.activeCellIndex = n; return book.scrollToItem(n, 'start'); }",
        index,
    )
    selector = f'.jp-Cell[data-windowed-list-index="{index}"] .smpw-canvas'
    page.wait_for_function(
        "([s, count]) => document.querySelector(s)?._cyreg?.cy?.nodes().length === count", arg=[selector, count]
    )
    return page.evaluate(
        """s => {
            const cy = document.querySelector(s)._cyreg.cy;
            return {names: cy.nodes().map(n => n.data('name')), edges: cy.edges().length,
                    pairs: cy.edges().map(e => [e.source().data('name'), e.target().data('name')])};
        }""",
        selector,
    )


def open_each(notebook, paths):
    notebook.open([LOAD, *(f"show({str(path)!r})" for path in paths)])
    notebook.run(0)
    different = {}
    for index, path in enumerate(paths, start=1):
        notebook.page.evaluate(
            "n => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = n;"
            " return window.jupyterapp.commands.execute('notebook:run-cell'); }",
            index,
        )
        graph = Pipeline.from_definition(json.loads(path.read_text())).graph
        seen = drawn(notebook.page, index, len(graph))
        if sorted(seen["names"]) != sorted(graph) or sorted(map(tuple, seen["pairs"])) != sorted(graph.edges):
            different[path.name] = seen
    assert different == {}
    assert notebook.errors == []


def test_definitions_of_all_sizes_open(notebook):
    every = largest_first()
    open_each(notebook, every[:: max(1, len(every) // SAMPLE)][:SAMPLE])
    notebook.screenshot("definition-opened")


@pytest.mark.soak
def test_every_definition_opens(notebook):
    every = largest_first()
    for at in range(0, len(every), 40):
        open_each(notebook, every[at : at + 40])
