"""The kernel's side of the execution view: messages counted on the widget's comm, and the static renderings."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import networkx as nx
import pytest
from comm.base_comm import BaseComm

from sm_pipeline_widgets.errors import Problem, Severity
from sm_pipeline_widgets.execution.failure import FailureReport, RootFailure
from sm_pipeline_widgets.execution.loglines import LogLine
from sm_pipeline_widgets.execution.progress import JobProgress
from sm_pipeline_widgets.execution.state import ExecutionState, ExecutionStatus, StepState, StepStatus
from sm_pipeline_widgets.view.picture import draw
from sm_pipeline_widgets.widgets.execution_view import Action, ExecutionView

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
LATER = NOW + timedelta(seconds=30)


class RecordingComm(BaseComm):
    """A comm that keeps what was sent."""

    def __init__(self, *args, **kwargs):
        self.sent = []
        super().__init__(*args, **kwargs)

    def publish_msg(self, msg_type, data=None, **_rest):
        self.sent.append((msg_type, data or {}))

    @property
    def customs(self):
        return [data["content"] for kind, data in self.sent if kind == "comm_msg" and data.get("method") == "custom"]


def recorded(view):
    """The view, speaking to a comm that keeps what was sent."""
    view.comm = RecordingComm(target_name="jupyter.widget")
    view.comm.sent.clear()
    return view


def state_of(**statuses):
    steps = {name: StepState(name, "Training", StepStatus(status), started=NOW) for name, status in statuses.items()}
    return ExecutionState("arn:x", "diabetes", ExecutionStatus.EXECUTING, steps, started=NOW)


@pytest.fixture
def view():
    picture = draw(nx.DiGraph([("prepare", "train")]))
    return recorded(ExecutionView(picture, title="diabetes", parameters={"API_TOKEN": "hunter2"}))


def test_one_message_for_all_changes_and_none_without(view):
    state = state_of(prepare="running", train="waiting")
    assert view.show_state(state, now=NOW)
    assert not view.show_state(state, now=LATER)
    assert view.show_state(state_of(prepare="succeeded", train="running"), now=LATER)
    assert view.show_state(state_of(prepare="succeeded", train="running"), health_message="throttled", now=LATER)
    assert [kind for kind, _data in view.comm.sent] == ["comm_msg"] * 3
    first, second, third = view.comm.customs
    assert [row["name"] for row in first["steps"]] == ["prepare", "train"]
    assert [(row["name"], row["status"]) for row in second["steps"]] == [("prepare", "succeeded"), ("train", "running")]
    assert third["steps"] == []
    assert third["run"]["health"] == "throttled"


def test_a_page_that_comes_late_gets_everything(view):
    view.show_state(state_of(prepare="running", train="waiting"), now=NOW)
    view.show_state(state_of(prepare="succeeded", train="waiting"), now=NOW)
    whole = view.get_state()
    assert [(row["name"], row["status"]) for row in whole["state"]["steps"]] == [
        ("prepare", "succeeded"),
        ("train", "waiting"),
    ]
    assert "hunter2" not in str(whole)


def test_a_run_shows_what_it_was_given_and_the_defaults_of_the_rest():
    view = recorded(ExecutionView(draw(nx.DiGraph()), title="x", parameters={"alpha": "0.1", "rows": "10"}))
    for given, shown in [({"alpha": "0.2"}, ["0.2", "10"]), ({"alpha": "0.2"}, ["0.2", "10"]), ({}, ["0.1", "10"])]:
        view.show_parameters(given)
        assert [value for _name, value in view.parameters] == shown
    assert len(view.comm.sent) == 2, "what has not changed is not sent"
    view.show_parameters({"MY_SECRET": "hunter2"})
    assert "hunter2" not in str(view.get_state())


def attach(view, lines):
    """Give the view one step's log; returns the list of what it follows."""
    followed = []

    def pages(_step, first, count):
        return lines[first : first + count]

    view.attach_logs(pages, lambda _step: len(lines), lambda *what: followed.append(what))
    return followed


def test_log_totals_are_one_message_and_complete_for_late_pages(view):
    attach(view, [LogLine(n, "algo-1", str(n)) for n in range(3)])
    view.logs_grew({"train": 3})
    view.logs_grew({"train": 3})
    assert [message["kind"] for message in view.comm.customs] == ["log_total"]
    assert len(view.comm.sent) == 1
    assert view.get_state()["log_totals"] == [("train", 3)]


def receive(view, content):
    view.comm.sent.clear()
    view.comm.handle_msg({"content": {"data": {"method": "custom", "content": content}}, "buffers": []})
    return view.comm.customs


def test_the_page_is_answered(view):
    followed = attach(view, [LogLine(1, "a", "b")])
    (answer,) = receive(view, {"kind": "log_page_request", "step": "train", "first": 0, "count": 5})
    assert answer["lines"] == [(1, "a", "b")]
    assert receive(view, {"kind": "follow", "view": "v", "step": "train"}) == []
    assert followed == [("train", True)]
    assert receive(view, {"kind": "nonsense"}) == []


def test_an_action_is_called_and_its_error_told():
    def refuse():
        raise ValueError("no role\nGive one with --role.")

    called = []
    actions = {"run": Action(refuse, confirm=True), "stop": lambda: called.append("stop")}
    view = recorded(ExecutionView(draw(nx.DiGraph()), title="p", actions=actions))
    assert [(fact["label"], fact["confirm"]) for fact in view.actions] == [("Run", True), ("Stop", True)]
    assert receive(view, {"kind": "action", "name": "stop"}) == [{"kind": "action_done", "name": "stop", "error": ""}]
    assert called == ["stop"]
    assert receive(view, {"kind": "action", "name": "run"})[0]["error"] == "no role\nGive one with --role."
    assert "run the cell again" in receive(view, {"kind": "action", "name": "gone"})[0]["error"]
    view.allow("run", "the text has errors")
    assert view.actions[0]["reason"] == "the text has errors"


def test_the_bundle_stands_alone(view):
    state = state_of(prepare="succeeded", train="failed")
    view.show_state(replace(state, status=ExecutionStatus.FAILED, ended=LATER), now=LATER)
    root = RootFailure("train", "Training", reasons=("out of <memory>",))
    view.show_report(FailureReport("arn:x", "diabetes", ExecutionStatus.FAILED, (root,)))
    bundle = view._repr_mimebundle_()
    assert bundle["application/vnd.sm-pipeline-widgets.view+json"]["model_id"] == view.model_id
    assert 'src="data:image/svg+xml' in bundle["text/html"]
    assert "out of &lt;memory&gt;" in bundle["text/html"]
    assert "hunter2" not in bundle["text/html"]
    assert "✕ train failed 0:30" in bundle["text/plain"]


def test_problems_and_details_reach_the_page():
    problem = Problem("E1", Severity.ERROR, "no image", "Set image.", "train", 3, 5)
    view = ExecutionView(
        draw(nx.DiGraph([("a", "train")])), title="p", problems=[problem], details={"train": [("Image", "sklearn")]}
    )
    assert view.problems[0]["line"] == 3
    assert view.details == [{"step": "train", "pairs": [("Image", "sklearn")]}]
    assert "no image" in view._repr_mimebundle_()["text/html"]


def test_rows_tell_waiting_the_critical_path_and_what_a_job_does(view):
    state = state_of(prepare="succeeded", train="running")
    prepare = replace(state.steps["prepare"], ended=NOW + timedelta(seconds=10))
    train = replace(state.steps["train"], started=NOW + timedelta(seconds=25))
    state = replace(state, steps={"prepare": prepare, "train": train})
    progress = {"train": JobProgress("downloading its data", machines="2 of ml.m5.large")}
    view.show_state(state, now=LATER, progress=progress)
    rows = {row["name"]: row for row in view.comm.customs[0]["steps"]}
    assert rows["train"]["ready"] == rows["prepare"]["ended"]
    assert [row["is_critical"] for row in rows.values()] == [True, True]
    assert rows["train"]["activity"] == "downloading its data · 2 of ml.m5.large"
    assert rows["prepare"]["activity"] == ""
    assert not view.show_state(state, now=LATER + timedelta(seconds=1), progress=progress)


def test_metrics_of_the_log_are_told_when_they_change(view):
    metrics = {"MetricDefinitions": [{"Name": "rmse", "Regex": "rmse=([0-9.]+)"}]}
    step = {"Name": "train", "Type": "Training", "Arguments": {"AlgorithmSpecification": metrics}}
    lines = [LogLine(n, "algo-1", f"rmse={n}.5") for n in range(3)]
    attach(view, lines)
    view.show_state(replace(state_of(train="running"), definition={"Steps": [step]}), now=NOW)
    view.logs_grew({"train": 3})
    told = [message["metrics"] for message in view.comm.customs if message["kind"] == "metrics"]
    assert told == [[{"step": "train", "name": "rmse", "points": [(0, 0.5), (1, 1.5), (2, 2.5)]}]]
    assert view.get_state()["metrics"] == told[0]
    view.comm.sent.clear()
    view.logs_grew({"train": 3})
    assert view.comm.customs == []
