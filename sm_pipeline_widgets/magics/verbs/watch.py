"""``%pipeline watch``: a live view of an execution, wherever it was started."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.magics.verbs.base import Verb

if TYPE_CHECKING:
    import argparse

    from sm_pipeline_widgets.magics.session import Session


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("execution", nargs="?", default=None)
    parser.add_argument("--target", default=None)
    parser.add_argument("--live-tail", action="store_true")


def run(session: Session, given: argparse.Namespace) -> None:
    from sm_pipeline_widgets.api.show import show  # noqa: PLC0415 - kept out of %load_ext's time

    if given.execution is None:
        execution = session.execution()
    else:
        execution = session.attach(given.execution, session.named_target(given.target))
    if given.live_tail:
        execution.listen()  # ends with what it listens to
    show(execution)


WATCH = Verb(
    name="watch",
    usage="watch [ARN|PIPELINE] [--target T] [--live-tail]",
    does="Show an execution live: by ARN, the newest one of a pipeline, or this notebook's latest.",
    example="%pipeline watch diabetes",
    run=run,
    options=options,
)
