"""``%pipeline logs``: one step's, all steps', and as a file."""

from __future__ import annotations

import pytest

from sm_pipeline_widgets.errors import UsageError

CELLS = """%%pipeline talks
steps:
  first: {type: Processing, code: cell:first}
  second: {type: Processing, code: cell:second, depends_on: [first]}
  gate:
    type: Condition
    if: 1 < 2
"""
FIRST = """%%step first
print("INFO begin")
print("WARNING disk is nearly full")
print("finished with 0 errors")
"""
SECOND = """%%step second
import sys
print("needle in second", file=sys.stderr)
print("ERROR nothing works")
"""


@pytest.fixture
def ran(notebook):
    notebook.run(FIRST)
    notebook.run(SECOND)
    notebook.run(CELLS)
    notebook.run("%pipeline run talks --wait")
    return notebook


def test_logs_are_printed_looked_through_and_saved(ran, tmp_path):
    assert "WARNING disk is nearly full" in ran.run("%pipeline logs first").text
    last = ran.run("%pipeline logs first -n 1").text
    assert "finished with 0 errors" in last
    assert "earlier lines; -n 3 shows all" in last

    serious = ran.run("%pipeline logs --level warning").text
    assert "first: 1 of 3 lines" in serious
    assert "second: 1 of 2 lines" in serious
    assert "ERROR nothing works" in serious
    assert "0 errors" not in serious

    found = ran.run("%pipeline logs --search NEEDLE").text
    assert "second: 1 of 2 lines" in found
    assert "Nothing fits in the 3 lines of `first`." in found
    assert "None of the 3 lines of `first` fits." in ran.run("%pipeline logs first --search zebra").text

    said = ran.run("%pipeline logs second --save second.log").text
    assert said.strip() == "2 lines of `second` are in second.log."
    assert "algo-1 ERROR nothing works" in (tmp_path / "second.log").read_text()


def test_a_step_without_a_log_says_why(ran):
    assert "Condition steps write no log." in ran.run("%pipeline logs gate").text


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("%pipeline logs", "Whose log"),
        ("%pipeline logs --save x.log", "Whose log is to be saved"),
        ("%pipeline logs frist", "no step `frist`"),
        ("%pipeline logs first --save none/x.log", "cannot be written"),
        ("%pipeline watch --live-tail", "no live tail"),
    ],
)
def test_what_cannot_be_is_told(ran, line, words):
    with pytest.raises(UsageError, match=words):
        ran.run(line)
