"""What an S3 operation is given and gives back; bytes of objects stand beside the parameters, as files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.objects import ObjectInfo, ObjectStore, ObjectTraits, Written

if TYPE_CHECKING:
    from typing import BinaryIO

    from sm_pipeline_widgets.engine.body import Received

# the members of S3's own headers that an object keeps and gives back
KEPT_HEADERS = ("CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage")


@dataclass(frozen=True, slots=True)
class S3Request:
    """A checked call: its parameters, and for an upload the received file with its checksums."""

    objects: ObjectStore
    region: str
    parameters: Mapping[str, Any]
    upload: Received | None = None
    checksums: Mapping[str, str] = field(default_factory=dict)

    @property
    def bucket(self) -> str:
        return str(self.parameters["Bucket"])

    @property
    def key(self) -> str:
        return str(self.parameters["Key"])

    def get(self, name: str, default: Any = None) -> Any:
        return self.parameters.get(name, default)

    def take_upload(self) -> Written:
        """The received bytes; from now on the caller's to name or discard."""
        if self.upload is None:
            raise ServiceException("MissingRequestBodyError", "Request Body is empty")
        return Written(self.upload.take(), self.upload.size, self.upload.md5())


@dataclass(frozen=True, slots=True)
class S3Reply:
    """Members of the output, a status, and for a download the open file, positioned at its first byte."""

    values: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    body: BinaryIO | None = None


S3Operation = Callable[[S3Request], S3Reply]


def traits_of(request: S3Request) -> ObjectTraits:
    """What the headers of an upload say of the object."""
    headers = {name: str(request.get(name)) for name in KEPT_HEADERS if request.get(name)}
    # the wrapping of the transfer is no property of what was transferred
    coding = [part.strip() for part in headers.pop("ContentEncoding", "").split(",")]
    kept = [part for part in coding if part and part != "aws-chunked"]
    if kept:
        headers["ContentEncoding"] = ",".join(kept)
    return ObjectTraits(
        content_type=request.get("ContentType") or "binary/octet-stream",
        metadata=dict(request.get("Metadata") or {}),
        headers=headers,
        checksums=dict(request.checksums),
        checksum_type="FULL_OBJECT" if request.checksums else "",
    )


def checksum_members(traits: ObjectTraits) -> dict[str, str]:
    """The checksums of an object as members of an answer."""
    members = {f"Checksum{name}": value for name, value in traits.checksums.items()}
    return {**members, "ChecksumType": traits.checksum_type} if members else {}


def quoted(info: ObjectInfo) -> str:
    """The ETag as S3 shows it."""
    return f'"{info.etag}"'


def copy_source(request: S3Request) -> tuple[str, str]:
    """The bucket and key a copy reads from."""
    text = unquote(str(request.parameters["CopySource"]), errors="strict")
    key_text, _, version = text.partition("?versionId=")
    if version not in ("", "null"):
        raise ServiceException("NotImplemented", "The engine on this machine keeps no versions of objects.", 501)
    bucket, _, key = key_text.removeprefix("/").partition("/")
    if not bucket or not key:
        raise ServiceException("InvalidArgument", "Copy Source must mention the source bucket and key: bucket/key")
    return bucket, key


def encoded(request: S3Request, text: str) -> str:
    """A key as a listing spells it: as it is, or percent-encoded where the client asked for that."""
    return quote(text, safe="/") if request.get("EncodingType") == "url" else text
