"""What `%%pipeline` and `%%step` cells look like in the editor, and that other cells stay as they were."""

from __future__ import annotations

import pytest

PIPELINE = """\
%%pipeline demo --run
# about $steps.nothing
parameters:
  alpha: 0.1
steps:
  prepare:
    type: Processing
    code: prepare.py
    outputs: [train]
  fit:
    type: Training
    message: "costs $$5 for ${steps.prepare.outputs['train']}"
    hyperparameters: {alpha: $parameters.alpha}
"""
STEP = "%%step train --try\nimport json\nprint(json.dumps('hello'))  # done"
PYTHON = "share = 7 % 3\nparameters = {'alpha': share}"

LOOK = """([cell, words]) => {
    const content = document.querySelectorAll('.jp-Notebook .jp-Cell')[cell].querySelector('.cm-content');
    const walker = document.createTreeWalker(content, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        if (walker.currentNode.textContent.includes(words)) {
            return getComputedStyle(walker.currentNode.parentElement).color;
        }
    }
    return '';
}"""
THEME = """name => {
    const probe = document.createElement('span');
    probe.style.color = `var(--jp-mirror-editor-${name}-color)`;
    document.body.append(probe);
    const color = getComputedStyle(probe).color;
    probe.remove();
    return color;
}"""
REFERENCES = """cell => {
    const all = document.querySelectorAll('.jp-Notebook .jp-Cell')[cell].querySelectorAll('.smpw-cell-reference');
    return [...all].map(each => each.textContent);
}"""


@pytest.fixture
def cells(request, notebook):
    """A notebook with one cell of each kind, in one of the two front ends; nothing has to run."""
    notebook.open([PIPELINE, STEP, PYTHON], request.getfixturevalue(getattr(request, "param", "lab")))
    notebook.page.wait_for_function("document.querySelectorAll('.smpw-cell-reference').length")
    return notebook


def colour(notebook, cell, words):
    return notebook.page.evaluate(LOOK, [cell, words])


def theme(notebook, name):
    return notebook.page.evaluate(THEME, name)


def references(notebook, cell=0):
    return notebook.page.evaluate(REFERENCES, cell)


def write(notebook, cell, keys):
    """Click into a cell, at its end, and press these keys or type these texts."""
    notebook.page.locator(".jp-Notebook .jp-Cell").nth(cell).locator(".cm-content").click()
    notebook.page.keyboard.press("Control+End")
    for key in keys:
        notebook.page.keyboard.press(key) if key[0].isupper() else notebook.page.keyboard.type(key)


def source(notebook, cell):
    return notebook.page.evaluate(
        "cell => window.jupyterapp.shell.currentWidget.content.widgets[cell].model.sharedModel.getSource()", cell
    )


@pytest.mark.parametrize("cells", ["lab", "notebook7"], indirect=True)
def test_each_cell_has_the_colours_of_its_language(cells):
    assert references(cells) == ["${steps.prepare.outputs['train']}", "$parameters.alpha"]
    assert colour(cells, 0, "# about") == theme(cells, "comment")
    assert colour(cells, 0, "%%pipeline") == theme(cells, "meta")
    assert colour(cells, 0, "hyperparameters") == theme(cells, "property")
    assert colour(cells, 0, '"costs') == theme(cells, "string")
    assert colour(cells, 1, "import") == theme(cells, "keyword")
    assert colour(cells, 1, "'hello'") == theme(cells, "string")
    assert colour(cells, 2, "7") == theme(cells, "number")
    assert references(cells, 2) == []
    cells.screenshot("highlighting-light")
    assert cells.errors == []


def test_a_cell_follows_its_first_line_and_is_written_as_yaml(cells):
    write(cells, 2, ["Control+Home", "%%pipeline other", "Enter", "a: $steps.x", "Enter"])
    assert references(cells, 2) == ["$steps.x"]
    assert colour(cells, 2, "parameters") != theme(cells, "property")  # it is no key of YAML there
    for _ in range(3):
        cells.page.keyboard.press("Control+z")
        if source(cells, 2) == PYTHON:
            break
    assert source(cells, 2) == PYTHON
    assert references(cells, 2) == []
    enter_indents_as_yaml_does(cells)
    a_step_can_be_folded(cells)


def enter_indents_as_yaml_does(cells):
    lines = ["    inputs:  # of the job", "train: $steps.prepare.outputs.train", "description: |", "one", "two"]
    write(cells, 0, [key for line in lines for key in (line, "Enter")])
    assert source(cells, 0).removeprefix(PIPELINE).split("\n") == [
        "    inputs:  # of the job",
        "      train: $steps.prepare.outputs.train",
        "      description: |",
        "        one",
        "        two",
        "        ",
    ]


def a_step_can_be_folded(cells):
    page = cells.page
    cell = page.locator(".jp-Notebook .jp-Cell").first
    shown = cell.locator(".cm-line").count()
    arrows = cell.locator(".cm-foldGutter .cm-gutterElement span:visible")
    arrows.nth(2).click()
    cell.locator(".cm-foldPlaceholder").wait_for()
    assert cell.locator(".cm-line").count() < shown
    cells.screenshot("highlighting-folded")
