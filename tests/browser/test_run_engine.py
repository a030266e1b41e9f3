"""From a cell to a report: the Run button on the engine of this machine, and what is left of the run as a file."""

from __future__ import annotations

import re

import pytest

LOAD = "%load_ext sm_pipeline_widgets"
TRAIN = """%%step train
import argparse, time
given = argparse.ArgumentParser()
given.add_argument("--alpha")
alpha = given.parse_known_args()[0].alpha
for epoch in range(5):
    print(f"epoch {epoch} rmse={57 - epoch * 0.5}", flush=True)
    time.sleep(0.1)
print("ERROR only a test of levels", flush=True)
print(f"alpha was {alpha}", flush=True)
"""
PIPELINE = """%%pipeline tiny
parameters:
  alpha: {type: Float, default: 0.1, description: How much to regularise}
steps:
  prepare: {type: Processing, code: cell:train, outputs: [data]}
  train:
    type: Training
    code: cell:train
    hyperparameters: {alpha: $parameters.alpha}
    depends_on: [prepare]
    arguments:
      AlgorithmSpecification:
        MetricDefinitions: [{Name: rmse, Regex: 'rmse=([0-9.]+)'}]
"""
VIEW = ".smpw-execution"


@pytest.fixture(autouse=True)
def clean_page(page_errors):
    yield
    assert page_errors == []


def test_a_run_from_the_form_to_the_report(notebook, browser, tmp_path):
    page = notebook.page
    export = "arn = __import__('sm_pipeline_widgets').Execution.attach('tiny').arn\nget_ipython().run_line_magic('pipeline', f'export {arn} report.html')"
    book = notebook.open([LOAD, TRAIN, PIPELINE, export])
    for number in range(3):
        notebook.run(number)
    page.get_by_role("button", name="Run with").click()
    sheet = page.locator(f"{VIEW} .smpw-sheet")
    sheet.get_by_label("alpha").fill("0.5")
    notebook.screenshot("engine-form", VIEW)
    sheet.locator(".smpw-go").click()
    page.wait_for_selector(f"{VIEW} .smpw-summary:has-text('succeeded')", timeout=60_000)
    page.wait_for_selector(f"{VIEW} .smpw-span:nth-child(2)")
    page.get_by_role("tab", name=re.compile("^Metrics")).click()
    page.wait_for_selector(f"{VIEW} .smpw-plot")
    notebook.screenshot("engine-run", VIEW)
    notebook.run(3)
    report = book.with_name("report.html")
    text = report.read_text()
    assert "alpha was 0.5" in text
    assert "Critical path: prepare → train" in text
    context = browser.new_context(viewport={"width": 1000, "height": 1600})
    asked = []
    reader = context.new_page()
    reader.on("request", lambda request: asked.append(request.url))
    reader.goto(report.as_uri())
    notebook.screenshot("engine-notebook")
    reader.screenshot(path=str(notebook.screenshot("report").with_name("report.png")), full_page=True)
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    context.close()
