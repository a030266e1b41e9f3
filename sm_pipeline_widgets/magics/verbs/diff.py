"""``%pipeline diff``: what differs between two pipelines, in words and as a graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.errors import UsageError
from sm_pipeline_widgets.magics.finding import declared_or_held, find
from sm_pipeline_widgets.magics.verbs.base import Verb

if TYPE_CHECKING:
    import argparse

    from sm_pipeline_widgets.api.comparison import Comparison
    from sm_pipeline_widgets.api.execution import Execution
    from sm_pipeline_widgets.api.pipeline import Pipeline
    from sm_pipeline_widgets.api.run_comparison import RunComparison
    from sm_pipeline_widgets.aws.target import Target
    from sm_pipeline_widgets.magics.session import Session


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("before", nargs="?", default=None)
    parser.add_argument("after", nargs="?", default=None)
    parser.add_argument("--target", default=None)


def compared_runs(session: Session, given: argparse.Namespace) -> RunComparison | None:
    """Two runs, one against the last success before it, or the latest; None where pipelines are meant."""
    if given.before is None:
        return session.execution().diff()
    return _of_runs(session, given.before, given.after, session.named_target(given.target))


def compared(session: Session, given: argparse.Namespace) -> tuple[Comparison, str]:
    """The comparison of pipelines that is asked for, and what has to be known of it."""
    target = session.named_target(given.target)
    if given.after is None:
        return _with_deployed(session, given.before, target)
    return _of_two(session, given.before, given.after, target)


def run(session: Session, given: argparse.Namespace) -> str:
    runs = compared_runs(session, given)
    if runs is not None:
        if runs:
            runs.display(is_told=True)
        return str(runs)
    comparison, note = compared(session, given)
    if comparison:
        comparison.display(is_told=True)
    return f"{comparison}{note}"


def _of_runs(session: Session, before: str, after: str | None, target: Target) -> RunComparison | None:
    """Two runs, or one against the last success before it; None where something else is meant."""
    found = [_run(session, what, target) for what in (before, after) if what is not None]
    if len(found) == 2 and found[0] is not None and found[1] is not None:
        return found[1].diff(found[0])
    return found[0].diff() if len(found) == 1 and found[0] is not None else None


def _run(session: Session, what: str, target: Target) -> Execution | None:
    """The execution that an ARN or a variable of the notebook names."""
    from sm_pipeline_widgets.api.execution import Execution  # noqa: PLC0415 - kept out of %load_ext's time

    if what.startswith("arn:") and "/execution/" in what:
        return session.executions.get(what) or Execution.attach(what, target)
    held = declared_or_held(session, what)
    return held if isinstance(held, Execution) else None


def _with_deployed(session: Session, name: str, target: Target) -> tuple[Comparison, str]:
    """What a run or an update would change at the service."""
    from sm_pipeline_widgets.api.comparison import compare_sides, side  # noqa: PLC0415 - kept out of %load_ext's time
    from sm_pipeline_widgets.api.finding import SUFFIXES  # noqa: PLC0415
    from sm_pipeline_widgets.api.pipeline import Pipeline  # noqa: PLC0415

    here = find(session, name, target) if name.endswith(SUFFIXES) else declared_or_held(session, name)
    if not isinstance(here, Pipeline):
        fix = "Name two (`%pipeline diff A B`), or run the `%%pipeline` cell that declares it first."
        raise UsageError(
            f"`{name}` is not declared in this notebook, so it cannot be compared with what is deployed.", fix
        )
    deployed = _deployed(target, here.name)
    comparison = compare_sides(
        side(deployed, f"{here.name} (deployed at {target.name})", target),
        side(here, f"{here.name} (declared here)", target),
    )
    return comparison, _errors(here)


def _deployed(target: Target, name: str) -> Pipeline:
    from sm_pipeline_widgets.api.pipeline import Pipeline  # noqa: PLC0415 - kept out of %load_ext's time

    try:
        return Pipeline.from_deployed(target, name)
    except UsageError:
        fix = f"`%pipeline run {name}` creates it there; `%pipeline diff A B` compares any two."
        message = f"`{name}` is not deployed at target `{target.name}` yet, so there is nothing to compare it with."
        raise UsageError(message, fix) from None


def _of_two(session: Session, before: str, after: str, target: Target) -> tuple[Comparison, str]:
    from sm_pipeline_widgets.api.comparison import compare_sides, side  # noqa: PLC0415 - kept out of %load_ext's time
    from sm_pipeline_widgets.api.execution import Execution  # noqa: PLC0415

    found = [find(session, what, target) for what in (before, after)]
    sides = [side(one, _called(what), target) for one, what in zip(found, (before, after), strict=True)]
    comparison = compare_sides(*sides)
    notes = [_errors(one) for one in found if not isinstance(one, Execution)]
    if any(isinstance(one, Execution) for one in found):
        notes.append("\n\nOf an execution its definition was compared, not what came of it (states, times, metrics).")
    return comparison, "".join(notes)


def _errors(pipeline: Pipeline) -> str:
    """A warning where a text has errors: what these make of it is not what the service would get."""
    count = len(pipeline.errors) if pipeline.text is not None else 0
    words = "an error" if count == 1 else f"{count} errors"
    return f"\n\nThe text of `{pipeline.name}` has {words}; it was compared as far as it goes." if count else ""


def _called(what: str) -> str:
    """What a side is called: as it was typed, ARNs by what tells them apart."""
    kind, _, name = what.rpartition(":pipeline/")
    pipeline, _, run = name.partition("/execution/")
    return what if not kind else f"{pipeline} (run {run})" if run else f"{name} (deployed)"


DIFF = Verb(
    name="diff",
    usage="diff A B | diff RUN1 RUN2 | diff [RUN] | diff NAME|FILE [--target T]",
    does="Say and draw what differs from A to B, or from the deployed pipeline NAME to the one declared here. Of two "
    "runs (ARNs, or variables that hold them) also code, inputs, durations and metrics; of one (the latest) "
    "since the last success.",
    example="%pipeline diff diabetes",
    run=run,
    options=options,
)
