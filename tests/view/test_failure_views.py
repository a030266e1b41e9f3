"""A failure as text and as a ticket: everything that is known is there, and no secret is."""

from __future__ import annotations

import doctest
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sm_pipeline_widgets.execution.causes import Evidence, Seen, find_causes
from sm_pipeline_widgets.execution.failure import FailureReport, RootFailure
from sm_pipeline_widgets.execution.first_errors import HostError
from sm_pipeline_widgets.execution.jobfacts import Moment, Stage
from sm_pipeline_widgets.execution.loglines import LogLine
from sm_pipeline_widgets.execution.state import ExecutionStatus
from sm_pipeline_widgets.view import redact
from sm_pipeline_widgets.view.html import failure
from sm_pipeline_widgets.view.markdown import report_markdown
from sm_pipeline_widgets.view.text import failure_report

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
DENIED = "User: u is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::b/k"
ROOT = RootFailure(
    "train", "Training", reasons=("ValueError: bad", "AlgorithmError: token=hunter2"), exit_code=1, exit_meaning="it ended",
    exception_type="ValueError", exception_message="bad", followed=("KeyError: 'k'",), led_to=("CalledProcessError: x",),
    log_tail=(LogLine(0, "algo-1", "login --password hunter2"), LogLine(1, "algo-2", "end")),
    causes=find_causes([Evidence(DENIED, Seen.REASON)]), facts=(("variable DB_PASSWORD", "hunter2"), ("machine", "2 of ml.m5.large")),
    job_arn="arn:job", started=NOON, ended=NOON + timedelta(seconds=70), host="algo-1", stage=Stage.DATA,
    first_errors=(HostError("algo-2", (LogLine(0, "algo-2", "ERROR first api_key=hunter2"),), 0, 4),),
    history=(Moment("Downloading", NOON, NOON + timedelta(seconds=9), "Downloading input data"),),
)  # fmt: skip
REPORT = FailureReport("arn:aws:x/execution/abc", "demo", ExecutionStatus.FAILED, (ROOT,), started=NOON)
PARTS = [
    "ValueError: bad", "its data was not there yet", "On algo-1", "The role lacks the permission `s3:GetObject`",
    '{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/k"}', "not authorized to perform",
    "KeyError: 'k'", "CalledProcessError: x", "ERROR first", "login --password ••••••", "2 of ml.m5.large", "arn:job", "algo-2",
]  # fmt: skip


@pytest.mark.parametrize("part", PARTS)
def test_everything_that_is_known_is_told(part):
    assert part in report_markdown(REPORT)
    assert part in failure_report(REPORT)


def test_a_ticket_says_more_which_run_when_and_what_the_job_went_through():
    told = report_markdown(REPORT)
    for part in ("`arn:aws:x/execution/abc`, Failed, started 2026-11-01 12:00 UTC", "took: `1:10`", "0:09  Downloading  Downloading input data", "algo-1  login"):  # fmt: skip
        assert part in told


def test_no_secret_is_told():
    assert "hunter2" not in report_markdown(REPORT)
    assert "hunter2" not in failure_report(REPORT)


def test_no_secret_of_a_log_stays_in_a_saved_notebook():
    saved = failure(REPORT)
    assert "hunter2" not in saved
    assert "login --password ••••••" in saved
    assert "&quot;Action&quot;: &quot;s3:GetObject&quot;" in saved


def test_without_a_log_the_statuses_tell_how_it_went():
    assert "0:09  Downloading  Downloading input data" in failure_report(
        replace(REPORT, roots=(replace(ROOT, log_tail=()),))
    )


def test_the_modules_example():
    assert doctest.testmod(redact).failed == 0
