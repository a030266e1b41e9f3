"""``%pipeline replay``: one step of any finished run, again on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.magics.replaying import add_change_options, changes_of, show_replay
from sm_pipeline_widgets.magics.verbs.base import Verb

if TYPE_CHECKING:
    import argparse

    from sm_pipeline_widgets.magics.session import Session


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("step")
    parser.add_argument("execution", nargs="?", default=None, metavar="ARN")
    parser.add_argument("--code", default=None, metavar="cell:NAME|PATH")
    add_change_options(parser)


def run(session: Session, given: argparse.Namespace) -> None:
    execution = session.execution(given.execution)
    show_replay(session, execution, given.step, given, changes_of(given, given.code))


REPLAY = Verb(
    name="replay",
    usage="replay STEP [ARN] [-p NAME=VALUE]... [--env NAME=VALUE]... [--code cell:NAME|PATH] [--sample COUNT|PART] "
    "[--wait] [--yes]",
    does="Run one step of a run (the latest, or the one named; also one of AWS) again on this machine, with the inputs "
    "it had; with other code, hyperparameters, variables or a part of the data if you like.",
    example="%pipeline replay train --sample 10% -p epochs=1",
    run=run,
    options=options,
)
