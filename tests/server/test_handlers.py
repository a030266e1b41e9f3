"""What a page may ask the Jupyter server, and what nobody may."""

from __future__ import annotations

import pytest

from sm_pipeline_widgets import Pipeline, connect
from sm_pipeline_widgets.api.execution import Execution
from sm_pipeline_widgets.aws import pipelines
from sm_pipeline_widgets.engine import daemon

TEXT = """
parameters: {minutes: {type: Integer, default: 0}}
steps:
  no: {type: Fail, message: that is all}
"""
WAITS = """
steps:
  wait: {type: Callback, queue: https://sqs.us-east-1.amazonaws.com/123456789012/questions, outputs: {answer: String}}
"""


def deploy(jupyter, name, text):
    target = connect("local", home=jupyter.home)
    definition = Pipeline.from_yaml(text, name).definition(target)
    pipelines.submit(target, name, definition)


def test_the_lists_are_for_who_is_logged_in(jupyter):
    assert jupyter.ask("overview", token="").status == 403
    assert jupyter.ask("overview", token="guessed").status == 403
    assert jupyter.ask("overview").status == 200


@pytest.mark.parametrize("path", ["start", "stop", "wake"])
def test_another_sites_page_starts_and_stops_nothing(jupyter, path):
    assert jupyter.ask_with_cookie(path, {"pipeline": "p", "arn": "a"}).status == 403


def test_the_targets_are_the_engine_aws_and_each_profile(jupyter):
    found = jupyter.ask("targets").body["targets"]
    assert [one["name"] for one in found] == ["local", "aws", "prod"]


def test_looking_starts_no_engine_and_says_how_to(jupyter):
    found = jupyter.ask("overview").body
    assert (found["state"], found["pipelines"], found["running"]) == ("resting", [], 0)
    assert "does not run" in found["trouble"]["message"]
    assert daemon.status(jupyter.home) is None


def test_a_target_that_cannot_be_asked_says_why(jupyter):
    nobody = jupyter.ask("overview?target=nobody").body
    assert nobody["state"] == "trouble"
    assert "nobody" in nobody["trouble"]["message"]
    assert nobody["trouble"]["fix"]


def test_a_pipeline_is_listed_started_watched_and_stopped(jupyter):
    jupyter.ask("wake", {})
    deploy(jupyter, "fails", TEXT)
    deploy(jupyter, "waits", WAITS)
    before = jupyter.ask("overview").body
    assert {one["name"] for one in before["pipelines"]} == {"fails", "waits"}
    assert [one["runs"] for one in before["pipelines"]] == [None, None]

    arn = jupyter.ask("start", {"pipeline": "waits"}).body["arn"]
    running = jupyter.ask("overview").body
    assert running["running"] == 1
    assert running["pipelines"][0]["name"] == "waits"
    assert running["pipelines"][0]["runs"][0] | {"started": 0} == {
        "arn": arn,
        "status": "Executing",
        "word": "running",
        "is_running": True,
        "reason": "",
        "started": 0,
        "name": running["pipelines"][0]["runs"][0]["name"],
    }

    assert jupyter.ask("stop", {"arn": arn}).status == 200
    after = jupyter.ask("overview").body["pipelines"][0]
    assert after["runs"][0]["word"] in ("stopping", "stopped")


def test_a_run_that_has_ended_is_told_with_its_end(jupyter):
    arn = jupyter.ask("start", {"pipeline": "fails", "parameters": {"minutes": 2}}).body["arn"]
    execution = Execution(arn, connect("local", home=jupyter.home))
    execution.wait(60)
    found = next(one for one in jupyter.ask("overview").body["pipelines"] if one["name"] == "fails")
    assert [run["word"] for run in found["runs"]] == ["failed"]
    assert pipelines.parameters(execution.target, arn) == {"minutes": "2"}


@pytest.mark.parametrize(
    ("path", "body", "says"),
    [
        ("start", {"pipeline": "nothing"}, "nothing"),
        ("start", {}, "No pipeline was named"),
        ("stop", {"arn": "arn:aws:sagemaker:us-east-1:111122223333:pipeline/x/execution/aaaaaaaaaaaa"}, "refused"),
    ],
)
def test_what_is_refused_says_why_and_what_to_do(jupyter, path, body, says):
    answer = jupyter.ask(path, body)
    assert answer.status == 409
    assert says in answer.body["message"]


def test_a_body_that_is_no_object_is_refused(jupyter):
    assert jupyter.ask("stop", ["arn"]).status == 400
    assert jupyter.ask("stop", {"arn": "x" * 70_000}).status == 400


def test_an_engine_that_rests_still_tells_what_it_had(jupyter):
    daemon.stop(jupyter.home)
    found = jupyter.ask("overview").body
    assert found["state"] == "resting"
    assert {one["name"] for one in found["pipelines"]} == {"fails", "waits"}
    assert daemon.status(jupyter.home) is None
