"""A failure report as JSON, for programs: every member of the values under its name, secrets hidden."""

from __future__ import annotations

import dataclasses
import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.execution.causes import Cause
from sm_pipeline_widgets.view.redact import redacted, without_secrets

if TYPE_CHECKING:
    from sm_pipeline_widgets.execution.failure import FailureReport


def report_json(report: FailureReport) -> str:
    """The whole report; members are never taken away, new ones may come."""
    return json.dumps(_plain(report), indent=2, ensure_ascii=False)


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        shown = {field.name: _member(field.name, getattr(value, field.name)) for field in dataclasses.fields(value)}
        if isinstance(value, Cause):
            shown["confidence"] = value.confidence.name.lower()
        return shown
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    if isinstance(value, str):
        return without_secrets(str(value))
    return value if isinstance(value, bool | int | float) or value is None else str(value)


def _member(name: str, value: Any) -> Any:
    """A fact may have a secret's name."""
    if name == "facts":
        return [[key, without_secrets(redacted(key, text))] for key, text in value]
    return _plain(value)
