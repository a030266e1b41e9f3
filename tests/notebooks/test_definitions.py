"""The notebook about definitions, executed headless against an engine of its own."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from sm_pipeline_widgets.engine import daemon

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "definitions.ipynb"


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """Its own engine: the notebook deploys pipelines under plain names."""
    home = tmp_path_factory.mktemp("definitions-home")
    book = nbformat.read(NOTEBOOK, as_version=4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SM_PIPELINE_WIDGETS_HOME", str(home))
        NotebookClient(
            book, timeout=240, resources={"metadata": {"path": str(tmp_path_factory.mktemp("book"))}}
        ).execute()
    yield book
    daemon.stop(home)


def said(book, beginning):
    """What the first cell that begins so printed."""
    cell = next(cell for cell in book.cells if cell.cell_type == "code" and cell.source.startswith(beginning))
    return "".join(output.get("text", "") for output in cell.outputs)


def test_an_import_puts_a_cell_below_and_replaces_nothing(executed):
    assert said(executed, "%pipeline import churn").startswith("The cell below declares `churn` (3 steps).")
    cell = next(cell for cell in executed.cells if cell.source == "%pipeline import churn")
    assert cell.outputs[0].output_type == "stream"


def test_the_difference_is_the_three_changes(executed):
    told = said(executed, "%pipeline diff churn")
    assert told.startswith(
        "churn (deployed at local) → churn (declared here)\nsteps: 1 added, 1 changed, 2 unchanged\n"
    )
    assert "  ~ train (Processing): renamed from train-ridge\n" in told
    assert (
        "      AppSpecification.ContainerEntrypoint[1]: train-ridge → train\n      Environment.DEPTH: '3' → '4'\n"
        in told
    )
    assert "  + publish (Lambda)\n" in told


def test_files_are_written_and_the_script_deploys(executed):
    for suffix in ("json", "py", "mmd", "svg"):
        assert f"Wrote `churn.{suffix}`" in said(executed, f"%pipeline export churn churn.{suffix}")
    assert "flowchart TD" in said(executed, 'print(open("churn.mmd")')
    assert said(executed, "import subprocess").strip().endswith(":pipeline/churn-copy")
    assert "The definitions are identical (4 steps)." in said(executed, "%pipeline diff churn-copy churn")
    assert "renamed from train-ridge" in said(executed, "%pipeline diff churn@1 churn.json")
