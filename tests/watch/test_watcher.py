"""The thread around the poller: what listeners are told, when it ends, what waiting means."""

from __future__ import annotations

import gc
import threading
import time

import pytest

from sm_pipeline_widgets.errors import ServiceError, TargetError
from sm_pipeline_widgets.execution.state import ExecutionStatus
from sm_pipeline_widgets.watch.crowd import Crowd
from sm_pipeline_widgets.watch.health import Trouble
from sm_pipeline_widgets.watch.pace import Pace
from sm_pipeline_widgets.watch.sleeping import sleep
from sm_pipeline_widgets.watch.watcher import Watcher
from sm_pipeline_widgets.watch.watchers import Watchers

from .fakes import ARN, NOON, FakeReader, FakeSource

CHAIN = {"Steps": [{"Name": "a", "Type": "Training"}, {"Name": "b", "Type": "Training", "DependsOn": ["a"]}]}
QUICK = Pace(
    fastest=0.001,
    slowest=0.005,
    growth=1.5,
    after_error=0.01,
    settle=0.0,
    logs_unasked=9,
    logs_of_all=True,
    describe_every=1,
)


class Steps:
    """A clock and a wait that let the watcher poll only when the test says so."""

    def __init__(self) -> None:
        self.turns = threading.Semaphore(0)
        self.delays: list[float] = []

    def wait(self, event: threading.Event, seconds: float) -> None:
        self.delays.append(seconds)
        while not self.turns.acquire(timeout=0.01):
            if event.is_set():
                return


@pytest.fixture
def watch():
    made: list[Watcher] = []

    def make(source: FakeSource, **options) -> Watcher:
        made.append(Watcher(source, ARN, pace=QUICK, **options))
        return made[-1]

    yield make
    for watcher in made:
        watcher.close()


def until(true) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.005)


def finish(source: FakeSource, status: str = "Succeeded") -> None:
    source.say("a", "Succeeded")
    source.say("b", "Succeeded")
    source.status = status


def test_listeners_are_told_each_change_once_and_nothing_when_quiet(watch):
    source, steps = FakeSource(CHAIN), Steps()
    watcher = watch(source, wait=steps.wait, jitter=lambda: 0.5, clock=NOON.timestamp)
    told = []
    watcher.subscribe(told.append)
    watcher.start()
    until(lambda: len(steps.delays) == 1)
    assert len(told) == 1
    steps.turns.release()
    until(lambda: len(steps.delays) == 2)
    assert len(told) == 1
    source.say("a", "Executing")
    steps.turns.release()
    until(lambda: len(steps.delays) == 3)
    assert [update.changed for update in told] == [("a", "b"), ("a",)]
    assert steps.delays[0] == QUICK.fastest


def test_a_late_listener_is_told_at_once_what_is_known(watch):
    source = FakeSource(CHAIN)
    finish(source)
    watcher = watch(source)
    watcher.wait(10, settled=True)
    told = []
    end = watcher.subscribe(told.append)
    assert told[0].state.status is ExecutionStatus.SUCCEEDED
    end()
    end()
    source.say("a", "Failed")
    watcher.poke()
    until(lambda: watcher.state.steps["a"].status == "failed")
    assert len(told) == 1


def test_a_broken_listener_does_not_keep_the_others_from_being_told(watch, caplog):
    source = FakeSource(CHAIN)
    finish(source)
    watcher = watch(source)
    told = []
    watcher.subscribe(lambda _: 1 / 0)
    watcher.subscribe(told.append)
    watcher.wait(10)
    until(lambda: told)
    assert "ZeroDivisionError" in caplog.text


def test_the_thread_ends_with_the_execution_and_comes_back_to_follow(watch):
    source = FakeSource(CHAIN)
    finish(source)
    source.logs["b"] = FakeReader()
    source.logs["b"].write("hello")
    before = threading.active_count()
    watcher = watch(source)
    watcher.wait(10, settled=True)
    until(lambda: threading.active_count() == before)
    assert watcher.last.logs == {}
    watcher.follow("b")
    until(lambda: watcher.last.logs == {"b": 1})
    until(lambda: threading.active_count() == before)
    assert watcher.store.page("b", 0, 5)[0].text == "hello"


def test_waiting_gives_up_after_its_timeout_and_the_watch_goes_on(watch):
    source = FakeSource(CHAIN)
    watcher = watch(source)
    assert watcher.wait(0.3).status is ExecutionStatus.EXECUTING
    finish(source)
    assert watcher.wait(10).status is ExecutionStatus.SUCCEEDED


@pytest.mark.parametrize("status", ["Succeeded", "Failed", "Stopped", "CompletedWithFailures"])
def test_every_end_is_an_end(watch, status):
    source = FakeSource(CHAIN)
    finish(source, status)
    assert watch(source).wait(10, settled=True).status == status


def test_an_execution_that_does_not_exist_is_raised_to_who_waits(watch):
    trouble = ServiceError("DescribePipelineDefinitionForExecution", "ResourceNotFound", "no such execution")
    with pytest.raises(ServiceError, match="no such execution"):
        watch(FakeSource(CHAIN, trouble=trouble)).wait(10)


def test_a_service_that_cannot_be_reached_is_waited_for_as_long_as_one_cares_to(watch):
    source = FakeSource(CHAIN, trouble=TargetError("The service cannot be reached"))
    watcher = watch(source)
    with pytest.raises(TargetError, match="Nothing could be read"):
        watcher.wait(0.2)
    source.trouble = None
    finish(source)
    assert watcher.wait(10).status is ExecutionStatus.SUCCEEDED


def test_an_answer_that_breaks_the_watching_is_told_not_hidden(watch, caplog):
    source = FakeSource(CHAIN)
    source.items["a"] = {"StepName": "a", "StepStatus": "Executing", "AttemptCount": "many"}
    with pytest.raises(TargetError, match="broke"):
        watch(source).wait(10)
    assert "many" in caplog.text


def test_closing_ends_the_watch_and_releases_who_waits(watch):
    source = FakeSource(CHAIN)
    watcher = watch(source)
    watcher.wait(0.1)
    waiter = threading.Thread(target=watcher.wait)
    waiter.start()
    watcher.close()
    waiter.join(5)
    assert not waiter.is_alive()
    assert watcher.is_closed


def test_views_of_one_execution_share_its_watcher():
    source = FakeSource(CHAIN)
    registry = Watchers()
    first = registry.watcher_for(ARN, lambda: Watcher(source, ARN, pace=QUICK))
    assert registry.watcher_for(ARN, lambda: Watcher(source, ARN, pace=QUICK)) is first
    first.close()
    second = registry.watcher_for(ARN, lambda: Watcher(source, ARN, pace=QUICK))
    assert second is not first
    finish(source)
    second.wait(10, settled=True)
    registry.close()
    assert second.is_closed


def test_a_watcher_nobody_holds_goes_when_its_thread_has_ended():
    source = FakeSource(CHAIN)
    finish(source)
    registry = Watchers()
    before = threading.active_count()
    registry.watcher_for(ARN, lambda: Watcher(source, ARN, pace=QUICK)).wait(10, settled=True)
    until(lambda: threading.active_count() == before)
    gc.collect()
    assert len(registry) == 0


def test_who_waits_after_a_retry_waits_for_its_end(watch):
    source = FakeSource(CHAIN)
    finish(source, "Failed")
    watcher = watch(source)
    assert watcher.wait(10, settled=True).status is ExecutionStatus.FAILED
    source.status = "Executing"
    watcher.poke()
    assert watcher.wait(0.2).status is ExecutionStatus.EXECUTING
    finish(source)
    assert watcher.wait(10, settled=True).status is ExecutionStatus.SUCCEEDED


def test_a_run_that_is_deleted_while_it_is_waited_for_is_told(watch):
    source = FakeSource(CHAIN)
    watcher = watch(source)
    watcher.wait(0.1)
    source.trouble = ServiceError("ListPipelineExecutionSteps", "ResourceNotFound", "no such execution")
    with pytest.raises(ServiceError, match="no such execution"):
        watcher.wait(10)


def test_an_ended_run_that_is_deleted_is_still_an_ended_run(watch):
    source = FakeSource(CHAIN)
    finish(source)
    watcher = watch(source)
    watcher.wait(10, settled=True)
    source.trouble = ServiceError("ListPipelineExecutionSteps", "ResourceNotFound", "no such execution")
    watcher.follow("a")
    until(lambda: not watcher.health.ok)
    assert watcher.wait(10, settled=True).status is ExecutionStatus.SUCCEEDED
    until(lambda: watcher._thread is None)


def test_views_come_and_go_and_each_is_told_what_it_missed(watch):
    source, steps = FakeSource(CHAIN), Steps()
    watcher = watch(source, wait=steps.wait, clock=NOON.timestamp)
    first, second = [], []
    leave = watcher.subscribe(first.append)
    watcher.start()
    until(lambda: len(steps.delays) == 1)
    leave()
    source.say("a", "Executing")
    steps.turns.release()
    until(lambda: len(steps.delays) == 2)
    watcher.subscribe(second.append)
    assert (len(first), len(second)) == (1, 1)
    assert second[0].state.steps["a"].status == "running"


def test_a_machine_that_slept_says_so_and_asks_at_once(watch):
    source = FakeSource(CHAIN)
    now = [NOON.timestamp()]
    told = []

    def sleep(event: threading.Event, seconds: float) -> None:
        slept.release()
        woken.acquire(timeout=5)

    slept, woken = threading.Semaphore(0), threading.Semaphore(0)
    watcher = watch(source, wait=sleep, clock=lambda: now[0])
    watcher.subscribe(told.append)
    watcher.start()
    assert slept.acquire(timeout=5)
    now[0] += 3 * 3600
    source.say("a", "Executing")
    woken.release()
    assert slept.acquire(timeout=5)
    assert [update.health.message for update in told] == ["", "this machine was asleep; asking again", ""]
    assert told[1].health.since == NOON
    assert (told[1].now - NOON).total_seconds() == 3 * 3600
    assert told[2].state.steps["a"].status == "running"
    woken.release(100)


def test_the_time_a_machine_sleeps_counts_as_waiting():
    """`Event.wait` counts only what a machine was awake; a wait that is over by the wall's clock must be over."""
    event = threading.Event()
    began = time.monotonic()
    sleep(event, 0.05)
    assert 0.04 <= time.monotonic() - began < 5
    event.set()
    sleep(event, 60)
    assert time.monotonic() - began < 5


def test_many_watchers_of_one_kernel_share_what_may_be_asked(watch):
    crowd = Crowd(uncrowded=2)
    alone, steps = Steps(), Steps()
    first = watch(
        FakeSource(CHAIN, is_local=False), wait=alone.wait, jitter=lambda: 0.5, clock=NOON.timestamp, crowd=crowd
    )
    first.start()
    until(lambda: len(alone.delays) == 1)
    assert alone.delays == [QUICK.fastest]
    for _ in range(5):
        crowd.enter()
    alone.turns.release()
    until(lambda: len(alone.delays) == 2)
    assert alone.delays[1] == pytest.approx(3 * QUICK.fastest * QUICK.growth)
    local = watch(FakeSource(CHAIN), wait=steps.wait, jitter=lambda: 0.5, clock=NOON.timestamp, crowd=crowd)
    local.start()
    until(lambda: steps.delays)
    assert steps.delays == [QUICK.fastest]
    first.close()
    until(lambda: crowd.stretch == 2.5)


def test_the_first_answer_is_waited_for_and_a_refusal_is_an_answer(watch):
    source = FakeSource(CHAIN, trouble=ServiceError("ListPipelineExecutionSteps", "AccessDeniedException", "no"))
    watcher = watch(source)
    began = time.monotonic()
    assert watcher.first(30) is None
    assert time.monotonic() - began < 10
    assert watcher.health.trouble is Trouble.DENIED
    until(lambda: watcher._thread is None)  # given up
    source.trouble = None  # and somebody was given the right
    assert watcher.first(30).status is ExecutionStatus.EXECUTING
    finish(source)
    assert watcher.wait(10).status is ExecutionStatus.SUCCEEDED


def test_who_waits_again_after_a_refusal_asks_again(watch):
    source = FakeSource(CHAIN, trouble=ServiceError("DescribePipelineExecution", "ResourceNotFound", "no"))
    watcher = watch(source)
    with pytest.raises(ServiceError):
        watcher.wait(10)
    source.trouble = None
    finish(source)
    assert watcher.wait(10, settled=True).status is ExecutionStatus.SUCCEEDED


def test_the_age_of_old_data_is_told(watch):
    source = FakeSource(CHAIN)
    watcher = watch(source, clock=NOON.timestamp)
    watcher.first(10)
    assert watcher.health.words == ""
    source.trouble = ServiceError("ListPipelineExecutionSteps", "ExpiredTokenException", "no")
    until(lambda: not watcher.health.ok)
    assert watcher.health.words.startswith("data of 12:00:00 UTC: credentials expired")


def test_a_bell_has_the_log_read_and_nothing_else(watch):
    source, steps = FakeSource(CHAIN), Steps()
    reader = source.logs["a"] = FakeReader()
    source.say("a", "Executing")
    watcher = watch(source, wait=steps.wait, jitter=lambda: 0.5, clock=NOON.timestamp)
    watcher.start()
    until(lambda: len(steps.delays) == 1)
    asked = source.calls["steps"]
    reader.write("hello")
    watcher.ring("a")
    until(lambda: watcher.last.logs == {"a": 1})
    until(lambda: len(steps.delays) == 2)
    assert source.calls["steps"] == asked
    source.say("a", "Succeeded")
    watcher.poke()
    until(lambda: watcher.state.steps["a"].status == "succeeded")


def test_who_may_look_does_not_share_the_watcher_of_who_may_not():
    denied = FakeSource(CHAIN, trouble=ServiceError("ListPipelineExecutionSteps", "AccessDeniedException", "no"))
    allowed = FakeSource(CHAIN)
    finish(allowed)
    registry = Watchers()
    first = registry.watcher_for(ARN, lambda: Watcher(denied, ARN, pace=QUICK))
    assert first.first(10) is None
    second = registry.watcher_for(ARN, lambda: Watcher(allowed, ARN, pace=QUICK))
    assert second.wait(10, settled=True).status is ExecutionStatus.SUCCEEDED
    assert registry.watcher_for(ARN, lambda: Watcher(allowed, ARN, pace=QUICK)) is second
    registry.close()
    first.close()


@pytest.mark.parametrize(("is_local", "least"), [(False, 120.0), (True, 0.0)])
def test_who_pays_for_questions_can_have_fewer_of_them(watch, is_local, least):
    steps = Steps()
    watcher = watch(FakeSource(CHAIN, is_local=is_local), wait=steps.wait, jitter=lambda: 0.5, crowd=Crowd())
    watcher.ease(120.0)
    watcher.start()
    until(lambda: len(steps.delays) == 1)
    assert least <= steps.delays[0] <= max(least, 1.0)
