"""A live view of a real run on the engine: what goes over its comm, and what it notices by itself."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from comm.base_comm import BaseComm

from sm_pipeline_widgets import Pipeline, connect, run
from sm_pipeline_widgets.api.code_book import CodeBook
from sm_pipeline_widgets.api.show import LiveView
from sm_pipeline_widgets.aws.source import TargetSource
from sm_pipeline_widgets.watch.pace import LOCAL
from sm_pipeline_widgets.watch.watcher import Watcher
from sm_pipeline_widgets.watch.watchers import watcher_for

TEXT = """\
steps:
  make: {type: Processing, code: make.py}
  use: {type: Processing, code: use.py, depends_on: [make]}
"""


class RecordingComm(BaseComm):
    """A comm that keeps what was sent."""

    def __init__(self, *args, **kwargs):
        self.sent = []
        super().__init__(*args, **kwargs)

    def publish_msg(self, msg_type, data=None, **_rest):  # noqa: ARG002 - the base's own
        self.sent.append(data or {})

    def hear(self, content):
        """A message of the page."""
        self.handle_msg({"content": {"data": {"method": "custom", "content": content}}, "buffers": []})


class Told:
    """What a watcher tells: how often, the newest, and waiting for something."""

    def __init__(self):
        self.updates = 0
        self.state = None
        self._news = threading.Condition()

    def __call__(self, update):
        with self._news:
            self.updates += 1
            self.state = update.state
            self._news.notify_all()

    def wait_for(self, fits):
        with self._news:
            assert self._news.wait_for(lambda: self.state is not None and fits(self.state), 60), self.state


@pytest.fixture
def target(engine):
    return connect("local", home=engine.home)


@pytest.fixture
def failing(tmp_path, target):
    (tmp_path / "make.py").write_text("for n in range(30): print('line', n, flush=True)\n")
    (tmp_path / "use.py").write_text("raise SystemExit('no data')\n")
    pipeline = Pipeline.from_yaml(TEXT, name="seen", code=CodeBook(tmp_path))
    return run(pipeline, target=target)


def quick(execution):
    """The execution's watcher, which asks more often whether somebody retried it."""
    execution.watcher.close()
    source = TargetSource(execution.target)
    pace = replace(LOCAL, linger=0.2, doze=0.2)
    execution.watcher = watcher_for(execution.arn, lambda: Watcher(source, execution.arn, pace=pace))
    return execution.watcher


def seen(execution):
    """A view of it before somebody's eyes, with its comm."""
    live = LiveView.of_execution(execution)
    comm = live.view.comm = RecordingComm(target_name="jupyter.widget")
    comm.hear({"kind": "sight", "view": "v1", "is_seen": True})
    return live, comm


def test_a_poll_is_one_message_at_most(failing):
    live, comm = seen(failing)
    told = Told()
    leave = failing.watcher.subscribe(told)
    before = len(comm.sent)
    failing.wait(60)
    failing.why()
    leave()
    assert live.view.state["run"]["status"] == "Failed"
    assert live.view.report["roots"][0]["step"] == "use"
    assert live.view.actions[-1]["reason"] == "it has ended"
    assert 1 <= len(comm.sent) - before <= told.updates
    assert comm.sent[-1]["method"] in ("custom", "update")


def test_a_retry_by_somebody_else_comes_before_ones_eyes_by_itself(failing, engine):
    watcher = quick(failing)
    live, comm = seen(failing)
    told = Told()
    watcher.subscribe(told, looks=False)
    failing.wait(60)
    failing.why()
    engine.client("sagemaker").retry_pipeline_execution(PipelineExecutionArn=failing.arn)
    told.wait_for(lambda state: state.status.is_bad and state.steps["use"].attempts == 2)
    failing.why()
    rows = {row["name"]: row for row in live.view.state["steps"]}
    assert (rows["make"]["attempts"], rows["use"]["attempts"]) == (1, 2)
    comm.hear({"kind": "sight", "view": "v1", "is_seen": False})
    assert not watcher._attention.is_seen


def test_a_view_that_follows_another_run_lets_go_of_the_one_before(failing, target):
    live, _ = seen(failing)
    failing.wait(60)
    other = run(Pipeline.from_deployed(target, "seen"), target=target)
    live.follow(other)
    assert not failing.watcher._attention.is_seen
    assert other.watcher._attention.is_seen
    other.wait(60)
