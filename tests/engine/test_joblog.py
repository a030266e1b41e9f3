"""Reading a log file forward and backward from byte offsets."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sm_pipeline_widgets.engine import joblog


def write(path, lines, rest=b""):
    path.write_bytes(b"".join(b"%d %s\n" % (at, line) for at, line in enumerate(lines)) + rest)


LINES = st.lists(st.binary(max_size=30).map(lambda line: line.replace(b"\n", b"")), max_size=20)


@given(LINES, st.sampled_from([b"", b"17 half a li"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_backward_is_forward_reversed(tmp_path, lines, rest):
    path = tmp_path / "log"
    write(path, lines, rest)
    forward = list(joblog.read_forward(path, 0))
    assert [event.text for event in forward] == [line.decode("utf-8", "replace") for line in lines]
    end = joblog.end_of(path)
    assert end == (forward[-1].end if forward else 0)
    assert list(joblog.read_backward(path, end))[::-1] == forward
    for event in forward:
        assert next(joblog.read_forward(path, event.start)) == event
        assert next(joblog.read_backward(path, event.end)) == event
    assert joblog.tail(path, 3) == forward[-3:]


@pytest.mark.parametrize("size", [10, (1 << 20) - 3, (1 << 20) + 5, 3 << 20])
def test_lines_longer_than_a_block(tmp_path, size):
    path = tmp_path / "log"
    write(path, [b"first", b"x" * size, b"y" * size, b"last"])
    found = list(joblog.read_backward(path, joblog.end_of(path)))
    assert [len(event.text) for event in found] == [4, size, size, 5]


def test_no_file_is_no_lines(tmp_path):
    path = tmp_path / "none"
    assert (list(joblog.read_forward(path, 0)), list(joblog.read_backward(path, 9)), joblog.end_of(path)) == ([], [], 0)
