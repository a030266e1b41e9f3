"""What a streamed upload must satisfy before its bytes count: the signed hash, the checksums, the lengths.

It knows the headers S3 clients describe a body with; it must not know buckets or keys.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from sm_pipeline_widgets.engine.body import Received
from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.signature import UNSIGNED_PAYLOAD

if TYPE_CHECKING:
    from pathlib import Path

    from sm_pipeline_widgets.engine.signature import RequestHead

UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
LARGEST = 5 << 30
_CHECKSUM = "x-amz-checksum-"


def open_intake(head: RequestHead, payload_hash: str, path: Path) -> Received:
    """A place for the body a request announces."""
    is_chunked = payload_hash == UNSIGNED_TRAILER
    if payload_hash.startswith("STREAMING-") and not is_chunked:
        raise ServiceException(
            "NotImplemented",
            f"The engine on this machine does not read bodies announced as {payload_hash[:60]}: "
            f"sign the whole body, or use {UNSIGNED_TRAILER}.",
            501,
        )
    return Received(path, _algorithm(head), is_chunked=is_chunked)


def accept(head: RequestHead, payload_hash: str, received: Received) -> dict[str, str]:
    """End the body and check all that was said of it; its checksums by algorithm, in base64."""
    received.close()
    is_signed = payload_hash not in (UNSIGNED_PAYLOAD, UNSIGNED_TRAILER)
    if is_signed and received.sha256() != payload_hash.lower():
        # S3 says 400; the engine treats a body that is not the signed one as what it is, an unsigned request
        raise ServiceException(
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
            403,
        )
    _check_length(head, received)
    _check_md5(head, received)
    return _checksums(head, received, is_signed=is_signed)


def _algorithm(head: RequestHead) -> str:
    trailer = (head.header("x-amz-trailer") or "").strip().lower()
    names = [trailer, *(name.lower() for name, _ in head.headers)]
    for name in names:
        algorithm = name.removeprefix(_CHECKSUM)
        if name.startswith(_CHECKSUM) and algorithm not in ("type", "algorithm", "mode"):
            return algorithm.upper()
    return ""


def _check_length(head: RequestHead, received: Received) -> None:
    announced = head.header("x-amz-decoded-content-length")
    if announced is not None and announced.strip() != str(received.size):
        raise ServiceException(
            "IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header."
        )


def _check_md5(head: RequestHead, received: Received) -> None:
    announced = head.header("Content-MD5")
    if announced is None:
        return
    try:
        digest = base64.b64decode(announced, validate=True)
    except (binascii.Error, ValueError):
        raise ServiceException("InvalidDigest", "The Content-MD5 you specified was invalid.") from None
    if digest != received.md5():
        raise ServiceException("BadDigest", "The Content-MD5 you specified did not match what we received.")


def _checksums(head: RequestHead, received: Received, *, is_signed: bool) -> dict[str, str]:
    if not received.algorithm:
        return {}
    name = _CHECKSUM + received.algorithm.lower()
    announced = received.trailers.get(name) or head.header(name)
    computed = received.extra()
    if computed is None and not is_signed and not received.is_too_long_for_extra:
        raise ServiceException(
            "NotImplemented",
            f"The engine on this machine cannot compute {received.algorithm} and the body is not signed: "
            "use CRC32 or SHA256.",
            501,
        )
    if announced is None:
        raise ServiceException("InvalidRequest", f"The request promised {name} and did not send it.")
    # What cannot be computed here is kept as the client says: the signature covers the body, or its length must do; a
    # checksum that is not signed itself tells of accidents alone, and there are none on the way from the same machine.
    if computed is not None and announced != computed:
        raise ServiceException(
            "BadDigest", f"The {received.algorithm} you specified did not match the calculated checksum."
        )
    return {received.algorithm: announced}
