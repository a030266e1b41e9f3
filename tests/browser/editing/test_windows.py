"""One pipeline in several places: an output shown twice, a notebook in two windows, a view that has no cell."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Notebook, wait_idle
from tests.browser.editing_driver import CODE, LOAD, VIEW, Graph

PAIR = """\
%%pipeline shared
parameters: {rounds: 3}
steps:
  prepare: {type: Processing, code: 'cell:work'}
  train: {type: Training, code: 'cell:work', depends_on: [prepare]}
"""
NAMES = "canvas => canvas._cyreg.cy.nodes().map(node => node.data('name')).sort().join()"
DRAWN = f"""names => [...document.querySelectorAll('.smpw-canvas')].length &&
    [...document.querySelectorAll('.smpw-canvas')].every(each => each._cyreg?.cy && ({NAMES})(each) === names)"""
CLONE = """() => {
    window.jupyterapp.shell.currentWidget.content.activeCellIndex = 2;
    return window.jupyterapp.commands.execute('notebook:create-output-view');
}"""
SAVE = "() => window.jupyterapp.commands.execute('docmanager:save')"
SOURCES = """number => [...window.jupyterapp.shell.widgets('main')].filter(each => each.context && each.content?.widgets)
    .map(each => each.content.widgets[number].model.sharedModel.getSource())"""
WITHOUT = """\
from sm_pipeline_widgets import Pipeline, show
from sm_pipeline_widgets.definition.edits import RenameStep
made = Pipeline.from_yaml("steps:\\n  first: {type: Processing, code: 'cell:work'}  # kept\\n", "loose")
show(made.edit(RenameStep("first", "begin")))"""


def test_an_output_shown_twice_is_edited_in_either_place(notebook):
    graph = Graph(notebook, 2).begin([LOAD, CODE, PAIR])
    page = graph.page
    page.evaluate(CLONE)
    clone = page.locator(".jp-LinkedOutputView .smpw-execution")
    clone.locator(".smpw-card").first.wait_for()
    page.wait_for_function(DRAWN, arg="prepare,train")
    clone.locator(".smpw-canvas").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Control+d")
    page.wait_for_function(DRAWN, arg="prepare,prepare_copy,train")
    assert not clone.locator(".smpw-edit-place").is_visible()  # it has a cell: the notebook's
    notebook.screenshot("editing-cloned")
    (source,) = page.evaluate(SOURCES, 2)
    assert "prepare_copy: {type: Processing, code: 'cell:work'}" in source
    page.keyboard.press("Control+z")
    page.wait_for_function(DRAWN, arg="prepare,train")
    assert page.evaluate(SOURCES, 2) == [PAIR]


@pytest.fixture
def window(page, open_now, notebook):
    """Another window of the same notebook, as it was saved."""
    opened = []

    def opening():
        page.evaluate(SAVE)
        other = page.context.new_page()
        other.goto(open_now.server.address(open_now.path.name))
        other.wait_for_function("window.jupyterapp?.shell?.currentWidget?.sessionContext")
        wait_idle(other)
        other.wait_for_selector(f"{VIEW} .smpw-card")
        opened.append(other)
        return Graph(Notebook(other, *[getattr(notebook, each) for each in Notebook.__slots__[1:]]), 2)

    yield opening
    for other in opened:
        other.close()


def test_two_windows_of_a_notebook_follow_each_other_and_lose_no_text(notebook, window):
    here = Graph(notebook, 2).begin([LOAD, CODE, PAIR])
    there = window()
    here.click("train")
    here.page.keyboard.press("Control+d")
    here.wait_source("train_copy:")
    there.wait_source("train_copy:")
    there.card("train_copy")
    # typed there, drawn and written here
    there.write_source(there.source.replace("rounds: 3", "rounds: 4"))
    here.wait_source("rounds: 4")
    assert here.source == there.source

    # a window that was opened from what was saved holds another text: it says so, and nobody's text goes
    there.page.reload()
    mark = ".smpw-elsewhere:not([hidden])"
    there.page.wait_for_selector(mark)
    assert there.source == PAIR
    kept = here.source
    there.page.locator(VIEW).scroll_into_view_if_needed()
    there.page.screenshot(path=notebook.screenshot("editing-elsewhere"))
    there.page.get_by_role("button", name="Draw this cell").click()
    there.wait_cards(2)
    here.wait_cards(2)
    here.page.wait_for_selector(mark)
    assert (here.source, there.source) == (kept, PAIR)
    here.page.get_by_role("button", name="Draw this cell").click()
    here.card("train_copy")
    here.page.wait_for_selector(mark, state="detached")
    here.run()


def test_a_view_without_a_cell_offers_its_text(notebook, page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    graph = Graph(notebook, 2).begin([LOAD, CODE, WITHOUT])
    assert list(graph.cards()) == ["begin"]
    page.wait_for_selector(".smpw-edit-place:has-text('no cell')")
    graph.click("begin")
    page.keyboard.press("F2")
    page.locator(".smpw-rename").fill("start")
    page.keyboard.press("Enter")
    graph.card("start")
    notebook.screenshot("editing-no-cell", VIEW)
    page.locator(".smpw-edit-place button").click()
    text = page.evaluate("navigator.clipboard.readText()")
    assert text == "%%pipeline loose\nsteps:\n  start: {type: Processing, code: 'cell:work'}  # kept\n"
    assert graph.source == WITHOUT
    page.locator(".smpw-canvas").focus()
    page.keyboard.press("Control+z")
    graph.card("begin")
