"""Presigned addresses of the old kind (signature version 2): boto3 still makes them for S3 in us-east-1.

It knows the head of an HTTP request and botocore's signer of that kind; ``signature`` decides when it is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from botocore.auth import HmacV1Auth
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sm_pipeline_widgets.engine.signature import RequestHead

KEY, SIGNATURE, EXPIRES = "AWSAccessKeyId", "Signature", "Expires"
_HEADERS = ("content-md5", "content-type")
_METHODS = ("GET", "HEAD", "PUT", "DELETE")
# 9999-12-31: what a datetime can hold
_LATEST = 253402300799


def old_problem(head: RequestHead) -> str:
    """What is wrong with an address of the old kind before its signature is looked at, or nothing.

    Stricter than S3: a parameter that the signature does not cover could be changed on the way, and is refused.
    """
    pairs = head.query
    names = [name for name, _ in pairs]
    query = dict(pairs)
    missing = [name for name in (KEY, SIGNATURE, EXPIRES) if not query.get(name)]
    if missing:
        return f"A presigned address requires {', '.join(missing)}."
    expires = query[EXPIRES]
    if not (expires.isascii() and expires.isdigit() and len(expires) <= 12 and int(expires) <= _LATEST):
        return "Expires must be a moment in seconds since 1970."
    if head.method not in _METHODS:
        return f"A presigned address of this kind cannot be used to {head.method}."
    if len(set(names)) != len(names):
        return "A presigned address says each parameter once."
    loose = sorted(name for name in names if name not in (KEY, SIGNATURE, EXPIRES) and not _is_covered(name))
    if loose:
        return (
            f"{', '.join(loose)[:200]} is not covered by this kind of signature: presign with version 4 "
            '(boto3: Config(signature_version="s3v4")).'
        )
    return ""


def old_signature(head: RequestHead, query: Mapping[str, str], secret: str) -> str:
    """What botocore's signer of that kind makes of the request."""
    headers: Any = HTTPHeaders()
    said = {name.lower(): value for name, value in parse_qsl(head.target.partition("?")[2], keep_blank_values=True)}
    said |= {name.lower(): value for name, value in head.headers}
    for name, value in said.items():
        if name in _HEADERS or name.startswith("x-amz-"):
            headers[name] = value
    signer = _Signer(Credentials(query[KEY], secret), query[EXPIRES])
    return str(signer.sign_string(signer.canonical_string(head.method, urlsplit(f"http://s3{head.target}"), headers)))


def _is_covered(name: str) -> bool:
    return (
        name in HmacV1Auth.QSAOfInterest or name.lower().startswith("x-amz-") or name in ("content-md5", "content-type")
    )


class _Signer(HmacV1Auth):
    """Signs for a moment that is given, where botocore's takes the present one."""

    def __init__(self, credentials: Credentials, expires: str) -> None:
        super().__init__(credentials)
        self._expires = expires

    def _get_date(self) -> str:
        return self._expires
