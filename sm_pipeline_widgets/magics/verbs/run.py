"""``%pipeline run``: start a pipeline and watch it; ask first where something would be overwritten or created."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from IPython.display import display

from sm_pipeline_widgets.errors import UsageError
from sm_pipeline_widgets.magics.asking import ask_with_buttons, has_buttons
from sm_pipeline_widgets.magics.finding import declared_or_held
from sm_pipeline_widgets.magics.parser import add_run_options, run_options
from sm_pipeline_widgets.magics.stages import StageLines
from sm_pipeline_widgets.magics.verbs.base import Verb

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from sm_pipeline_widgets.api.execution import Execution
    from sm_pipeline_widgets.api.pipeline import Pipeline
    from sm_pipeline_widgets.api.rerunning import AgainOptions, Planned
    from sm_pipeline_widgets.aws.target import Target
    from sm_pipeline_widgets.definition.run_form import RunOptions
    from sm_pipeline_widgets.magics.session import Session

_FILES = (".yaml", ".yml", ".json")


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name")
    add_run_options(parser)
    parser.add_argument("--version", type=int, default=None)
    parser.add_argument("--alias", default=None)
    parser.add_argument("--from", dest="onward", default=None, metavar="STEP")
    parser.add_argument("--select", default=None, metavar="STEP,STEP")
    parser.add_argument("--source", default=None, metavar="RUN")
    parser.add_argument("--like", default=None, metavar="RUN")
    parser.add_argument("--plan", action="store_true")


def run(session: Session, given: argparse.Namespace) -> None:
    wanted = run_options(given)
    target = session.named_target(given.target)
    pipeline, is_deployed = find_runnable(session, given.name, target)
    wanted = replace(wanted, as_deployed=is_deployed)
    planned = planned_by(pipeline, target, given, wanted)
    if planned is not None:
        if planned.plan.fates:
            display(planned)
        if given.plan and planned.plan.fates:
            return
        planned.check()
        wanted = planned.options
    start(session, pipeline, given, wanted)


def planned_by(pipeline: Pipeline, target: Target, given: argparse.Namespace, wanted: RunOptions) -> Planned | None:
    """The plan of a run that builds upon an earlier one; None where it is a run of its own.

    Raises
    ------
    UsageError
        Options do not go together.
    """
    from sm_pipeline_widgets.api.rerunning import planned_run  # noqa: PLC0415 - kept out of %load_ext's time

    again = _again(given, wanted)
    if again is None and given.plan:
        raise UsageError(
            "`--plan` says what a run would reuse of an earlier one.", "Add `--from STEP` or `--like ARN`."
        )
    return planned_run(pipeline, target, again, wanted) if again is not None else None


def _again(given: argparse.Namespace, wanted: RunOptions) -> AgainOptions | None:
    """What was said of an earlier run, if anything."""
    from sm_pipeline_widgets.api.rerunning import AgainOptions  # noqa: PLC0415 - kept out of %load_ext's time

    if given.onward and given.select:
        raise UsageError("`--from` and `--select` were both given.", "Give one of them.")
    if given.source and given.like:
        raise UsageError("`--source` and `--like` were both given.", "Give `--source` with steps, `--like` without.")
    steps = tuple(name.strip() for name in (given.onward or given.select or "").split(",") if name.strip())
    if given.source and not steps:
        fix = "Add `--from STEP` or `--select STEP,STEP`; `--like ARN` runs everything with its parameters."
        raise UsageError("`--source` says whose results are reused, and no step was named that would.", fix)
    if not steps and not given.like:
        return None
    changes = {name: str(value) for name, value in wanted.parameters.items()}
    return AgainOptions(steps, given.onward is not None, given.source or given.like or "", changes)


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
    from sm_pipeline_widgets.magics.cell import show_declared  # noqa: PLC0415
    from sm_pipeline_widgets.view.preflight_text import counts  # noqa: PLC0415

    target = session.named_target(given.target)
    wanted = wanted if wanted is not None else run_options(given)
    listener = StageLines(is_local=target.is_local)
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
    if shown is not None:
        shown(execution)
    elif session.pipelines.get(pipeline.name) is pipeline and given.target is None:
        show_declared(session, pipeline, execution)  # the same picture, with a button that runs it again
    else:
        show(execution)
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
        if execution.wait().status.is_bad:
            execution.why()  # the saved picture has it
    except KeyboardInterrupt:
        print(f"Still running. Attach again with: %pipeline watch {execution.arn}")  # noqa: T201


RUN = Verb(
    name="run",
    usage="run NAME|FILE|VARIABLE [-p PARAMETER=VALUE]... [--name N] [--parallelism N] [--tag K=V]... [--version N] "
    "[--alias A] [--from STEP | --select STEP,STEP] [--source RUN | --like RUN] [--plan] [--target T] [--yes] "
    "[--no-check] [--wait]",
    does="Upload the code, create or update the pipeline, start it and show it live; the kernel stays free. Asks "
    "before it replaces what is deployed on AWS, or creates a bucket; `--yes` says so beforehand. `--from` and "
    "`--select` run a part, with the results of an earlier run; `--like` takes the parameters of one; each says first "
    "what it reuses and runs, with `--plan` nothing else.",
    example="%pipeline run diabetes -p max_rmse=55",
    run=run,
    options=options,
)
