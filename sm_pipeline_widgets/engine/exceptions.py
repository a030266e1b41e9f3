"""The one error operations raise: a service's error code and message. Knows nothing of HTTP bodies or headers."""

from __future__ import annotations


class ServiceException(Exception):  # noqa: N818 - the services' own word; "Error" is the wire's element
    """A request is refused as the service would refuse it.

    Parameters
    ----------
    code
        The service's error code, such as ``ValidationException``.
    message
        The service's words.
    status
        The HTTP status the wire answers with.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
