"""Why a step's log shows nothing, or something that needs a word: for the place where its lines would stand.

>>> from sm_pipeline_widgets.execution.state import StepState, StepStatus
>>> log_note(StepState("gate", "Condition", StepStatus.SUCCEEDED), has_lines=False)
'Condition steps write no log.'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.execution.log_places import LogKind, log_place
from sm_pipeline_widgets.execution.state import StepStatus

if TYPE_CHECKING:
    from sm_pipeline_widgets.execution.progress import JobProgress
    from sm_pipeline_widgets.execution.state import StepState

SILENT = frozenset({"Condition", "Callback", "Fail", "Model", "RegisterModel", "EndpointConfig", "Lineage", "Cleanup"})
"""Types of steps that write no log: the service itself does what they do."""

_ACTIVE = (StepStatus.STARTING, StepStatus.RUNNING, StepStatus.STOPPING)
_NEVER_STARTED = (StepStatus.BLOCKED, StepStatus.SKIPPED, StepStatus.WAITING)


def log_note(step: StepState, progress: JobProgress | None = None, *, has_lines: bool) -> str:
    """What to say beside the lines, or in their place; empty where the lines speak for themselves."""
    place = log_place(step.metadata)
    if place.kind is LogKind.WINDOW and has_lines:
        return (
            "These are the lines of everybody who used it while the step ran; the service does not say whose are whose."
        )
    if has_lines:
        return ""
    if place.kind is LogKind.LINK:
        return f"Its logs are files in S3: {place.link}"
    if step.type in SILENT:
        return f"{step.type} steps write no log."
    if step.status in _NEVER_STARTED:
        return f"There is no log: {step.reason}." if step.reason else "It has not started yet."
    return _without_lines(step, progress, place.kind)


def _without_lines(step: StepState, progress: JobProgress | None, kind: LogKind) -> str:
    if step.status in (StepStatus.CACHED, StepStatus.REUSED) and kind in (LogKind.NONE, LogKind.WINDOW):
        return f"Nothing ran here: {step.reason}."
    if step.status in _ACTIVE:
        doing = f": {progress.status}" if progress is not None and progress.status else ""
        detail = f" ({progress.detail})" if progress is not None and progress.detail else ""
        return f"No line yet{doing}{detail}. The log begins with the first line that its container writes."
    if kind is LogKind.NONE:
        skipped = any(isinstance(value, dict) and value.get("SkipCheck") for value in step.metadata.values())
        if skipped:
            return "The check was skipped, so no job ran."
        return "It ended before it had a job." if step.status is StepStatus.FAILED else "There is no job and no log."
    if step.status is StepStatus.FAILED:
        return "Its job ended before a container wrote a line; the reason is under Why."
    return "It wrote no line."
