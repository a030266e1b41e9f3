"""``%pipeline logs``: a step's log as plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.magics.verbs.base import Verb

if TYPE_CHECKING:
    import argparse

    from sm_pipeline_widgets.magics.session import Session

MOST = 2_000
"""Lines shown unless asked otherwise: Jupyter cuts off more than about a megabyte a second."""


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("step")
    parser.add_argument("--execution", default=None, metavar="ARN")
    parser.add_argument("-n", "--lines", type=int, default=MOST)


def run(session: Session, given: argparse.Namespace) -> str:
    from sm_pipeline_widgets.view.text import log_lines  # noqa: PLC0415 - kept out of %load_ext's time

    lines = list(session.execution(given.execution).logs(given.step))
    shown = lines[-max(0, given.lines) :] if given.lines else []
    cut = f"({len(lines) - len(shown)} earlier lines; -n {len(lines)} shows all)\n" if len(shown) < len(lines) else ""
    return cut + (log_lines(shown) or f"`{given.step}` has written no log lines.")


LOGS = Verb(
    name="logs",
    usage="logs STEP [-n LINES] [--execution ARN]",
    does="Print a step's log.",
    example="%pipeline logs train -n 50",
    run=run,
    options=options,
)
