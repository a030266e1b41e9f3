"""Gathering what the report of an execution says."""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import TYPE_CHECKING

from sm_pipeline_widgets.errors import PipelineWidgetsError
from sm_pipeline_widgets.execution.loglines import LogLine
from sm_pipeline_widgets.execution.timeline import timeline
from sm_pipeline_widgets.view.details import details_of
from sm_pipeline_widgets.view.report import LOG_LINES, LogEnd, render_report

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sm_pipeline_widgets.api.execution import Execution
    from sm_pipeline_widgets.api.still import Still

MOST_READ = 100_000
"""Lines of one log that are read for its end, where it has not been read yet."""


def report_of(execution: Execution, still: Still) -> str:
    """The report as HTML: of a run that goes on, how it stands now."""
    graph = still.pipeline.graph
    before = {name: list(graph.predecessors(name)) for name in graph}
    return render_report(
        still.snapshot,
        timeline(execution.state, before),
        tuple(_log_ends(execution)),
        details_of(execution.state.definition),
    )


def _log_ends(execution: Execution) -> Iterator[LogEnd]:
    store = execution.watcher.store
    for name, step in execution.steps.items():
        kept = store.total(name)
        if kept:
            yield LogEnd(name, tuple(store.tail(name, LOG_LINES)), kept)
        elif step.job_arn and step.started is not None:
            yield _read_end(execution, name)


def _read_end(execution: Execution, step: str) -> LogEnd:
    try:
        lines = list(deque(islice(execution.logs(step), MOST_READ), LOG_LINES))
    except PipelineWidgetsError as error:
        lines = [LogLine(0, "", f"(the log could not be read: {error})")]
    return LogEnd(step, tuple(lines))
