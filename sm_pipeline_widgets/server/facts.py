"""What the page is told, as JSON: typed here and in ``labextension/src/pipelineFacts.ts``. Times are milliseconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from sm_pipeline_widgets.execution.state import ExecutionStatus
from sm_pipeline_widgets.view.machine import millis
from sm_pipeline_widgets.view.words import execution_word

if TYPE_CHECKING:
    from sm_pipeline_widgets.aws.pipelines import ExecutionSummary
    from sm_pipeline_widgets.errors import PipelineWidgetsError


class RunEntry(TypedDict):
    """One execution; ``word`` is its state in the words of every other view."""

    arn: str
    name: str
    status: str
    word: str
    is_running: bool
    started: int | None
    reason: str


class PipelineEntry(TypedDict):
    """One pipeline; ``runs`` is None where they have not been asked for yet."""

    name: str
    arn: str
    title: str
    description: str
    last_run: int | None
    runs: list[RunEntry] | None
    has_more: bool


class Trouble(TypedDict):
    """What is wrong, and what to do next."""

    message: str
    fix: str


class Overview(TypedDict):
    """What the panel and the status bar show.

    ``state``: ``ready``, ``trouble``, or ``resting``: the engine does not run, and what it had last is told.
    """

    state: str
    target: str
    words: str
    is_local: bool
    trouble: Trouble | None
    pipelines: list[PipelineEntry]
    running: int
    now: int


class TargetChoice(TypedDict):
    """One place to choose: what it is called in ``%pipeline target NAME``, and in words."""

    name: str
    words: str


def run_entry(one: ExecutionSummary) -> RunEntry:
    """An execution as the page takes it; a state that is not known yet is told as the service says it."""
    return RunEntry(
        arn=one.arn,
        name=one.display_name,
        status=one.status,
        word=execution_word(one.status),
        is_running=is_running(one),
        started=millis(one.started),
        reason=one.reason,
    )


def is_running(one: ExecutionSummary) -> bool:
    """Whether it goes on, as far as is known."""
    return one.status in list(ExecutionStatus) and not ExecutionStatus(one.status).is_end


def trouble_of(error: PipelineWidgetsError) -> Trouble:
    """An error as the page shows it."""
    return Trouble(message=error.message, fix=error.fix)
