"""``%pipeline import`` in JupyterLab: a new cell below, nothing of what was typed replaced."""

from __future__ import annotations

SETUP = """
%load_ext sm_pipeline_widgets
made = {"Version": "2020-12-01", "Steps": [{"Name": "x", "Type": "Fail", "Arguments": {"ErrorMessage": "m"}}]}
"""
SOURCES = "() => window.jupyterapp.shell.currentWidget.content.widgets.map(cell => cell.model.sharedModel.getSource())"


def test_a_cell_appears_below_and_runs(notebook):
    notebook.open([SETUP, "%pipeline import made", "'mine'"])
    notebook.run(0)
    notebook.run(1)
    notebook.page.wait_for_function(f"({SOURCES})().length === 4")
    sources = notebook.page.evaluate(SOURCES)
    assert sources[1] == "%pipeline import made"
    assert sources[2].startswith("%%pipeline made\n")
    assert "message: m" in sources[2]
    assert sources[3] == "'mine'"
    notebook.run(2)
    assert [node["name"] for node in notebook.cytoscape()["nodes"]] == ["x"]
    assert notebook.errors == []
