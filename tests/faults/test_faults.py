"""A watched run ends in the right state with every line exactly once, whatever goes wrong on the way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sm_pipeline_widgets.execution.state import ExecutionStatus, StepStatus
from sm_pipeline_widgets.watch.health import Trouble

from . import proxy as faults
from .conftest import ALL_LINES, QUICK, TALK, lines_of, processing
from .proxy import Rule, Stall, Weather

DESCRIBE, STEPS, LOGS, STREAMS = (
    "DescribePipelineExecution",
    "ListPipelineExecutionSteps",
    "GetLogEvents",
    "DescribeLogStreams",
)


def talking(*more: dict) -> list[dict]:
    return [processing("talk", TALK), processing("after", "print('line 0')", DependsOn=["talk"]), *more]


@pytest.mark.parametrize(
    ("name", "rules", "troubles"),
    [
        ("throttled", [Rule(faults.throttle, STEPS, 6, after=3)], {Trouble.THROTTLED}),
        ("throttled-logs", [Rule(faults.throttle, LOGS, 8, after=2)], {Trouble.THROTTLED}),
        ("throttled-all", [Rule(faults.throttle, "", 12, after=6)], {Trouble.THROTTLED}),
        ("first-answers", [Rule(faults.throttle, "", 4)], {Trouble.THROTTLED}),
        ("internal", [Rule(faults.internal, "", 8, after=5)], {Trouble.SERVICE}),
        ("gateway", [Rule(faults.gateway, "", 6, after=5)], {Trouble.SERVICE, Trouble.OTHER}),
        # a web page that says "200 OK" must not be read as "there are no steps"
        ("portal", [Rule(faults.nonsense, STEPS, 4, after=3)], {Trouble.UNREACHABLE}),
        ("reset", [Rule(faults.reset, "", 8, after=5)], {Trouble.UNREACHABLE}),
        ("lost-answers", [Rule(faults.reset_after, LOGS, 6, after=1)], {Trouble.UNREACHABLE}),
        ("cut", [Rule(faults.cut, "", 8, after=5)], {Trouble.UNREACHABLE}),
        ("expired", [Rule(faults.expired, "", 8, after=6)], {Trouble.SIGNED_OUT}),
        ("clock", [Rule(faults.skewed, "", 5, after=6)], {Trouble.CLOCK}),
        ("denied-a-while", [Rule(faults.denied_for_now, LOGS, 3, after=1)], {Trouble.DENIED}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_trouble_is_told_and_recovered_from(lab, name, rules, troubles):
    proxy = lab.proxy()
    proxy.rules = rules
    watcher, told = lab.watch(lab.source(proxy), lab.start(f"fault-{name}", *talking()))
    state = watcher.wait(60, settled=True)
    assert state.status is ExecutionStatus.SUCCEEDED
    assert {step.status for step in state.steps.values()} == {StepStatus.SUCCEEDED}
    assert lines_of(watcher, "talk") == ALL_LINES
    assert lines_of(watcher, "after") == ["line 0"]
    assert sum(proxy.failed.values()) > 0
    said = {update.health.trouble for update in told}
    assert said & troubles
    assert said <= troubles | {Trouble.NONE}
    assert (watcher.health.ok, watcher.health.message) == (True, "")


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        ("repeated", [Rule(faults.again, LOGS, 30, after=1)]),
        ("older", [Rule(faults.older, LOGS, 30, after=3)]),
        ("mixed", [Weather(5, 0.6, [faults.again, faults.older, faults.hollow], 80)]),
        ("hollow", [Rule(faults.hollow, LOGS, 40)]),
        ("jumbled", [Rule(faults.jumbled_steps, STEPS, 1000)]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_odd_answers_cost_no_line_and_double_none(lab, name, rules):
    proxy = lab.proxy()
    if name == "mixed":
        rules = [Only(LOGS, rules[0])]
    proxy.rules = rules
    watcher, told = lab.watch(lab.source(proxy), lab.start(f"odd-{name}", *talking()))
    state = watcher.wait(60, settled=True)
    assert state.status is ExecutionStatus.SUCCEEDED
    assert lines_of(watcher, "talk") == ALL_LINES
    assert lines_of(watcher, "after") == ["line 0"]
    assert sum(proxy.failed.values()) > 0
    assert {update.health.trouble for update in told} == {Trouble.NONE}


class Only:
    """Some weather for one operation."""

    def __init__(self, operation: str, weather: Weather) -> None:
        self._operation, self._weather = operation, weather

    def takes(self, operation: str) -> bool:
        return operation == self._operation and self._weather.takes(operation)

    @property
    def fault(self):
        return self._weather.fault


BAD_WEATHER = [
    faults.throttle,
    faults.internal,
    faults.gateway,
    faults.reset,
    faults.reset_after,
    faults.cut,
    faults.expired,
    faults.skewed,
]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_run_is_watched_through_any_weather(lab, seed):
    proxy = lab.proxy()
    odd = Only(LOGS, Weather(seed, 0.3, [faults.again, faults.older, faults.hollow], 60))
    proxy.rules = [Weather(seed, 0.35, BAD_WEATHER, 60), odd]
    fails = processing("fails", "raise ValueError('on purpose')", DependsOn=["talk"])
    watcher, _ = lab.watch(lab.source(proxy), lab.start(f"weather-{seed}", *talking(fails)))
    state = watcher.wait(90, settled=True)
    assert watcher.is_settled
    assert state.status is ExecutionStatus.FAILED
    assert {name: str(step.status) for name, step in state.steps.items()} == {
        "talk": "succeeded",
        "after": "succeeded",
        "fails": "failed",
    }
    assert lines_of(watcher, "talk") == ALL_LINES
    assert watcher.report.roots[0].headline == "ValueError: on purpose"


def test_a_service_that_stalls_is_told_while_one_still_waits(lab, until):
    proxy = lab.proxy()
    stall = Stall(30)
    watcher, told = lab.watch(
        lab.source(proxy), lab.start("stalls", *talking()), pace=replace(QUICK, overdue=0.3, after_error=0.1)
    )
    until(lambda: watcher.last.logs)
    proxy.rules = [Rule(stall, STEPS, 1)]
    until(lambda: "no answer for" in told[-1].health.message)
    assert told[-1].health.trouble is Trouble.UNREACHABLE
    assert told[-1].health.since is not None
    assert told[-1].state is not None
    state = watcher.wait(60, settled=True)
    assert state.status is ExecutionStatus.SUCCEEDED
    assert lines_of(watcher, "talk") == ALL_LINES
    assert told[-1].health.ok
    stall.released.set()


def test_a_network_that_is_away_for_a_while(lab, until):
    proxy = lab.proxy()
    watcher, told = lab.watch(lab.source(proxy), lab.start("away", *talking()))
    until(lambda: watcher.last.logs)
    proxy.seen.clear()
    proxy.is_up = False
    until(lambda: not watcher.health.ok)
    fresh = watcher.health.since
    before = len(told)
    until(lambda: proxy.seen[STEPS] > 12)
    assert watcher.health.since == fresh
    assert len(told) - before <= 1  # the page counts the seconds; nothing new is nothing told
    proxy.is_up = True
    assert watcher.wait(60, settled=True).status is ExecutionStatus.SUCCEEDED
    assert lines_of(watcher, "talk") == ALL_LINES
    assert told[-1].health.ok


@pytest.mark.parametrize("ahead", [-240, 240])
def test_a_clock_that_is_minutes_off_loses_no_line(lab, ahead):
    """AWS accepts requests up to five minutes off, so such a clock goes unnoticed; times must not be compared with it."""
    proxy = lab.proxy()
    proxy.dated_later_by = -ahead
    source = lab.source(proxy)
    watcher, _ = lab.watch(source, lab.start(f"clock{ahead}", *talking()))
    assert watcher.wait(60, settled=True).status is ExecutionStatus.SUCCEEDED
    assert lines_of(watcher, "talk") == ALL_LINES
    assert source.clock_ahead == pytest.approx(ahead, abs=3)
    assert (watcher.last.now - watcher.health.since).total_seconds() == pytest.approx(-ahead, abs=3)
