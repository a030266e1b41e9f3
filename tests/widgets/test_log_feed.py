"""Lines on their way to the page: bounded, pushed for what is looked at, and honest about what cannot be read."""

from __future__ import annotations

import pytest

from sm_pipeline_widgets.execution.loglines import LogLine
from sm_pipeline_widgets.widgets.log_feed import (
    MATCH_CHARACTERS,
    MOST_LINES,
    MOST_MATCHES,
    PUSHED_CHARACTERS,
    PUSHED_UNWATCHED,
    PUSHED_WATCHED,
    LogFeed,
)


class Source:
    """A store of lines, and what was asked of it."""

    def __init__(self, **lengths):
        self.logs = {
            step: [LogLine(n, "algo-1", f"{step} {n}") for n in range(length)] for step, length in lengths.items()
        }
        self.followed = []
        self.error = None

    def pages(self, step, first, count):
        if self.error:
            raise self.error
        return self.logs[step][first : first + count]

    def total(self, step):
        return len(self.logs.get(step, []))

    def totals(self):
        return {step: len(lines) for step, lines in self.logs.items()}

    def feed(self):
        return LogFeed(self.pages, self.total, lambda step, on: self.followed.append((step, on)))


def ask(feed, step, first, count):
    return feed.page({"kind": "log_page_request", "step": step, "first": first, "count": count})


def test_a_page_is_what_was_asked_for():
    answer = ask(Source(train=1000).feed(), "train", 500, 3)
    assert answer["lines"] == [(500, "algo-1", "train 500"), (501, "algo-1", "train 501"), (502, "algo-1", "train 502")]
    assert (answer["first"], answer["count"], answer["error"]) == (500, 3, "")


@pytest.mark.parametrize(("first", "count", "expected"), [(0, 10**9, MOST_LINES), (4999, 10, 1), (9999, 5, 0)])
def test_no_request_gets_more_than_there_is_or_than_a_message_may_carry(first, count, expected):
    assert len(ask(Source(train=5000).feed(), "train", first, count)["lines"]) == expected


def test_an_unknown_step_has_no_lines():
    assert ask(Source().feed(), "nobody", 0, 10)["lines"] == []


def test_lines_that_cannot_be_read_are_told():
    source = Source(train=3)
    source.error = OSError("disk gone")
    answer = ask(source.feed(), "train", 0, 3)
    assert answer["lines"] == []
    assert "disk gone" in answer["error"]


def test_growth_is_one_message_and_none_without_growth():
    source = Source(train=3, prepare=1)
    feed = source.feed()
    message = feed.grew(source.totals())
    assert sorted(message["totals"]) == [("prepare", 1), ("train", 3)]
    assert feed.grew(source.totals()) is None
    source.logs["train"].append(LogLine(9, "algo-1", "more"))
    message = feed.grew(source.totals())
    assert message["totals"] == [("train", 4)]
    assert message["tails"] == [{"step": "train", "first": 3, "lines": [(9, "algo-1", "more")]}]
    assert feed.totals() == [("train", 4), ("prepare", 1)]


def test_what_is_looked_at_gets_more_lines_and_comes_first():
    source = Source(prepare=2000, train=2000)
    feed = source.feed()
    feed.watch("view1", "train")
    tails = feed.grew(source.totals())["tails"]
    assert [(tail["step"], len(tail["lines"])) for tail in tails] == [
        ("train", PUSHED_WATCHED),
        ("prepare", PUSHED_UNWATCHED),
    ]
    assert tails[0]["lines"][-1][2] == "train 1999"
    assert tails[0]["first"] == 2000 - PUSHED_WATCHED


def test_a_push_stays_small_and_keeps_the_newest():
    source = Source()
    source.logs["train"] = [LogLine(n, "algo-1", "x" * 5000) for n in range(300)]
    feed = source.feed()
    feed.watch("view1", "train")
    (tail,) = feed.grew(source.totals())["tails"]
    assert sum(len(line[2]) for line in tail["lines"]) <= PUSHED_CHARACTERS
    assert tail["first"] + len(tail["lines"]) == 300


def test_the_source_hears_of_the_first_and_the_last_view_only():
    source = Source(train=1, prepare=1)
    feed = source.feed()
    feed.watch("view1", "train")
    feed.watch("view2", "train")
    feed.watch("view1", "prepare")
    feed.watch("view2", None)
    feed.watch("view2", None)
    assert source.followed == [("train", True), ("prepare", True), ("train", False)]


def search(feed, start, **more):
    query = {"text": "", "is_regex": False, "is_case_sensitive": False, "level": 0, "count": 500}
    return feed.search({"kind": "log_search", "search": "v1:1", "start": start, **query, **more})


def test_a_search_tells_what_it_found_and_where_to_go_on():
    answer = search(Source(train=30).feed(), [["train", 0]], text="train 7")
    assert (answer["search"], answer["error"]) == ("v1:1", "")
    assert answer["matches"] == [("train", 7, (7, "algo-1", "train 7"))]
    assert answer["onward"] == [("train", 30)]


def test_an_answer_to_a_search_stays_small():
    source = Source()
    source.logs["train"] = [LogLine(n, "algo-1", "x" * 50_000) for n in range(500)]
    answer = search(source.feed(), [["train", 0]], text="x", count=10**9)
    assert len(answer["matches"]) == MOST_MATCHES
    assert answer["onward"] == [("train", MOST_MATCHES)]
    assert all(len(row[2]) == MATCH_CHARACTERS for _step, _number, row in answer["matches"])


def test_secrets_are_not_found_in_the_open():
    source = Source()
    source.logs["train"] = [LogLine(0, "algo-1", "key AKIAABCDEFGHIJKLMNOP")]
    assert "AKIAABC" not in str(search(source.feed(), [["train", 0]], text="key")["matches"])


@pytest.mark.parametrize(
    ("text", "error", "words"), [("(", None, "no regular expression"), (".", OSError("disk gone"), "disk gone")]
)
def test_a_search_that_cannot_be_made_is_told(text, error, words):
    source = Source(train=3)
    source.error = error
    answer = search(source.feed(), [["train", 0]], text=text, is_regex=True)
    assert answer["matches"] == []
    assert words in answer["error"]


def test_a_whole_log_is_saved_or_it_is_said_why_not():
    def refuse(step):
        raise OSError(f"no room for {step}")

    source = Source(train=3)
    make = lambda save: LogFeed(source.pages, source.total, lambda *_: None, save)  # noqa: E731 - a table of feeds
    assert make(lambda step: f"wrote {step}").save("train")["words"] == "wrote train"
    assert "no room for train" in make(refuse).save("train")["words"]
    assert make(None).save("train")["words"].startswith("✕")
