"""What now, as a page asks for it: planned first, done once, errors said."""

from __future__ import annotations

import pytest

from sm_pipeline_widgets.widgets.failure_messages import insight_fact, read_failure_request
from sm_pipeline_widgets.widgets.next_desk import NextDesk, PlannedAction


class Steps:
    """Actions that only note what is asked."""

    def __init__(self):
        self.done = []
        self.looked = 0

    def plan(self, name, step, values):
        if name == "never":
            raise ValueError("it cannot be")
        return PlannedAction(f"{name} {step} {dict(values)}", "Go", lambda: self.do(name), (("a", "reused", "reused"),))

    def do(self, name):
        self.done.append(name)
        if name == "breaks":
            raise OSError("no network")
        return f"did {name}"

    def insight(self):
        self.looked += 1
        return insight_fact("arn", "a → b", [("What happened", ["x"])], code={}, cache=[], error="")


@pytest.fixture
def desk():
    steps, sent, found = Steps(), [], []
    made = NextDesk(steps, sent.append, found.append, spawn=lambda work: work())
    made.steps, made.sent, made.found = steps, sent, found
    return made


def ask(desk, name="retry", press="p1", step=None, values=()):
    desk.receive(
        {"kind": "next_plan_request", "press": press, "name": name, "step": step, "values": [list(v) for v in values]}
    )
    return desk.sent[-1]


def test_an_action_is_planned_then_done_once(desk):
    plan = ask(desk, "from", step="train", values=[("alpha", "1")])
    assert (plan["words"], plan["go"], plan["error"]) == ("from train {'alpha': '1'}", "Go", "")
    assert plan["states"] == [("a", "reused", "reused")]
    assert desk.steps.done == []
    desk.receive({"kind": "next_start", "press": "p1"})
    assert desk.sent[-1] == {"kind": "next_done", "press": "p1", "words": "did from", "error": ""}
    desk.receive({"kind": "next_start", "press": "p1"})
    assert "out of date" in desk.sent[-1]["error"]
    assert desk.steps.done == ["from"]


def test_what_goes_wrong_is_said(desk):
    assert ask(desk, "never")["error"] == "it cannot be"
    ask(desk, "breaks")
    desk.receive({"kind": "next_start", "press": "p1"})
    assert desk.sent[-1]["error"] == "no network"


def test_a_run_is_compared_once_however_many_views_ask(desk):
    for _ in range(3):
        desk.receive({"kind": "insight_request"})
    assert desk.steps.looked == len(desk.found) == 1
    assert desk.found[0]["sections"] == [{"heading": "What happened", "lines": ["x"]}]


def test_what_was_found_out_is_forgotten_when_something_is_done(desk):
    desk.receive({"kind": "insight_request"})
    ask(desk)
    desk.receive({"kind": "next_start", "press": "p1"})
    assert desk.found[-1] is None
    desk.receive({"kind": "insight_request"})
    assert desk.steps.looked == 2


def test_plans_that_nobody_reads_any_more_are_forgotten(desk):
    for number in range(20):
        ask(desk, press=f"p{number}")
    desk.receive({"kind": "next_start", "press": "p0"})
    assert "out of date" in desk.sent[-1]["error"]


@pytest.mark.parametrize(
    ("content", "is_read"),
    [
        ({"kind": "insight_request"}, True),
        ({"kind": "next_start", "press": "p"}, True),
        ({"kind": "next_start"}, False),
        ({"kind": "next_plan_request", "press": "p", "name": "retry", "step": None, "values": []}, True),
        ({"kind": "next_plan_request", "press": "p", "name": "from", "step": "a", "values": [["k", "v"]]}, True),
        ({"kind": "next_plan_request", "press": "p", "name": "from", "step": "a", "values": [["k", 1]]}, False),
        ({"kind": "next_plan_request", "press": "p", "name": "from", "step": 1, "values": []}, False),
        ({"kind": "next_plan_request", "press": "p", "name": "from", "step": "a", "values": ["kv"]}, False),
        ("next_start", False),
        (None, False),
    ],
)
def test_a_page_is_not_trusted_to_speak_correctly(content, is_read):
    assert (read_failure_request(content) is not None) == is_read
