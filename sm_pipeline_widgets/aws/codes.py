"""The API's error codes in groups: what they mean for somebody who asks again and again."""

from __future__ import annotations

THROTTLED = frozenset(
    {"Throttling", "ThrottlingException", "ThrottledException", "RequestLimitExceeded", "TooManyRequestsException"}
    | {"RequestThrottled", "SlowDown", "LimitExceededException"}
)
EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"})
UNTRUSTED = frozenset(
    {"UnrecognizedClientException", "InvalidClientTokenId", "InvalidSignatureException", "SignatureDoesNotMatch"}
    | {"InvalidAccessKeyId", "InvalidToken", "MissingAuthenticationToken", "MissingAuthenticationTokenException"}
)
DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403", "Forbidden"})
NOT_FOUND = frozenset({"ResourceNotFound", "ResourceNotFoundException", "NoSuchBucket", "NoSuchKey", "404", "NotFound"})
TROUBLED = frozenset(
    {"InternalFailure", "InternalServerError", "InternalServerException", "InternalServiceError", "ServiceUnavailable"}
    | {"ServiceUnavailableException", "500", "502", "503", "504"}
)
"""The service's own trouble: asking again may be enough."""

_SKEWED = frozenset({"RequestTimeTooSkewed", "RequestInTheFuture"})
_SIGNED_AT = ("signature expired", "signature not yet current")


def is_clock_wrong(code: str, message: str) -> bool:
    """Whether a request was refused because of the time it was signed at."""
    return code in _SKEWED or (code in UNTRUSTED and any(words in message.lower() for words in _SIGNED_AT))
