"""Two runs compared, and what the cache did for one: read from the service, explained by ``execution``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from IPython.display import display

from sm_pipeline_widgets.aws.code_texts import code_texts
from sm_pipeline_widgets.aws.run_facts import read_run
from sm_pipeline_widgets.aws.states import finished_before
from sm_pipeline_widgets.errors import PipelineWidgetsError, ServiceError, UsageError
from sm_pipeline_widgets.execution.cache import CacheVerdict, explain_cache
from sm_pipeline_widgets.execution.code_diff import code_diff
from sm_pipeline_widgets.execution.compare import Kind, RunDifference, compare_runs
from sm_pipeline_widgets.view.cache_text import cache_text
from sm_pipeline_widgets.view.diff_picture import draw_difference
from sm_pipeline_widgets.view.run_diff_picture import run_details, run_states
from sm_pipeline_widgets.view.run_diff_text import code_section, run_difference_text
from sm_pipeline_widgets.view.svg import render_svg

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sm_pipeline_widgets.api.execution import Execution
    from sm_pipeline_widgets.aws.target import Target
    from sm_pipeline_widgets.execution.runs import Run
    from sm_pipeline_widgets.execution.state import ExecutionState
    from sm_pipeline_widgets.widgets.difference_view import DifferenceView

EARLIER_RUNS = 10
"""Runs before one that are looked at to explain its cache."""


@dataclass(frozen=True, slots=True)
class RunComparison:
    """What differs from one run to another. Its text says it all, ``difference`` holds it as values.

    ``code`` has a unified diff for each step whose code differs, or the reason why there is none.
    """

    difference: RunDifference
    code: Mapping[str, str]
    names: tuple[str, str] = ("", "")

    def __str__(self) -> str:
        parts = [run_difference_text(self.difference, *self.names), *code_section(self.code)]
        return "\n\n".join(parts)

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return not self.difference.is_same

    @property
    def title(self) -> str:
        """Both runs' names."""
        before, after = self.difference.before, self.difference.after
        return f"{self.names[0] or before.id} → {self.names[1] or after.id}"

    @property
    def svg(self) -> str:
        """The graph of both runs, coloured by where they differ."""
        picture = draw_difference(
            self.difference.definition, self.difference.before.definition, self.difference.after.definition
        )
        return render_svg(picture, run_states(picture, self.difference), title=self.title)

    def view(self, *, is_told: bool = False) -> DifferenceView:
        """A live view; `is_told` says that its text stands beside it already."""
        from sm_pipeline_widgets.widgets.difference_view import DifferenceView  # noqa: PLC0415 - widgets take long

        of = self.difference
        picture = draw_difference(of.definition, of.before.definition, of.after.definition)
        details, frame = run_details(of, self.code)
        summary = f"{len(of.findings)} difference{'s' if len(of.findings) != 1 else ''}"
        return DifferenceView(
            picture,
            run_states(picture, of),
            title=self.title,
            comparison=summary,
            text=f"{self.title}\n{summary}" if is_told else str(self),
            details=details,
            frame=frame,
        )

    def display(self, *, is_told: bool = False) -> None:
        """Show it as an output of the cell that is running; see :meth:`view`."""
        display(self.view(is_told=is_told))

    def _ipython_display_(self) -> None:
        self.display()


@dataclass(frozen=True, slots=True)
class CacheReport:
    """What the cache did for each step of a run."""

    verdicts: tuple[CacheVerdict, ...]
    unread: tuple[str, ...] = ()
    """What could not be read, and why: a change in that is not seen."""

    def __str__(self) -> str:
        return cache_text(self.verdicts, self.unread)

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        printer.text(str(self))


def compare_executions(before: Execution, after: Execution) -> RunComparison:
    """Everything that differs from one run to the other, as far as it can be read of both.

    Raises
    ------
    ServiceError, TargetError
        One of them cannot be read.
    """
    return _compared(before.target, before.arn, after.target, after.arn, after_state=after.watcher.state)


def compare_with_last_success(execution: Execution) -> RunComparison:
    """What differs from the last successful run of the same pipeline that began before this one.

    Raises
    ------
    UsageError
        The pipeline had not succeeded before.
    """
    state = execution.state
    before = next(finished_before(execution.target, state.pipeline, ("Succeeded",), besides=execution.arn), None)
    if before is None:
        fix = "Name two runs: `%pipeline diff RUN1 RUN2`; `%pipeline runs` lists them."
        raise UsageError(f"No run of `{state.pipeline}` before this one has succeeded.", fix)
    return _compared(execution.target, before, execution.target, execution.arn, after_state=state)


def cache_report(execution: Execution) -> CacheReport:
    """For each step that can be cached: hit or miss, from which run, and what it is compared by that changed."""
    target, state = execution.target, execution.state
    run = read_run(target, execution.arn, inputs=False, state=state)
    earlier: list[Run] = []
    arns = finished_before(
        target, state.pipeline, ("Succeeded", "Failed", "Stopped", "CompletedWithFailures"), besides=execution.arn
    )
    for arn, _ in zip(arns, range(EARLIER_RUNS), strict=False):
        try:
            earlier.append(read_run(target, arn, inputs=False))
        except ServiceError:  # it was deleted meanwhile
            continue
    unread = tuple(f"of run {each.id}: {line}" for each in (run, *earlier) for line in each.unread)
    return CacheReport(explain_cache(run, earlier), unread)


def _compared(
    target: Target, before: str, other: Target, after: str, *, after_state: ExecutionState | None = None
) -> RunComparison:
    ended = after_state if after_state is not None and after_state.status.is_end else None
    first, second = read_run(target, before), read_run(other, after, state=ended)
    difference = compare_runs(first, second)
    named = (f"{first.id} ({first.status.value.lower()})", f"{second.id} ({second.status.value.lower()})")
    return RunComparison(difference, _code(target, other, difference), named)


def _code(target: Target, other: Target, difference: RunDifference) -> dict[str, str]:
    """The diff of each step whose code differs; where it cannot be read, why."""
    found: dict[str, str] = {}
    for finding in difference.of(Kind.CODE):
        try:
            found[finding.step] = code_diff(code_texts(target, finding.before), code_texts(other, finding.after))
        except PipelineWidgetsError as error:
            found[finding.step] = f"(the code could not be read: {error.message})"
    return found
