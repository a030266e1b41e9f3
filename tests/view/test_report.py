"""The report of a run: everything in one file, nothing fetched, nothing that runs, no secret."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

from sm_pipeline_widgets.execution.failure import FailureReport, RootFailure
from sm_pipeline_widgets.execution.loglines import LogLine
from sm_pipeline_widgets.execution.state import ExecutionState, ExecutionStatus, StepState, StepStatus
from sm_pipeline_widgets.execution.timeline import timeline
from sm_pipeline_widgets.view.html import Snapshot
from sm_pipeline_widgets.view.report import LogEnd, render_report
from sm_pipeline_widgets.view.timeline_svg import render_timeline

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
HOSTILE = "</script><img src=x onerror=alert(1)>\x00"


def state_of(status=ExecutionStatus.FAILED):
    steps = {
        "prepare": StepState("prepare", "Processing", StepStatus.SUCCEEDED, NOW, NOW + timedelta(seconds=10)),
        HOSTILE: StepState(
            HOSTILE, "Training", StepStatus.FAILED, NOW + timedelta(seconds=40), NOW + timedelta(seconds=90)
        ),
    }
    return ExecutionState(
        "arn:x/execution/1", "diabetes", status, steps, started=NOW, ended=NOW + timedelta(seconds=90)
    )


def test_a_report_says_everything_and_runs_nothing():
    state = state_of()
    root = RootFailure(HOSTILE, "Training", reasons=("ValueError: no",))
    snapshot = Snapshot(
        "diabetes",
        state=state,
        now=NOW + timedelta(seconds=100),
        report=FailureReport("arn:x", "diabetes", state.status, (root,)),
        parameters=(("alpha", "0.1"), ("API_TOKEN", "hunter2")),
    )
    logs = (LogEnd(HOSTILE, (LogLine(0, "algo-1", f"{HOSTILE} AKIAABCDEFGHIJKLMNOP"),), 5_000), LogEnd("prepare", ()))
    details = {"prepare": [("Environment.DB_PASSWORD", "hunter2"), ("InstanceType", "ml.m5.large")]}
    text = render_report(snapshot, timeline(state, {HOSTILE: ["prepare"]}), logs, details)
    for words in (
        "Why it failed",
        "ValueError: no",
        "Where the time went",
        "of it 0:30 waiting",
        "ml.m5.large",
        "5,000 lines",
    ):
        assert words in text
    assert "<script" not in text
    assert "<img src=x" not in text
    assert "hunter2" not in text
    assert "AKIAABC" not in text
    assert "default-src &#x27;none&#x27;" in text


def test_a_run_that_goes_on_and_one_that_has_not_begun_have_reports():
    going_on = replace(state_of(ExecutionStatus.EXECUTING), ended=None)
    assert "running" in render_report(Snapshot("p", state=going_on, now=NOW), timeline(going_on, {}))
    assert "not run yet" in render_report(Snapshot("p"))


def test_the_timeline_is_a_picture_that_any_reader_can_parse():
    state = state_of()
    svg = render_timeline(timeline(state, {HOSTILE: ["prepare"]}), state, NOW + timedelta(seconds=90))
    root = ET.fromstring(svg)  # noqa: S314 - our own
    titles = [element.text for element in root.iter("{http://www.w3.org/2000/svg}title")]
    assert titles[1] == "prepare: succeeded, 0:10, critical path"
    assert "waited 0:30 to begin" in titles[2]
    assert not render_timeline(timeline(replace(state, steps={}), {}), state, NOW)
