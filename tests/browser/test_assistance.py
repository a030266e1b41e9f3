"""Completion and help in JupyterLab and Notebook 7, with the keys a person presses."""

from __future__ import annotations

import pytest

TEXT = """\
%%pipeline demo
steps:
  prepare:
    type: Processing
    code: prepare.py
    outputs: [train]
  fit:
    type: Training
    instance: ml.m5.large
    inputs: {train: $steps.prepare.outputs.train}
"""
COMPLETER = ".jp-Completer:not(.lm-mod-hidden)"


def type_below(page, text):
    """Put the cursor at the end of the second cell and type."""
    page.locator(".jp-Notebook .jp-Cell").nth(1).locator(".cm-content").click()
    page.keyboard.press("Control+End")
    page.keyboard.type(text)


def offered(page):
    return page.locator(f"{COMPLETER} .jp-Completer-match").all_inner_texts()


def cell_text(page):
    return page.evaluate("window.jupyterapp.shell.currentWidget.content.widgets[1].model.sharedModel.getSource()")


@pytest.fixture(params=["lab", "notebook7"])
def front_end(request, notebook):
    notebook.open(["%load_ext sm_pipeline_widgets", TEXT], request.getfixturevalue(request.param))
    notebook.run(0)
    return request.param


def accepted(page, text):
    """Take the item that is marked in the list; the cell's text then ends as told."""
    page.keyboard.press("Enter")
    page.wait_for_selector(COMPLETER, state="detached")
    assert cell_text(page).endswith(text)


def test_tab_completes_keys_and_references(front_end, notebook):
    page = notebook.page
    type_below(page, "    hyper")
    page.keyboard.press("Tab")
    page.wait_for_selector(COMPLETER)
    assert [text.strip() for text in offered(page)] == ["hyperparameters:"]
    assert "given to the script as" in page.locator(COMPLETER).inner_text().replace("\N{NO-BREAK SPACE}", " ")
    accepted(page, "\n    hyperparameters: ")
    page.keyboard.type("{rows: $steps.prepare.")
    page.keyboard.press("Tab")
    page.wait_for_selector(COMPLETER)
    assert offered(page)[0] == "outputs.train"
    notebook.screenshot(f"completion-{front_end}")
    accepted(page, "{rows: $steps.prepare.outputs.train")
    assert notebook.errors == []


def test_shift_tab_explains_a_key(front_end, notebook):
    page = notebook.page
    type_below(page, "")
    for _ in range(2):
        page.keyboard.press("ArrowUp")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+Tab")
    tooltip = page.locator(".jp-Tooltip")
    tooltip.wait_for()
    notebook.screenshot(f"help-{front_end}")
    words = tooltip.inner_text()
    assert "The instance type." in words
    assert "Arguments.ResourceConfig.InstanceType" in words
    assert notebook.errors == []
