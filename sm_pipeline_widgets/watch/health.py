"""Whether what is shown is fresh, in words a view can put beside the age of its data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sm_pipeline_widgets.aws.codes import DENIED, EXPIRED, NOT_FOUND, THROTTLED, TROUBLED, UNTRUSTED, is_clock_wrong
from sm_pipeline_widgets.errors import (
    EngineStoppedError,
    PipelineWidgetsError,
    ServiceError,
    SignInError,
    UnreachableError,
)

if TYPE_CHECKING:
    from datetime import datetime


class Trouble(StrEnum):
    """What stands between the view and fresh data."""

    NONE = "none"
    THROTTLED = "throttled"
    SIGNED_OUT = "signed-out"
    CLOCK = "clock"
    UNREACHABLE = "unreachable"
    SERVICE = "service"
    DENIED = "denied"
    GONE = "gone"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Health:
    """``since`` is when data was last read in full; ``message`` says what is wrong, empty when all is well.

    With ``is_stale`` the state is from ``since``; without it only something beside it, such as a log, is missing.
    """

    ok: bool
    since: datetime | None
    message: str = ""
    trouble: Trouble = Trouble.NONE
    is_stale: bool = False

    @property
    def words(self) -> str:
        """What a view says: the message, and of when the data is; empty when all is well."""
        if self.is_stale and self.since is not None:
            return f"data of {self.since:%H:%M:%S} UTC: {self.message}"
        return self.message


def trouble_of(error: PipelineWidgetsError) -> Trouble:
    """What kind of trouble an error is."""
    if isinstance(error, SignInError):
        return Trouble.SIGNED_OUT
    if isinstance(error, UnreachableError):
        return Trouble.UNREACHABLE
    if not isinstance(error, ServiceError):
        return Trouble.OTHER
    if is_clock_wrong(error.code, error.message):
        return Trouble.CLOCK
    for codes, trouble in _KINDS:
        if error.code in codes:
            return trouble
    return Trouble.OTHER


_KINDS = (
    (THROTTLED, Trouble.THROTTLED),
    (EXPIRED | UNTRUSTED, Trouble.SIGNED_OUT),
    (DENIED, Trouble.DENIED),
    (NOT_FOUND, Trouble.GONE),
    (TROUBLED, Trouble.SERVICE),
)


def message_for(error: PipelineWidgetsError) -> str:
    """A short clause for the view's header, such as ``credentials expired``."""
    if isinstance(error, EngineStoppedError):
        return "the engine on this machine was stopped: running steps go on, and any verb (`%pipeline list`) starts it"
    trouble = trouble_of(error)
    if trouble is Trouble.THROTTLED:
        return "AWS asks to slow down; asking less often"
    if trouble is Trouble.SIGNED_OUT:
        what = "expired" if isinstance(error, ServiceError) and error.code in EXPIRED else "not accepted"
        return f"credentials {what}: sign in again and this goes on by itself"
    if trouble is Trouble.CLOCK:
        return "this machine's clock is wrong, so AWS refuses to answer: set it and this goes on by itself"
    if trouble is Trouble.SERVICE:
        return f"the service has trouble of its own, asking again ({error.message})"
    if trouble is Trouble.DENIED:
        return f"not allowed: {error.message}"
    if trouble is Trouble.UNREACHABLE:
        return f"no proper answer, asking again: {error.message}"
    if trouble is Trouble.GONE:
        return f"it is no longer there: {error.message}"
    return f"cannot be read now: {error.message}"
