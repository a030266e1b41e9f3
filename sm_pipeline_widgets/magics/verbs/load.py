"""``%pipeline load``: what a step read or left, as a variable of the notebook."""

from __future__ import annotations

import keyword
import re
from typing import TYPE_CHECKING

from sm_pipeline_widgets.errors import UsageError
from sm_pipeline_widgets.magics.verbs.base import Verb

if TYPE_CHECKING:
    import argparse

    from sm_pipeline_widgets.magics.session import Session


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("step")
    parser.add_argument("what", metavar="input:NAME|output:NAME|model")
    parser.add_argument("execution", nargs="?", default=None, metavar="ARN")
    parser.add_argument("--as", dest="variable", default=None, metavar="VARIABLE")
    parser.add_argument("--path", action="store_true")


def run(session: Session, given: argparse.Namespace) -> str:
    from sm_pipeline_widgets.api.loading import As, load  # noqa: PLC0415 - kept out of %load_ext's time

    name = given.variable or _variable(given.what)
    if not name.isidentifier() or keyword.iskeyword(name):
        raise UsageError(f"`{name}` cannot be a variable's name.", "Choose one: `--as train_data`.")
    value = load(session.execution(given.execution), given.step, given.what, As.PATH if given.path else As.BEST)
    session.set_variable(name, value)
    shape = getattr(value, "shape", None)
    kind = f"a table of {shape[0]:,} rows and {shape[1]:,} columns" if shape else str(value)
    return f"`{name}` is {kind}."


def _variable(what: str) -> str:
    return re.sub(r"\W+", "_", what.rpartition(":")[2]).strip("_") or "data"


LOAD = Verb(
    name="load",
    usage="load STEP input:NAME|output:NAME|model [ARN] [--as VARIABLE] [--path]",
    does="Fetch what a step read or left, once, and put it into a variable: a table where it is one, otherwise the "
    "path of a file or folder (archives unpacked).",
    example="%pipeline load prepare output:train --as data",
    run=run,
    options=options,
)
