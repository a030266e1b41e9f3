"""``%pipeline retry``: run a failed or stopped execution on, and say what that keeps and runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.magics.verbs.base import Verb

if TYPE_CHECKING:
    import argparse

    from sm_pipeline_widgets.magics.session import Session


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("execution", nargs="?", default=None)
    parser.add_argument("--plan", action="store_true")
    parser.add_argument("--wait", action="store_true")


def run(session: Session, given: argparse.Namespace) -> str:
    from sm_pipeline_widgets.api import rerunning  # noqa: PLC0415 - kept out of %load_ext's time

    execution = session.execution(given.execution)
    planned = rerunning.planned_retry(execution)
    if given.plan:
        return str(planned)
    rerunning.retry(execution, planned)
    session.add_execution(execution)
    if given.wait:
        execution.wait()
    return f"{planned}\nIt goes on as {execution.arn}."


RETRY = Verb(
    name="retry",
    usage="retry [ARN] [--plan] [--wait]",
    does="Run the latest execution (or the one named) on: what has succeeded is kept, the rest runs again with the "
    "same definition and parameters. `--plan` only says what would run.",
    example="%pipeline retry",
    run=run,
    options=options,
)
