"""A whole log in a file."""

from __future__ import annotations

import pytest

from sm_pipeline_widgets.api.log_files import save_lines
from sm_pipeline_widgets.errors import UsageError
from sm_pipeline_widgets.execution.loglines import LogLine


def test_a_log_is_written_line_by_line_with_times_and_hosts(tmp_path):
    lines = [
        LogLine(1_700_000_000_123, "algo-1", "\x1b[31mred\x1b[0m"),
        LogLine(1_700_000_000_124, "algo-2", "ünï \ud800"),
    ]
    assert save_lines(lines, tmp_path / "x.log") == 2
    assert (tmp_path / "x.log").read_text(encoding="utf-8") == (
        "2023-11-14T22:13:20.123Z algo-1 red\n2023-11-14T22:13:20.124Z algo-2 ünï \\ud800\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["x.log"]


def test_a_key_in_a_log_is_not_in_the_file(tmp_path):
    save_lines([LogLine(0, "h", "using AKIAIOSFODNN7EXAMPLE now")], tmp_path / "x.log")
    assert "AKIAIOSFODNN7EXAMPLE" not in (tmp_path / "x.log").read_text()


def test_a_log_that_breaks_off_leaves_the_file_that_was_there(tmp_path):
    def broken():
        yield LogLine(0, "h", "first")
        raise UsageError("the service went away")

    (tmp_path / "x.log").write_text("before")
    with pytest.raises(UsageError, match="went away"):
        save_lines(broken(), tmp_path / "x.log")
    assert (tmp_path / "x.log").read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["x.log"]


def test_a_file_that_cannot_be_is_told(tmp_path):
    with pytest.raises(UsageError, match="cannot be written"):
        save_lines([], tmp_path / "none" / "x.log")
