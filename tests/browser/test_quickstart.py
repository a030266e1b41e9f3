"""The quickstart as a person runs it: in JupyterLab, in Chromium, on a real engine."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

QUICKSTART = Path(__file__).parents[2] / "notebooks" / "quickstart.ipynb"
CELLS = {"declare": 9, "run": 11, "free": 12, "gate": 14, "broken": 16, "failing run": 17, "why": 18}
SUCCEEDED = {
    **dict.fromkeys(("prepare", "train_ridge", "train_forest", "evaluate", "good_enough", "publish"), "succeeded"),
    "too_bad": "skipped",
}
FAILED = {
    **dict.fromkeys(("prepare", "train_ridge"), "succeeded"),
    "train_forest": "failed",
    **dict.fromkeys(("evaluate", "good_enough", "publish", "too_bad"), "blocked"),
}


class Lab:
    """The open notebook: run a cell, look at its output."""

    def __init__(self, page):
        self.page = page

    def at(self, number):
        """The output of cell `number`, scrolled into view (JupyterLab keeps only what is near in the page)."""
        self.page.evaluate(
            "n => { const book = window.jupyterapp.shell.currentWidget.content;"
            " book.activeCellIndex = n; return book.scrollToItem(n, 'smart'); }",
            number,
        )
        return f'.jp-Cell[data-windowed-list-index="{number}"]'

    def run(self, number, *, wait=True):
        selector = self.at(number)
        self.page.wait_for_selector(selector)
        code = "window.jupyterapp.commands.execute('notebook:run-cell')"
        self.page.evaluate(code if wait else f"void {code}")
        return self.at(number)

    def states(self, number):
        """Step states as the cytoscape instance of cell `number` has them."""
        canvas = f"{self.at(number)} .smpw-canvas"
        self.page.wait_for_function("s => document.querySelector(s)?._cyreg?.cy?.nodes().length", arg=canvas)
        return self.page.evaluate(
            "s => Object.fromEntries(document.querySelector(s)._cyreg.cy.nodes().map(n => "
            "[n.data('name'), n.classes().map(c => c.replace('is-', '')).join(' ')]))",
            canvas,
        )

    def wait_for_states(self, number, wanted, seconds=90):
        deadline = time.monotonic() + seconds
        seen = []
        while time.monotonic() < deadline:
            now = self.states(number)
            if not seen or now != seen[-1]:
                seen.append(now)
            if all(wanted[name] in now[name].split() for name in wanted):
                return seen
            self.page.wait_for_timeout(50)
        raise AssertionError(f"the states never became {wanted}; last seen {seen[-1]}")

    def text(self, number, selector):
        return self.page.locator(f"{self.at(number)} {selector}").first.inner_text()


@pytest.fixture
def lab_page(page, open_notebook):
    open_notebook(QUICKSTART)
    opened = Lab(page)
    for number in range(1, CELLS["declare"] + 1):
        opened.run(number)
    return opened


def select(lab, number, step):
    lab.page.locator(f"{lab.at(number)} .smpw-steps tbody tr", has_text=step).first.click()


def test_the_whole_quickstart(lab_page, screenshot, page_errors, set_theme):
    lab, page = lab_page, lab_page.page

    # the declared pipeline is drawn at once
    drawn = lab.states(CELLS["declare"])
    assert set(drawn) == set(SUCCEEDED)

    # it runs; states change live, and the kernel answers meanwhile
    lab.run(CELLS["run"])
    lab.run(CELLS["free"])
    assert "45" in lab.text(CELLS["free"], ".jp-OutputArea-output")
    assert any("succeeded" not in state for state in lab.states(CELLS["run"]).values()), "the run was over too soon"
    seen = lab.wait_for_states(CELLS["run"], SUCCEEDED)
    assert any("running" in states["train_forest"] for states in seen)
    assert any("running" in states["train_ridge"] and "running" in states["train_forest"] for states in seen)

    # the table of steps, and a step's log by selecting it
    table = lab.text(CELLS["run"], ".smpw-steps")
    assert re.search(r"succeeded\s+train_forest", table)
    assert re.search(r"skipped\s+too_bad", table)
    select(lab, CELLS["run"], "train_forest")
    page.wait_for_selector(f"{lab.at(CELLS['run'])} .smpw-logline")
    assert "out-of-bag rmse" in lab.text(CELLS["run"], ".smpw-log-lines")
    lab.at(CELLS["run"])
    screenshot("quickstart-run-light")
    set_theme("JupyterLab Dark")
    screenshot("quickstart-run-dark")
    set_theme("JupyterLab Light")

    # the gate closes, and says so in words
    lab.run(CELLS["gate"])
    lab.wait_for_states(CELLS["gate"], {"too_bad": "failed", "publish": "skipped"})
    card = lab.text(CELLS["gate"], ".smpw-failure")
    assert re.search(r"rmse was \d+\.\d+, more than 10", card)

    # something breaks: the view opens on the card
    lab.run(CELLS["broken"])
    lab.run(CELLS["failing run"])
    lab.wait_for_states(CELLS["failing run"], FAILED)
    page.wait_for_selector(f"{lab.at(CELLS['failing run'])} .smpw-failure")
    card = lab.text(CELLS["failing run"], ".smpw-failure")
    assert "KeyError" in card
    assert "cell train_forest, line 14" in card
    assert "reading the training data" in card
    assert "evaluate" in card
    assert "train_ridge" in card
    lab.at(CELLS["failing run"])
    screenshot("quickstart-failure-light")
    set_theme("JupyterLab Dark")
    screenshot("quickstart-failure-dark")
    set_theme("JupyterLab Light")

    lab.run(CELLS["why"])
    assert "cell train_forest, line 14" in lab.text(CELLS["why"], ".jp-OutputArea-output")
    assert page_errors == []


SLOW = """\
%%step slow
import pathlib, sys, time
n = 0
while not pathlib.Path(sys.argv[1]).exists():
    print("tick", n, flush=True)
    n += 1
    time.sleep(0.2)
"""
SLOW_PIPELINE = """\
%%pipeline slowly
steps:
  slow: {type: Processing, code: 'cell:slow', args: [END]}
"""


def test_a_run_goes_on_without_its_notebook_and_is_watched_again(page, open_notebook, page_errors, tmp_path):
    end = tmp_path / "end"
    declared = SLOW_PIPELINE.replace("END", str(end))
    open_notebook(["%load_ext sm_pipeline_widgets", SLOW, declared, "%pipeline run slowly"])
    lab = Lab(page)
    for number in range(4):
        lab.run(number)
    lab.wait_for_states(3, {"slow": "running"})
    page.locator(f"{lab.at(3)} [role=tab]", has_text="Details").click()
    arn = re.search(r"arn:aws:sagemaker:\S+/execution/\w{12}", lab.text(3, ".smpw-panel").replace("\n", ""))[0]

    # the notebook is closed and its kernel shut down
    page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    open_notebook(["%load_ext sm_pipeline_widgets", f"%pipeline watch {arn}"])
    lab.run(0)
    lab.run(1)
    lab.wait_for_states(1, {"slow": "running"})
    end.touch()
    lab.wait_for_states(1, {"slow": "succeeded"})
    select(lab, 1, "slow")
    page.wait_for_selector(f"{lab.at(1)} .smpw-logline")
    shown = [int(number) for number in re.findall(r"tick (\d+)", lab.text(1, ".smpw-log-lines"))]
    assert shown == list(range(shown[0], shown[0] + len(shown)))
    assert page_errors == []


def test_a_saved_notebook_reopened_shows_picture_and_table(page, open_notebook, lab, tmp_path):
    declared = SLOW_PIPELINE.replace("END", str(tmp_path))  # it is there already: the step ends at once
    path = open_notebook(["%load_ext sm_pipeline_widgets", SLOW, declared,
                          "%pipeline run slowly --wait"])  # fmt: skip
    opened = Lab(page)
    for number in range(4):
        opened.run(number)
    opened.wait_for_states(3, {"slow": "succeeded"})
    page.wait_for_function(
        "n => { const cell = window.jupyterapp.shell.currentWidget.content.widgets[n];"
        " return JSON.stringify(cell.model.sharedModel.toJSON().outputs).includes('succeeded') }",
        arg=3,
    )
    page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
    page.wait_for_function("!window.jupyterapp.shell.currentWidget.context.model.dirty")
    page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    # somebody else opens it: the notebook is not trusted and its widgets are nowhere
    saved = path.read_text()
    copy = path.with_name("received.ipynb")
    copy.write_text(saved.replace("%load_ext", "%load_ext  "))
    page.goto(lab.address("received.ipynb"))
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    page.wait_for_function("window.jupyterapp !== undefined")
    cell = opened.at(3)
    page.wait_for_selector(f"{cell} .jp-RenderedHTMLCommon img")
    size = page.evaluate("s => { const i = document.querySelector(s); return [i.naturalWidth, i.naturalHeight] }",
                         f"{cell} .jp-RenderedHTMLCommon img")  # fmt: skip
    assert min(size) > 40
    text = opened.text(3, ".jp-RenderedHTMLCommon")
    assert "slow" in text
    assert "succeeded" in text
