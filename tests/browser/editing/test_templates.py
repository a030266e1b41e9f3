"""From an empty cell to a finished run with a template: the text, the code cells above it, and a run that succeeds."""

from __future__ import annotations

from tests.browser.editing_driver import LOAD, VIEW, Graph

SOURCES = "() => window.jupyterapp.shell.currentWidget.content.widgets.map(cell => cell.model.sharedModel.getSource())"


def test_a_template_brings_its_code_and_runs(notebook, page_errors):
    graph = Graph(notebook, 1).begin([LOAD, "%%pipeline line"])
    page = graph.page
    page.locator(".smpw-template", has_text="Prepare and train").click()
    page.wait_for_function(f"({SOURCES})().length >= 4")
    heads = [source.split("\n")[0] for source in page.evaluate(SOURCES)]
    assert heads[:4] == [LOAD, "%%step prepare", "%%step train", "%%pipeline line"]
    below = Graph(notebook, 3)
    assert "code: cell:prepare" in below.source
    page.wait_for_function("document.querySelectorAll('.smpw-canvas').length === 1")
    assert below.card("prepare")["badges"] == 1  # its code was not run yet
    notebook.screenshot("editing-template", None)
    notebook.run(1)
    notebook.run(2)
    page.wait_for_function(
        "!document.querySelector('.smpw-canvas')._cyreg.cy.nodes().some(node => (node.data('badges') ?? []).length)"
    )
    page.locator(VIEW).scroll_into_view_if_needed()
    below.run()
    notebook.screenshot("editing-template-run", None)
    assert page_errors == []
