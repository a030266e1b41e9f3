"""The static rendering of a saved notebook: readable, escaped, without a script or a fetch."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest

from sm_pipeline_widgets.errors import Problem, Severity
from sm_pipeline_widgets.execution.failure import FailureReport, Frame, RootFailure
from sm_pipeline_widgets.execution.loglines import LogLine
from sm_pipeline_widgets.execution.state import ExecutionState, ExecutionStatus, StepState, StepStatus
from sm_pipeline_widgets.view.html import SIGNS, Snapshot, render_html, render_text, summary

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
EVIL = '<img src=x onerror="alert(1)"><script>alert(1)</script>\x1b[31m\u202e\x00'


class Tags(HTMLParser):
    """Every tag with its attributes' names, and whether all of them were closed in order."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.open = set(), set(), []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _value in attrs}
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def hostile():
    step = StepState(EVIL, EVIL, StepStatus.FAILED, NOW, NOW + timedelta(seconds=5), reason=EVIL)
    state = ExecutionState(EVIL, EVIL, ExecutionStatus.FAILED, {EVIL: step}, started=NOW, ended=NOW, reason=EVIL)
    root = RootFailure(
        EVIL, EVIL, reasons=(EVIL,), exception_type=EVIL, exception_message=EVIL, exit_code=1, exit_meaning=EVIL,
        frames=(Frame(EVIL, 1, EVIL, EVIL, is_user=True, origin=EVIL),), log_tail=(LogLine(1, EVIL, EVIL),),
    )  # fmt: skip
    report = FailureReport(EVIL, EVIL, ExecutionStatus.FAILED, (root,), blocked=((EVIL, EVIL),), succeeded=(EVIL,))
    problem = Problem(EVIL, Severity.ERROR, EVIL, EVIL, EVIL, 1, 1)
    return Snapshot(EVIL, EVIL, "", (EVIL,), state, report, (problem,), ((EVIL, EVIL),), NOW)


def test_hostile_text_is_only_text():
    html = render_html(hostile())
    found = Tags(html)
    assert found.open == []
    assert found.tags <= {
        "div",
        "p",
        "strong",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "code",
        "pre",
        "h4",
        "ul",
        "li",
        "br",
    }
    assert found.attributes <= {"style"}
    assert not re.search("[\x00\x1b\u202e]", html)


def test_plain_text_has_no_control_characters():
    assert not re.search("[\x00-\x09\x0b-\x1f\u202e]", render_text(hostile()))


def test_a_run_reads_as_a_table_with_words_beside_signs():
    steps = {
        "prepare": StepState("prepare", "Processing", StepStatus.SUCCEEDED, NOW, NOW + timedelta(seconds=8)),
        "train": StepState("train", "Training", StepStatus.RUNNING, NOW + timedelta(seconds=8)),
        "evaluate": StepState("evaluate", "Processing", StepStatus.WAITING),
    }
    state = ExecutionState("arn", "diabetes", ExecutionStatus.EXECUTING, steps, started=NOW)
    snapshot = Snapshot("diabetes", "local engine", state=state, now=NOW + timedelta(seconds=20))
    assert summary(snapshot) == "running · 0:20 · 1 of 3 done"
    html = render_html(snapshot)
    assert "✓ succeeded" in html
    assert "0:12" in html
    assert render_text(snapshot).splitlines()[1:] == [
        "  arn", "  ✓ prepare succeeded 0:08", "  ◌ train running 0:12", "  ○ evaluate waiting",
    ]  # fmt: skip


def test_a_declared_pipeline_names_its_steps():
    snapshot = Snapshot(
        "diabetes", names=("prepare", "train"), svg="<svg></svg>", parameters=(("DB_PASSWORD", "x1y2z3"),)
    )
    assert render_text(snapshot) == "diabetes: 2 steps: prepare, train"
    assert 'src="data:image/svg+xml' in render_html(snapshot)
    assert "x1y2z3" not in render_html(snapshot)


def test_long_texts_lose_their_middle():
    state = ExecutionState("a", "p", ExecutionStatus.FAILED, {"s": StepState("s" * 10_000, "T", StepStatus.FAILED)})
    assert len(render_html(Snapshot("p", state=state))) < 5_000


@pytest.mark.parametrize("status", list(StepStatus))
def test_every_state_has_a_sign(status):
    assert SIGNS[status]
