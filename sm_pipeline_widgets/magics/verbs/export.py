"""``%pipeline export``: write a pipeline into a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.magics.finding import find
from sm_pipeline_widgets.magics.verbs.base import Verb

if TYPE_CHECKING:
    import argparse

    from sm_pipeline_widgets.magics.session import Session


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what")
    parser.add_argument("file")
    parser.add_argument("--force", action="store_true")
    parser.add_argument("--with-secrets", action="store_true")
    parser.add_argument("--target", default=None)


def run(session: Session, given: argparse.Namespace) -> str:
    from sm_pipeline_widgets.api.export import export  # noqa: PLC0415 - kept out of %load_ext's time

    target = session.named_target(given.target)
    what = find(session, given.what, target)
    return str(export(what, given.file, target=target, force=given.force, with_secrets=given.with_secrets))


EXPORT = Verb(
    name="export",
    usage="export NAME|FILE|ARN FILE.json|yaml|py|mmd|dot|svg|png|html [--force] [--with-secrets] [--target T]",
    does="Write a pipeline into a file: definition, text, boto3 script, Mermaid, Graphviz, picture or page.",
    example="%pipeline export diabetes diabetes.py",
    run=run,
    options=options,
)
