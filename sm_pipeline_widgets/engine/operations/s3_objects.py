"""Single objects: put, get, head, delete, copy, with ranges and conditions."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.operations.s3_request import (
    S3Operation,
    S3Reply,
    S3Request,
    checksum_members,
    copy_source,
    quoted,
    traits_of,
)

if TYPE_CHECKING:
    from datetime import datetime

    from sm_pipeline_widgets.engine.objects import ObjectInfo

_RANGE = re.compile(r"bytes=(\d{0,19})-(\d{0,19})")
_MOST_DELETED = 1000


def put_object(request: S3Request) -> S3Reply:
    check_overwrite(request)
    info = request.objects.adopt(request.bucket, request.key, request.take_upload(), traits_of(request))
    return S3Reply({"ETag": quoted(info), **checksum_members(info.traits)})


def get_object(request: S3Request) -> S3Reply:
    info, file = request.objects.open_info(request.bucket, request.key)
    try:
        _check_conditions(request, info)
        reply = _described(request, info)
        file.seek(_first(reply, info))
    except ServiceException:
        file.close()
        raise
    return replace(reply, body=file)


def head_object(request: S3Request) -> S3Reply:
    info = request.objects.head(request.bucket, request.key)
    if info is None:
        # an answer to HEAD has no body: the status is all a client learns, and it calls this code "404"
        raise ServiceException("NoSuchKey", "The specified key does not exist.", 404)
    _check_conditions(request, info)
    return _described(request, info)


def delete_object(request: S3Request) -> S3Reply:
    request.objects.delete(request.bucket, request.key)
    return S3Reply(status=204)


def delete_objects(request: S3Request) -> S3Reply:
    asked = request.get("Delete", {})
    items = asked.get("Objects", [])
    if not items or len(items) > _MOST_DELETED:
        raise ServiceException("MalformedXML", f"A delete request names 1 to {_MOST_DELETED} objects.")
    keys = [item.get("Key", "") for item in items]
    for key in keys:
        request.objects.delete(request.bucket, key)
    return S3Reply({"Deleted": [] if asked.get("Quiet") else [{"Key": key} for key in keys]})


def copy_object(request: S3Request) -> S3Reply:
    bucket, key = copy_source(request)
    source = request.objects.head(bucket, key)
    if source is not None:
        check_copy_conditions(request, source)
    keeps = request.get("MetadataDirective", "COPY") == "COPY"
    if (bucket, key) == (request.bucket, request.key) and keeps:
        raise ServiceException(
            "InvalidRequest",
            "This copy request is illegal because it is trying to copy an object to itself without changing the "
            "object's metadata, storage class, website redirect location or encryption attributes.",
        )
    traits = None if keeps else traits_of(request)
    if traits is not None and source is not None:
        traits = replace(traits, checksums=source.traits.checksums, checksum_type=source.traits.checksum_type)
    info = request.objects.copy(bucket, key, request.bucket, request.key, traits)
    result = {"ETag": quoted(info), "LastModified": info.modified, **checksum_members(info.traits)}
    return S3Reply({"CopyObjectResult": result})


def get_object_tagging(request: S3Request) -> S3Reply:
    head_object(request)
    return S3Reply({"TagSet": []})


def check_overwrite(request: S3Request) -> None:
    """The conditions of a write: only if there is nothing yet, or only over the version the client knows."""
    must_match, must_not = request.get("IfMatch"), request.get("IfNoneMatch")
    if must_match is None and must_not is None:
        return
    info = request.objects.head(request.bucket, request.key)
    if must_match is not None and info is None:
        raise ServiceException("NoSuchKey", "The specified key does not exist.", 404, {"Key": request.key})
    if (info is not None and must_not is not None) or (
        info is not None and must_match is not None and not _matches(must_match, info)
    ):
        raise _precondition_failed()


def check_copy_conditions(request: S3Request, source: ObjectInfo) -> None:
    """The conditions a copy sets on what it reads."""
    match, none_match = request.get("CopySourceIfMatch"), request.get("CopySourceIfNoneMatch")
    since, until = request.get("CopySourceIfModifiedSince"), request.get("CopySourceIfUnmodifiedSince")
    if (
        (match is not None and not _matches(match, source))
        or (none_match is not None and _matches(none_match, source))
        or (since is not None and _second(source.modified) <= since)
        or (until is not None and match is None and _second(source.modified) > until)
    ):
        raise _precondition_failed()


def read_range(text: str | None, size: int) -> tuple[int, int] | None:
    """First byte and length of a range; None for the whole object, also where the range cannot be read (RFC 9110)."""
    found = _RANGE.fullmatch(text.strip()) if text else None
    if found is None or found.groups() == ("", ""):
        return None
    first_text, last_text = found.groups()
    if not first_text:
        first, last = max(0, size - int(last_text)), size - 1
    else:
        first, last = int(first_text), min(int(last_text or size), size - 1)
        if last_text and int(last_text) < first:
            return None
    if first >= size:
        raise ServiceException("InvalidRange", "The requested range is not satisfiable", 416)
    return first, last - first + 1


def _described(request: S3Request, info: ObjectInfo) -> S3Reply:
    values: dict[str, Any] = {
        "AcceptRanges": "bytes",
        "LastModified": info.modified,
        "ETag": quoted(info),
        "ContentType": info.content_type,
        "ContentLength": info.size,
        "Metadata": info.metadata,
        **info.traits.headers,
    }
    for name in ("ContentType", "CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage"):
        if request.get(f"Response{name}"):
            values[name] = request.get(f"Response{name}")
    chosen = read_range(request.get("Range"), info.size)
    if chosen is None:
        if request.get("ChecksumMode") == "ENABLED":
            values.update(checksum_members(info.traits))
        return S3Reply(values)
    first, length = chosen
    values["ContentLength"] = length
    values["ContentRange"] = f"bytes {first}-{first + length - 1}/{info.size}"
    return S3Reply(values, status=206)


def _first(reply: S3Reply, info: ObjectInfo) -> int:
    described = reply.values.get("ContentRange")
    return int(str(described).removeprefix("bytes ").partition("-")[0]) if described and info.size else 0


def _check_conditions(request: S3Request, info: ObjectInfo) -> None:
    match, none_match = request.get("IfMatch"), request.get("IfNoneMatch")
    since, until = request.get("IfModifiedSince"), request.get("IfUnmodifiedSince")
    if match is not None and not _matches(match, info):
        raise _precondition_failed()
    if match is None and until is not None and _second(info.modified) > until:
        raise _precondition_failed()
    unchanged = (none_match is not None and _matches(none_match, info)) or (
        none_match is None and since is not None and _second(info.modified) <= since
    )
    if unchanged:
        raise ServiceException("NotModified", "Not Modified", 304)


def _matches(condition: str, info: ObjectInfo) -> bool:
    return any(part.strip().strip('"') in ("*", info.etag) for part in condition.split(","))


def _second(moment: datetime) -> datetime:
    # dates in headers have whole seconds
    return moment.replace(microsecond=0)


def _precondition_failed() -> ServiceException:
    return ServiceException("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", 412)


OPERATIONS: dict[str, S3Operation] = {
    "PutObject": put_object,
    "GetObject": get_object,
    "HeadObject": head_object,
    "DeleteObject": delete_object,
    "DeleteObjects": delete_objects,
    "CopyObject": copy_object,
    "GetObjectTagging": get_object_tagging,
}
