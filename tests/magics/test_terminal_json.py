"""``--json``: what a program reads of a run, its logs, its failure, its history."""

from __future__ import annotations

import io
import json
import os
import select
import signal
import subprocess
import sys

import pytest

from sm_pipeline_widgets.magics.terminal import main

TEXT = """\
parameters: {bad: false, API_TOKEN: {type: String, default: hunter2}}
steps:
  say: {type: Processing, image: x/y, command: [python3, -c, "print('one'); print('ERROR two DB_PASSWORD=hunter2')"]}
  gate:
    type: Condition
    if: $parameters.bad == true
    then: [boom]
  boom: {type: Fail, message: asked for}
"""
SLOW = """\
steps:
  slow: {type: Processing, image: x/y, command: [python3, -c, "import time; print('up', flush=True); time.sleep(600)"]}
"""


@pytest.fixture(scope="module")
def place(engine, tmp_path_factory):
    folder = tmp_path_factory.mktemp("terminal-json")
    (folder / "machine.yaml").write_text(TEXT)
    (folder / "machine-slow.yaml").write_text(SLOW)
    return folder, {**os.environ, "SM_PIPELINE_WIDGETS_HOME": str(engine.home)}


@pytest.fixture
def terminal(place, monkeypatch):
    """Run a command line; its code and the JSON values it wrote, one a line or one in all."""
    folder, environment = place
    monkeypatch.chdir(folder)
    monkeypatch.setenv("SM_PIPELINE_WIDGETS_HOME", environment["SM_PIPELINE_WIDGETS_HOME"])

    def run(*words):
        output, errors = io.StringIO(), io.StringIO()
        code = main([*words, "--json"], output, errors)
        text = errors.getvalue() or output.getvalue()
        return code, json.loads(text) if text.startswith("{\n") else [json.loads(each) for each in text.splitlines()]

    return run


@pytest.fixture(scope="module")
def failed(place):
    """A run that failed, told by the program itself: its code and its events."""
    folder, environment = place
    words = [sys.executable, "-m", "sm_pipeline_widgets", "run", "machine.yaml", "-p", "bad=true", "--logs", "--json"]
    done = subprocess.run(words, capture_output=True, text=True, cwd=folder, env=environment, check=False, timeout=100)
    assert done.stderr == ""
    return done.returncode, [json.loads(each) for each in done.stdout.splitlines()]


def test_a_run_is_told_as_events(failed):
    code, events = failed
    assert code == 1
    kinds = [each["event"] for each in events]
    assert kinds[0] == "stage"
    assert kinds[-1] == "ended"
    assert all(each["time"].endswith("Z") for each in events)
    (started,) = (each for each in events if each["event"] == "started")
    assert ":pipeline/machine/execution/" in started["arn"]
    moves = [(each["name"], each["status"]) for each in events if each["event"] == "step"]
    assert len(moves) == len(set(moves))
    assert ("say", "succeeded") in moves
    assert ("boom", "failed") in moves
    lines = [each for each in events if each["event"] == "log"]
    assert [each["text"] for each in lines] == ["one", "ERROR two DB_PASSWORD=••••••"]
    assert lines[0]["step"] == "say"


def test_the_end_says_everything(failed):
    end = failed[1][-1]
    assert end["status"] == "Failed"
    assert {each["name"]: each["status"] for each in end["steps"]} == {
        "say": "succeeded",
        "gate": "succeeded",
        "boom": "failed",
    }
    assert end["failure"]["roots"][0]["step"] == "boom"
    assert end["parameters"]["bad"] == "true"
    assert "hunter2" not in json.dumps(failed[1])


def test_logs_and_reasons_are_one_document(failed, terminal):
    arn = failed[1][-1]["arn"]
    code, found = terminal("logs", "say", "--execution", arn)
    assert (code, found["arn"]) == (0, arn)
    assert [line["text"] for line in found["logs"][0]["lines"]] == ["one", "ERROR two DB_PASSWORD=••••••"]
    _, found = terminal("logs", "--level", "error", "--execution", arn)
    assert [(log["step"], log["fitting"], log["read"]) for log in found["logs"]] == [("say", 1, 2)]
    code, found = terminal("why", arn)
    assert (code, found["status"], found["failure"]["roots"][0]["type"]) == (0, "Failed", "Fail")
    _, found = terminal("show", arn)
    assert [step["name"] for step in found["steps"]] == ["say", "gate", "boom"]


def test_lists_are_one_document(failed, terminal):
    _, found = terminal("list", "machine")
    assert [one["name"] for one in found["pipelines"]][:1] == ["machine"]
    _, found = terminal("runs", "machine", "--status", "failed", "--where", "bad=true")
    assert failed[1][-1]["arn"] in [one["arn"] for one in found["runs"]]
    assert found["runs"][0]["parameters"]["bad"] == "true"
    assert found["runs"][0]["parameters"]["API_TOKEN"].startswith("•")


def test_what_would_change_is_one_document(failed, terminal, place):
    assert failed
    folder, _ = place
    (folder / "new").mkdir(exist_ok=True)
    (folder / "new" / "machine.yaml").write_text(TEXT.replace("asked for", "asked again"))
    code, found = terminal("diff", "machine.yaml")
    assert (code, found["is_same"], found["steps"]) == (0, True, [])
    _, found = terminal("diff", "new/machine.yaml")
    (step,) = found["steps"]
    assert (step["name"], step["change"]) == ("boom", "changed")
    assert [(each["before"], each["after"]) for each in step["values"]] == [("asked for", "asked again")]


def test_a_check_is_one_document_and_a_code(terminal, place):
    code, found = terminal("check", "machine.yaml")
    assert (code, found["ok"], found["parameters"]) == (0, True, [])
    (place[0] / "wrong.yaml").write_text("steps: {a: {type: Nothing}}")
    code, found = terminal("check", "wrong.yaml")
    assert (code, found["ok"]) == (1, False)
    assert found["problems"][0]["step"] == "a"


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (("frob",), "UsageError"),
        (("run", "nothere.yaml"), "UsageError"),
        (("run", "machine.yaml", "-p", "x=1"), "UsageError"),
        (("runs",), "UsageError"),
        (("why",), "UsageError"),
        (("watch", "nothere"), "UsageError"),
    ],
)
def test_errors_are_json_too(terminal, words, kind):
    code, (error,) = terminal(*words)
    assert (code, error["error"]) == (2, kind)
    assert error["message"]
    assert error["fix"]
    assert "%pipeline" not in error["fix"]


def attached(place, *options):
    """A program that watches a run which does not end, and the run's ARN, once it has told something."""
    folder, environment = place
    program = [sys.executable, "-m", "sm_pipeline_widgets"]
    started = subprocess.run(
        [*program, "run", "machine-slow.yaml"], capture_output=True, text=True, cwd=folder, env=environment, check=True
    )
    arn = started.stdout.split()[0]
    watching = subprocess.Popen(
        [*program, "watch", arn, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder, env=environment
    )
    assert select.select([watching.stdout], [], [], 60)[0]
    return watching, arn


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_ctrl_c_ends_the_watching_and_says_how_to_attach_again(place, engine, options):
    watching, arn = attached(place, *options)
    watching.send_signal(signal.SIGINT)
    said, errors = watching.communicate(timeout=60)
    assert (watching.returncode, errors) == (130, b"")
    last = said.decode().splitlines()[-1]
    if options:
        assert json.loads(last) == {**json.loads(last), "event": "goes_on", "arn": arn, "interrupted": True}
    else:
        assert last == f"Still running. Attach again with: python -m sm_pipeline_widgets watch {arn}"
    client = engine.client("sagemaker")
    assert client.describe_pipeline_execution(PipelineExecutionArn=arn)["PipelineExecutionStatus"] == "Executing"
    client.stop_pipeline_execution(PipelineExecutionArn=arn)


def test_a_reader_that_goes_away_ends_the_watching_quietly(place, engine):
    watching, arn = attached(place, "--json")
    watching.stdout.close()
    engine.client("sagemaker").stop_pipeline_execution(PipelineExecutionArn=arn)
    assert watching.wait(60) == 1
    assert watching.stderr.read() == b""
    watching.stderr.close()
