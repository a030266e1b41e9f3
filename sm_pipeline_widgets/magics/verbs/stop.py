"""``%pipeline stop``: end a running execution."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.magics.verbs.base import Verb

if TYPE_CHECKING:
    import argparse

    from sm_pipeline_widgets.magics.session import Session


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("execution", nargs="?", default=None)
    parser.add_argument("--target", default=None)


def run(session: Session, given: argparse.Namespace) -> str:
    execution = session.execution(given.execution, given.target)
    execution.stop()
    return f"Stopping {execution.arn}; running steps get a moment to end."


STOP = Verb(
    name="stop",
    usage="stop [ARN] [--target T]",
    does="Stop the latest execution of this notebook, or the one named.",
    example="%pipeline stop",
    run=run,
    options=options,
)
