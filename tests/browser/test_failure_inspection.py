"""From a red node to a green one: card, line, difference, what to do now - on the engine, with mouse and keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

LOAD = "%load_ext sm_pipeline_widgets"
PREPARE = """%%step prepare
import os, pathlib
pathlib.Path(os.environ["SM_OUTPUT_DATA"], "rows.csv").write_text("1,2")
"""
GOOD = """%%step train
import os, pathlib
print("rmse=3.5")
print(pathlib.Path(os.environ["SM_CHANNEL_DATA"], "rows.csv").read_text())
"""
BAD = GOOD.replace("rows.csv", "row.csv").replace("3.5", "7.5")
HELP = """%%step check
import sys
sys.exit("the schema of rows.csv has changed")
"""
PIPELINE = """%%pipeline evening
parameters: {alpha: 0.1}
steps:
  prepare: {type: Processing, code: cell:prepare, outputs: [data]}
  train:
    type: Training
    code: cell:train
    hyperparameters: {alpha: $parameters.alpha}
    inputs: {data: $steps.prepare.outputs.data}
  check: {type: Processing, code: cell:check, depends_on: [prepare]}
  report: {type: Processing, code: cell:prepare, outputs: [data], depends_on: [train]}
"""
RUN = "%pipeline run evening -p alpha={alpha} --wait"
VIEW = ".smpw-execution"
CARD = f"{VIEW} .smpw-failure"


@pytest.fixture(autouse=True)
def clean_page(page_errors):
    yield
    assert page_errors == []


@pytest.fixture
def failed(notebook):
    """A notebook whose third run has failed in two steps: once it had gone well."""
    easy = HELP.replace("sys.exit", "print")
    cells = [
        LOAD,
        PREPARE,
        GOOD,
        easy,
        PIPELINE.replace("%%pipeline evening", "%%pipeline evening --run --wait"),
        BAD,
        HELP,
        RUN.format(alpha=0.4),
    ]
    notebook.open(cells)
    for number in range(len(cells)):
        notebook.run(number)
    notebook.page.locator(CARD).first.wait_for()
    return notebook


def test_an_evening_with_a_red_node(failed):
    page = failed.page
    view = page.locator(VIEW).last
    card = view.locator(".smpw-failure")
    card.get_by_role("button", name="cell train, line 4").wait_for()
    failed.screenshot("failure-card", f"{VIEW} >> nth=-1")
    # what differs, asked for by opening it
    card.get_by_text("What differs from the last success").click()
    card.get_by_text("parameter alpha: 0.1 → 0.4").wait_for()
    expect(card.locator(".smpw-diff-added", has_text="row.csv")).to_be_visible()
    failed.screenshot("failure-difference", f"{VIEW} >> nth=-1")
    # from one failure to the next by the keyboard
    view.get_by_role("tab", name=re.compile("^Why")).focus()
    walked = []
    for key in "]][":
        page.keyboard.press(key)
        expect(first := card.locator(".smpw-where .smpw-link").first).to_be_visible()
        walked.append(first.inner_text())
    assert walked[0] == walked[2] != walked[1]
    if walked[2] != "train":
        page.keyboard.press("]")
    # a frame leads to its line
    card.get_by_role("button", name="cell train, line 4").click()
    page.wait_for_function(
        """() => {
            const notebook = window.jupyterapp.shell.currentWidget.content;
            return notebook.activeCellIndex === 5 && notebook.activeCell.editor.getCursorPosition().line === 3;
        }"""
    )
    # mended, and run from there: said first, then done
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(GOOD)
    page.keyboard.press("Shift+Enter")
    page.wait_for_function("() => document.querySelectorAll('.jp-Notebook .jp-Cell')[5].textContent.includes('[9]')")
    card.get_by_role("button", name="Run from here").click()
    plan = card.locator(".smpw-now-plan")
    plan.wait_for()
    assert "runs: train" in plan.inner_text()
    assert "reused from run" in plan.inner_text()
    assert "does not run: check" in plan.inner_text()
    failed.screenshot("failure-plan", f"{VIEW} >> nth=-1")
    page.keyboard.press("Enter")  # the plan's button has the focus
    view.locator(".smpw-summary", has_text="succeeded").wait_for()
    failed.screenshot("failure-mended", f"{VIEW} >> nth=-1")


def test_a_retry_is_said_first_and_can_be_left(failed):
    page = failed.page
    card = page.locator(VIEW).last.locator(".smpw-failure")
    card.get_by_role("button", name="Retry").click()
    plan = card.locator(".smpw-now-plan")
    plan.wait_for()
    assert re.search(r"kept as it is: prepare", plan.inner_text())
    page.keyboard.press("Escape")
    plan.wait_for(state="detached")
    assert page.evaluate("document.activeElement.textContent") == "Retry"
