"""Who looks decides what is asked: everything, the end alone, whether somebody retried it, or nothing."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import replace

import pytest

from sm_pipeline_widgets.errors import ServiceError
from sm_pipeline_widgets.execution.state import ExecutionStatus
from sm_pipeline_widgets.watch.attention import GLANCE_SECONDS, SIGHT_SECONDS, Attention
from sm_pipeline_widgets.watch.pace import AWS
from sm_pipeline_widgets.watch.watcher import Watcher

from .fakes import ARN, NOON, FakeReader, FakeSource

STEP = {"Steps": [{"Name": "a", "Type": "Training"}]}
PACE = replace(AWS, settle=0.0, overdue=None)


class Day:
    """A clock that a watcher's waiting moves, as far as the test allows; counts what is asked in each stretch."""

    def __init__(self, source: FakeSource) -> None:
        self.now = NOON.timestamp()
        self.source = source
        self._until = self.now
        self._news = threading.Condition()
        self._is_resting = False

    def wait(self, event: threading.Event, seconds: float) -> None:
        end = self.now + seconds
        with self._news:
            while not event.is_set():
                if end <= self._until:
                    self.now = end
                    return
                self._is_resting = True
                self._news.notify_all()
                self._news.wait(0.02)
            self._is_resting = False

    def go_on(self, seconds: float, watcher: Watcher) -> Counter:
        """Let so much time pass; what was asked meanwhile."""
        before = Counter(self.source.calls)
        with self._news:
            self._is_resting = False
            self._until += seconds
            self._news.notify_all()
            while not self._is_resting and watcher._thread is not None:
                self._news.wait(0.02)
            self.now = max(self.now, self._until)
        return self.source.calls - before


@pytest.fixture
def source():
    made = FakeSource(STEP, is_local=False)
    made.say("a", "Executing")
    made.logs["a"] = FakeReader()
    return made


@pytest.fixture
def day(source):
    return Day(source)


@pytest.fixture
def watcher(source, day):
    made = Watcher(source, ARN, pace=PACE, clock=lambda: day.now, wait=day.wait, jitter=lambda: 0.5)
    yield made
    made.close()


def until(true) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.005)


def unattended(watcher, day):
    """Begun by somebody who then looked away."""
    watcher.start()
    until(lambda: watcher.state is not None)
    day.go_on(2 * GLANCE_SECONDS, watcher)


def end(source, status="Failed"):
    source.say("a", "Failed" if status == "Failed" else status)
    source.status = status


def test_while_nobody_looks_only_the_end_is_asked_for(watcher, day, source):
    unattended(watcher, day)
    asked = day.go_on(3600, watcher)
    assert set(asked) == {"describe"}
    assert asked["describe"] <= 2 * 60 + 1
    source.say("a", "Succeeded")
    day.go_on(120, watcher)
    assert watcher.state.steps["a"].status == "running"


def test_the_end_is_told_to_a_view_that_nobody_looks_at(watcher, day, source):
    told = []
    watcher.subscribe(told.append, looks=False)
    unattended(watcher, day)
    source.logs["a"].write("Traceback", "ValueError: no")
    end(source)
    day.go_on(60, watcher)
    assert told[-1].state.status is ExecutionStatus.FAILED
    assert told[-1].logs == {"a": 2}
    assert told[-1].report.roots[0].step == "a"
    assert watcher._thread is None
    assert day.go_on(3600, watcher) == {}


def test_who_looks_again_sees_at_once_how_it_is_now(watcher, day, source):
    unattended(watcher, day)
    source.say("a", "Succeeded")
    watcher.look("view", is_seen=True)
    until(lambda: watcher.state.steps["a"].status == "succeeded")
    assert day.go_on(60, watcher)["steps"] >= 4
    watcher.look("view", is_seen=False)
    day.go_on(30, watcher)
    assert set(day.go_on(600, watcher)) == {"describe"}


def test_who_waits_or_listens_is_told_everything(watcher, day, source):
    unattended(watcher, day)
    leave = watcher.subscribe(lambda _: None)
    assert day.go_on(600, watcher)["steps"] >= 30
    leave()
    day.go_on(60, watcher)
    assert set(day.go_on(600, watcher)) == {"describe"}
    waiting = threading.Thread(target=watcher.wait)
    waiting.start()
    until(lambda: watcher._attention.is_awake)
    assert day.go_on(600, watcher)["steps"] >= 30
    end(source)
    day.go_on(60, watcher)
    waiting.join(10)
    assert not waiting.is_alive()


def test_who_asks_for_the_state_is_not_given_an_old_one(watcher, day, source):
    unattended(watcher, day)
    source.say("a", "Succeeded")
    assert watcher.first(10).steps["a"].status == "succeeded"


def test_a_retry_elsewhere_is_noticed_while_somebody_looks(watcher, day, source):
    told = []
    watcher.subscribe(told.append, looks=False)
    watcher.look("view", is_seen=True)
    watcher.start()
    until(lambda: watcher.state is not None)
    end(source)
    day.go_on(30, watcher)
    assert watcher.is_settled
    asked = day.go_on(1500, watcher)
    assert set(asked) == {"describe"}
    assert 22 <= asked["describe"] <= 25
    source.status = "Executing"
    source.say("a", "Executing")
    day.go_on(75, watcher)
    assert told[-1].state.status is ExecutionStatus.EXECUTING
    assert told[-1].report is None
    end(source, "Succeeded")
    day.go_on(60, watcher)
    assert told[-1].state.status is ExecutionStatus.SUCCEEDED
    assert watcher._thread is None  # a run that succeeded cannot be retried


def test_a_retry_that_is_over_before_it_was_seen_is_noticed_too(watcher, day, source):
    watcher.look("view", is_seen=True)
    end(source)
    watcher.start()
    until(lambda: watcher.state is not None)
    day.go_on(60, watcher)
    assert watcher.is_settled
    source.more["LastModifiedTime"] = NOON
    source.say("a", "Failed", AttemptCount=2)
    day.go_on(90, watcher)
    assert watcher.state.steps["a"].attempts == 2
    assert watcher.is_settled


def test_coming_and_going_before_an_ended_run_costs_no_more_than_staying(watcher, day, source):
    end(source)
    watcher.start()
    until(lambda: watcher.state is not None)
    day.go_on(60, watcher)
    assert watcher._thread is None
    before = Counter(source.calls)
    for turn in range(50):
        watcher.look("view", is_seen=turn % 2 == 0)
    day.go_on(30, watcher)
    assert source.calls - before == {}


def test_trouble_with_asking_after_a_retry_is_no_news(watcher, day, source):
    told = []
    watcher.subscribe(told.append, looks=False)
    watcher.look("view", is_seen=True)
    end(source)
    watcher.start()
    until(lambda: watcher.state is not None)
    day.go_on(60, watcher)
    assert watcher.is_settled
    count = len(told)
    source.trouble = ServiceError("DescribePipelineExecution", "ExpiredTokenException", "no")
    assert day.go_on(300, watcher)["describe"] >= 4
    assert len(told) == count
    assert watcher.health.ok


def test_an_engine_that_has_ended_is_not_started_to_ask_after_a_retry(watcher, day, source):
    watcher.look("view", is_seen=True)
    end(source)
    watcher.start()
    until(lambda: watcher.state is not None)
    day.go_on(60, watcher)
    source.is_up = False
    assert day.go_on(600, watcher) == {}
    source.is_up = True
    assert set(day.go_on(120, watcher)) == {"describe"}


def test_trouble_while_nobody_looks_is_told_and_got_over(watcher, day, source):
    unattended(watcher, day)
    source.trouble = ServiceError("DescribePipelineExecution", "ExpiredTokenException", "no")
    day.go_on(120, watcher)
    assert "credentials expired" in watcher.health.message
    source.trouble = None
    end(source, "Succeeded")
    day.go_on(120, watcher)
    assert watcher.state.status is ExecutionStatus.SUCCEEDED


def test_a_view_that_fell_silent_is_believed_for_a_while_only():
    now = [0.0]
    attention = Attention(lambda: now[0])
    attention.see("view")
    now[0] = SIGHT_SECONDS - 1
    assert attention.is_seen
    attention.see("view")
    now[0] += SIGHT_SECONDS - 1
    assert attention.is_awake
    now[0] += 2
    assert not attention.is_seen
    assert not attention.is_awake
    attention.glance()
    assert attention.is_awake
    assert not attention.is_seen
