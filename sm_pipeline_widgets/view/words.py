"""The words and signs of states, one place for every rendering that is made of characters."""

from __future__ import annotations

from sm_pipeline_widgets.execution.state import ExecutionStatus, StepStatus

SIGNS = {
    StepStatus.WAITING: "○",
    StepStatus.STARTING: "◔",
    StepStatus.RUNNING: "◌",
    StepStatus.SUCCEEDED: "✓",
    StepStatus.CACHED: "✓",
    StepStatus.REUSED: "↺",
    StepStatus.FAILED: "✕",
    StepStatus.BLOCKED: "⊘",
    StepStatus.SKIPPED: "-",
    StepStatus.STOPPING: "□",
    StepStatus.STOPPED: "■",
    StepStatus.UNKNOWN: "?",
}
EXECUTION_WORDS = {
    ExecutionStatus.EXECUTING: "running",
    ExecutionStatus.STOPPING: "stopping",
    ExecutionStatus.STOPPED: "stopped",
    ExecutionStatus.FAILED: "failed",
    ExecutionStatus.SUCCEEDED: "succeeded",
    ExecutionStatus.COMPLETED_WITH_FAILURES: "completed with failures",
}
DONE = (StepStatus.SUCCEEDED, StepStatus.CACHED, StepStatus.REUSED)
"""States of a step that has what later steps need of it."""


def execution_word(status: str) -> str:
    """The word for an execution's state; one that is not known yet as the service says it."""
    try:
        return EXECUTION_WORDS[ExecutionStatus(status)]
    except ValueError:
        return status
