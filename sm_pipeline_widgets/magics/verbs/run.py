"""``%pipeline run``: start a declared pipeline and watch it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.magics.parser import add_run_options, parameter_values
from sm_pipeline_widgets.magics.verbs.base import Verb

if TYPE_CHECKING:
    import argparse

    from sm_pipeline_widgets.api.execution import Execution
    from sm_pipeline_widgets.magics.session import Session


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name")
    add_run_options(parser)


def run(session: Session, given: argparse.Namespace) -> None:
    start(session, given.name, given.parameters, target=given.target, wait=given.wait)


def start(session: Session, name: str, parameters: list[str], *, target: str | None, wait: bool) -> None:
    """Start a declared pipeline, show it live, and wait for its end if asked to."""
    from sm_pipeline_widgets.api.execution import run as start_execution  # noqa: PLC0415 - kept out of %load_ext's time
    from sm_pipeline_widgets.api.show import show  # noqa: PLC0415

    values = parameter_values(parameters)
    execution = start_execution(session.declared(name), target=session.named_target(target), parameters=values)
    session.add_execution(execution)
    show(execution)
    if wait:
        wait_for_end(execution)


def wait_for_end(execution: Execution) -> None:
    """Wait for the end; interrupting ends the waiting, never the run."""
    try:
        execution.wait()
    except KeyboardInterrupt:
        print(f"Still running. Attach again with: %pipeline watch {execution.arn}")  # noqa: T201


RUN = Verb(
    name="run",
    usage="run NAME [-p PARAMETER=VALUE]... [--target T] [--wait]",
    does="Upload the code, create or update the pipeline, start it and show it live; the kernel stays free.",
    example="%pipeline run diabetes -p max_rmse=55",
    run=run,
    options=options,
)
