"""Two definitions compared in JupyterLab: one graph of both, told by class, sign and word; details by step; saved text."""

from __future__ import annotations

import json

import nbformat
import pytest

BEFORE = '''
from sm_pipeline_widgets import Pipeline
text = """
parameters: {alpha: 0.1, kept: x}
steps:
  prepare: {type: Processing, image: sklearn, outputs: [train, test]}
  fit: {type: Training, image: sklearn, hyperparameters: {depth: 3}, inputs: {train: $steps.prepare.outputs.train}}
  evaluate:
    type: Processing
    image: sklearn
    inputs: {model: $steps.fit.model, test: $steps.prepare.outputs.test}
    outputs: [report]
    property_files: {metrics: report/evaluation.json}
  good_enough: {type: Condition, if: $steps.evaluate.metrics.rmse <= 60, then: [too_bad]}
  too_bad: {type: Fail, message: no}
  tell: {type: Lambda, function: "arn:aws:lambda:us-east-1:111122223333:function:tell", depends_on: evaluate}
"""
before = Pipeline.from_yaml(text, name="demo")
'''
AFTER = """
changed = text.replace("alpha: 0.1", "alpha: 0.2").replace("depth: 3", "depth: 4").replace("  tell:", "  publish:")
changed = changed.replace("function:tell", "function:publish").replace("Lambda,", "Callback,").replace("function:", "queue:")
changed = changed.replace('queue: "arn:aws:lambda:us-east-1:111122223333:queue:publish"', 'queue: https://sqs.us-east-1.amazonaws.com/1/q')
after = Pipeline.from_yaml(changed, name="demo")
before.diff(after)
"""
SAME = "before.diff(before)"
VIEW = ".smpw-execution"


@pytest.fixture
def compared(notebook):
    """A notebook whose second cell shows a comparison."""
    notebook.open([BEFORE, AFTER, SAME])
    notebook.run(0)
    notebook.run(1)
    notebook.page.wait_for_selector(f"{VIEW} .smpw-card")
    yield notebook
    assert notebook.errors == []


# whether a card is in sight and where it was a frame ago: notebooks scroll, and the canvas brings what is chosen into view
STANDS_STILL = """name => {
    const card = document.querySelector(`.smpw-execution .smpw-card[aria-label^="${name}, "]`);
    const box = card.getBoundingClientRect(), before = card.dataset.before;
    card.dataset.before = `${box.x} ${box.y}`;
    return before === card.dataset.before && box.top > 0 && box.bottom < window.innerHeight;
}"""


def pick(page, name):
    """Click on a step's card, as a person does; cards take no pointer, the canvas below them does."""
    card = page.locator(f'{VIEW} .smpw-card[aria-label^="{name}, "]')
    page.locator(VIEW).first.scroll_into_view_if_needed()
    page.wait_for_function(STANDS_STILL, arg=name)
    box = card.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def test_steps_and_edges_bear_what_became_of_them(compared):
    drawn = compared.cytoscape()
    changes = {node["name"]: [word for word in node["classes"] if word.startswith("is-")] for node in drawn["nodes"]}
    assert changes == {
        "prepare": [],
        "fit": ["is-changed"],
        "evaluate": [],
        "good_enough": [],
        "too_bad": [],
        "publish": ["is-added"],
        "tell": ["is-removed"],
    }
    names = {node["id"]: node["name"] for node in drawn["nodes"]}
    edges = {
        (names[edge["source"]], names[edge["target"]]): word
        for edge in drawn["edges"]
        for word in edge["classes"]
        if word.startswith("is-")
    }
    assert edges == {("evaluate", "publish"): "is-added", ("evaluate", "tell"): "is-removed"}


def test_a_change_is_told_by_sign_and_word_beside_its_colour(compared):
    page = compared.page
    for name, word in (("fit", "changed"), ("publish", "added"), ("tell", "removed")):
        card = page.locator(f'{VIEW} .smpw-card[aria-label^="{name}, "]')
        assert card.get_attribute("aria-label").endswith(f", {word}")
        assert card.locator(".smpw-card-state svg path").count() == 1
        assert card.locator(".smpw-card-note").inner_text() == word
    assert (
        page.locator(f"{VIEW} .smpw-summary")
        .inner_text()
        .startswith("steps: 1 added, 1 removed, 1 changed, 4 unchanged")
    )


def test_a_step_that_changed_shows_its_values_in_details(compared):
    page = compared.page
    pick(page, "fit")
    details = page.locator(f"{VIEW} [role=tabpanel]:visible")
    details.get_by_text("Differences").wait_for()
    assert "HyperParameters.depth" in details.inner_text()
    assert "'3' → '4'" in details.inner_text()
    pick(page, "prepare")
    details.get_by_text("This step is the same on both sides.").wait_for()
    pick(page, "publish")
    details.get_by_text("This step is new.").wait_for()
    page.keyboard.press("Escape")
    details.get_by_text("DefaultValue: 0.1 → 0.2").wait_for()
    assert page.locator(f'{VIEW} [role=tab]:has-text("Log")').get_attribute("aria-disabled") == "true"


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_pictures_for_eyes(compared, theme):
    compared.set_theme(theme)
    pick(compared.page, "fit")
    compared.page.mouse.move(0, 0)
    compared.page.wait_for_function("document.fonts.status === 'loaded'")
    assert compared.screenshot(f"difference-{theme.split()[-1].lower()}", VIEW).stat().st_size > 10_000


def test_definitions_that_are_the_same_say_so(compared):
    compared.run(2)
    header = compared.page.locator(f"{VIEW} .smpw-summary").last
    header.wait_for()
    assert "identical" in header.inner_text()


def test_a_saved_notebook_has_the_picture_and_the_text(compared, lab):
    page = compared.page
    page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
    page.wait_for_function("!window.jupyterapp.shell.currentWidget.context.model.dirty")
    (path,) = lab.root.glob("test_a_saved_notebook_has_the_picture_and_the_text*.ipynb")
    book = nbformat.read(path, as_version=4)
    (data,) = [output["data"] for output in book.cells[1].outputs if "data" in output]
    assert "HyperParameters.depth: '3' → '4'" in data["text/plain"]
    assert "HyperParameters.depth" in data["text/html"]
    assert "data:image/svg+xml;base64," in data["text/html"]
    assert "model_id" in json.dumps(data)
