"""The magics as a person types them, in a real shell against a real engine."""

from __future__ import annotations

import pytest

from sm_pipeline_widgets.errors import CodeNotFoundError, DefinitionError, UsageError
from sm_pipeline_widgets.magics.verbs import VERBS

HELLO = """\
%%pipeline hello
parameters:
  name: world
steps:
  greet:
    type: Processing
    code: cell:greet
    args: [$parameters.name]
    outputs: [words]
"""
GREET = """\
%%step greet
import sys
print("hello", sys.argv[1])
"""


def test_a_pipeline_is_declared_drawn_run_and_read(notebook):
    assert "`cell:greet` holds" in notebook.run(GREET).text
    drawn = notebook.run(HELLO)
    assert "<svg" in drawn.displayed[0]["text/html"] or "data:image/svg" in drawn.displayed[0]["text/html"]
    assert "hello" in drawn.shown
    run = notebook.run("%pipeline run hello -p name=Ada --wait")
    assert "application/vnd.sm-pipeline-widgets.view+json" in run.displayed[0]
    assert "hello Ada" in notebook.run("%pipeline logs greet").text
    assert "Nothing has failed" in notebook.run("%pipeline why").text
    listing = notebook.run("%pipeline list").text
    assert "Declared in this notebook: hello" in listing
    assert "1 step" in drawn.shown


def test_the_run_option_starts_what_the_cell_declares(notebook):
    notebook.run(GREET)
    output = notebook.run(HELLO.replace("%%pipeline hello", "%%pipeline hello --run --wait -p name=Grace"))
    assert output.displayed
    assert "hello Grace" in notebook.run("%pipeline logs greet -n 1").text


def test_a_cell_that_is_run_again_is_what_runs_next(notebook):
    notebook.run(GREET)
    notebook.run(HELLO)
    notebook.run(GREET.replace("hello", "goodbye"))
    notebook.run("%pipeline run hello --wait")
    assert "goodbye world" in notebook.run("%pipeline logs greet").text


def test_a_failure_is_told_with_the_cells_line(notebook):
    notebook.run("%%step greet\n\ndef deep(n):\n    return 1 / n\n\nprint('working')\ndeep(0)\n")
    notebook.run(HELLO)
    notebook.run("%pipeline run hello --wait")
    why = notebook.run("%pipeline why").text
    assert "greet" in why
    assert "ZeroDivisionError" in why
    assert "cell greet, line 4" in why
    assert "cell greet, line 7" in why
    assert "working" in why


def test_an_execution_is_watched_by_arn_and_by_name(notebook):
    notebook.run(GREET)
    notebook.run(HELLO)
    notebook.run("%pipeline run hello --wait")
    arn = notebook.shell.magics_manager.registry["PipelineMagics"].session.latest.arn
    assert "greet" in notebook.run(f"%pipeline watch {arn}").shown
    assert "greet" in notebook.run("%pipeline watch hello").shown
    assert "greet" in notebook.run(f"%pipeline show {arn}").shown
    assert "greet" in notebook.run("%pipeline show hello").shown


def test_a_run_is_stopped(notebook):
    notebook.run("%%step greet\nimport time\nprint('asleep', flush=True)\ntime.sleep(600)\n")
    notebook.run(HELLO)
    notebook.run("%pipeline run hello")
    assert "Stopping" in notebook.run("%pipeline stop").text
    session = notebook.shell.magics_manager.registry["PipelineMagics"].session
    assert session.latest.wait(60).status == "Stopped"


def test_a_text_with_errors_is_drawn_and_not_run(notebook):
    broken = HELLO.replace("cell:greet", "cell:gret").replace("outputs:", "outptus:")
    output = notebook.run(broken)
    assert "greet" in output.shown
    html = output.displayed[0]["text/html"]
    assert "code-not-found" in html
    assert "unknown-key" in html
    error = notebook.attempt("%pipeline run hello").error
    assert isinstance(error, DefinitionError)
    assert [problem.code for problem in error.problems] == ["code-not-found", "unknown-key"]
    assert "line 7" in str(error)
    assert "did you mean" in str(error).lower()


@pytest.mark.parametrize(
    "line, words",
    [
        ("%pipeline rnu hello", "`run`"),
        ("%pipeline run", "Usage"),
        ("%pipeline run nothing", "%%pipeline nothing"),
        ("%pipeline run hello --parallel", "--parallel"),
        ("%pipeline run hello -p name", "-p name="),
        ("%pipeline run hello -p nmae=x", "`name`"),
        ("%pipeline run hello -p name=a -p name=b", "twice"),
        ("%pipeline run 'hello", "quot"),
        ("%pipeline logs nothing", "Nothing has been run"),
        ("%pipeline why", "Nothing has been run"),
        ("%pipeline help nothing", "no verb"),
        ("%pipeline show nothing-deployed", "no pipeline"),
        ("%pipeline show nothing.yaml", "cannot be read"),
        ("%pipeline watch nothing", "no pipeline `nothing`"),
        ("%%pipeline\nsteps:", "name"),
        ("%%pipeline a b\nsteps:", "unrecognized"),
        ("%%pipeline a -p x=1\nsteps:", "--run"),
        ("%%step ../evil\nx = 1", "letters"),
        ("%%step\nx = 1", "name"),
    ],
)
def test_what_is_typed_wrongly_is_answered_without_python_internals(notebook, line, words):
    notebook.run(GREET)
    notebook.run(HELLO)
    error = notebook.attempt(line).error
    assert isinstance(error, UsageError), error
    assert words in str(error)
    assert len(error._render_traceback_()) <= 3


def test_a_syntax_error_in_a_steps_cell_is_told_at_once_and_kept(notebook):
    assert "line 3 is not valid Python" in notebook.run("%%step greet\nx = 1\ny = (\n").text


def test_help_lists_every_verb_with_an_example(notebook):
    text = notebook.run("%pipeline help").text
    for name, verb in VERBS.items():
        assert f"%pipeline {verb.usage}" in text
        assert verb.example in notebook.run(f"%pipeline help {name}").text


def test_targets_are_shown_and_chosen(notebook):
    assert "the engine on this machine" in notebook.run("%pipeline target").text
    assert "region   us-east-1" in notebook.run("%pipeline target local").text


def test_missing_code_says_which_cells_there_are():
    from sm_pipeline_widgets.api.code_book import CodeBook
    from sm_pipeline_widgets.definition.code import parse_code

    book = CodeBook()
    book.add_cell("train", "%%step train\n1\n")
    with pytest.raises(CodeNotFoundError, match=r"Did you mean `train`\?"):
        book.find(parse_code("cell:trian"))
