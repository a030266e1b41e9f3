"""``%%step --try``, ``%pipeline replay``, ``load`` and ``debug`` as they are typed."""

from __future__ import annotations

import pytest

from sm_pipeline_widgets.errors import UsageError

STEP = """%%step train{options}
from pathlib import Path
rows = Path("/opt/ml/input/data/rows/r.csv").read_text().splitlines()
print("rows", len(rows))
value = {value}
Path("/opt/ml/model/m").write_text("m")
assert value > 1, f"value is {{value}}"
"""
CELLS = (
    """%%step make
import os
from pathlib import Path
Path(os.environ["SM_OUTPUT_ROWS"], "r.csv").write_text("x\\n" + "1\\n" * 9)
""",
    STEP.format(options="", value=0),
    """%%pipeline {name} --run --wait
steps:
  make: {{type: Processing, code: cell:make, outputs: [rows]}}
  train: {{type: Training, code: cell:train, inputs: {{rows: $steps.make.outputs.rows}}}}
""",
)


@pytest.fixture
def failed(notebook, request):
    """A notebook whose last run has failed in `train`."""
    name = request.node.name.replace("_", "-")[:60]
    for cell in CELLS:
        notebook.run(cell.format(name=name) if "pipeline" in cell else cell)
    return notebook


def test_a_mended_cell_is_tried_with_the_inputs_of_the_last_run(failed):
    tried = failed.run(STEP.format(options=" --try --wait", value=2))
    assert "original" in tried.shown
    assert "+rows 10" not in tried.shown
    assert "-AssertionError: value is 0" in tried.shown
    assert "cell:train" in tried.shown
    assert "`cell:train` holds" in tried.text
    # the run that failed is still the one that is spoken of
    assert "value is 0" in failed.run("%pipeline why").text
    again = failed.run("%pipeline replay train --sample 50% --wait")
    assert "reads the first 50%" in again.shown
    assert "-rows 10\n+rows 5" in again.shown
    (*_, last) = again.displayed
    assert "replay of train: failed, beside the original" in last["text/html"]
    named = failed.attempt("%pipeline replay tran")
    assert isinstance(named.error, UsageError)
    assert "train" in named.error.fix


def test_what_it_read_is_a_variable(failed):
    assert failed.run("%pipeline load make output:rows").text == "`rows` is a table of 9 rows and 1 columns.\n"
    assert failed.shell.user_ns["rows"]["x"].tolist() == [1] * 9
    failed.run("%pipeline load train rows --as where --path")
    assert (failed.shell.user_ns["where"] / "r.csv").is_file()
    bad = failed.attempt("%pipeline load train rows --as 1a")
    assert "cannot be a variable's name" in str(bad.error)


def test_the_debugger_opens_where_the_script_fails(failed):
    namespace = set(failed.shell.user_ns)
    told = failed.run("%pipeline debug train")
    assert "runs in this kernel, its code as `cell:train` is now" in told.text
    assert "value is 0" in told.text
    assert "train.py" in told.text
    assert "ipdb>" in told.text or "`%debug` in a cell" in told.text
    failed.run(STEP.format(options="", value=3))
    assert "ended well" in failed.run("%pipeline debug train").text
    assert "value is 0" in failed.run("%pipeline debug train --as-it-was").text
    assert {name for name in set(failed.shell.user_ns) - namespace if not name.startswith("_")} <= {"In", "Out"}


def test_before_the_first_run_there_is_nothing_to_try_it_with(notebook):
    tried = notebook.attempt("%%step train --try\nprint(1)")
    assert "Nothing has been run" in str(tried.error)
    assert "train" in notebook.shell.magics_manager.registry["PipelineMagics"].session.code.cells
