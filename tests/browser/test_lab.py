"""JupyterLab around the views: the panel of pipelines, its commands, the status bar."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from sm_pipeline_widgets import Pipeline, connect
from sm_pipeline_widgets.aws import pipelines

QUICK = "steps: {no: {type: Fail, message: that is all}}"
WAITS = """
steps:
  wait: {type: Callback, queue: https://sqs.us-east-1.amazonaws.com/123456789012/questions, outputs: {answer: String}}
"""
PANEL = "#sm-pipelines-panel"


@pytest.fixture(scope="module")
def deployed(lab):
    """Two pipelines on JupyterLab's engine, one of them running."""
    target = connect("local", home=lab.root.parent / "state" / "engine")
    for name, text in (("quick", QUICK), ("waits", WAITS)):
        pipelines.submit(target, name, Pipeline.from_yaml(text, name).definition(target))
    arn = pipelines.start(target, "waits")
    yield target, arn
    pipelines.stop(target, arn)


def test_panel(lab, deployed, notebook, page):
    notebook.open(["1 + 1"])
    page.evaluate("window.jupyterapp.commands.execute('sm-pipelines:panel')")
    page.wait_for_selector(f"{PANEL} .smpw-row")
    notebook.screenshot("lab-panel")
    page.locator(".smpw-row-pipeline", has_text="waits").locator(".smpw-twist").click()
    page.wait_for_selector(".smpw-row-run")
    page.locator(".smpw-row-run").first.click()
    notebook.screenshot("lab-panel-run")
    page.keyboard.press("Enter")
    page.wait_for_selector(".smpw-execution")
    expect(page.locator(".jp-Notebook .jp-Cell").last).to_contain_text("%pipeline watch")
    page.wait_for_timeout(1500)
    notebook.screenshot("lab-panel-open")
    notebook.set_theme("JupyterLab Dark")
    page.locator(".smpw-row-run").first.click(button="right")
    page.wait_for_timeout(500)
    notebook.screenshot("lab-panel-dark")
    print(notebook.errors)


TEXT = """\
# kept
steps:
  first:   # and this
    type: Fail
    message: enough
"""


def test_document(lab, notebook, page):
    (lab.root / "demo.pipeline.yaml").write_text(TEXT)
    page.goto(lab.address("demo.pipeline.yaml"))
    page.on("console", lambda m: print("CONSOLE", m.type, m.text[:300]) if m.type == "error" else None)
    try:
        page.wait_for_selector(".smpw-document .smpw-execution", timeout=20000)
        page.wait_for_timeout(1500)
    finally:
        notebook.screenshot("lab-document")
    print(notebook.errors)
