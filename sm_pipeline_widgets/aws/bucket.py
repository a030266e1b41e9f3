"""The bucket for code, inputs and outputs: whether it is there, whose it is, and making it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.aws.errors import DENIED, translated
from sm_pipeline_widgets.errors import ServiceError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class BucketState(StrEnum):
    """What HeadBucket says of a bucket, asked as the account that should own it."""

    THERE = "there"
    MISSING = "missing"
    REFUSED = "refused"
    """It belongs to another account, or the caller may not look at it; S3 does not say which."""


def bucket_state(s3: S3Client, name: str, account: str) -> BucketState:
    """Whether the bucket is there and the account's own.

    Raises
    ------
    TargetError, ServiceError
        S3 could not be asked.
    """
    try:
        with translated():
            s3.head_bucket(Bucket=name, ExpectedBucketOwner=account)
    except ServiceError as error:
        if error.code in DENIED:
            return BucketState.REFUSED
        if error.code in {"404", "NoSuchBucket", "NotFound"}:
            return BucketState.MISSING
        raise
    return BucketState.THERE


def create_bucket(s3: S3Client, name: str, region: str) -> None:
    """Make the bucket; one that the account has already is fine (somebody else was quicker)."""
    options: dict[str, Any] = {"Bucket": name}
    if region != "us-east-1":  # where naming the region is refused
        options["CreateBucketConfiguration"] = {"LocationConstraint": region}
    try:
        with translated():
            s3.create_bucket(**options)
    except ServiceError as error:
        if error.code != "BucketAlreadyOwnedByYou":
            raise
