"""What crosses between kernel and page: the two sides agree, and everything is plain JSON."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_type_hints, is_typeddict

import networkx as nx
import pytest

from sm_pipeline_widgets.execution.causes import Cause
from sm_pipeline_widgets.execution.failure import FailureReport, Frame, RootFailure
from sm_pipeline_widgets.execution.loglines import LogLine
from sm_pipeline_widgets.execution.state import ExecutionState, ExecutionStatus, StepState, StepStatus
from sm_pipeline_widgets.view.picture import draw
from sm_pipeline_widgets.widgets import failure_messages, log_messages, protocol, replay_messages, run_messages

SOURCES = Path(__file__).parents[2] / "labextension" / "src"
TWIN = SOURCES / "protocol.ts"
TWINS = (TWIN, SOURCES / "failureProtocol.ts", SOURCES / "replayProtocol.ts")
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def interfaces() -> dict[str, list[str]]:
    """The names of the page's interfaces with their members, those of what they extend among them."""
    text = "\n".join(re.sub(r"/\*\*.*?\*/", "", twin.read_text(), flags=re.DOTALL) for twin in TWINS)
    found: dict[str, list[str]] = {}
    for name, base, body in re.findall(r"export interface (\w+)(?: extends (\w+))? \{(.*?)\n?\}", text, re.DOTALL):
        found[name] = [*found.get(base, []), *re.findall(r"^\s*(\w+):", body, re.MULTILINE)]
    return found


def typed_dicts() -> dict[str, list[str]]:
    return {
        name: list(
            value.__annotations__ if not value.__bases__ else get_type_hints(value, vars(module) | {"datetime": Any})
        )
        for module in (protocol, log_messages, run_messages, failure_messages, replay_messages)
        for name, value in vars(module).items()
        if is_typeddict(value)
    }


def test_both_sides_know_the_same_messages():
    ours, theirs = typed_dicts(), interfaces()
    assert sorted(ours) == sorted(theirs)
    for name, members in ours.items():
        assert sorted(members) == sorted(theirs[name]), name


def test_the_page_knows_every_state():
    union = re.search(r"export type StepStatus =(.*?);", TWIN.read_text(), re.DOTALL)
    assert re.findall(r"'(\w+)'", union[1]) == [status.value for status in StepStatus]


SEARCH = {"search": "v:1", "text": "x", "is_regex": False, "is_case_sensitive": False, "level": 3, "count": 9}
ENTRIES = {
    "values": [["alpha", "1"], ["beta", None]],
    "display_name": "",
    "description": "",
    "parallelism": "2",
    "tags": [["team", "ml"]],
    "version": None,
    "alias": "",
}


@pytest.mark.parametrize(
    "content",
    [
        {"kind": "log_page_request", "step": "train", "first": 0, "count": 500},
        {"kind": "follow", "view": "view1", "step": None},
        {"kind": "follow", "view": "view1", "step": "train"},
        {"kind": "action", "name": "run"},
        {"kind": "sight", "view": "view1", "is_seen": True},
        {"kind": "pace", "seconds": 30},
        {"kind": "log_save", "step": "train"},
        {"kind": "log_search", "start": [["train", 0]], **SEARCH},
        {"kind": "run_form_request", "view": "view1"},
        {"kind": "run_check", "press": "p", "entries": ENTRIES},
        {"kind": "run_start", "press": "p", "entries": ENTRIES, "confirmed": ["update"]},
    ],
)
def test_messages_of_the_page_are_read(content):
    assert protocol.read_page_message(content) == content


@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        "follow",
        {},
        {"kind": "exec", "code": "1"},
        {"kind": "log_page_request", "step": "train", "first": -1, "count": 5},
        {"kind": "log_page_request", "step": "train", "first": "0", "count": 5},
        {"kind": "log_page_request", "step": None, "first": 0, "count": 5},
        {"kind": "follow", "view": 3, "step": "train"},
        {"kind": "action"},
        {"kind": "sight", "view": "view1", "is_seen": 1},
        {"kind": "pace", "seconds": -1},
        {"kind": "pace", "seconds": float("nan")},
        {"kind": "pace", "seconds": "30"},
        {"kind": "log_search", "start": [["train", -1]], **SEARCH},
        {"kind": "log_search", "start": ["train"], **SEARCH},
        {"kind": "log_search", "start": [], **SEARCH, "level": 9},
        {"kind": "run_check", "press": "p", "entries": {**ENTRIES, "values": [["alpha", 1]]}},
        {"kind": "run_check", "press": "p", "entries": {**ENTRIES, "tags": [["team", None]]}},
        {"kind": "run_start", "press": "p", "entries": ENTRIES, "confirmed": [1]},
        {"kind": "run_start", "press": "p", "entries": {}, "confirmed": []},
    ],
)
def test_anything_else_is_refused(content):
    assert protocol.read_page_message(content) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("\x00\x1b[31m", "\x00\x1b[31m"),
        ("naïve ☃", "naïve ☃"),
        ("a\udc80b", "a\\udc80b"),
        ("abcdef", "abcd"),
    ],
)
def test_wire_text_can_always_be_encoded(text, expected):
    assert protocol.wire_text(text, 4 if expected == "abcd" else None) == expected
    protocol.wire_text(text).encode("utf-8")


def test_a_state_is_rows_in_the_definitions_order():
    step = StepState("train", "Training", StepStatus.FAILED, NOW, NOW, reason="x\udfff", attempts=2, because=("a",))
    row = protocol.step_row(step)
    assert row["started"] == row["ended"] == 1795334400000
    assert row["reason"] == "x\\udfff"
    state = ExecutionState("arn", "p", ExecutionStatus.FAILED, {"train": step}, started=NOW)
    run = protocol.run_fact(state, NOW, "throttled")
    assert (run["status"], run["now"], run["health"]) == ("Failed", 1795334400000, "throttled")
    json.dumps([row, run]).encode()


def test_steps_know_their_nodes():
    graph = nx.DiGraph([("b", "a")])
    nx.set_node_attributes(graph, "Training", "type")
    assert protocol.step_facts(draw(graph)) == [
        {"name": "b", "id": "n1", "type": "Training", "status": "waiting"},
        {"name": "a", "id": "n2", "type": "Training", "status": "waiting"},
    ]
    compared = protocol.compared_facts(draw(graph), {"a": "removed"})
    assert [(fact["name"], fact["status"]) for fact in compared] == [("b", "unchanged"), ("a", "removed")]


def test_secrets_do_not_reach_the_page():
    assert protocol.pairs([("DB_PASSWORD", "hunter2"), ("alpha", "1")])[1] == ("alpha", "1")
    facts = [
        protocol.pairs([("DB_PASSWORD", "hunter2"), ("key", "AKIAABCDEFGHIJKLMNOP")]),
        protocol.log_rows([LogLine(0, "algo-1", "using AKIAABCDEFGHIJKLMNOP now")]),
        protocol.details_facts({"train": [("environment.API_TOKEN", "hunter2")]}),
    ]
    assert "hunter2" not in json.dumps(facts)
    assert "AKIAABC" not in json.dumps(facts)


def test_a_report_is_json_with_its_markdown():
    frame = Frame("/opt/ml/code/train.py", 12, "main", "fit(x)", is_user=True, origin="cell train, line 12")
    root = RootFailure(
        "train",
        "Training",
        reasons=("ValueError: no", "AlgorithmError"),
        exit_code=1,
        exception_type="ValueError",
        exception_message="no",
        frames=(frame,),
        log_tail=(LogLine(5, "algo-1", "last"),),
        causes=(Cause("Out of memory.", "Take a larger instance.", "exit 137"),),
    )
    report = FailureReport("arn", "p", ExecutionStatus.FAILED, (root,), blocked=(("eval", "`train` failed"),))
    fact = json.loads(json.dumps(failure_messages.report_fact(report)))
    assert fact["roots"][0]["frames"][0]["origin"] == "cell train, line 12"
    assert fact["roots"][0]["log_tail"] == [[5, "algo-1", "last"]]
    assert fact["roots"][0]["causes"][0]["fix"] == "Take a larger instance."
    assert fact["blocked"] == [["eval", "`train` failed"]]
    assert "ValueError: no" in fact["markdown"]
