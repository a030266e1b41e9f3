"""The short way to a line's level leads where the long one does."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sm_pipeline_widgets.execution import log_levels
from sm_pipeline_widgets.execution.log_levels import Level, level_of

PIECES = st.sampled_from(
    ["ERROR", "error", "Error:", "err", "WARN", "Warning:", "warning: ", "DEBUG", "trace", "Traceback (", "level=", '"lvl": "', "E1122 12:", "W1122 12:",
     "FATAL", "CRITICAL", "Severe", "panic", "ValueError", "Exception", " ", ":", "0 errors", "[", "]", "\x1b[31m", "İ", "ﬀ", "x.py:3: "]
)  # fmt: skip


def the_long_way(text: str) -> Level:
    head = log_levels._ANSI.sub("", text[: log_levels.HEAD + 60])[: log_levels.HEAD]
    if log_levels._ERROR.search(head):
        return Level.ERROR
    if log_levels._WARNING.search(head):
        return Level.WARNING
    return Level.DEBUG if log_levels._DEBUG.search(head) else Level.INFO


@given(st.one_of(st.lists(PIECES, max_size=8).map("".join), st.text(max_size=30)))
def test_a_line_has_one_level(text):
    assert level_of(text) == the_long_way(text)
