"""A step's two runs beside each other: which rows there are, what counts as different, what is hidden."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sm_pipeline_widgets.execution.beside import Beside, Changed, Outcome, changed_arguments, log_difference
from sm_pipeline_widgets.execution.loglines import LogLine
from sm_pipeline_widgets.execution.state import StepStatus
from sm_pipeline_widgets.view.replay_text import outcomes_html, outcomes_text
from sm_pipeline_widgets.widgets.replay_messages import replay_fact

REASON = 'AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage "ValueError: no"\nCommand "python t.py"'
FAILED = Outcome(
    "original", StepStatus.FAILED, 90.0, REASON, 1, {"rmse": 3.5}, "AWS", (LogLine(1, "algo-1", "<b>no</b>"),)
)
MENDED = Outcome("replay", StepStatus.SUCCEEDED, 2.25, "", None, {"rmse": 1.0, "r2": 0.5}, "engine")
BOTH = Beside(
    "train",
    "arn:replay",
    FAILED,
    MENDED,
    (Changed("hyperparameter alpha", "0.1", "0.7"), Changed("variable DB_PASSWORD", "old", "hunter2")),
    ("of s3://b/k it reads the first 10%.",),
    ("-one", "+two"),
    is_final=True,
    code="--- t.py\n+++ t.py\n-a\n+b",
)


def test_rows_say_what_is_compared_and_what_differs():
    rows = [(row.label, row.before, row.after, row.is_different) for row in BOTH.rows]
    assert rows == [
        ("where", "AWS", "engine", False),
        ("outcome", "failed", "succeeded", True),
        ("time", "1 min 30 s", "2.2 s", False),
        ("exit code", "1", "", True),
        ("exit message", "ValueError: no", "", True),
        ("rmse", "3.5", "1", True),
        ("r2", "", "0.5", True),
        ("hyperparameter alpha", "0.1", "0.7", True),
        ("variable DB_PASSWORD", "old", "hunter2", True),
    ]


def test_while_it_runs_nothing_of_its_outcome_is_called_different():
    running = replace(BOTH, replay=Outcome("replay", StepStatus.RUNNING), is_final=False, changes=())
    assert not any(row.is_different for row in running.rows)


def test_every_rendering_hides_secrets_and_none_makes_markup_of_text():
    html, text, fact = outcomes_html(BOTH), outcomes_text(BOTH), replay_fact(BOTH)
    for words in ("0.7", "first 10%", "+two", "ValueError: no"):
        assert words in html
        assert words in text
    assert "hunter2" not in html + text + str(fact)
    assert "<b>" not in html
    assert (fact["status"], fact["before_log"]) == ("succeeded", [(1, "algo-1", "<b>no</b>")])
    assert [row["label"] for row in fact["rows"] if row["differs"]][:1] == ["outcome"]


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        ({}, {}, ()),
        ({"HyperParameters": {"a": "1", "b": "2"}}, {"HyperParameters": {"a": "1"}}, (("hyperparameter b", "2", ""),)),
        ({"Environment": {}}, {"Environment": {"MODE": "x"}}, (("variable MODE", "", "x"),)),
        (
            {"AppSpecification": {"ContainerArguments": ["--alpha", "1"]}},
            {"AppSpecification": {"ContainerArguments": ["--alpha", "2"]}},
            (("command line", "--alpha 1", "--alpha 2"),),
        ),
        (
            {"ResourceConfig": {"InstanceCount": 1}, "InputDataConfig": [{"ChannelName": "a"}]},
            {"ResourceConfig": {"InstanceCount": 2}, "InputDataConfig": [{"ChannelName": "a"}]},
            (("ResourceConfig.InstanceCount", "1", "2"),),
        ),
    ],
)
def test_what_a_step_was_given_differently_is_called_by_a_persons_words(before, after, changed):
    assert tuple((one.name, one.before, one.after) for one in changed_arguments(before, after)) == changed


def test_the_difference_of_two_logs_is_bounded():
    assert log_difference(["same"], ["same"]) == ()
    assert len(log_difference([f"a{n}" for n in range(1000)], [f"b{n}" for n in range(1000)], 40)) == 40
