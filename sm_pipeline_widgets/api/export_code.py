"""The code that a script carries along: objects by key, as running the pipeline would upload them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.aws.assets import source_archive
from sm_pipeline_widgets.definition.code import archive_key, file_key
from sm_pipeline_widgets.view.script import Code

if TYPE_CHECKING:
    from sm_pipeline_widgets.api.pipeline import Pipeline

LARGEST = 256 * 1024
"""Bytes of code that a script may hold; more is no script any more."""


def code_of(pipeline: Pipeline) -> Code:
    """The objects that the pipeline's steps read their code from; too large ones are only named."""
    objects: dict[str, bytes] = {}
    left_out: list[str] = []
    for use in pipeline.compiled().code.values():
        asset = pipeline.code.find(use.ref)
        if use.form == "archive":
            found = {archive_key(asset.sha256): source_archive(asset)}
        else:
            found = {file_key(asset.sha256, path): content for path, content in asset.files}
        size = sum(map(len, {**objects, **found}.values()))
        if size <= LARGEST:
            objects |= found
        else:
            left_out += found
    return Code(objects, tuple(left_out))
