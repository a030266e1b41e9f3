"""The notebooks people read first, executed headless; what they leave behind is what a reader without a kernel sees."""

from __future__ import annotations

import base64
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import nbformat
import pytest

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
WIDGET = "application/vnd.sm-pipeline-widgets.view+json"


QUICKSTART = NOTEBOOKS / "quickstart.ipynb"


@pytest.fixture(scope="module")
def quickstart(execute):
    return execute(QUICKSTART)


# what the outputs of a notebook must say, somewhere
SAYS = {
    "definitions.ipynb": ("publish",),
    "registry.ipynb": ("rmse is fine", "worse", "75 %", "again.", "is deleted"),
    "failing.ipynb": (
        "KeyError",
        "cell fit, line 16",
        "parameter rate: 0.1 ",
        "= rows: taken from run ",
        "replay of fit: succeeded, beside the original",
        "slope=3.001 of 1000 rows, rate 0.2",
        "reused from run",
    ),
    "replay.ipynb": ("`data` is a table of 1,000 rows", "slope=3.001 of 999 rows", "reads the first 20%"),
}


@pytest.mark.parametrize("name", SAYS)
def test_it_runs_from_top_to_bottom(execute, name):
    text = json.dumps(execute(NOTEBOOKS / name))
    assert [words for words in SAYS[name] if words not in text] == []


def test_every_notebook_is_executed():
    assert {path.name for path in NOTEBOOKS.glob("*.ipynb")} == {*SAYS, QUICKSTART.name, "editing.ipynb"}


def cells_with(book, beginning):
    return [cell for cell in book.cells if cell.cell_type == "code" and cell.source.startswith(beginning)]


def shown(cell):
    (bundle,) = [output.data for output in cell.outputs if output.output_type == "display_data"]
    return bundle


def test_the_notebooks_are_committed_without_outputs():
    for path in NOTEBOOKS.glob("*.ipynb"):
        book = nbformat.read(path, as_version=4)
        assert [cell.id for cell in book.cells if cell.get("outputs")] == [], path.name
        assert book.metadata.kernelspec.name == "python3"


def test_the_quickstart_runs_from_top_to_bottom(quickstart):
    runs = [shown(cell)["text/plain"] for cell in cells_with(quickstart, "%pipeline run")]
    assert [re.search(r"succeeded|failed", text)[0] for text in runs] == ["succeeded", "failed", "failed"]
    assert "✓ publish succeeded" in runs[0]
    assert "too_bad skipped" in runs[0]
    assert re.search(r"too_bad: rmse was \d+\.\d+, more than 10", runs[1])
    assert "✕ train_forest failed" in runs[2]
    assert "✓ train_ridge succeeded" in runs[2]
    assert "⊘ evaluate blocked" in runs[2]


def test_the_kernel_was_free_while_the_first_run_went_on(quickstart):
    (cell,) = cells_with(quickstart, "sum(")
    assert cell.outputs[0].data["text/plain"] == "45"


def test_why_names_the_users_own_lines(quickstart):
    (cell,) = cells_with(quickstart, "%pipeline why")
    text = "".join(output.text for output in cell.outputs)
    assert "train_forest" in text
    assert "KeyError" in text
    lines = [cell.source for cell in cells_with(quickstart, "%%step train_forest")][-1].splitlines()
    for code in ('    return data.drop(columns="progression")', "    features = features_of(data)"):
        number = next(n for n, line in enumerate(lines, 1) if line.startswith(code))
        assert f"cell train_forest, line {number}" in text
    assert "reading the training data" in text


class Page(HTMLParser):
    """What a saved output holds as HTML: tags, image sources, texts."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.images, self.texts = set(), [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        assert not [name for name, _ in attrs if name.startswith("on")]
        if tag == "img":
            self.images.append(dict(attrs)["src"])

    def handle_data(self, data):
        self.texts.append(data.strip())


def test_every_saved_view_shows_a_picture_with_final_states_and_a_table_without_script(quickstart):
    cells = cells_with(quickstart, "%pipeline run") + cells_with(quickstart, "%%pipeline")
    assert len(cells) == 4
    for cell in cells:
        bundle = shown(cell)
        assert WIDGET in bundle
        page = Page(bundle["text/html"])
        assert not page.tags & {"script", "iframe", "object", "link", "style"}
        (image,) = page.images
        kind, _, encoded = image.partition(",")
        assert kind == "data:image/svg+xml;base64"
        svg = ET.fromstring(base64.b64decode(encoded))  # noqa: S314 - made by this package
        drawn = " ".join(svg.itertext())
        assert "train_forest" in drawn
        if cell.source.startswith("%pipeline run"):
            assert "table" in page.tags
            assert re.search("succeeded|failed|skipped|blocked", drawn)
            assert "running" not in drawn
            assert "train_forest" in page.texts


def test_the_arn_is_in_the_output_of_every_run(quickstart):
    for cell in cells_with(quickstart, "%pipeline run"):
        assert re.search(r"arn:aws:sagemaker:[^ ]*/execution/[a-z0-9]{12}", shown(cell)["text/html"])
        assert re.search(r"arn:aws:sagemaker:[^ ]*/execution/[a-z0-9]{12}", shown(cell)["text/plain"])
