"""Metrics over time, out of log lines and out of what the service says."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sm_pipeline_widgets.execution.loglines import LogLine
from sm_pipeline_widgets.execution.metrics import MOST_POINTS, MetricBook, metric_patterns
from sm_pipeline_widgets.execution.progress import JobProgress, Metric


def definition(*metrics):
    algorithm = {"MetricDefinitions": [{"Name": name, "Regex": regex} for name, regex in metrics]}
    return {"Steps": [{"Name": "train", "Type": "Training", "Arguments": {"AlgorithmSpecification": algorithm}}]}


def book_of(*metrics):
    return MetricBook(metric_patterns(definition(*metrics)))


def points(book):
    return {(one.step, one.name): [(point.time, point.value) for point in one.points] for one in book.changes()}


def test_lines_tell_metrics_by_the_definitions_patterns():
    book = book_of(("rmse", r"rmse=([0-9.]+)"), ("loss", r"loss: ([-+0-9.e]+)"))
    book.read(
        "train", [LogLine(1, "a", "rmse=5.5 loss: 1e-3"), LogLine(2, "a", "\x1b[1mrmse=\x1b[0m4"), LogLine(3, "a", "x")]
    )
    assert points(book) == {("train", "rmse"): [(1, 5.5), (2, 4.0)], ("train", "loss"): [(1, 0.001)]}
    assert points(book) == {}


@pytest.mark.parametrize("regex", ["(", "(a+)+b=(.)", "no group", "", r"value=(\w+)"])
def test_patterns_that_are_of_no_use_find_nothing(regex):
    book = book_of(("bad", regex))
    book.read("train", [LogLine(1, "a", "value=nan no group value=inf"), LogLine(2, "a", "value=many")])
    assert points(book) == {}


@pytest.mark.parametrize(
    "text", [{}, {"Steps": None}, {"Steps": [{"Name": "train", "Arguments": {"AlgorithmSpecification": 3}}]}]
)
def test_any_definition_can_be_asked(text):
    assert metric_patterns(text) == ()


def test_what_the_service_says_is_collected_poll_by_poll():
    book = book_of(("rmse", r"rmse=([0-9.]+)"))
    for second, value in ((0, 9.0), (30, 8.0), (30, 8.0)):
        when = datetime(2026, 11, 22, 8, 0, second, tzinfo=UTC)
        book.note_progress("train", JobProgress("running", metrics=(Metric("accuracy", value, when),)))
    assert [value for _time, value in points(book)["train", "accuracy"]] == [9.0, 8.0]


def test_many_points_are_thinned_and_the_newest_stays():
    book = book_of(("rmse", r"rmse=([0-9.]+)"))
    book.read("train", (LogLine(n, "a", f"rmse={n}") for n in range(10_000)))
    kept = points(book)["train", "rmse"]
    assert len(kept) <= MOST_POINTS
    assert kept[0] == (0, 0.0)
    assert kept[-1] == (9_999, 9_999.0)
    assert kept == sorted(kept)
