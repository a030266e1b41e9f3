"""A failure report for a ticket: in the order of use, and nothing in it can break out of its quotes."""

from __future__ import annotations

import pytest

from sm_pipeline_widgets.execution.causes import Cause
from sm_pipeline_widgets.execution.failure import FailureReport, Frame, RootFailure
from sm_pipeline_widgets.execution.loglines import LogLine
from sm_pipeline_widgets.execution.state import ExecutionStatus
from sm_pipeline_widgets.view.markdown import fence, report_markdown, span


def report(message="bad column", **more):
    root = RootFailure(
        "train", "Training", reasons=(f"ValueError: {message}", "AlgorithmError: exit 1"), exit_code=1, exit_meaning="it ended",
        exception_type="ValueError", exception_message=message, log_tail=(LogLine(0, "algo-1", "the last line"),),
        frames=(Frame("/opt/ml/code/t.py", 12, "main", "fit(x)", is_user=True, origin="cell train, line 12"), Frame("/lib/x.py", 9, "f")),
        causes=(Cause("Text in a column.", "Encode it.", "x"),), job_arn="arn:job",
    )  # fmt: skip
    return FailureReport("arn", "p", ExecutionStatus.FAILED, (root,), **more)


def test_the_order_is_that_of_use():
    text = report_markdown(report(blocked=(("evaluate", "`train` failed"),), succeeded=("prepare",)))
    wanted = [
        "### `train`, Training, exit code 1 (it ended) failed", "ValueError: bad column", "Text in a column.: Encode it.",
        "cell train, line 12 in `main`:", "```python\nfit(x)\n```", "the last line", "AlgorithmError: exit 1", "`arn:job`",
        "- Blocked: `evaluate` (`train` failed)", "- Succeeded all the same: `prepare`",
    ]  # fmt: skip
    assert [text.index(words) for words in wanted] == sorted(text.index(words) for words in wanted)
    assert "/lib/x.py" not in text


def test_a_fence_cannot_be_ended_from_within():
    text = report_markdown(report(message="```\n# I am a heading\n````"))
    assert "`````\nValueError: ```\n# I am a heading\n````\n`````" in text


@pytest.mark.parametrize(
    ("text", "expected"), [("a", "`a`"), ("`", "`` ` ``"), ("a``b", "```a``b```"), ("\u202e\n", "`��`")]
)
def test_spans(text, expected):
    assert span(text) == expected


def test_an_empty_fence_is_a_fence():
    assert fence([]) == "```\n```"
    assert fence([""]) == "```\n\n```"


def test_a_run_without_roots_says_the_services_words():
    assert "stopped by hand" in report_markdown(
        FailureReport("a", "p", ExecutionStatus.STOPPED, (), reason="stopped by hand")
    )
