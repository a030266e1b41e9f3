"""Buckets and what is in them: create, delete, list."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.operations.s3_request import S3Operation, S3Reply, S3Request, encoded, quoted

if TYPE_CHECKING:
    from sm_pipeline_widgets.engine.objects import Page

_BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_LARGEST_PAGE = 1000


def list_buckets(request: S3Request) -> S3Reply:
    buckets = [
        {"Name": bucket.name, "CreationDate": bucket.created, "BucketRegion": request.region}
        for bucket in request.objects.buckets()
        if bucket.name.startswith(request.get("Prefix", ""))
    ]
    return S3Reply({"Buckets": buckets, "Owner": {"ID": "sm-pipeline-widgets"}})


def create_bucket(request: S3Request) -> S3Reply:
    if not _BUCKET_NAME.fullmatch(request.bucket):
        raise ServiceException("InvalidBucketName", "The specified bucket is not valid.", 400)
    # us-east-1 answers 200 for a bucket the caller owns already, the other regions refuse
    if not request.objects.create_bucket(request.bucket) and request.region != "us-east-1":
        raise ServiceException(
            "BucketAlreadyOwnedByYou",
            "Your previous request to create the named bucket succeeded and you already own it.",
            409,
        )
    return S3Reply({"Location": f"/{request.bucket}"})


def head_bucket(request: S3Request) -> S3Reply:
    _require(request)
    return S3Reply({"BucketRegion": request.region})


def delete_bucket(request: S3Request) -> S3Reply:
    request.objects.delete_bucket(request.bucket)
    return S3Reply(status=204)


def get_bucket_location(request: S3Request) -> S3Reply:
    _require(request)
    return S3Reply({"LocationConstraint": None if request.region == "us-east-1" else request.region})


def get_bucket_versioning(request: S3Request) -> S3Reply:
    _require(request)
    return S3Reply()


def list_objects_v2(request: S3Request) -> S3Reply:
    token = request.get("ContinuationToken")
    page = _page(request, _from_token(token) if token else request.get("StartAfter", ""))
    values = {
        **_listing(request, page),
        "KeyCount": len(page.objects) + len(page.prefixes),
        "ContinuationToken": token,
        "NextContinuationToken": _to_token(page.last) if page.truncated else None,
        "StartAfter": encoded(request, request.get("StartAfter")) if request.get("StartAfter") else None,
    }
    return S3Reply(values)


def list_objects(request: S3Request) -> S3Reply:
    page = _page(request, request.get("Marker", ""))
    values = {
        **_listing(request, page),
        "Marker": encoded(request, request.get("Marker", "")),
        "NextMarker": encoded(request, page.last) if page.truncated and request.get("Delimiter") else None,
    }
    return S3Reply(values)


def _page(request: S3Request, start_after: str) -> Page:
    asked = request.get("MaxKeys", _LARGEST_PAGE)
    if asked < 0:
        raise ServiceException("InvalidArgument", "Argument maxKeys must be an integer between 0 and 2147483647")
    return request.objects.list(
        request.bucket,
        request.get("Prefix", ""),
        request.get("Delimiter", ""),
        start_after,
        min(asked, _LARGEST_PAGE),
    )


def _listing(request: S3Request, page: Page) -> dict[str, Any]:
    return {
        "Name": request.bucket,
        "Prefix": encoded(request, request.get("Prefix", "")),
        "Delimiter": encoded(request, request.get("Delimiter")) if request.get("Delimiter") else None,
        "MaxKeys": request.get("MaxKeys", _LARGEST_PAGE),
        "EncodingType": request.get("EncodingType"),
        "IsTruncated": page.truncated,
        "Contents": [
            {
                "Key": encoded(request, info.key),
                "LastModified": info.modified,
                "ETag": quoted(info),
                "Size": info.size,
                "StorageClass": "STANDARD",
            }
            for info in page.objects
        ],
        "CommonPrefixes": [{"Prefix": encoded(request, prefix)} for prefix in page.prefixes],
    }


def _to_token(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode()


def _from_token(token: str) -> str:
    try:
        return base64.b64decode(token, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise ServiceException("InvalidArgument", "The continuation token provided is incorrect") from None


def _require(request: S3Request) -> None:
    if not request.objects.has_bucket(request.bucket):
        raise ServiceException(
            "NoSuchBucket", "The specified bucket does not exist", 404, {"BucketName": request.bucket}
        )


OPERATIONS: dict[str, S3Operation] = {
    "ListBuckets": list_buckets,
    "CreateBucket": create_bucket,
    "HeadBucket": head_bucket,
    "DeleteBucket": delete_bucket,
    "GetBucketLocation": get_bucket_location,
    "GetBucketVersioning": get_bucket_versioning,
    "ListObjects": list_objects,
    "ListObjectsV2": list_objects_v2,
}
