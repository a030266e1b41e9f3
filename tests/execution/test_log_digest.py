"""The telling lines of long logs: kept while they are read, the same as if all had been read at once."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from sm_pipeline_widgets.execution.first_errors import first_errors
from sm_pipeline_widgets.execution.log_digest import LAST, LogDigest
from sm_pipeline_widgets.execution.loglines import LogLine

TEXTS = ["epoch 1 loss 0.4", "ValueError: no", "ERROR it broke", "0 errors", "Traceback (most recent call last):", ""]


@given(st.lists(st.tuples(st.sampled_from(TEXTS), st.sampled_from(["algo-1", "algo-2", "algo-3"]))), st.integers(1, 7))
def test_read_in_parts_is_read_at_once(rows, size):
    lines = [LogLine(at, stream, text) for at, (text, stream) in enumerate(rows)]
    digest = LogDigest()
    for at in range(0, len(lines), size):
        digest.feed(lines[at : at + size])
    assert digest.first_errors() == first_errors(lines)
    assert digest.tail() == tuple(lines)


def test_a_host_that_died_early_is_not_talked_away_by_the_others():
    digest = LogDigest()
    digest.feed([LogLine(5, "algo-2", "ValueError: the first")])
    digest.feed(LogLine(at, "algo-1", f"waiting for algo-2, {at}") for at in range(6, 50_000))
    assert digest.tail()[0] == LogLine(5, "algo-2", "ValueError: the first")
    assert len(digest.tail()) == LAST + 1
    (error,) = digest.first_errors()
    assert (error.stream, error.before) == ("algo-2", 0)


def test_a_hundred_thousand_lines_are_read_within_a_second():
    lines = [LogLine(at, f"algo-{at % 2}", f"epoch {at} loss 0.{at % 1000:03} val_error=0.12") for at in range(100_000)]
    digest, began = LogDigest(), time.process_time()
    digest.feed(lines)
    assert time.process_time() - began < 1.0
    assert digest.first_errors() == ()
