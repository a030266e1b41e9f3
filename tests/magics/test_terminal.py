"""``python -m sm_pipeline_widgets``: what a script sees and which code it gets."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest

from sm_pipeline_widgets.engine import daemon
from sm_pipeline_widgets.magics.terminal import main

GOOD = """\
parameters: {bad: false}
steps:
  a: {type: Processing, image: x/y, command: [python3, -c, "print('from a terminal')"]}
  b:
    type: Condition
    if: $parameters.bad == true
    then: [boom]
  boom: {type: Fail, message: asked for}
"""
SLOW = """\
steps:
  slow: {type: Processing, image: x/y, command: [python3, -c, "import time; print('up', flush=True); time.sleep(600)"]}
"""


@pytest.fixture
def terminal(engine, monkeypatch, tmp_path):
    """Run a command line in a folder with three files; its code, output and errors."""
    monkeypatch.setenv("SM_PIPELINE_WIDGETS_HOME", str(engine.home))
    monkeypatch.chdir(tmp_path)
    for name, text in (("term.yaml", GOOD), ("term-slow.yaml", SLOW), ("term-bad.yaml", "steps: {a: {type: Nothing}}")):
        (tmp_path / name).write_text(text)

    def run(*words: str) -> tuple[int, str, str]:
        output, errors = io.StringIO(), io.StringIO()
        return main(list(words), output, errors), output.getvalue(), errors.getvalue()

    return run


def test_a_run_that_succeeds_tells_each_step_once(terminal):
    code, said, _ = terminal("run", "term.yaml", "--wait")
    assert code == 0
    assert said.count("a  succeeded") == 1
    assert "2 of 3 steps done" in said
    code, said, _ = terminal("list", "term")
    assert (code, said.splitlines()[0]) == (0, "At target `local`:")
    code, said, _ = terminal("logs", "a", "--execution", "term")
    assert (code, said.strip().endswith("from a terminal")) == (0, True)


def test_a_step_is_replayed_and_told_beside_the_original(terminal):
    terminal("run", "term.yaml", "--wait")
    code, said, _ = terminal("replay", "a", "term", "--env", "MODE=trial", "--wait")
    assert code == 0
    assert "`a`, twice" in said
    assert "variable MODE" in said
    assert "ExecutionView" not in said
    code, said, _ = terminal("replay", "a", "term")
    assert (code, "watch" in said) == (0, True)


def test_a_run_that_fails_says_why(terminal):
    code, said, _ = terminal("run", "term.yaml", "-p", "bad=true", "--wait")
    assert code == 1
    assert "asked for" in said
    code, said, _ = terminal("why", "term")
    assert "boom ended the run on purpose" in said


def test_a_run_that_is_not_over_in_time_then_stopped(terminal):
    code, said, _ = terminal("run", "term-slow.yaml", "--timeout", "0.2")
    assert code == 124
    assert "python -m sm_pipeline_widgets watch arn:" in said
    arn = said.split()[0]
    assert terminal("stop", arn)[0] == 0
    code, said, _ = terminal("watch", arn, "--timeout", "30")
    assert code == 3
    assert "stopped" in said


@pytest.mark.parametrize(
    "words, complaint",
    [
        (["frob"], "has no verb `frob`"),
        (["run"], "the following arguments are required: name"),
        (["run", "nothere.yaml"], "cannot be read"),
        (["run", "nowhere"], "no pipeline `nowhere`"),
        (["run", "term.txt"], "nothing that is known here"),
        (["run", "term.yaml", "-p", "x=1"], "has no parameter `x`"),
        (["run", "term-bad.yaml", "--wait"], "Nothing"),
        (["watch"], "no latest execution"),
        (["engine", "explode"], "invalid choice"),
        (["engine", "clean", "--older-than", "soon"], "no length of time"),
    ],
)
def test_bad_input_is_told_apart_from_failure(terminal, words, complaint):
    code, said, errors = terminal(*words)
    assert code == 2, said + errors
    assert complaint in errors
    assert "%pipeline" not in errors.replace("%%pipeline", "")


def test_show_and_help(terminal):
    code, said, _ = terminal("show", "term.yaml")
    assert code == 0
    assert "boom  Fail        b" in said
    assert terminal("show", "term-bad.yaml")[0] == 1
    code, said, _ = terminal()
    assert code == 0
    assert "python -m sm_pipeline_widgets run FILE" in said
    assert "%pipeline" not in said


def test_it_is_a_program(engine, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "sm_pipeline_widgets", "engine"],
        env={**os.environ, "SM_PIPELINE_WIDGETS_HOME": str(engine.home)},
        capture_output=True, text=True, check=True, cwd=tmp_path,
    )  # fmt: skip
    assert "The engine on this machine runs." in done.stdout
    assert engine.endpoint.url in done.stdout


def test_the_engines_housekeeping(monkeypatch, tmp_path):
    home = tmp_path / "home"
    monkeypatch.setenv("SM_PIPELINE_WIDGETS_HOME", str(home))
    (tmp_path / "keep.yaml").write_text(GOOD)

    def said(*words: str) -> str:
        output, errors = io.StringIO(), io.StringIO()
        assert main(["engine", *words], output, errors) == 0, errors.getvalue()
        return output.getvalue()

    assert "does not run" in said("status")
    assert "does not run" in said("stop")
    assert "nothing to clean" in said("clean")
    child = [sys.executable, "-m", "sm_pipeline_widgets", "run", str(tmp_path / "keep.yaml"), "--wait"]
    subprocess.run(child, check=True, capture_output=True)
    assert "would remove 0 executions" in said("clean", "--older-than", "1d")
    assert "would remove 1 executions" in said("clean", "--older-than", "0s")
    jobs = list((home / "jobs").iterdir())
    assert len(jobs) == 1
    before = daemon.status(home)
    assert "Removed 1 executions" in said("clean", "--older-than", "0s", "--outputs", "--yes")
    after = daemon.status(home)
    assert getattr(before, "url", "before") == getattr(after, "url", "after"), "it runs again where it was"
    assert not list((home / "jobs").iterdir())
    assert "has ended" in said("stop")
    assert "would remove everything" in said("clean", "--all")
    assert "Removed everything" in said("clean", "--all", "--yes")
    # its keys stay for notebooks that are open, and so does that a person has ended it
    assert sorted(path.name for path in home.iterdir()) == ["engine.lock", "identity.json", "stopped"]
