"""The stages of a submit as lines."""

from __future__ import annotations

from dataclasses import replace

from sm_pipeline_widgets.execution.submitting import Progress, Stage
from sm_pipeline_widgets.magics.stages import StageLines

UPLOAD = Progress(Stage.UPLOADING, "12 files to bkt", began=100.0, total=90_000_000)


def written(*steps, **options):
    """What is written when a stage is told of at these times; the last of them is its end."""
    now, said = [0.0], []
    lines = StageLines(write=said.append, clock=lambda: now[0], **options)
    for at, done in steps[:-1]:
        now[0] = at
        lines(replace(UPLOAD, done=done))
    now[0] = steps[-1][0]
    lines(replace(UPLOAD, seconds=now[0] - 100.0, done=steps[-1][1]))
    return said


LONG = (
    (100.0, 0),
    (101.0, 10_000_000),
    (102.5, 30_000_000),
    (102.9, 40_000_000),
    (104.0, 60_000_000),
    (106.0, 90_000_000),
)


def test_a_long_stage_is_told_in_place_while_it_goes_on():
    *going, end = written(*LONG, is_local=False)
    assert going == [
        "\ruploading: 12 files to bkt, 30.0 of 90.0 MB …",
        "\ruploading: 12 files to bkt, 60.0 of 90.0 MB …",
    ]
    assert end.rstrip() == "\ruploading: 12 files to bkt (6.0 s)".rstrip()
    assert len(end) == len(going[-1]) + 1  # nothing of the line before is left


def test_where_lines_cannot_be_overwritten_only_the_end_is_told():
    assert written(*LONG, is_local=False, overwrites=False) == ["uploading: 12 files to bkt (6.0 s)\n"]


def test_a_short_stage_is_told_on_aws_alone():
    short = ((100.0, 0), (101.0, 90_000_000))
    assert written(*short, is_local=False) == ["uploading: 12 files to bkt (1.0 s)\n"]
    assert written(*short, is_local=True) == []
    assert written(*LONG, is_local=True)[-1].startswith("\ruploading: 12 files to bkt (6.0 s)")
