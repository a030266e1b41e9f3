"""What an operation raises when the service would refuse: a code, a message and a status; no more HTTP than that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class ServiceException(Exception):  # noqa: N818  # the service's own word; clients see its codes, not this class
    """A refusal in the service's terms.

    Parameters
    ----------
    code
        The error code a client finds in ``ClientError.response["Error"]["Code"]``.
    message
        The service's wording where it is known.
    status
        The HTTP status; 400 for nearly everything that is the caller's mistake.
    details
        Further members of the error's shape, such as S3's ``BucketName``; whatever JSON can hold.
    """

    def __init__(self, code: str, message: str, status: int = 400, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.details = dict(details or {})
