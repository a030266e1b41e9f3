"""The notebook about editing, executed headless: what a reader types is what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "editing.ipynb"


@pytest.fixture(scope="module")
def executed(execute):
    return execute(NOTEBOOK)


def cell(book, beginning):
    return next(one for one in book.cells if one.cell_type == "code" and one.source.startswith(beginning))


def test_an_empty_cell_shows_where_to_begin(executed):
    (output,) = cell(executed, "%%pipeline scratch").outputs
    assert "no steps yet" in output.data["text/plain"]
    assert "No steps yet; write them into the cell below" in output.data["text/html"]


def test_the_written_pipeline_runs(executed):
    shown = [one.data for one in cell(executed, "%pipeline run line").outputs if one.output_type == "display_data"]
    assert "✓ train succeeded" in shown[-1]["text/plain"]


def test_the_edits_of_the_canvas_from_python(executed):
    text = cell(executed, "from pathlib").outputs[0].text
    assert "$steps.load.outputs.train" in text
    assert "code: cell:train   # fits a line" in text
    assert "model: $steps.train.model" in text
    assert "`load` cannot wait for `train`" in cell(executed, "from sm_pipeline_widgets.errors").outputs[0].text
