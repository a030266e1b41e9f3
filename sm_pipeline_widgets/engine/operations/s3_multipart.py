"""Objects that come in parts."""

from __future__ import annotations

import base64
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine.body import checksum
from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.objects import CHUNK, ObjectTraits, Written
from sm_pipeline_widgets.engine.operations.s3_objects import check_copy_conditions, check_overwrite, read_range
from sm_pipeline_widgets.engine.operations.s3_request import (
    S3Operation,
    S3Reply,
    S3Request,
    checksum_members,
    copy_source,
    encoded,
    quoted,
    traits_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sm_pipeline_widgets.engine.objects import Part, Upload

_MOST_PARTS = 10_000
_PAGE = 1000


def create_multipart_upload(request: S3Request) -> S3Reply:
    algorithm = str(request.get("ChecksumAlgorithm") or "").upper()
    kind = str(request.get("ChecksumType") or ("COMPOSITE" if algorithm else ""))
    # until the object is whole its checksums hold only which one was promised
    traits = replace(traits_of(request), checksums={algorithm: ""} if algorithm else {}, checksum_type=kind)
    upload = request.objects.create_upload(request.bucket, request.key, traits)
    values = {"Bucket": request.bucket, "Key": request.key, "UploadId": upload.id}
    return S3Reply({**values, "ChecksumAlgorithm": algorithm or None, "ChecksumType": kind or None})


def upload_part(request: S3Request) -> S3Reply:
    _upload(request)
    number = _part_number(request)
    value = next(iter(request.checksums.values()), "")
    part = request.objects.put_part(request.parameters["UploadId"], number, request.take_upload(), value)
    return S3Reply({"ETag": f'"{part.etag}"', **{f"Checksum{key}": text for key, text in request.checksums.items()}})


def upload_part_copy(request: S3Request) -> S3Reply:
    upload = _upload(request)
    number = _part_number(request)
    bucket, key = copy_source(request)
    info, file = request.objects.open_info(bucket, key)
    with file:
        check_copy_conditions(request, info)
        first, length = read_range(request.get("CopySourceRange"), info.size) or (0, info.size)
        file.seek(first)
        algorithm = next(iter(upload.traits.checksums), "")
        written, value = _copied(request, file, length, algorithm)
    part = request.objects.put_part(upload.id, number, written, value)
    result: dict[str, Any] = {"ETag": f'"{part.etag}"', "LastModified": info.modified}
    if value:
        result[f"Checksum{algorithm}"] = value
    return S3Reply({"CopyPartResult": result})


def complete_multipart_upload(request: S3Request) -> S3Reply:
    upload = _upload(request)
    check_overwrite(request)
    chosen = _chosen(request, upload)
    traits = _whole_traits(request, upload, chosen)
    info = request.objects.complete(upload.id, chosen, traits)
    values = {"Location": f"/{request.bucket}/{request.key}", "Bucket": request.bucket, "Key": request.key}
    return S3Reply({**values, "ETag": quoted(info), **checksum_members(info.traits)})


def abort_multipart_upload(request: S3Request) -> S3Reply:
    request.objects.abort(_upload(request).id)
    return S3Reply(status=204)


def list_parts(request: S3Request) -> S3Reply:
    upload = _upload(request)
    marker = int(request.get("PartNumberMarker") or 0)
    most = min(int(request.get("MaxParts", _PAGE)), _PAGE)
    left = [part for part in request.objects.parts(upload.id) if part.number > marker]
    shown = left[:most]
    algorithm = next(iter(upload.traits.checksums), "")
    values = {
        "Bucket": upload.bucket,
        "Key": upload.key,
        "UploadId": upload.id,
        "PartNumberMarker": marker,
        "MaxParts": most,
        "IsTruncated": len(left) > most,
        "NextPartNumberMarker": shown[-1].number if shown else None,
        "Parts": [_shown_part(part, algorithm) for part in shown],
        "StorageClass": "STANDARD",
    }
    return S3Reply(values)


def list_multipart_uploads(request: S3Request) -> S3Reply:
    prefix = request.get("Prefix", "")
    uploads = [
        {"Key": encoded(request, upload.key), "UploadId": upload.id, "Initiated": upload.started}
        for upload in request.objects.uploads(request.bucket)
        if upload.key.startswith(prefix)
    ]
    values = {"Bucket": request.bucket, "Prefix": encoded(request, prefix), "IsTruncated": False}
    return S3Reply({**values, "EncodingType": request.get("EncodingType"), "Uploads": uploads})


def _upload(request: S3Request) -> Upload:
    upload = request.objects.upload(str(request.parameters["UploadId"]))
    if (upload.bucket, upload.key) != (request.bucket, request.key):
        raise ServiceException("NoSuchUpload", "The specified upload does not exist.", 404)
    return upload


def _part_number(request: S3Request) -> int:
    number = int(request.parameters["PartNumber"])
    if not 1 <= number <= _MOST_PARTS:
        raise ServiceException(
            "InvalidArgument", f"Part number must be an integer between 1 and {_MOST_PARTS}, inclusive"
        )
    return number


def _copied(request: S3Request, file: Any, length: int, algorithm: str) -> tuple[Written, str]:
    path = request.objects.blank()
    md5, extra = checksum("MD5"), checksum(algorithm) if algorithm else None
    left = length
    with path.open("wb") as writer:
        while left > 0 and (data := file.read(min(CHUNK, left))):
            writer.write(data)
            left -= len(data)
            for digest in filter(None, (md5, extra)):
                digest.update(data)
    value = base64.b64encode(extra.digest()).decode() if extra else ""
    return Written(path, length, md5.digest() if md5 else b""), value


def _chosen(request: S3Request, upload: Upload) -> list[Part]:
    named = (request.get("MultipartUpload") or {}).get("Parts") or []
    if not named:
        raise ServiceException("MalformedXML", "You must specify at least one part")
    numbers = [item.get("PartNumber", 0) for item in named]
    if any(later <= earlier for earlier, later in pairwise(numbers)):
        raise ServiceException("InvalidPartOrder", "The list of parts was not in ascending order.")
    there = {part.number: part for part in request.objects.parts(upload.id)}
    for item in named:
        part = there.get(item.get("PartNumber", 0))
        if part is None or str(item.get("ETag", "")).strip('"') != part.etag:
            raise ServiceException("InvalidPart", "One or more of the specified parts could not be found.")
    return [there[number] for number in numbers]


def _whole_traits(request: S3Request, upload: Upload, chosen: Sequence[Part]) -> ObjectTraits:
    """The traits of the joined object with its checksum: of the parts' checksums, or of all bytes."""
    algorithm = next(iter(upload.traits.checksums), "")
    if not algorithm or not all(part.checksum for part in chosen):
        return replace(upload.traits, checksums={}, checksum_type="")
    digest = checksum(algorithm)
    if digest is None:
        announced = request.get(f"Checksum{algorithm}")
        kept = {algorithm: str(announced)} if announced else {}
        return replace(upload.traits, checksums=kept, checksum_type=upload.traits.checksum_type if kept else "")
    if upload.traits.checksum_type == "FULL_OBJECT":
        for part in chosen:
            with request.objects.open_part(part) as file:
                while data := file.read(CHUNK):
                    digest.update(data)
        value = base64.b64encode(digest.digest()).decode()
    else:
        for part in chosen:
            digest.update(base64.b64decode(part.checksum))
        value = f"{base64.b64encode(digest.digest()).decode()}-{len(chosen)}"
    announced = request.get(f"Checksum{algorithm}")
    if announced is not None and announced.partition("-")[0] != value.partition("-")[0]:
        raise ServiceException("BadDigest", f"The {algorithm} you specified did not match the calculated checksum.")
    return replace(upload.traits, checksums={algorithm: value})


def _shown_part(part: Part, algorithm: str) -> dict[str, Any]:
    shown = {"PartNumber": part.number, "ETag": f'"{part.etag}"', "Size": part.size, "LastModified": part.moment}
    return {**shown, f"Checksum{algorithm}": part.checksum} if part.checksum and algorithm else shown


OPERATIONS: dict[str, S3Operation] = {
    "CreateMultipartUpload": create_multipart_upload,
    "UploadPart": upload_part,
    "UploadPartCopy": upload_part_copy,
    "CompleteMultipartUpload": complete_multipart_upload,
    "AbortMultipartUpload": abort_multipart_upload,
    "ListParts": list_parts,
    "ListMultipartUploads": list_multipart_uploads,
}
