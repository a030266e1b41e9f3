"""S3's REST-XML: which operation a request is, its parameters, and what its answer looks like.

It knows S3's addresses, botocore's model of S3 and XML; it must not know sockets, files or what an operation does.
``GET /b?list-type=2&prefix=a`` becomes ``Call("s3", "ListObjectsV2", {"Bucket": "b", "Prefix": "a"})``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import format_datetime, parsedate_to_datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes
from xml.etree import ElementTree as ET

from sm_pipeline_widgets.engine import xmlwire
from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.wire import S3_XML, Answer, Call, operation_model, service_model

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sm_pipeline_widgets.engine.signature import RequestHead

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_COPY = "x-amz-copy-source"

# (method, depth of the place, marks in query or headers, operation); the first that fits, the specific ones first
_ROUTES: tuple[tuple[str, int, frozenset[str], str], ...] = (
    ("GET", 0, frozenset(), "ListBuckets"),
    ("GET", 1, frozenset({"location"}), "GetBucketLocation"),
    ("GET", 1, frozenset({"versioning"}), "GetBucketVersioning"),
    ("GET", 1, frozenset({"uploads"}), "ListMultipartUploads"),
    ("GET", 1, frozenset({"list-type"}), "ListObjectsV2"),
    ("GET", 1, frozenset(), "ListObjects"),
    ("PUT", 1, frozenset(), "CreateBucket"),
    ("HEAD", 1, frozenset(), "HeadBucket"),
    ("DELETE", 1, frozenset(), "DeleteBucket"),
    ("POST", 1, frozenset({"delete"}), "DeleteObjects"),
    ("GET", 2, frozenset({"uploadId"}), "ListParts"),
    ("GET", 2, frozenset({"tagging"}), "GetObjectTagging"),
    ("GET", 2, frozenset(), "GetObject"),
    ("HEAD", 2, frozenset(), "HeadObject"),
    ("PUT", 2, frozenset({"uploadId", "partNumber", _COPY}), "UploadPartCopy"),
    ("PUT", 2, frozenset({"uploadId", "partNumber"}), "UploadPart"),
    ("PUT", 2, frozenset({_COPY}), "CopyObject"),
    ("PUT", 2, frozenset(), "PutObject"),
    ("POST", 2, frozenset({"uploads"}), "CreateMultipartUpload"),
    ("POST", 2, frozenset({"uploadId"}), "CompleteMultipartUpload"),
    ("DELETE", 2, frozenset({"uploadId"}), "AbortMultipartUpload"),
    ("DELETE", 2, frozenset(), "DeleteObject"),
)
# what clients in other languages look for at the root of an answer
_ROOTS = {
    "ListBuckets": "ListAllMyBucketsResult",
    "ListObjects": "ListBucketResult",
    "ListObjectsV2": "ListBucketResult",
    "DeleteObjects": "DeleteResult",
    "CreateMultipartUpload": "InitiateMultipartUploadResult",
    "GetBucketVersioning": "VersioningConfiguration",
    "GetObjectTagging": "Tagging",
}
STREAMED = frozenset({"PutObject", "UploadPart"})


@dataclass(frozen=True, slots=True)
class Place:
    """What an address names: nothing, a bucket, or an object."""

    bucket: str
    key: str

    @property
    def depth(self) -> int:
        return 2 if self.key else 1 if self.bucket else 0


def place(path: str) -> Place:
    """The bucket and key of a path; dots and double slashes in a key are part of it."""
    bucket, _, key = path.removeprefix("/").partition("/")
    return Place(_decoded(bucket), _decoded(key))


def route(head: RequestHead) -> str:
    """The operation a request asks for."""
    depth = place(head.path).depth
    marks = {name for name, _ in head.query} | ({_COPY} if head.header(_COPY) is not None else set())
    unanswered = marks & (_subresources() - _answered())
    if not unanswered:
        for method, levels, needed, operation in _ROUTES:
            if method == head.method and levels == depth and needed <= marks:
                # `PUT /b/k?uploads` must not become a plain PutObject
                if marks & _subresources() - needed - {"list-type"}:
                    continue
                return operation
    raise ServiceException(
        "NotImplemented",
        f"The engine on this machine does not answer {head.method} with {', '.join(sorted(marks)) or 'nothing'} "
        f"on {('the account', 'a bucket', 'an object')[depth]}.",
        501,
    )


def read(head: RequestHead, operation: str, body: bytes) -> Call:
    """The call with its parameters; ``body`` is empty for operations that stream."""
    shape: Any = operation_model("s3", operation).input_shape
    target = place(head.path)
    query = dict(head.query)
    parameters: dict[str, Any] = {}
    for name, member in shape.members.items():
        wire_name = member.serialization.get("name", name)
        match member.serialization.get("location"):
            case "uri":
                text = {"Bucket": target.bucket, "Key": target.key}.get(name)
            case "querystring":
                text = query.get(wire_name)
            case "header":
                text = head.header(wire_name)
            case "headers":
                parameters[name] = _metadata(head, wire_name)
                continue
            case _:
                continue
        if text is not None:
            parameters[name] = _scalar(member, text)
    payload = shape.serialization.get("payload")
    if payload and operation not in STREAMED and body:
        parameters[payload] = xmlwire.read_members(xmlwire.parse(body), shape.members[payload])
    for name in shape.required_members:
        if parameters.get(name) is None:
            raise ServiceException(
                "MissingRequiredParameter" if name != payload else "MissingRequestBodyError",
                f"The request needs {name}.",
            )
    return Call("s3", operation, parameters)


def write(call: Call, result: Mapping[str, Any], status: int, request_id: str) -> Answer:
    """The answer: members of the output that are headers as headers, the others as XML."""
    shape: Any = operation_model("s3", call.operation).output_shape
    headers = [("x-amz-request-id", request_id)]
    if shape is None:
        return Answer(status, tuple(headers), b"")
    payload = shape.serialization.get("payload")
    placed = set()
    for name, member in shape.members.items():
        location = member.serialization.get("location")
        if location is None:
            continue
        placed.add(name)
        if result.get(name) is not None:
            headers += _headers(member, name, result[name])
    if call.operation == "GetBucketLocation":
        return _location(result, headers)
    body_names = [payload] if payload else [name for name in shape.members if name not in placed]
    is_streamed = payload is not None and shape.members[payload].type_name == "blob"
    if not body_names or is_streamed:
        return Answer(status, tuple(headers), b"")
    if payload:
        root = ET.Element(shape.members[payload].serialization.get("name", payload), xmlns=NAMESPACE)
        xmlwire.write_members(root, shape.members[payload], result[payload])
    else:
        root = ET.Element(_ROOTS.get(call.operation, f"{call.operation}Result"), xmlns=NAMESPACE)
        xmlwire.write_members(root, shape, dict(result), frozenset(placed))
    return Answer(status, (*headers, ("Content-Type", S3_XML)), xmlwire.render(root))


def _location(result: Mapping[str, Any], headers: list[tuple[str, str]]) -> Answer:
    # the one answer whose root is its only value
    root = ET.Element("LocationConstraint", xmlns=NAMESPACE)
    root.text = result.get("LocationConstraint") or None
    return Answer(200, (*headers, ("Content-Type", S3_XML)), xmlwire.render(root))


def _headers(member: Any, name: str, value: Any) -> list[tuple[str, str]]:
    wire_name = member.serialization.get("name", name)
    if member.serialization["location"] == "headers":
        return [(wire_name + key, text) for key, text in value.items()]
    if member.type_name == "timestamp":
        return [(wire_name, format_datetime(value, usegmt=True))]
    return [(wire_name, xmlwire.scalar_text(member, value))]


def _metadata(head: RequestHead, prefix: str) -> dict[str, str]:
    return {
        name[len(prefix) :].lower(): value for name, value in head.headers if name.lower().startswith(prefix.lower())
    }


def _scalar(member: Any, text: str) -> Any:
    if member.type_name == "timestamp" and member.serialization.get("location") == "header":
        try:
            return parsedate_to_datetime(text)
        except ValueError:
            raise ServiceException("InvalidArgument", f"{text[:100]!r} is not a date.") from None
    return xmlwire.read_scalar(member, text)


def _decoded(text: str) -> str:
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        raise ServiceException("InvalidURI", "Couldn't parse the specified URI.") from None


@cache
def _subresources() -> frozenset[str]:
    """The query keys that make another operation of an address, out of the model of S3."""
    model = service_model("s3")
    uris = [model.operation_model(name).http["requestUri"] for name in model.operation_names]
    keys = {re.split("[=&]", uri.partition("?")[2])[0] for uri in uris}
    return frozenset(keys - {"", "x-id"}) | {"uploadId", "partNumber"}


@cache
def _answered() -> frozenset[str]:
    return frozenset().union(*(needed for _, _, needed, _ in _ROUTES))
