"""Whether what is shown is fresh, in words a view can put beside the age of its data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sm_pipeline_widgets.aws.errors import DENIED, EXPIRED, THROTTLED
from sm_pipeline_widgets.errors import PipelineWidgetsError, ServiceError, TargetError

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Health:
    """``since`` is when data was last read in full; ``message`` says what is wrong, empty when all is well."""

    ok: bool
    since: datetime | None
    message: str = ""


def message_for(error: PipelineWidgetsError) -> str:
    """A short clause for the view's header, such as ``credentials expired``."""
    if isinstance(error, ServiceError):
        if error.code in THROTTLED:
            return "AWS asks to slow down; asking less often"
        if error.code in EXPIRED:
            return "credentials expired: sign in again and this goes on by itself"
        if error.code in DENIED:
            return f"not allowed: {error.message}"
        return error.message
    if isinstance(error, TargetError):
        return f"cannot be read now: {error.message}"
    return error.message
