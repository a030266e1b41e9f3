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
