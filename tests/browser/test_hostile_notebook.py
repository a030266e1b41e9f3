"""A notebook from somebody else: what it has saved of a view is read as text, also when it is trusted."""

from __future__ import annotations

import nbformat
import pytest
from ipywidgets.embed import dependency_state
from nbformat.sign import NotebookNotary

from sm_pipeline_widgets import Pipeline
from sm_pipeline_widgets.api.show import LiveView
from sm_pipeline_widgets.widgets.protocol import OUTPUT_MIME

EVIL = '<img src=x onerror="window.hacked = 1"><script>window.hacked = 1</script>'
LINK = "javascript:window.hacked=1"
VIEW = ".smpw-execution"
TEXT = "steps:\n  prepare: {type: Processing, code: s3://bucket/prepare.py}\n  stop: {type: Fail, message: enough}\n"
TOLD = ("title", "subtitle", "steps", "problems", "parameters", "details", "actions")
WIDGET_MIME = "application/vnd.jupyter.widget-view+json"


def poisoned(value, key=""):
    """The state with markup in the place of every text a person would read."""
    if isinstance(value, dict):
        return {name: poisoned(inner, name) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [poisoned(inner, key) for inner in value]
    if isinstance(value, str) and key not in {"id", "source", "target", "kind"} and not key.startswith("_"):
        return LINK if "arn" in key else EVIL if not value.startswith(("IPY_MODEL_", "sm", "jupyter")) else value
    return value


def saved_notebook():
    """As JupyterLab saves one with widgets, in which somebody has changed what is said of ours."""
    view = LiveView.of_pipeline(Pipeline.from_yaml(TEXT, "demo", first_line=2)).view
    states = dependency_state(view)
    own, whole = states[view.model_id]["state"], view.get_state()
    own |= {key: poisoned(whole[key], key) for key in TOLD}
    own["report"] = None
    for model, entry in states.items():
        if "data" in entry["state"] and model != view.model_id:
            entry["state"]["data"] = poisoned(entry["state"]["data"])
    outputs = [
        nbformat.v4.new_output("display_data", {mime: {"model_id": view.model_id, "version_major": 2, "version_minor": 0}, "text/plain": EVIL})
        for mime in (OUTPUT_MIME, WIDGET_MIME)
    ]  # fmt: skip
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1", outputs=outputs)])
    saved = {"version_major": 2, "version_minor": 0, "state": states}
    book.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": saved}
    return book


@pytest.mark.parametrize("is_trusted", [False, True])
def test_what_a_notebook_has_saved_is_text(open_notebook, page, lab, screenshot, is_trusted):
    book = saved_notebook()
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    if is_trusted:
        NotebookNotary(data_dir=str(lab.root.parent / "state" / "data")).sign(book)
    theirs = lab.root.parent / f"theirs-{is_trusted}.ipynb"
    nbformat.write(book, theirs)
    open_notebook(theirs)
    page.wait_for_function("document.querySelector('.jp-OutputArea-output')?.innerText.trim()")
    if is_trusted:
        page.wait_for_selector(VIEW)
    screenshot(f"hostile-notebook-{is_trusted}")
    assert page.evaluate("window.hacked") is None
    assert page.locator(".jp-OutputArea img[src=x]").count() == 0
    assert page.locator('.jp-OutputArea a[href^="javascript:"]').count() == 0
