"""``%pipeline show``: draw something without running it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.magics.cell import show_declared
from sm_pipeline_widgets.magics.finding import find
from sm_pipeline_widgets.magics.verbs.base import Verb

if TYPE_CHECKING:
    import argparse

    from sm_pipeline_widgets.magics.session import Session


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what")
    parser.add_argument("--target", default=None)


def run(session: Session, given: argparse.Namespace) -> None:
    from sm_pipeline_widgets.api.show import show  # noqa: PLC0415 - kept out of %load_ext's time

    if given.what in session.pipelines:
        show_declared(session, session.pipelines[given.what])
        return
    show(find(session, given.what, session.named_target(given.target) if given.target else None))


SHOW = Verb(
    name="show",
    usage="show NAME|FILE|ARN|s3://URI|VARIABLE [--target T]",
    does="Draw a declared pipeline, a file, a deployed pipeline (name, ARN, `name@2`), an execution, a variable.",
    example="%pipeline show diabetes",
    run=run,
    options=options,
)
