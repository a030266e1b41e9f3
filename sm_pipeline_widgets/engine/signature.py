"""AWS Signature Version 4, checked: who signed a request, for which service, when, and whether it is untouched.

It knows the head of an HTTP request and botocore's signer; it must not know sockets, operations or error formats.
A refusal is a :class:`SignatureError` with a :class:`Refusal`; the wire gives it the code of the service asked.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials

from sm_pipeline_widgets.engine import presigned

if TYPE_CHECKING:
    from collections.abc import Mapping

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
MAX_SKEW = timedelta(minutes=15)
LONGEST_PRESIGNED = 7 * 24 * 3600
_TIMESTAMP = "%Y%m%dT%H%M%SZ"
_EPOCH = "19700101T000000Z"


class Refusal(StrEnum):
    """Why a request is not believed."""

    MISSING = "missing"
    MALFORMED = "malformed"
    UNKNOWN_KEY = "unknown key"
    MISMATCH = "mismatch"
    SKEWED = "skewed"
    EXPIRED = "expired"


class SignatureError(Exception):
    """A request whose signature is missing, broken, stale or another's."""

    def __init__(self, refusal: Refusal, message: str) -> None:
        super().__init__(message)
        self.refusal = refusal
        self.message = message


@dataclass(frozen=True, slots=True)
class RequestHead:
    """The first line and the headers of a request, as they came over the wire."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]

    def header(self, name: str) -> str | None:
        """The header's value, several joined by commas; None where it is not there."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        return ",".join(values) if values else None

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> tuple[tuple[str, str], ...]:
        """The decoded query, in order; a key without ``=`` has an empty value."""
        return tuple(parse_qsl(self.target.partition("?")[2], keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class Claim:
    """What a request says of its own signature; nothing of it is believed before :func:`verify`."""

    access_key: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str
    timestamp: str
    expires: int | None
    payload_hash: str | None
    is_old: bool = False
    """A presigned address of signature version 2: its date is the epoch, and ``expires`` counts from there."""

    @property
    def is_presigned(self) -> bool:
        return self.expires is not None

    @property
    def moment(self) -> datetime:
        return datetime.strptime(self.timestamp, _TIMESTAMP).replace(tzinfo=UTC)


def read_claim(head: RequestHead) -> Claim:
    """The claim in the ``Authorization`` header or in the query of a presigned address."""
    authorization = head.header("Authorization")
    query = dict(head.query)
    if authorization is not None:
        return _claim_in_header(head, authorization)
    if "X-Amz-Signature" in query or "X-Amz-Algorithm" in query:
        return _claim_in_query(query)
    if presigned.KEY in query:
        return _claim_of_old(head, query)
    raise SignatureError(
        Refusal.MISSING,
        "Missing Authentication Token: the engine answers only requests signed with its own keys "
        "(see the endpoint file in its state folder).",
    )


def check_owner(claim: Claim, keys: Mapping[str, str], now: datetime) -> None:
    """Raise :class:`SignatureError` if nobody here could have signed this now; needs no body."""
    if claim.access_key not in keys:
        raise SignatureError(
            Refusal.UNKNOWN_KEY,
            f"The access key {claim.access_key[:128]!r} is not one of this engine's. "
            "Real AWS keys are of no use here: take those of the engine's endpoint file.",
        )
    _check_moment(claim, now)


def verify(head: RequestHead, claim: Claim, keys: Mapping[str, str], body_hash: str) -> None:
    """Raise :class:`SignatureError` unless the claim's signature is the one its owner would compute.

    Parameters
    ----------
    keys
        Secret keys by access key; :func:`check_owner` has been asked before.
    body_hash
        The payload's SHA-256 in hex, or the literal the request declares in its place.
    """
    secret = keys[claim.access_key]
    if claim.is_old:
        expected = presigned.old_signature(head, dict(head.query), secret)
    else:
        _check_signed_headers(head, claim)
        expected = _expected_signature(head, claim, secret, body_hash)
    if not hmac.compare_digest(expected.encode(), claim.signature.encode()):
        raise SignatureError(
            Refusal.MISMATCH,
            "The request signature we calculated does not match the signature you provided. "
            "Check your AWS Secret Access Key and signing method.",
        )


def _claim_in_header(head: RequestHead, authorization: str) -> Claim:
    algorithm, _, rest = authorization.partition(" ")
    if algorithm != ALGORITHM:
        raise SignatureError(Refusal.MALFORMED, f"Authorization must use {ALGORITHM}, not {algorithm[:40]!r}.")
    fields = dict(pair.strip().partition("=")[::2] for pair in rest.split(","))
    missing = [name for name in ("Credential", "SignedHeaders", "Signature") if not fields.get(name)]
    if missing:
        raise SignatureError(Refusal.MALFORMED, f"Authorization header requires {', '.join(missing)}.")
    return _claim(fields, "", _timestamp(head), payload_hash=head.header("X-Amz-Content-SHA256"))


def _claim_in_query(query: Mapping[str, str]) -> Claim:
    names = ("X-Amz-Credential", "X-Amz-SignedHeaders", "X-Amz-Signature", "X-Amz-Date", "X-Amz-Expires")
    missing = [name for name in names if not query.get(name)]
    if missing:
        raise SignatureError(Refusal.MALFORMED, f"A presigned address requires {', '.join(missing)}.")
    if query.get("X-Amz-Algorithm") != ALGORITHM:
        raise SignatureError(Refusal.MALFORMED, f"X-Amz-Algorithm must be {ALGORITHM}.")
    expires = query["X-Amz-Expires"]
    if not (expires.isascii() and expires.isdigit() and len(expires) <= 6 and int(expires) <= LONGEST_PRESIGNED):
        raise SignatureError(Refusal.MALFORMED, f"X-Amz-Expires must be a number from 0 to {LONGEST_PRESIGNED}.")
    return _claim(query, "X-Amz-", query["X-Amz-Date"], expires=int(expires), payload_hash=UNSIGNED_PAYLOAD)


def _claim_of_old(head: RequestHead, query: Mapping[str, str]) -> Claim:
    problem = presigned.old_problem(head)
    if problem:
        raise SignatureError(Refusal.MALFORMED, problem)
    return Claim(
        access_key=query[presigned.KEY],
        date="",
        region="",
        service="s3",
        signed_headers=(),
        signature=query[presigned.SIGNATURE],
        timestamp=_EPOCH,
        expires=int(query[presigned.EXPIRES]),
        payload_hash=UNSIGNED_PAYLOAD,
        is_old=True,
    )


def _claim(
    fields: Mapping[str, str], prefix: str, timestamp: str, *, expires: int | None = None, payload_hash: str | None
) -> Claim:
    parts = fields[f"{prefix}Credential"].split("/")
    if len(parts) != 5 or parts[4] != "aws4_request":
        raise SignatureError(Refusal.MALFORMED, "Credential must be KEY/DATE/REGION/SERVICE/aws4_request.")
    access_key, date, region, service, _ = parts
    signed = tuple(fields[f"{prefix}SignedHeaders"].split(";"))
    signature = fields[f"{prefix}Signature"]
    claim = Claim(access_key, date, region, service, signed, signature, timestamp, expires, payload_hash)
    try:
        moment = claim.moment
    except ValueError:
        raise SignatureError(Refusal.MALFORMED, "The signing date must look like 20261231T235959Z.") from None
    if moment.strftime("%Y%m%d") != date:
        raise SignatureError(Refusal.MALFORMED, "Date in Credential scope does not match the request's date.")
    return claim


def _timestamp(head: RequestHead) -> str:
    stamp = head.header("X-Amz-Date")
    if stamp is not None:
        return stamp
    date = head.header("Date")
    if date is None:
        raise SignatureError(Refusal.MALFORMED, "Authorization header requires X-Amz-Date or Date.")
    try:
        return parsedate_to_datetime(date).astimezone(UTC).strftime(_TIMESTAMP)
    except ValueError:
        raise SignatureError(Refusal.MALFORMED, "The Date header is not a date.") from None


def _check_moment(claim: Claim, now: datetime) -> None:
    age = now - claim.moment
    if claim.expires is not None and age > timedelta(seconds=claim.expires):
        raise SignatureError(Refusal.EXPIRED, "Request has expired.")
    too_old = claim.expires is None and age > MAX_SKEW
    if too_old or age < -MAX_SKEW:
        raise SignatureError(
            Refusal.SKEWED,
            f"The difference between the request time ({claim.timestamp}) and the current time "
            f"({now.strftime(_TIMESTAMP)}) is too large (more than 15 minutes).",
        )


def _check_signed_headers(head: RequestHead, claim: Claim) -> None:
    signed = set(claim.signed_headers)
    present = {name.lower() for name, _ in head.headers}
    if "host" not in signed:
        raise SignatureError(Refusal.MISMATCH, "The Host header must be signed.")
    # an x-amz header that nobody signed could be slipped in on the way and change what is done
    loose = sorted(name for name in present - signed if name.startswith("x-amz-"))
    if loose:
        raise SignatureError(
            Refusal.MISMATCH, f"There were headers present in the request which were not signed: {', '.join(loose)}"
        )
    absent = sorted(signed - present)
    if absent:
        raise SignatureError(Refusal.MISMATCH, f"Signed headers are not in the request: {', '.join(absent)[:200]}")


def _expected_signature(head: RequestHead, claim: Claim, secret: str, body_hash: str) -> str:
    """What botocore's own signer makes of the headers that were signed and the body that was seen."""
    credentials = Credentials(claim.access_key, secret)
    kind = S3SigV4Auth if claim.service == "s3" else SigV4Auth
    signer = kind(credentials, claim.service, claim.region)
    request = AWSRequest(method=head.method, url=_signed_url(head, claim))
    request.headers = HTTPHeaders()
    signed = set(claim.signed_headers)
    for name, value in head.headers:
        if name.lower() in signed:
            request.headers.add_header(name, value)
    request.context["timestamp"] = claim.timestamp
    canonical = _with_body_hash(signer.canonical_request(request), body_hash)
    return str(signer.signature(signer.string_to_sign(request, canonical), request))


def _signed_url(head: RequestHead, claim: Claim) -> str:
    host = f"http://{head.header('Host')}"
    if not claim.is_presigned:
        return host + head.target
    path, _, query = head.target.partition("?")
    kept = [pair for pair in query.split("&") if pair.partition("=")[0] != "X-Amz-Signature"]
    return f"{host}{path}?{'&'.join(kept)}"


def _with_body_hash(canonical: str, body_hash: str) -> str:
    # the signer hashed no body or copied a header: what was really received takes that place
    return canonical.rpartition("\n")[0] + "\n" + body_hash
