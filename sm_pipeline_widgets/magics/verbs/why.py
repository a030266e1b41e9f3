"""``%pipeline why``: why an execution failed, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.magics.verbs.base import Verb

if TYPE_CHECKING:
    import argparse

    from sm_pipeline_widgets.api.execution import Execution
    from sm_pipeline_widgets.magics.session import Session


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("execution", nargs="?", default=None)
    parser.add_argument("--target", default=None)


def run(session: Session, given: argparse.Namespace) -> str:
    from sm_pipeline_widgets.view.text import failure_report  # noqa: PLC0415 - kept out of %load_ext's time

    execution = of_execution(session, given)
    report = execution.why()
    if report is None:
        return f"Nothing has failed: the execution is {execution.status.value}."
    return failure_report(report)


def of_execution(session: Session, given: argparse.Namespace) -> Execution:
    """The execution that is meant."""
    return session.execution(given.execution, given.target)


WHY = Verb(
    name="why",
    usage="why [ARN] [--target T]",
    does="Say why the latest execution (or the one named) failed: the root step, your own lines, the end of its log.",
    example="%pipeline why",
    run=run,
    options=options,
)
