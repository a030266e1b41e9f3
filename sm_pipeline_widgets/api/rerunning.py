"""Running again: a retry, a run from here, a run like another one - each planned before it is done."""

from __future__ import annotations

import html
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.aws import control
from sm_pipeline_widgets.aws.errors import is_not_there
from sm_pipeline_widgets.aws.source import TargetSource
from sm_pipeline_widgets.aws.states import finished_before, read_state
from sm_pipeline_widgets.definition.graph import build_graph
from sm_pipeline_widgets.definition.run_form import RunOptions
from sm_pipeline_widgets.errors import ServiceError, UsageError
from sm_pipeline_widgets.execution.rerun import Rerun, Way, plan_again, plan_retry, plan_selection
from sm_pipeline_widgets.view.picture import draw
from sm_pipeline_widgets.view.rerun_text import refusal_text, rerun_states, rerun_text
from sm_pipeline_widgets.view.svg import render_svg

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sm_pipeline_widgets.api.execution import Execution
    from sm_pipeline_widgets.api.pipeline import Pipeline
    from sm_pipeline_widgets.aws.target import Target
    from sm_pipeline_widgets.execution.state import ExecutionState


@dataclass(frozen=True, slots=True)
class AgainOptions:
    """How something is run again.

    Parameters
    ----------
    steps
        Run these alone (and what has to run with them); everything where there are none.
    onward
        What comes after them, too.
    source
        The run whose results and parameters are used: its ARN or id, ``latest`` or ``success``; the newest finished one
        where empty.
    changes
        Parameters that get another value.
    """

    steps: tuple[str, ...] = ()
    onward: bool = False
    source: str = ""
    changes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Planned:
    """A planned run: printing it says what it will reuse and what it will run, a notebook draws it.

    ``definition`` is what would run; ``options`` are those of the new run, for
    :func:`~sm_pipeline_widgets.api.submit.prepare`.
    """

    plan: Rerun
    definition: Mapping[str, Any]
    options: RunOptions = field(default_factory=RunOptions)

    def __str__(self) -> str:
        return rerun_text(self.plan)

    @property
    def svg(self) -> str:
        """The graph with what would become of each step."""
        picture = draw(build_graph(self.definition))
        return render_svg(picture, rerun_states(self.plan, picture), title=str(self).partition("\n")[0])

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": f"<pre>{html.escape(str(self))}</pre>{self.svg}"}

    def check(self) -> None:
        """Raise a UsageError where it cannot be done."""
        if self.plan.refusals:
            first, *more = refusal_text(self.plan).splitlines()
            message, _, fix = first.partition(". ")
            raise UsageError(f"{message.removesuffix('.')}.", " ".join([fix, *more]).strip())


def planned_retry(execution: Execution) -> Planned:
    """What retrying an execution would do, by its state now. Changes nothing."""
    state = read_state(TargetSource(execution.target), execution.arn)
    return Planned(plan_retry(state), state.definition)


def retry(execution: Execution, planned: Planned) -> None:
    """Retry an execution.

    Raises
    ------
    UsageError
        It cannot be retried.
    """
    planned.check()
    control.retry(execution.target, execution.arn)
    execution.watcher.poke()


def planned_run(pipeline: Pipeline, target: Target, again: AgainOptions, options: RunOptions | None = None) -> Planned:
    """What another run of a pipeline would do, with results or parameters of an earlier one. Changes nothing.

    Raises
    ------
    UsageError
        The pipeline has no run to be like.
    ServiceError, TargetError
        The earlier run cannot be read.
    """
    definition = pipeline.compiled(target).definition
    state = _source_state(target, pipeline.name, again)
    changes = {name: str(value) for name, value in again.changes.items()}
    if again.steps:
        plan = plan_selection(
            definition, again.steps, state, pipeline=pipeline.name, onward=again.onward, changes=changes
        )
    elif state is not None:
        plan = plan_again(state, changes, definition)
    else:
        fix = f"`%pipeline run {pipeline.name}` is the first."
        raise UsageError(f"Pipeline `{pipeline.name}` has no run to be like.", fix)
    source = plan.source if plan.way is Way.SELECT else ""
    parameters = {**dict(plan.parameters), **changes}
    said = replace(options or RunOptions(), parameters=parameters, selected=plan.selected, source=source)
    return Planned(plan, definition, said)


def complete_callback(
    execution: Execution, step: str, token: str, outputs: Mapping[str, str] | None, failure: str
) -> None:
    """Answer a waiting Callback step: with its outputs, or where these are None with the reason of a failure."""
    if not token:
        fix = "Ask again in a moment: `%pipeline watch` shows when it waits."
        raise UsageError(f"The message of step `{step}` is not sent yet, so it has no token.", fix)
    if outputs is not None:
        control.send_success(execution.target, token, outputs)
    else:
        control.send_failure(execution.target, token, failure)
    execution.watcher.poke()


def _source_state(target: Target, pipeline: str, again: AgainOptions) -> ExecutionState | None:
    try:
        arn = _source_arn(target, pipeline, again.source)
    except ServiceError as error:
        if again.source or not is_not_there(error):
            raise
        return None  # a pipeline that is not deployed yet has no runs
    return read_state(TargetSource(target), arn) if arn else None


def _source_arn(target: Target, pipeline: str, named: str) -> str:
    """The run that is meant: by its ARN, its id (or how that begins), ``latest``, ``success``; the latest else."""
    if named.startswith("arn:"):
        return named
    if named in {"", "latest"}:
        return next(finished_before(target, pipeline), "")
    if named == "success":
        found = next(finished_before(target, pipeline, ("Succeeded",)), "")
    else:
        ids = ((arn, arn.rpartition("/")[2]) for arn in finished_before(target, pipeline))
        found = next((arn for arn, run in ids if run.startswith(named)), "")
    if not found:
        fix = f"Give its ARN, its id, `latest` or `success`; `%pipeline runs {pipeline}` lists them."
        raise UsageError(f"No finished run of `{pipeline}` is called `{named}`.", fix)
    return found
