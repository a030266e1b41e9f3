from __future__ import annotations

import threading
import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from sm_pipeline_widgets.execution.loglines import LogLine
from sm_pipeline_widgets.watch.log_store import DROPPED_TEXT, LINES_PER_CHUNK, LogStore


def lines(first: int, count: int, width: int = 0) -> list[LogLine]:
    return [
        LogLine(number, f"algo-{number % 2 + 1}", f"line {number}".ljust(width))
        for number in range(first, first + count)
    ]


def test_what_is_put_in_comes_out_in_pages():
    store = LogStore()
    assert store.append("a", lines(0, 3000)) == 3000
    assert store.page("a", 1020, 10) == lines(1020, 10)
    assert store.page("a", 2995, 100) == lines(2995, 5)
    assert store.page("a", 4000, 10) == store.page("b", 0, 10) == []
    assert store.tail("a", 2) == lines(2998, 2)
    assert store.totals() == {"a": 3000}


def test_any_text_survives():
    odd = [LogLine(1, "h", text) for text in ("", "ünï © 日本 🎈", "\ud800 lone", "tab\tnul\0", "x" * 100_000)]
    store = LogStore()
    store.append("a", odd)
    assert store.page("a", 0, 10) == odd


def test_the_oldest_lines_of_the_longest_step_go_and_numbers_stay():
    store = LogStore(most_lines=5000)
    store.append("short", lines(0, 10))
    store.append("long", lines(0, 10_000))
    assert store.dropped("short") == 0
    dropped = store.dropped("long")
    assert 5000 <= dropped <= 5000 + 1024
    assert store.total("long") == 10_000
    assert store.page("long", dropped - 1, 2) == [LogLine(0, "", DROPPED_TEXT), *lines(dropped, 1)]
    assert store.page("long", 9999, 1) == lines(9999, 1)
    assert len(store.tail("long", 10_000)) == 10_000 - dropped


def test_long_lines_count_by_their_bytes():
    store = LogStore(most_bytes=2_000_000)
    store.append("a", lines(0, 4096, width=1000))
    assert 0 < 4096 - store.dropped("a") <= 2000


def test_a_hundred_thousand_lines_cost_a_fraction_of_their_objects():
    store = LogStore()
    tracemalloc.start()
    try:
        for first in range(0, 100_000, 10_000):
            store.append("a", lines(first, 10_000, width=100))
        size, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size < 15_000_000


def test_readers_and_writers_may_be_several_threads():
    store = LogStore(most_lines=4096)

    def write(step: str) -> None:
        for first in range(0, 5000, 100):
            store.append(step, lines(first, 100))

    threads = [threading.Thread(target=write, args=(step,)) for step in ("a", "b")]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        for step in ("a", "b"):
            for line in store.page(step, store.dropped(step), 50):
                assert line.text.startswith(("line", "("))
    assert store.totals() == {"a": 5000, "b": 5000}


@given(
    texts=st.lists(st.text(max_size=5), max_size=60),
    pages=st.lists(st.tuples(st.integers(0, 70), st.integers(0, 70)), max_size=5),
)
def test_any_page_is_what_a_list_would_give(texts, pages):
    given_lines = [LogLine(n, f"algo-{n % 3}", text) for n, text in enumerate(texts)]
    store = LogStore()
    store.append("a", [LogLine(0, "x", "")] * (LINES_PER_CHUNK - 20))  # the lines lie across the end of a chunk
    store.append("a", given_lines)
    every = [LogLine(0, "x", "")] * (LINES_PER_CHUNK - 20) + given_lines
    for first, count in pages:
        at = LINES_PER_CHUNK - 40 + first
        assert store.page("a", at, count) == every[at : at + count]
    assert store.tail("a", len(every)) == every
