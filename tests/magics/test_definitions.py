"""Export, import and diff as they are typed."""

from __future__ import annotations

import json

import pytest

TEXT = """%%pipeline {name}
parameters: {{alpha: 0.1}}
steps:
  fit: {{type: Training, image: x/y, hyperparameters: {{alpha: $parameters.alpha, depth: {depth}}}}}
  no: {{type: Fail, message: too bad, depends_on: fit}}
"""


def declare(notebook, name="shapes", depth=3):
    notebook.run(TEXT.format(name=name, depth=depth))


def deploy(notebook, name, depth=3):
    """Deployed as a script of somebody else would."""
    declare(notebook, name, depth)
    notebook.run(
        f"from sm_pipeline_widgets import Pipeline\n"
        f"from sm_pipeline_widgets.aws import pipelines\n"
        f"session = get_ipython().magics_manager.registry['PipelineMagics'].session\n"
        f"pipelines.submit(session.target, {name!r}, session.pipelines[{name!r}].definition(session.target))"
    )


def next_cell(notebook):
    text, notebook.shell.rl_next_input = getattr(notebook.shell, "rl_next_input", None), None
    return text


def session_of(notebook):
    return notebook.shell.magics_manager.registry["PipelineMagics"].session


def test_a_declared_pipeline_is_written_and_the_target_named(notebook, tmp_path):
    declare(notebook)
    said = notebook.run("%pipeline export shapes 'my shapes.json'").text
    assert said.startswith("Wrote `my shapes.json`: the pipeline definition, ")
    assert "Filled in for target `local`: region us-east-1, bucket sagemaker-us-east-1-" in said
    assert json.loads((tmp_path / "my shapes.json").read_text())["Steps"][0]["Name"] == "fit"
    assert "is there already" in str(notebook.attempt("%pipeline export shapes 'my shapes.json'").error)
    assert "Wrote" in notebook.run("%pipeline export shapes 'my shapes.json' --force").text


def test_a_deployed_pipeline_becomes_a_cell_that_compiles_to_the_same(notebook):
    deploy(notebook, "deployed-shapes")
    wanted = session_of(notebook).pipelines.pop("deployed-shapes").definition(session_of(notebook).target)
    said = notebook.run("%pipeline import deployed-shapes mine").text
    assert (
        said == "The cell below declares `mine` (2 steps). Run it to check and draw it; nothing is deployed by that.\n"
    )
    cell = next_cell(notebook)
    assert cell.startswith("%%pipeline mine\n")
    notebook.run(cell)
    assert session_of(notebook).pipelines["mine"].definition() == wanted


@pytest.mark.parametrize("made", ["made = definition", "made = json.dumps(definition)", "made = Sdk()"])
def test_a_variable_of_the_notebook_is_imported_shown_and_compared(notebook, made):
    notebook.run(
        "import json\n"
        "definition = {'Version': '2020-12-01', 'Steps': [{'Name': 'x', 'Type': 'Fail', 'Arguments': {'ErrorMessage': 'm'}}]}\n"
        "class Sdk:\n    name = 'made'\n    def definition(self):\n        return json.dumps(definition)\n" + made
    )
    notebook.run("%pipeline import made")
    assert next_cell(notebook).startswith("%%pipeline made\n")
    assert "made: 1 steps: x" in notebook.run("%pipeline show made").shown
    assert "identical (1 step)" in notebook.run("%pipeline diff made definition").text


def test_a_declared_name_comes_before_a_variable_of_the_same_name(notebook):
    declare(notebook, "same")
    notebook.run("same = {'Steps': []}")
    assert "same: 2 steps" in notebook.run("%pipeline show same").shown
    notebook.run("%pipeline import same again")
    assert "fit:" in next_cell(notebook)


@pytest.mark.parametrize("value", ["3", "'text'", "Pipeline", "None"])
def test_a_variable_of_another_kind_is_not_taken_for_a_pipeline(notebook, value):
    notebook.run(f"from sm_pipeline_widgets import Pipeline\nother = {value}")
    assert "Target `local` has no pipeline `other`" in str(notebook.attempt("%pipeline import other").error)
    assert next_cell(notebook) is None


def test_a_name_the_service_would_not_take_is_told(notebook, tmp_path):
    (tmp_path / "my_file.yaml").write_text("steps: {a: {type: Fail, message: x}}")
    said = notebook.run("%pipeline import my_file.yaml").text
    assert "change it before you run it there" in said
    assert next_cell(notebook) == "%%pipeline my_file\nsteps: {a: {type: Fail, message: x}}"


def test_one_name_compares_what_is_deployed_with_what_is_declared(notebook):
    deploy(notebook, "one-name", depth=3)
    same = notebook.run("%pipeline diff one-name")
    assert "The definitions are identical (2 steps)." in same.text
    assert same.displayed == []
    declare(notebook, "one-name", depth=4)
    differing = notebook.run("%pipeline diff one-name")
    assert differing.text.splitlines()[:2] == [
        "one-name (deployed at local) → one-name (declared here)",
        "steps: 1 changed, 1 unchanged",
    ]
    assert "      HyperParameters.depth: '3' → '4'" in differing.text
    (bundle,) = differing.displayed
    assert "data:image/svg+xml" in bundle["text/html"]
    deploy(notebook, "one-name", depth=4)
    assert "one-name@1 → one-name" in notebook.run("%pipeline diff one-name@1 one-name").text


def test_what_cannot_be_compared_says_what_to_do(notebook):
    declare(notebook, "never-deployed")
    assert "`%pipeline run never-deployed` creates it there" in str(
        notebook.attempt("%pipeline diff never-deployed").error
    )
    assert "is not declared in this notebook" in str(notebook.attempt("%pipeline diff nobody").error)


def test_a_text_with_errors_is_compared_as_far_as_it_goes_and_it_says_so(notebook):
    declare(notebook, "whole")
    notebook.run("%%pipeline broken\nsteps:\n  fit: {type: Trainin}\n")
    said = notebook.run("%pipeline diff whole broken").text
    assert "  - no (Fail)" in said
    assert "The text of `broken` has an error; it was compared as far as it goes." in said


def test_an_execution_is_compared_with_a_definition_by_its_own_and_it_says_so(notebook):
    for message in ("one", "two"):
        notebook.run(f"%%pipeline two-runs\nsteps: {{end: {{type: Fail, message: {message}}}}}\n")
        notebook.run("%pipeline run two-runs --wait")
    runs = list(session_of(notebook).executions)
    said = notebook.run(f"%pipeline diff {runs[0]} {runs[1]}").text
    first, second = (run.rpartition("/")[2] for run in runs)
    assert f"{first} (failed) → {second} (failed)" in said
    assert "ErrorMessage: one → two" in said
    said = notebook.run(f"%pipeline diff {runs[0]} two-runs").text
    assert f"two-runs (run {first}) → two-runs" in said
    assert "its definition was compared, not what came of it" in said
    notebook.run(f"%pipeline import {runs[0]} first-run")
    assert "message: one" in next_cell(notebook)
    assert "with its" not in notebook.run(f"%pipeline export {runs[0]} run.svg").text
