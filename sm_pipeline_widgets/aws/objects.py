"""Texts in S3: read whole, with words for what can go wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.aws.errors import is_missing
from sm_pipeline_widgets.aws.source import TargetSource
from sm_pipeline_widgets.definition.s3_uri import bucket_and_key
from sm_pipeline_widgets.errors import ServiceError, UsageError

if TYPE_CHECKING:
    from sm_pipeline_widgets.aws.target import Target

LARGEST = 64 * 1024 * 1024
"""Bytes of a definition; the service's own limits end far below."""


def read_text(target: Target, uri: str) -> str:
    """The UTF-8 text of an object.

    Raises
    ------
    UsageError
        The URI names no object, the object is not there, is too large or is no UTF-8.
    ServiceError, TargetError
        It may not be read, or the target cannot be asked.
    """
    bucket, key = bucket_and_key(uri)
    if not bucket or not key or key.endswith("/"):
        raise UsageError(f"`{uri}` names no object.", "Write `s3://BUCKET/KEY`, such as `s3://mine/pipeline.json`.")
    try:
        content = TargetSource(target).read_object(uri, LARGEST + 1)
    except ServiceError as error:
        if not is_missing(error):
            raise
        fix = "Check bucket and key, and that the target is the right account and region (`%pipeline target`)."
        raise UsageError(f"Target `{target.name}` has no object `{uri}`.", fix) from error
    if len(content) > LARGEST:
        raise UsageError(f"`{uri}` is larger than {LARGEST >> 20} MiB: it is no definition.", "Check the key.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        where = f"byte {error.start} is 0x{content[error.start]:02x}"
        raise UsageError(f"`{uri}` is not UTF-8: {where}.", "Store the definition as UTF-8 text.") from None
