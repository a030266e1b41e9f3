"""What a widget says at once is one message at its comm."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import networkx as nx
import pytest
from comm.base_comm import BaseComm

from sm_pipeline_widgets.execution.failure import FailureReport, RootFailure
from sm_pipeline_widgets.execution.loglines import LogLine
from sm_pipeline_widgets.execution.state import ExecutionState, ExecutionStatus, StepState, StepStatus
from sm_pipeline_widgets.view.picture import draw
from sm_pipeline_widgets.widgets.execution_view import ExecutionView

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


class RecordingComm(BaseComm):
    """A comm that keeps what was sent."""

    def __init__(self, *args, **kwargs):
        self.sent = []
        super().__init__(*args, **kwargs)

    def publish_msg(self, msg_type, data=None, **_rest):  # noqa: ARG002 - the base's own
        self.sent.append(data or {})


def state_of(status, **statuses):
    metrics = {"MetricDefinitions": [{"Name": "rmse", "Regex": "rmse=([0-9.]+)"}]}
    step = {"Name": "train", "Type": "Training", "Arguments": {"AlgorithmSpecification": metrics}}
    steps = {name: StepState(name, "Training", StepStatus(word), started=NOW) for name, word in statuses.items()}
    return ExecutionState("arn:x", "diabetes", status, steps, started=NOW, definition={"Steps": [step]})


@pytest.fixture
def view():
    made = ExecutionView(draw(nx.DiGraph([("prepare", "train")])), title="diabetes", actions={"stop": lambda: None})
    lines = [LogLine(n, "algo-1", f"rmse={n}") for n in range(2)]
    made.attach_logs(lambda _step, first, count: lines[first : first + count], lambda _step: 2, lambda *_: None)
    made.comm = RecordingComm(target_name="jupyter.widget")
    made.comm.sent.clear()
    return made


def failure():
    return FailureReport("arn:x", "diabetes", ExecutionStatus.FAILED, (RootFailure("train", "Training"),))


def test_a_poll_that_changes_everything_is_one_message(view):
    view.show_state(state_of(ExecutionStatus.EXECUTING, prepare="succeeded", train="running"), now=NOW)
    view.comm.sent.clear()
    ended = replace(
        state_of(ExecutionStatus.FAILED, prepare="succeeded", train="failed"), ended=NOW + timedelta(seconds=9)
    )
    with view.one_message():
        view.show_state(ended, now=NOW)
        view.logs_grew({"train": 2})
        view.show_report(failure())
        view.allow("stop", "it has ended")
    (sent,) = view.comm.sent
    news = sent["content"]
    assert [part["kind"] for part in news["parts"]] == ["log_total", "metrics"]
    assert sorted(news["synced"]) == ["actions", "report", "state"]
    assert news["synced"]["state"]["run"]["status"] == "Failed"
    assert news["synced"]["report"]["roots"][0]["step"] == "train"
    assert news["synced"]["actions"][0]["reason"] == "it has ended"


def test_one_thing_is_said_as_itself_and_nothing_not_at_all(view):
    with view.one_message():
        pass
    with view.one_message(), view.one_message():
        view.logs_grew({"train": 2})
    with view.one_message():
        view.allow("stop", "it has ended")
    kinds = [sent.get("content", {}).get("kind", sent["method"]) for sent in view.comm.sent]
    assert kinds == ["log_total", "update"]


def test_what_fails_in_between_does_not_keep_back_what_was_said(view):
    def breaks():
        with view.one_message():
            view.show_state(state_of(ExecutionStatus.EXECUTING, train="running"), now=NOW)
            raise LookupError("no line")

    with pytest.raises(LookupError):
        breaks()
    assert [sent["content"]["kind"] for sent in view.comm.sent] == ["state"]


def test_another_thread_is_not_held_up(view):
    """A page is answered at once while the watcher's thread puts its message together."""
    with view.one_message():
        view.show_state(state_of(ExecutionStatus.EXECUTING, train="running"), now=NOW)
        request = {"kind": "log_page_request", "step": "train", "first": 0, "count": 2}
        message = {"content": {"data": {"method": "custom", "content": request}}, "buffers": []}
        asking = threading.Thread(target=view.comm.handle_msg, args=(message,))
        asking.start()
        asking.join()
        assert [sent["content"]["kind"] for sent in view.comm.sent] == ["log_page"]
    assert len(view.comm.sent) == 2
