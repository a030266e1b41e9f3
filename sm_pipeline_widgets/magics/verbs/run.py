"""``%pipeline run``: start a pipeline and watch it; ask first where something would be overwritten or created."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sm_pipeline_widgets.errors import UsageError
from sm_pipeline_widgets.magics.asking import ask_with_buttons, has_buttons
from sm_pipeline_widgets.magics.finding import declared_or_held
from sm_pipeline_widgets.magics.parser import add_run_options, run_options
from sm_pipeline_widgets.magics.verbs.base import Verb

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from sm_pipeline_widgets.api.execution import Execution
    from sm_pipeline_widgets.api.pipeline import Pipeline
    from sm_pipeline_widgets.aws.target import Target
    from sm_pipeline_widgets.definition.run_form import RunOptions
    from sm_pipeline_widgets.execution.submitting import Progress
    from sm_pipeline_widgets.magics.session import Session

_SLOW = 2.0
"""Seconds from which on a stage at the engine on this machine is worth a line."""
_FILES = (".yaml", ".yml", ".json")


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name")
    add_run_options(parser)
    parser.add_argument("--version", type=int, default=None)
    parser.add_argument("--alias", default=None)


def run(session: Session, given: argparse.Namespace) -> None:
    wanted = run_options(given)
    pipeline, is_deployed = find_runnable(session, given.name, session.named_target(given.target))
    start(session, pipeline, given, replace(wanted, as_deployed=is_deployed))


def start(
    session: Session,
    pipeline: Pipeline,
    given: argparse.Namespace,
    wanted: RunOptions | None = None,
    *,
    shown: Callable[[Execution], None] | None = None,
) -> None:
    """Start a pipeline, show it live, and wait for its end if asked to; where there are questions, ask them first.

    `shown` shows the execution; without it, it has a view of its own.
    """
    from sm_pipeline_widgets.api.asking import answers, typed_answer  # noqa: PLC0415 - kept out of %load_ext's time
    from sm_pipeline_widgets.api.show import show  # noqa: PLC0415
    from sm_pipeline_widgets.api.submit import prepare  # noqa: PLC0415
    from sm_pipeline_widgets.view.preflight_text import counts  # noqa: PLC0415

    target = session.named_target(given.target)
    wanted = wanted if wanted is not None else run_options(given)
    listener = _listener(target)
    made = prepare(pipeline, target, wanted, listener=listener, check=not given.no_check)
    if made.report is not None and made.report.findings:
        print(f"{counts(made.report)}\n`%pipeline check {pipeline.name}` tells what was found.")  # noqa: T201

    def begin() -> Execution:
        execution = made.start([one.asks for one in made.questions], listener)
        session.add_execution(execution)
        return execution

    if made.questions and not given.yes and not given.wait and session.ask is None and has_buttons():
        ask_with_buttons(made.questions, begin)  # the cell ends; a button goes on
        return
    answers(made.questions, session.ask or typed_answer, yes=given.yes)
    execution = begin()
    (shown or show)(execution)
    if given.wait:
        wait_for_end(execution)


def find_runnable(session: Session, what: str, target: Target) -> tuple[Pipeline, bool]:
    """The pipeline that is meant, and whether it is what is deployed, to be started as it is.

    Raises
    ------
    UsageError
        There is none, or it is an execution.
    """
    from sm_pipeline_widgets.api.finding import resolve  # noqa: PLC0415 - kept out of %load_ext's time
    from sm_pipeline_widgets.api.pipeline import Pipeline  # noqa: PLC0415

    known = declared_or_held(session, what)
    is_deployed = False
    if known is None:
        is_deployed = not what.endswith(_FILES) and not what.startswith("s3://")
        try:
            known = resolve(what, target, lambda: target)
        except UsageError as error:
            if not is_deployed:
                raise
            fix = f"Run its `%%pipeline {what}` cell first; `%pipeline list` shows what is deployed."
            raise UsageError(
                f"No `%%pipeline {what}` cell has been run in this notebook. {error.message}", fix
            ) from None
    if not isinstance(known, Pipeline):
        raise UsageError(f"`{what}` is an execution, not a pipeline.", "`%pipeline watch` shows it.")
    return known, is_deployed


def wait_for_end(execution: Execution) -> None:
    """Wait for the end; interrupting ends the waiting, never the run."""
    try:
        execution.wait()
    except KeyboardInterrupt:
        print(f"Still running. Attach again with: %pipeline watch {execution.arn}")  # noqa: T201


def _listener(target: Target) -> Callable[[Progress], None]:
    """Prints a line for every stage that is over: on AWS each, on this machine what took its time."""

    def told(progress: Progress) -> None:
        if progress.seconds is not None and (not target.is_local or progress.seconds >= _SLOW):
            print(progress)  # noqa: T201

    return told


RUN = Verb(
    name="run",
    usage="run NAME|FILE|VARIABLE [-p PARAMETER=VALUE]... [--name N] [--parallelism N] [--tag K=V]... [--version N] "
    "[--alias A] [--target T] [--yes] [--no-check] [--wait]",
    does="Upload the code, create or update the pipeline, start it and show it live; the kernel stays free. Asks "
    "before it replaces what is deployed on AWS, or creates a bucket; `--yes` says so beforehand.",
    example="%pipeline run diabetes -p max_rmse=55",
    run=run,
    options=options,
)
