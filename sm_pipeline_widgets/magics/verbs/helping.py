"""``%pipeline help``: every verb, with an example."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.wording import did_you_mean
from sm_pipeline_widgets.errors import UsageError
from sm_pipeline_widgets.magics.verbs.base import Verb

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from sm_pipeline_widgets.magics.session import Session

CELL_MAGICS = (
    "%%pipeline NAME [--run] [-p PARAMETER=VALUE]... [--target T] [--yes] [--wait]",
    "    Declare a pipeline; the cell's text below is its steps.",
    "%%step NAME [--try] [--replay ARN] [-p NAME=VALUE]... [--sample COUNT|PART]",
    "    The cell's text below is the code of a step: `code: cell:NAME`. `--try` runs it now, on this machine, with",
    "    the inputs of the step's last run; `--replay ARN` with those of that run.",
)


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("verb", nargs="?", default=None)


def help_verb(verbs: Mapping[str, Verb], heading: Sequence[str] = CELL_MAGICS) -> Verb:
    """The help verb over a table of verbs (itself among them); `heading` comes before them."""

    def run(_session: Session, given: argparse.Namespace) -> str:
        if given.verb is None:
            rows = [f"%pipeline {verb.usage}\n    {verb.does}" for verb in verbs.values()]
            return "\n".join([*heading, *rows])
        if given.verb not in verbs:
            raise UsageError(f"There is no verb `{given.verb}`.", did_you_mean(given.verb, verbs, "`%pipeline help`"))
        verb = verbs[given.verb]
        return f"%pipeline {verb.usage}\n    {verb.does}\n    For example: {verb.example}"

    return Verb(
        name="help",
        usage="help [VERB]",
        does="List every verb, or explain one.",
        example="%pipeline help run",
        run=run,
        options=options,
    )
