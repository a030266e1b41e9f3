"""``%pipeline cache``: which steps of a run were taken from the cache, and why the others were not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.magics.verbs.base import Verb

if TYPE_CHECKING:
    import argparse

    from sm_pipeline_widgets.magics.session import Session


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("execution", nargs="?", default=None)


def run(session: Session, given: argparse.Namespace) -> str:
    return str(session.execution(given.execution).cache())


CACHE = Verb(
    name="cache",
    usage="cache [ARN]",
    does="Say for each step of a run whether it was taken from the cache, from which run, and what had changed if not.",
    example="%pipeline cache",
    run=run,
    options=options,
)
