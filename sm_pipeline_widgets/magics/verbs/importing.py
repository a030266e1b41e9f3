"""``%pipeline import``: any pipeline as the text of a new cell."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from IPython.core.getipython import get_ipython

from sm_pipeline_widgets.errors import UsageError
from sm_pipeline_widgets.magics.finding import find
from sm_pipeline_widgets.magics.verbs.base import Verb

if TYPE_CHECKING:
    import argparse

    from sm_pipeline_widgets.magics.session import Session

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,255})")


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what")
    parser.add_argument("name", nargs="?", default=None)
    parser.add_argument("--target", default=None)


def run(session: Session, given: argparse.Namespace) -> str:
    from sm_pipeline_widgets.api.execution import Execution  # noqa: PLC0415 - kept out of %load_ext's time
    from sm_pipeline_widgets.api.still import pipeline_of  # noqa: PLC0415

    found = find(session, given.what, session.named_target(given.target) if given.target else None)
    pipeline = pipeline_of(found) if isinstance(found, Execution) else found
    name = given.name or pipeline.name
    text = f"%%pipeline {shlex.quote(name)}\n{pipeline.to_yaml()}"
    shell = get_ipython()
    if shell is None:
        raise UsageError("There is no notebook to put a cell into.", "Use `%pipeline export X FILE.yaml` instead.")
    # never in place of what was typed
    shell.set_next_input(text.rstrip("\n"), replace=False)
    count = len(pipeline.graph)
    steps = f"{count} step{'' if count == 1 else 's'}"
    said = f"The cell below declares `{name}` ({steps}). Run it to check and draw it; nothing is deployed by that."
    return said + _note(session, name)


def _note(session: Session, name: str) -> str:
    if not _NAME.fullmatch(name):
        return "\nThe service takes letters, digits and `-` in a pipeline's name: change it before you run it there."
    if name in session.pipelines:
        return f"\nA cell of this notebook declares `{name}` too; running the new one replaces it."
    return ""


IMPORT = Verb(
    name="import",
    usage="import NAME|FILE|ARN|s3://URI|VARIABLE [NEW_NAME] [--target T]",
    does="Put any pipeline into a new cell below, as text: deployed, a file, S3, an SDK object or a dict.",
    example="%pipeline import sdk_pipeline",
    run=run,
    options=options,
)
