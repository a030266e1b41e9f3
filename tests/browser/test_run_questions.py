"""`%pipeline run` on AWS in a real notebook: the difference, a button, and the run in its place.

"AWS" is the engine of this machine behind an AWS target; nothing in this package can tell.
"""

from __future__ import annotations

import nbformat

SETUP = """\
%load_ext sm_pipeline_widgets
import os
from sm_pipeline_widgets import connect
session = connect("local").session
keys = session.get_credentials()
os.environ |= {"AWS_ACCESS_KEY_ID": keys.access_key, "AWS_SECRET_ACCESS_KEY": keys.secret_key}
os.environ |= {"AWS_DEFAULT_REGION": session.region_name, "AWS_CONFIG_FILE": os.devnull}
url = session.endpoint_url
%pipeline target aws --endpoint-url {url}
"""
STEP = "%%step say\nprint('hello')"
PIPELINE = """\
%%pipeline asked
parameters: {n: NUMBER}
steps:
  say: {type: Processing, code: cell:say, args: [$parameters.n]}
"""
RUN = "%pipeline run asked"


def test_a_button_replaces_what_is_deployed_and_the_run_takes_its_place(notebook):
    cells = [SETUP, STEP, PIPELINE.replace("NUMBER", "1"), RUN, PIPELINE.replace("NUMBER", "2"), RUN, RUN]
    path = notebook.open(cells)
    page = notebook.page
    for number in range(6):
        notebook.run(number)
    asked = page.locator(".jp-Notebook .jp-Cell").nth(5)
    asked.locator("button", has_text="Update and run").wait_for()
    assert "DefaultValue: 1 → 2" in asked.inner_text()
    assert "account 000000000000" in asked.inner_text()
    notebook.screenshot("run-question", ".jp-Notebook .jp-Cell:nth-child(6)")
    asked.locator("button", has_text="Update and run").click()
    asked.locator(".smpw-canvas").first.wait_for()
    assert asked.locator("button", has_text="Update and run").count() == 0
    page.wait_for_function("cell => cell.innerText.includes('succeeded')", arg=asked.element_handle(), timeout=60_000)
    notebook.screenshot("run-answered", ".jp-Notebook .jp-Cell:nth-child(6)")
    # nothing differs any more, so nothing is asked
    notebook.run(6)
    last = page.locator(".jp-Notebook .jp-Cell").nth(6)
    last.locator(".smpw-canvas").first.wait_for()
    assert last.locator("button", has_text="Update and run").count() == 0
    page.keyboard.press("Control+s")
    page.wait_for_function("!document.querySelector('.jp-mod-dirty')")
    saved = nbformat.read(path, as_version=4)
    bundles = [output["data"] for output in saved.cells[5].outputs if output.output_type == "display_data"]
    assert "succeeded" in bundles[-1]["text/plain"]
    assert notebook.errors == []


def test_cancel_leaves_everything_as_it_is(notebook):
    cells = [SETUP, STEP, PIPELINE.replace("asked", "left").replace("NUMBER", "1"), RUN.replace("asked", "left")]
    cells += [PIPELINE.replace("asked", "left").replace("NUMBER", "2"), RUN.replace("asked", "left")]
    cells += ["%pipeline runs left"]
    notebook.open(cells)
    for number in range(6):
        notebook.run(number)
    asked = notebook.page.locator(".jp-Notebook .jp-Cell").nth(5)
    asked.locator("button", has_text="Cancel").click()
    asked.get_by_text("nothing was changed or started").wait_for()
    assert asked.locator("button", has_text="Update and run").is_disabled()
    notebook.run(6)
    rows = notebook.page.locator(".jp-Notebook .jp-Cell").nth(6).locator("table tbody tr")
    rows.first.wait_for()
    assert rows.count() == 1
    notebook.screenshot("runs-table", ".jp-Notebook .jp-Cell:nth-child(7)")
