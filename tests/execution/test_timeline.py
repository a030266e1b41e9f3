"""Where a run's time went: waiting, the critical path, lanes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sm_pipeline_widgets.execution.state import ExecutionState, ExecutionStatus, StepState, StepStatus
from sm_pipeline_widgets.execution.timeline import Timeline, timeline

BEGAN = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def at(seconds):
    return None if seconds is None else BEGAN + timedelta(seconds=seconds)


def state_of(**spans):
    """A run whose steps ran in these spans of seconds; an open end runs, no span waits."""
    steps = {}
    for name, span in spans.items():
        status = StepStatus.WAITING
        if span is not None:
            status = StepStatus.RUNNING if span[1] is None else StepStatus.SUCCEEDED
        start, end = span or (None, None)
        steps[name] = StepState(name, "Training", status, at(start), at(end))
    return ExecutionState("arn", "p", ExecutionStatus.EXECUTING, steps, started=BEGAN)


DIAMOND = {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]}


@pytest.mark.parametrize(
    ("spans", "critical"),
    [
        ({"a": (0, 10), "b": (11, 20), "c": (11, 40), "d": (42, 50)}, ("a", "c", "d")),
        ({"a": (0, 10), "b": (11, 41), "c": (11, 40), "d": (42, 50)}, ("a", "b", "d")),
        ({"a": (0, 10), "b": (11, 20), "c": (12, None), "d": None}, ("a", "c")),
        ({"a": (0, 10), "b": (11, None), "c": (12, None), "d": None}, ("a", "b")),
        ({"a": (3, None), "b": None, "c": None, "d": None}, ("a",)),
        ({"a": None, "b": None, "c": None, "d": None}, ()),
    ],
)
def test_the_critical_path_is_what_decides_the_end(spans, critical):
    assert timeline(state_of(**spans), DIAMOND).critical == critical


def test_a_step_waits_from_the_end_of_the_last_one_it_needs():
    bars = {bar.step: bar for bar in timeline(state_of(a=(2, 10), b=(11, 20), c=(30, 40), d=(42, None)), DIAMOND).bars}
    assert {name: bar.waited for name, bar in bars.items()} == {"a": 2, "b": 1, "c": 20, "d": 2}
    assert bars["d"].seconds(at(50)) == 8


def test_clocks_that_disagree_make_no_negative_waiting():
    (a, b) = timeline(state_of(a=(0, 10), b=(9, 20)), {"b": ["a"]}).bars
    assert b.waited == 0
    assert a.ready == BEGAN


def test_a_cycle_ends():
    assert timeline(state_of(a=(0, 10), b=(10, 20)), {"a": ["b"], "b": ["a"]}).critical == ("a", "b")


def test_lanes_hold_what_fits_side_by_side():
    made = timeline(state_of(a=(0, 10), b=(11, 20), c=(11, 40), d=(42, None)), DIAMOND)
    assert [[bar.step for bar in lane] for lane in made.lanes()] == [["a", "b", "d"], ["c"]]
    assert Timeline().lanes() == ()
