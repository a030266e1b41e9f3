"""Levels of log lines, and finding lines in logs of any length."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sm_pipeline_widgets.errors import UsageError
from sm_pipeline_widgets.execution.log_levels import Level, level_of, levels
from sm_pipeline_widgets.execution.log_search import Query, look
from sm_pipeline_widgets.execution.loglines import LogLine

E, W, N, D = Level.ERROR, Level.WARNING, Level.INFO, Level.DEBUG


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("epoch 3 finished with 0 errors", N),
        ("no error so far, no warning either", N),
        ("12:01:03 ERROR retrying fold 3", E),
        ("ERROR:root:no such column", E),
        ("\x1b[1;31mERROR\x1b[0m no such column", E),
        ("[2026-11-22 12:00:00] CRITICAL: disk full", E),
        ('{"time": "12:00", "level": "error", "msg": "x"}', E),
        ('time=12:00 level=warning msg="slow"', W),
        ('{"severity": "INFO", "msg": "the word error"}', N),
        ("ValueError: could not convert string to float: 'n/a'", E),
        ("sklearn.exceptions.NotFittedError: fit it first", E),
        ("botocore.exceptions.ClientError: An error occurred", E),
        ("Traceback (most recent call last):", E),
        ("/opt/ml/code/train.py:12: FutureWarning: use x instead", W),
        ("WARN  o.a.s.Utils: Truncated", W),
        ("E0101 12:00:00.000 1 x.cc:1] failed", E),
        ("DEBUG:botocore: hello", D),
        ("ERRORS", N),
        ("HandlingError is a class of ours", N),
        ("x" * 300 + " ERROR", N),
        ("", N),
    ],
)
def test_a_level_is_recognised_and_a_word_is_not_a_level(text, level):
    assert level_of(text) is level


def lines_of(*texts, stream="algo-1"):
    return [LogLine(at, stream, text) for at, text in enumerate(texts)]


def test_a_traceback_is_an_error_from_its_head_to_its_last_line_on_its_own_host():
    lines = [
        *lines_of("Traceback (most recent call last):", '  File "train.py", line 3', "    fit()"),
        *lines_of("epoch 4", stream="algo-2"),
        *lines_of("KeyError: 'bmi'", "going on"),
    ]
    assert list(levels(lines)) == [E, E, E, N, E, N]


def logs(**texts):
    """Steps' logs as `look` asks for them: pages and totals."""
    kept = {step: lines_of(*each) for step, each in texts.items()}
    return (lambda step, first, count: kept[step][first : first + count]), (lambda step: len(kept.get(step, ())))


def found(findings):
    return [(match.step, match.number) for match in findings.matches]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        (Query("RMSE"), [0, 2]),
        (Query("rmse", is_case_sensitive=True), [0]),
        (Query(r"rmse\s*=", is_regex=True), [0, 2]),
        (Query("a.b"), [3]),
        (Query("green word"), [4]),
        (Query(level=Level.WARNING), [5, 6]),
        (Query("fold", level=Level.ERROR), [6]),
        (Query(), [0, 1, 2, 3, 4, 5, 6]),
    ],
)
def test_lines_are_found_by_text_expression_and_level(query, numbers):
    texts = ["rmse=57", "nothing", "RMSE =55", "a.b", "a \x1b[32mgreen\x1b[0m word", "WARNING slow", "ERROR in fold 3"]
    pages, total = logs(train=texts)
    findings = look(query, [("train", 0)], pages, total, most=100)
    assert [number for _step, number in found(findings)] == numbers
    assert findings.is_done
    assert findings.onward == (("train", 7),)


def test_steps_are_looked_through_one_after_the_other():
    pages, total = logs(prepare=["x"], train=["y", "x"], idle=[])
    findings = look(Query("x"), [("prepare", 0), ("train", 0), ("idle", 0)], pages, total, most=100)
    assert found(findings) == [("prepare", 0), ("train", 1)]
    assert findings.is_done


def test_a_log_that_grows_is_gone_on_with_where_the_last_look_ended():
    pages, total = logs(train=[str(n % 3) for n in range(30)])
    first = look(Query("1"), [("train", 0)], pages, total, most=100, lines=10)
    assert not first.is_done
    rest = look(Query("1"), first.onward, pages, total, most=100)
    assert found(first) + found(rest) == [("train", n) for n in range(30) if n % 3 == 1]


@given(
    texts=st.dictionaries(st.sampled_from("abc"), st.lists(st.sampled_from(["x", "y", "ERROR x"]), max_size=40)),
    most=st.integers(1, 7),
    lines=st.integers(1, 9),
)
def test_however_small_the_goes_every_match_is_found_once(texts, most, lines):
    pages, total = logs(**texts)
    start = [(step, 0) for step in texts]
    whole = look(Query("x"), start, pages, total, most=10_000)
    pieces, at, is_done = [], tuple(start), False
    for _go in range(200):
        piece = look(Query("x"), at, pages, total, most=most, lines=lines)
        pieces, at, is_done = pieces + found(piece), piece.onward, piece.is_done
        if is_done:
            break
    assert is_done
    assert pieces == found(whole)


def test_a_level_does_not_depend_on_where_a_look_begins():
    texts = ["Traceback (most recent call last):", *["  frame"] * 20, "KeyError: 'bmi'", "fine"]
    pages, total = logs(train=texts)
    findings = look(Query(level=Level.ERROR), [("train", 15)], pages, total, most=100)
    assert found(findings) == [("train", number) for number in range(15, 22)]


@pytest.mark.parametrize(("text", "words"), [("(", "no regular expression"), ("(a+)+b", "take for ever")])
def test_an_expression_that_cannot_be_used_is_refused_with_words(text, words):
    pages, total = logs(train=["x"])
    with pytest.raises(UsageError, match=words) as caught:
        look(Query(text, is_regex=True), [("train", 0)], pages, total, most=1)
    assert caught.value.fix
