"""Starting a run from the page: the form, its checks, questions, stages, and that a press counts once."""

from __future__ import annotations

import pytest

from sm_pipeline_widgets.definition.run_form import run_form
from sm_pipeline_widgets.execution.submitting import Asks, Progress, Question, Stage
from sm_pipeline_widgets.widgets.run_desk import RunDesk

PARAMETERS = [{"Name": "rows", "Type": "Integer"}, {"Name": "API_KEY", "DefaultValue": "hunter2"}]
UPDATE = Question(Asks.UPDATE, "Update `p`?", "~ step train", "Update and run")
PRESS = "t" * 32


class FakeLauncher:
    """Answers as it was told to."""

    def __init__(self, *, costs=True, questions=(), error=None, parameters=PARAMETERS):
        self.is_dear, self.questions, self.error, self.parameters = costs, questions, error, parameters
        self.started = []

    def costs(self):
        return self.is_dear

    def form(self):
        if isinstance(self.error, OSError):
            raise self.error
        return run_form("p", self.parameters, token=PRESS)

    def start(self, options, confirmed, listener):
        if self.error:
            raise self.error
        listener(Progress(Stage.CHECKING, "`p`", 1.0, 0.5))
        left = tuple(question for question in self.questions if question.asks not in confirmed)
        if not left:
            self.started.append(options)
        return left


def desk_of(**settings):
    """A desk with its form open, its launcher, and what it has sent since."""
    launcher, sent = FakeLauncher(**settings), []
    desk = RunDesk(launcher, sent.append, spawn=lambda work: work())
    desk.receive({"kind": "run_form_request", "view": "v1"})
    return desk, launcher, sent


def entries(rows="5", **more):
    frame = {
        "display_name": " try-1 ",
        "description": "",
        "parallelism": "2",
        "tags": [["a", "b"]],
        "version": None,
        "alias": "",
    }
    return {"values": [["rows", rows], ["API_KEY", None]], **frame, **more}


def start(desk, confirmed=(), **more):
    desk.receive({"kind": "run_start", "press": PRESS, "entries": entries(**more), "confirmed": list(confirmed)})


def test_the_form_goes_to_who_asked_without_secrets():
    _desk, _launcher, (message,) = desk_of()
    assert (message["kind"], message["view"], message["error"]) == ("run_form", "v1", "")
    assert message["form"]["press"] == PRESS
    assert [field["type"] for field in message["form"]["fields"]] == ["Integer", "String"]
    assert "hunter2" not in str(message)


@pytest.mark.parametrize(
    ("costs", "parameters", "at_once"),
    [(False, PARAMETERS[1:], True), (True, PARAMETERS[1:], False), (False, PARAMETERS, False)],
)
def test_only_what_costs_nothing_and_needs_nothing_starts_at_the_first_press(costs, parameters, at_once):
    _desk, _launcher, (message,) = desk_of(costs=costs, parameters=parameters)
    assert message["form"]["at_once"] is at_once


def test_a_form_that_cannot_be_made_is_told():
    _desk, _launcher, (message,) = desk_of(error=OSError("no network"))
    assert (message["form"], message["error"]) == (None, "no network")


def test_entries_are_checked_while_they_are_made_and_again_when_pressed():
    desk, launcher, sent = desk_of()
    desk.receive({"kind": "run_check", "press": PRESS, "entries": entries("many", display_name="no spaces")})
    assert [name for name, _words in sent[-1]["problems"]] == ["rows", "display_name"]
    start(desk, rows="many")
    assert sent[-1]["kind"] == "run_problems"
    assert launcher.started == []


def test_a_run_tells_its_stages_and_that_it_has_started():
    desk, launcher, sent = desk_of()
    start(desk)
    assert [message["kind"] for message in sent[1:]] == ["run_stage", "run_started"]
    assert sent[1]["words"] == "`p`"
    assert sent[2]["error"] == ""
    (options,) = launcher.started
    assert (options.display_name, options.parallelism, options.tags, options.token) == (
        "try-1",
        2,
        (("a", "b"),),
        PRESS,
    )
    assert dict(options.parameters) == {"rows": "5"}


def test_what_has_to_be_asked_is_asked_and_starts_after_a_yes():
    desk, launcher, sent = desk_of(questions=(UPDATE,))
    start(desk)
    assert sent[-1]["questions"] == [
        {"asks": "update", "title": "Update `p`?", "text": "~ step train", "yes": "Update and run"}
    ]
    assert launcher.started == []
    start(desk, ["update", "nonsense"])
    assert len(launcher.started) == 1


def test_a_second_press_while_the_first_is_answered_does_nothing():
    launcher, sent, waiting = FakeLauncher(), [], []
    desk = RunDesk(launcher, sent.append, spawn=waiting.append)
    desk.receive({"kind": "run_form_request", "view": "v1"})
    waiting.pop()()
    start(desk)
    start(desk)
    assert len(waiting) == 1
    waiting.pop()()
    start(desk)
    assert len(launcher.started) == 1
    assert "out of date" in sent[-1]["error"]


def test_a_refusal_is_told_and_the_same_press_can_be_tried_again():
    desk, launcher, sent = desk_of(error=ValueError("no role"))
    start(desk)
    assert sent[-1] == {"kind": "run_started", "press": PRESS, "error": "no role"}
    launcher.error = None
    start(desk)
    assert launcher.started[0].token == PRESS
