"""``%pipeline check``: what would keep a pipeline from running, before anything runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.magics.parser import parameter_values
from sm_pipeline_widgets.magics.verbs.base import Verb
from sm_pipeline_widgets.magics.verbs.run import find_runnable

if TYPE_CHECKING:
    import argparse

    from sm_pipeline_widgets.magics.session import Session


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name")
    parser.add_argument("-p", "--parameter", dest="parameters", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--target", default=None)


def run(session: Session, given: argparse.Namespace) -> str:
    from sm_pipeline_widgets.api.checking import check  # noqa: PLC0415 - kept out of %load_ext's time

    target = session.named_target(given.target)
    pipeline, _ = find_runnable(session, given.name, target)
    return str(check(pipeline, target, parameter_values(given.parameters)))


CHECK = Verb(
    name="check",
    usage="check NAME|FILE|VARIABLE [-p PARAMETER=VALUE]... [--target T]",
    does="Look for what would keep a pipeline from running: its text, roles, permissions, inputs, images, quotas. "
    "Nothing is created.",
    example="%pipeline check diabetes",
    run=run,
    options=options,
)
