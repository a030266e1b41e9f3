"""``%pipeline debug``: a step's script in this kernel, stopped in the debugger where it fails."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from IPython.core.getipython import get_ipython

from sm_pipeline_widgets.errors import UsageError
from sm_pipeline_widgets.magics.replaying import newest_code
from sm_pipeline_widgets.magics.verbs.base import Verb

if TYPE_CHECKING:
    import argparse

    from IPython.core.interactiveshell import InteractiveShell

    from sm_pipeline_widgets.magics.session import Session


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("step")
    parser.add_argument("execution", nargs="?", default=None, metavar="ARN")
    parser.add_argument("--code", default=None, metavar="cell:NAME|PATH")
    parser.add_argument("--as-it-was", action="store_true")


def run(session: Session, given: argparse.Namespace) -> str | None:
    from sm_pipeline_widgets.api.debugging import prepare  # noqa: PLC0415 - kept out of %load_ext's time

    shell = get_ipython()
    if shell is None:
        raise UsageError("There is no kernel to run the script in.", "`replay` runs the step on this machine.")
    execution = session.execution(given.execution)
    code = given.code or (None if given.as_it_was else newest_code(session, execution, given.step))
    script = prepare(execution, given.step, code, book=session.code)
    whose = f"as `{code}` is now" if code else "as it was in that run"
    print(f"`{given.step}` runs in this kernel, its code {whose}. {' '.join(script.notes)}")  # noqa: T201
    with script.surroundings():
        error = script.run()
        if error is None:
            return f"`{given.step}` ended well. What it wrote is below {script.folder}."
        _look_at(shell, error)
    return None


def _look_at(shell: InteractiveShell, error: BaseException) -> None:
    """Show the error and open the debugger at it, where somebody can type."""
    sys.last_type, sys.last_value, sys.last_traceback = type(error), error, error.__traceback__
    shell.showtraceback((type(error), error, error.__traceback__))
    try:
        shell.debugger(force=True)
    except (EOFError, OSError, NotImplementedError):  # the latter is ipykernel's, where nobody can type
        print("`%debug` in a cell opens the debugger at this place.")  # noqa: T201


DEBUG = Verb(
    name="debug",
    usage="debug STEP [ARN] [--code cell:NAME|PATH] [--as-it-was]",
    does="Run a step's script in this kernel with the folders, variables and arguments of its run, and stop in the "
    "debugger where it fails. The newest code of the notebook is taken; `--as-it-was` takes the run's.",
    example="%pipeline debug train",
    run=run,
    options=options,
)
