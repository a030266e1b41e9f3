"""Reading a log file forward and backward from byte offsets."""

from __future__ import annotations

import ctypes

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


@given(st.lists(st.integers(0, 50), max_size=60).map(sorted), st.integers(-1, 60), st.integers(0, 3000))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_time_is_found_as_by_reading_everything(tmp_path, stamps, time, width):
    path = tmp_path / "log"
    path.write_bytes(b"".join(b"%d %s\n" % (stamp, b"x" * width) for stamp in stamps))
    whole = list(joblog.read_forward(path, 0))
    expected = next((event.start for event in whole if event.time >= time), joblog.end_of(path))
    assert joblog.seek_time(path, time) == expected


def test_a_log_that_lost_its_oldest_part_begins_behind_the_hole(tmp_path):
    """As the supervisor leaves a log that grew past its limit."""
    path = tmp_path / "log"
    write(path, [b"x" * 90] * 1000)
    size = path.stat().st_size
    with path.open("r+b") as file:
        ctypes.CDLL(None).fallocate(file.fileno(), 3, ctypes.c_long(0), ctypes.c_long(40960))
    whole = list(joblog.read_forward(path, 0))
    assert path.stat().st_size == size
    assert [event.time for event in whole] == list(range(whole[0].time, 1000))
    assert 40960 <= whole[0].start < 40960 + 100
    assert list(joblog.read_backward(path, size))[::-1] == whole
    assert joblog.seek_time(path, 0) == whole[0].start
    assert joblog.seek_time(path, 900) == next(event.start for event in whole if event.time == 900)
