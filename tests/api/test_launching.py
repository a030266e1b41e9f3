"""What stands behind the Run button: where a run goes, what it asks, and that what was asked about is what is done."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from sm_pipeline_widgets import Pipeline, connect, run
from sm_pipeline_widgets.api.code_book import CodeBook
from sm_pipeline_widgets.api.launching import PipelineLauncher
from sm_pipeline_widgets.api.submit import silent
from sm_pipeline_widgets.execution.submitting import Asks

TEXT = """\
parameters:
  n: 1
steps:
  say:
    type: Processing
    code: cell:say
    args: [$parameters.n]
"""
numbers = itertools.count()


@pytest.fixture
def pipeline(engine):
    """A pipeline of a name and code that no other test uses."""
    number = next(numbers)
    code = CodeBook()
    code.add_cell("say", f"%%step say\nimport sys\nprint(sys.argv[1:], {number})\n")
    return Pipeline.from_yaml(TEXT, name=f"launch-{number}", code=code)


def launcher_of(pipeline, target):
    started = []
    return PipelineLauncher(pipeline, lambda: target, started.append), started


def options_of(launcher, **values):
    return launcher.form().with_values(values).options


def test_a_run_on_this_machine_costs_nothing_and_is_not_asked_about(pipeline, engine):
    launcher, started = launcher_of(pipeline, connect("local", home=engine.home))
    assert not launcher.costs()
    assert launcher.start(options_of(launcher, n="3"), frozenset(), silent) == ()
    (execution,) = started
    assert execution.wait(60).status == "Succeeded"
    assert "['3']" in next(iter(execution.logs("say"))).text
    assert launcher.form().fields[0].last == "3"


def test_an_update_is_asked_about_once_and_started_once(pipeline, aws):
    run(pipeline, target=aws())
    changed = Pipeline.from_yaml(TEXT.replace("n: 1", "n: 2"), name=pipeline.name, code=pipeline.code)
    launcher, started = launcher_of(changed, aws())
    assert launcher.costs()
    options = options_of(launcher)
    (question,) = launcher.start(options, frozenset(), silent)
    assert question.asks is Asks.UPDATE
    assert "2" in question.text
    assert started == []
    assert launcher.start(options, frozenset({Asks.UPDATE}), silent) == ()
    assert len(started) == 1


def test_other_entries_under_the_same_press_are_prepared_anew(pipeline, aws):
    run(pipeline, target=aws())
    changed = Pipeline.from_yaml(TEXT.replace("n: 1", "n: 2"), name=pipeline.name, code=pipeline.code)
    launcher, started = launcher_of(changed, aws())
    options = options_of(launcher)
    launcher.start(options, frozenset(), silent)
    launcher.start(replace(options, parameters={"n": "7"}), frozenset({Asks.UPDATE}), silent)
    (execution,) = started
    assert execution.state.parameters == {"n": "7"}
