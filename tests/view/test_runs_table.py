"""The table of runs: what varies is a column, ARNs stand whole, and nothing from outside is markup."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sm_pipeline_widgets.view.runs_table import RunRow, ago, runs_html, runs_text

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ARN = "arn:aws:sagemaker:eu-west-1:123456789012:pipeline/" + "d" * 60 + "/execution/abcdefghijkl"


def row(name="", status="Succeeded", parameters=None, hours=1):
    return RunRow(ARN, status, NOW - timedelta(hours=hours), name, parameters)


def test_parameters_that_vary_are_columns_and_the_others_a_line():
    text = runs_text([row(parameters={"a": "1", "b": "x"}), row(parameters={"a": "2", "b": "x"}, hours=30)], NOW)
    head, first, second, below = text.splitlines()
    assert head.split() == ["STATUS", "STARTED", "(UTC)", "AGO", "NAME", "a", "ARN"]
    assert first.split() == ["succeeded", "2026-11-22", "11:00:00", "1", "h", "1", ARN]
    assert second.split()[1:5] == ["2026-11-21", "06:00:00", "1", "d"]
    assert below == "In all of them: b=x"


def test_one_run_shows_all_its_parameters():
    assert " a  b  ARN" in runs_text([row(parameters={"a": "1", "b": "x"})], NOW)


def test_what_is_not_known_is_a_question_mark_and_what_is_not_set_is_empty():
    lines = runs_text([row(parameters=None), row(parameters={"a": "1"}), row(parameters={})], NOW).splitlines()
    assert [line.split()[5] for line in lines[1:3]] == ["?", "1"]
    assert lines[3].split()[5] == ARN


def test_more_parameters_than_fit_are_named():
    many = {f"p{number}": "1" for number in range(12)}
    assert runs_text([row(parameters=many)], NOW).splitlines()[-1] == "Not shown: p8, p9, p10, p11"


def test_names_the_service_made_are_left_out_and_given_ones_shown():
    text = runs_text([row("execution-1795349630909"), row("mine")], NOW)
    assert "execution-1795" not in text
    assert "mine" in text


def test_secrets_are_hidden_and_markup_is_text():
    rows = [row("<b>x</b>", parameters={"API_TOKEN": "s3cret", "<i>": "<script>alert(1)</script>"})]
    html = runs_html(rows, NOW)
    assert "s3cret" not in html
    assert "<b>" not in html
    assert "<script" not in html
    assert "<i>" not in html
    assert f"<code>{ARN}</code>" in html


@pytest.mark.parametrize(
    "seconds, words",
    [(-5, "0 s"), (0, "0 s"), (59, "59 s"), (60, "1 min"), (3600, "1 h"), (86_399, "23 h"), (86_400, "1 d")],
)
def test_how_long_ago(seconds, words):
    assert ago(NOW - timedelta(seconds=seconds), NOW) == words
