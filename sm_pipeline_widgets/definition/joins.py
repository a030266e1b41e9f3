"""Literal stretches and expressions as one text: how a template of a cell becomes a ``Std:Join``.

>>> join(["s3://bucket/", {"Get": "Execution.PipelineExecutionId"}, "/out"])["Std:Join"]["Values"][:2]
['s3:/', 'bucket']
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sm_pipeline_widgets.definition.source import Json


def join(parts: list[Json]) -> Json:
    """Literal stretches and expressions as one text: a ``Std:Join``, or plain text when all is literal."""
    merged: list[Json] = []
    for part in parts:
        if merged and isinstance(part, str) and isinstance(merged[-1], str):
            merged[-1] += part
        else:
            merged.append(part)
    if all(isinstance(part, str) for part in merged):
        return "".join(part for part in merged if isinstance(part, str))
    segments = place_segments(merged)
    if segments is not None:
        return {"Std:Join": {"On": "/", "Values": segments}}
    return {"Std:Join": {"On": "", "Values": merged}}


def place_segments(parts: Sequence[Json]) -> list[Json] | None:
    """A place in S3 as the service's own SDK joins one: ``s3:/``, the bucket and each folder, with a slash between.

    None when the parts are no such place, or an expression is only a piece of a folder's name.
    """
    if not isinstance(parts[0], str) or not parts[0].startswith("s3://"):
        return None
    segments: list[Json] = []
    open_text = ""
    closed = False  # an expression has just ended: a slash must follow
    for part in parts:
        if not isinstance(part, str):
            if open_text or closed:
                return None
            segments.append(part)
            closed = True
            continue
        if closed and not part.startswith("/"):
            return None
        *whole, open_text = (part[1:] if closed else part).split("/")
        segments += whole
        closed = False
    if not closed:
        segments.append(open_text)
    found: list[Json] = ["s3:/", *segments[2:]]
    return found if all(found) else None
