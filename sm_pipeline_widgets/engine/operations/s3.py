"""The S3 operations the engine answers, by name."""

from __future__ import annotations

from sm_pipeline_widgets.engine.operations import s3_buckets, s3_multipart, s3_objects
from sm_pipeline_widgets.engine.operations.s3_request import S3Operation, S3Reply, S3Request

__all__ = ["S3_OPERATIONS", "S3Operation", "S3Reply", "S3Request"]

S3_OPERATIONS: dict[str, S3Operation] = {
    **s3_buckets.OPERATIONS,
    **s3_objects.OPERATIONS,
    **s3_multipart.OPERATIONS,
}
