"""A view of a run whose service stops answering: what it says meanwhile, and that it goes on by itself."""

from __future__ import annotations

import pytest

LOAD = "%load_ext sm_pipeline_widgets"
TALK = """%%step talk
import time
for n in range(60):
    print("line", n, flush=True)
    time.sleep(0.5)
"""
PIPELINE = """%%pipeline talks --run
steps:
  talk: {type: Processing, code: cell:talk}
"""
HANG = """import os, signal, pathlib
from sm_pipeline_widgets.engine import daemon
engine = daemon.ensure(pathlib.Path(os.environ["SM_PIPELINE_WIDGETS_HOME"])).pid
os.kill(engine, signal.SIGSTOP)
"""
VIEW = ".smpw-execution"


@pytest.fixture(autouse=True)
def clean_page(page_errors):
    yield
    assert page_errors == []


def test_a_view_says_that_no_answer_comes_and_goes_on_when_one_does(notebook):
    page = notebook.page
    notebook.open([LOAD, TALK, PIPELINE, HANG, "os.kill(engine, signal.SIGCONT)"])
    for number in range(3):
        notebook.run(number)
    health = page.locator(f"{VIEW} .smpw-health")
    page.wait_for_selector(f"{VIEW} .smpw-summary:has-text('running')", timeout=60_000)
    try:
        notebook.run(3)
        health.filter(has_text="no answer for 8 s, still waiting").wait_for(timeout=40_000)
        assert health.inner_text().startswith("⚠ data of ")
        notebook.screenshot("no-answer", VIEW)
    finally:
        notebook.run(4)
    page.wait_for_function("health => health.textContent === ''", arg=health.element_handle(), timeout=60_000)
    page.wait_for_selector(f"{VIEW} .smpw-summary:has-text('succeeded')", timeout=90_000)


UNTIL = """%%step talk
import os, pathlib, time
n = 0
while not pathlib.Path("{flag}").exists() and n < 1500:
    print("line", n, flush=True)
    n += 1
    time.sleep(0.1)
print("line", n, "is the last", flush=True)
"""
RESTART = """async () => {
    const session = window.jupyterapp.shell.currentWidget.sessionContext;
    await session.restartKernel();
    await session.ready;
}"""


def test_a_run_is_taken_up_again_after_its_kernel_was_restarted(notebook, tmp_path):
    page = notebook.page
    flag = tmp_path / "enough"
    notebook.open([LOAD, UNTIL.format(flag=flag), PIPELINE, LOAD, "%pipeline watch talks"])
    for number in range(3):
        notebook.run(number)
    view = page.locator(VIEW)
    assert view.get_by_role("button", name="Run with").count() == 1, "what was run from its cell can be run again"
    view.get_by_role("tab", name="Log").click()
    page.wait_for_selector(f"{VIEW} .smpw-logline:has-text('line 3')")
    page.evaluate(RESTART)
    page.wait_for_selector(f"{VIEW} .smpw-health:has-text('the kernel is gone')")
    assert "running" in view.locator(".smpw-summary").inner_text(), "the last that was known stays"
    notebook.run(3)
    notebook.run(4)
    again = page.locator(VIEW).nth(1)
    again.get_by_role("tab", name="Log").click()
    again.locator(".smpw-summary", has_text="running").wait_for()
    again.locator(".smpw-logline").first.wait_for()
    flag.touch()
    again.locator(".smpw-summary", has_text="succeeded").wait_for()
    last = again.locator(".smpw-logline", has_text="is the last")
    last.wait_for()
    written = int(last.locator(".smpw-logline-text").inner_text().split()[1])
    again.locator(".smpw-log-foot", has_text=f"{written + 1:,} lines").wait_for()


FORMED = """%%pipeline small
parameters:
  alpha: {type: String, default: none}
steps:
  talk: {type: Processing, code: cell:talk, environment: {ALPHA: $parameters.alpha}}
"""
BRIEF = """%%step talk
import os
print("alpha is", os.environ["ALPHA"])
"""


def test_a_run_from_the_form_in_notebook_7(notebook, notebook7):
    page = notebook.page
    notebook.open([LOAD, BRIEF, FORMED], notebook7)
    for number in range(3):
        notebook.run(number)
    page.get_by_role("button", name="Run with").click()
    sheet = page.locator(f"{VIEW} .smpw-sheet")
    sheet.get_by_label("alpha").fill("0.25")
    sheet.locator(".smpw-go").click()
    page.wait_for_selector(f"{VIEW} .smpw-summary:has-text('succeeded')")
    page.get_by_role("tab", name="Details").click()
    page.wait_for_selector(f"{VIEW} .smpw-panel:has-text('0.25')")  # what it was given, not the default
    page.get_by_role("tab", name="Steps").click()
    page.locator(f"{VIEW} .smpw-steps tbody tr").first.click()
    page.wait_for_selector(f"{VIEW} .smpw-logline:has-text('alpha is 0.25')")
    page.get_by_label("Search the log").fill("nothing like it")
    page.wait_for_selector(f"{VIEW} .smpw-log:has-text('No line fits.')")
    notebook.screenshot("run-notebook7")
