"""``%pipeline runs``: the history of a pipeline, with parameters as columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from IPython.display import display

from sm_pipeline_widgets.errors import UsageError
from sm_pipeline_widgets.magics.parser import parameter_values
from sm_pipeline_widgets.magics.verbs.base import Verb

if TYPE_CHECKING:
    import argparse

    from sm_pipeline_widgets.api.history import History
    from sm_pipeline_widgets.magics.session import Session


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", default=None)
    parser.add_argument("--limit", type=int, default=20)
    parser.add_argument("--status", default=None)
    parser.add_argument("--where", action="append", default=[], metavar="PARAMETER=VALUE")
    parser.add_argument("--look-at", type=int, default=1000)
    parser.add_argument("--target", default=None)


def run(session: Session, given: argparse.Namespace) -> None:
    display(history(session, given))


def history(session: Session, given: argparse.Namespace) -> History:
    """The runs that are asked for, read as far as they are looked at."""
    from sm_pipeline_widgets.api.history import executions  # noqa: PLC0415 - kept out of %load_ext's time

    if given.limit < 1 or given.look_at < 1:
        raise UsageError("`--limit` and `--look-at` take numbers from 1 on.", "Leave them out for 20 of 1000.")
    name = given.name if given.name is not None else session.latest_pipeline
    where = parameter_values(given.where, "--where")
    target = session.named_target(given.target)
    found = executions(name, target, status=given.status, where=where, look_at=given.look_at)
    found.shown = given.limit
    return found


RUNS = Verb(
    name="runs",
    usage="runs [NAME|ARN] [--limit N] [--status S] [--where PARAMETER=VALUE]... [--look-at N] [--target T]",
    does="List a pipeline's runs with their parameters, the newest first; without a name the latest run's pipeline.",
    example="%pipeline runs diabetes --status failed --where alpha=0.2",
    run=run,
    options=options,
)
