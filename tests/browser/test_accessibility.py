"""What axe-core finds in the views of this package, in light and dark: nothing serious."""

from __future__ import annotations

import pytest

from .fields_driver import Form

pytestmark = pytest.mark.timeout(300)
FAILING = """\
%%pipeline broken
steps:
  make:
    type: Processing
    code: cell:make
    outputs: [out]
  use:
    type: Processing
    code: cell:use
    inputs: {made: $steps.make.outputs.out}
"""
STEP = "%%step make\nprint('about to fail')\nraise ValueError('no data')"


def test_the_editor(notebook, axe):
    form = Form(notebook).begin()
    axe("editor-pipeline")
    form.open_step("train")
    form.write("instance", "ml.m5.huge")
    form.field("instance").locator(".smpw-field-problem").wait_for()
    form.offers("train")
    axe("editor-step")
    form.page.keyboard.press("Escape")
    form.tab("Steps")
    form.page.locator(".smpw-canvas").first.focus()
    form.page.keyboard.press("a")
    axe("editor-table-and-palette")
    notebook.open(["%load_ext sm_pipeline_widgets", "%%pipeline fresh"])
    notebook.run(0)
    notebook.run(1)
    form.page.wait_for_selector(".smpw-template")
    axe("editor-start")


def test_a_run_and_its_failure(notebook, axe):
    notebook.open(
        ["%load_ext sm_pipeline_widgets", STEP, STEP.replace("make", "use"), FAILING, "%pipeline run broken --yes"]
    )
    for number in range(5):
        notebook.run(number)
    view = notebook.page.locator(".smpw-execution").last
    view.scroll_into_view_if_needed()
    notebook.page.wait_for_selector(".smpw-failure", timeout=90_000)
    axe("failure")
    notebook.screenshot("failure-card", ".smpw-failure")
    view.get_by_role("button", name="Replay", exact=True).click()
    view.locator(".smpw-now-plan").wait_for()
    notebook.page.keyboard.press("Enter")
    view.locator(".smpw-failure .smpw-replay", has_text="beside the original").wait_for()
    axe("replay")
    view.locator(".smpw-canvas").focus()
    notebook.page.keyboard.press("ArrowDown")
    view.locator(".smpw-tab:not([aria-disabled])", has_text="Log").click()
    axe("run-log")
    form = notebook.page.locator(".smpw-run-form").first
    form.scroll_into_view_if_needed()
    form.click()
    notebook.page.wait_for_selector(".smpw-sheet:not([hidden])")
    notebook.page.evaluate("window.jupyterapp.commands.execute('sm-pipelines:panel')")
    notebook.page.wait_for_selector("#sm-pipelines-panel .smpw-list-row")
    axe("run-form")
