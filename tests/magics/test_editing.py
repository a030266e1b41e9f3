"""What a notebook's cells and its canvas have in common: one pipeline of a name, the newest text of it."""

from __future__ import annotations

import pytest

from sm_pipeline_widgets.api.live_views import living
from sm_pipeline_widgets.definition.edits import AddStep, SetField
from sm_pipeline_widgets.magics.extension import PipelineMagics
from tests.fake_page import FakePage


def session_of(notebook):
    return notebook.shell.magics_manager.registry[PipelineMagics.__name__].session


def view_of(name):
    """The newest live view of a pipeline."""
    return [live.view for live in living() if live.view.title == name][-1]


def test_a_pipeline_that_was_begun_in_an_empty_cell_is_the_one_that_runs(notebook):
    output = notebook.run("%%pipeline begun")
    assert "no steps yet" in output.shown
    page = FakePage(view_of("begun"))
    page.edit(AddStep("stop", "Fail", {"message": "by hand"}))
    assert session_of(notebook).declared("begun").text == page.text + "\n"
    shown = notebook.run("%pipeline run begun --wait").shown
    assert "by hand" in shown


def test_a_cell_that_runs_is_edited_beside_its_run(notebook):
    text = "parameters: {n: 1}\nsteps:\n  stop: {type: Fail, message: $parameters.n}\n"
    notebook.run(f"%%pipeline both --run -p n=5 --wait\n{text}")
    view = view_of("both")
    assert view.state["run"]["status"] == "Failed"
    assert view.parameters == [("n", "5")]
    page = FakePage(view, text)
    page.edit(SetField("stop", ("message",), "after"))
    assert session_of(notebook).declared("both").text == page.text
    assert view.state["run"]["status"] == "Failed"


def test_unloading_takes_the_empty_cells_away(notebook):
    before = len(notebook.shell.input_transformers_cleanup)
    notebook.run("%unload_ext sm_pipeline_widgets")
    assert len(notebook.shell.input_transformers_cleanup) == before - 1


TEXT = "%%pipeline line\nsteps:\n  prepare: {type: Processing, code: 'cell:x', outputs: [o]}   # first\n  train: {type: Training, code: 'cell:x'}\n"


def next_cell(notebook, line):
    """What the line puts into the cell below."""
    notebook.run(line)
    return notebook.shell.rl_next_input


@pytest.mark.parametrize(
    ("edit", "part"),
    [
        ("rename prepare load", "  load: {type: Processing, code: 'cell:x', outputs: [o]}   # first"),
        ("add Model model", "  model: {type: Model}"),
        ("delete train", "outputs: [o]}   # first"),
        ("connect prepare train", "inputs: {o: $steps.prepare.outputs.o}"),
        ("connect prepare.outputs.o train.inputs.data", "inputs: {data: $steps.prepare.outputs.o}"),
        ("set train.count 2", "count: 2}"),
        ("set train.hyperparameters {a: [1, 2]}", "hyperparameters: {a: [1, 2]}}"),
        ("unset prepare.outputs", "  prepare: {type: Processing, code: 'cell:x'}   # first"),
    ],
)
def test_one_edit_makes_a_cell_below(notebook, edit, part):
    notebook.run(TEXT)
    made = next_cell(notebook, f"%pipeline edit line {edit}")
    assert made.startswith("%%pipeline line\nsteps:\n")
    assert part in made
    assert session_of(notebook).declared("line").text == TEXT.partition("\n")[2]


def test_a_front_end_without_this_packages_part_shows_the_picture_and_gets_the_new_text_as_a_cell(notebook):
    """VS Code and Colab: what they know of the output is a picture and a text, and an edit is a line."""
    notebook.run(TEXT)
    bundle = view_of("line")._repr_mimebundle_()
    known = {kind: data for kind, data in bundle.items() if not kind.startswith("application/vnd.sm-pipeline-widgets")}
    assert sorted(known) == ["text/html", "text/plain"]  # no widget, which they would look for on the internet
    assert "prepare, train" in known["text/plain"]
    assert "<script" not in known["text/html"]
    said = notebook.run("%pipeline edit line rename prepare load")
    assert "Run it, or copy its text into the cell you keep" in said.text
    made = notebook.shell.rl_next_input
    assert made == TEXT.replace("prepare:", "load:").rstrip("\n")
    assert "2 steps: load, train" in notebook.run(made).shown


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        ("rename prepare", "takes 2 words, not 1"),
        ("rename prepare train", "there is a step `train` already"),
        ("connect train train", "cannot wait for itself"),
        ("set train.nothing 1", "is not a key of `train`"),
        ("burn train", "invalid choice"),
    ],
)
def test_an_edit_that_cannot_be_is_answered_with_what_to_do(notebook, edit, words):
    notebook.run(TEXT)
    error = notebook.attempt(f"%pipeline edit line {edit}").error
    assert words in str(error)
