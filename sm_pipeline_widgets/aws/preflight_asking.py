"""How a check says that it could not find something out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.aws.errors import DENIED
from sm_pipeline_widgets.definition.account_findings import finding
from sm_pipeline_widgets.errors import PipelineWidgetsError, ServiceError, Severity

if TYPE_CHECKING:
    from sm_pipeline_widgets.definition.account_findings import AccountFinding

CANNOT_ASK = (PipelineWidgetsError, NotImplementedError)
"""What keeps something from being found out; the second is moto's, for an operation that it does not have."""


def unknown_because(code: str, what: str, error: Exception, where: str = "", policy: str = "") -> AccountFinding:
    """A note that something could not be found out, and why; `policy` is for a caller who is not allowed to ask."""
    if isinstance(error, ServiceError) and error.code in DENIED:
        fix = "Allow it, or take it from somebody who may look."
        return finding(code, Severity.NOTE, f"{what}: you may not ask.", where, fix, policy)
    message = getattr(error, "message", "") or "the service does not answer this"
    return finding(code, Severity.NOTE, f"{what}: {message}", where, getattr(error, "fix", ""))
