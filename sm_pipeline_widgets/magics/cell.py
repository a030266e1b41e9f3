"""``%%pipeline`` and ``%%step``: what a cell declares."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.api.declared import declare
from sm_pipeline_widgets.api.live_views import tell_code
from sm_pipeline_widgets.api.pipeline import Pipeline
from sm_pipeline_widgets.errors import DefinitionError, UnansweredError, UsageError
from sm_pipeline_widgets.magics.parser import MagicParser, add_run_options
from sm_pipeline_widgets.magics.replaying import add_change_options, changes_of, show_replay, step_of_cell

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from sm_pipeline_widgets.api.execution import Execution
    from sm_pipeline_widgets.execution.submitting import Question
    from sm_pipeline_widgets.magics.session import Session

PIPELINE_USAGE = "%%pipeline NAME [--run] [-p PARAMETER=VALUE]... [--target T] [--yes] [--wait]"
STEP_USAGE = (
    "%%step NAME [--try] [--replay ARN] [-p NAME=VALUE]... [--env NAME=VALUE]... [--sample COUNT|PART] [--wait] [--yes]"
)
_STEP_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")


def declare_pipeline(session: Session, line: str, text: str, variables: Mapping[str, Any]) -> None:
    """Declare, check and draw a pipeline; with ``--run`` also start it.

    Raises
    ------
    DefinitionError
        ``--run`` was given and the text has errors. (Without it they are shown in the view.)
    """
    parser = MagicParser("%%pipeline", PIPELINE_USAGE)
    parser.add_argument("name")
    parser.add_argument("--run", action="store_true")
    add_run_options(parser)
    given = parser.read(line)
    if (given.parameters or given.wait) and not given.run:
        raise UsageError("`-p` and `--wait` only matter together with `--run`.", f"Usage: {PIPELINE_USAGE}")
    pipeline = Pipeline.from_yaml(text, given.name, code=session.code, variables=variables, first_line=2)
    session.pipelines[given.name] = pipeline
    declare(pipeline)
    if not given.run or pipeline.errors:
        show_declared(session, pipeline)
    if not given.run:
        return
    if pipeline.errors:
        raise DefinitionError(f"`{given.name}` was not run because its text has errors:", pipeline.errors)
    from sm_pipeline_widgets.magics.verbs.run import start  # noqa: PLC0415

    start(session, pipeline, given, shown=lambda execution: show_declared(session, pipeline, execution))


def show_declared(session: Session, pipeline: Pipeline, execution: Execution | None = None) -> None:
    """Draw a declared pipeline, and a run of it that goes on; its Run button runs it where the magics would."""
    from sm_pipeline_widgets.api.execution import run  # noqa: PLC0415 - kept out of %load_ext's time
    from sm_pipeline_widgets.api.show import LiveView  # noqa: PLC0415

    def ask(question: Question) -> bool:
        # a button's press cannot be asked back in the place where a cell's run can
        raise UnansweredError(str(question), f"`%pipeline run {pipeline.name}` asks you, and goes on when you say yes.")

    def start(newest: Pipeline) -> Execution:
        execution = run(newest, target=session.target, ask=ask)
        session.add_execution(execution)
        return execution

    def changed(newest: Pipeline) -> None:
        session.pipelines[newest.name] = newest
        declare(newest)

    live = LiveView.of_pipeline(
        pipeline, start, target=lambda: session.target, started=session.add_execution, changed=changed
    )
    if execution is not None:
        live.follow(execution)
    live.display()


def declare_step(session: Session, line: str, text: str) -> str:
    """Take a cell's text as the code of a step, and say so; with ``--try`` also run it, with its last run's inputs.

    Raises
    ------
    UsageError
        No name, or one that cannot be a file's.
    """
    parser = MagicParser("%%step", STEP_USAGE)
    parser.add_argument("name")
    parser.add_argument("--try", dest="is_tried", action="store_true")
    parser.add_argument("--replay", default=None, metavar="ARN")
    add_change_options(parser)
    given = parser.read(line)
    if not _STEP_NAME.fullmatch(given.name):
        raise UsageError(f"`{given.name}` cannot be the name of a step's code.", "Use letters, digits, `_` and `-`.")
    asset = session.code.add_cell(given.name, f"%%step {line}\n{text}")
    tell_code(session.code, given.name)
    note = _syntax_note(given.name, asset.files[0][1])
    if given.is_tried or given.replay is not None:
        _try(session, given)
    return f"`cell:{given.name}` holds {text.count(chr(10)) or 1} lines of code ({asset.sha256[:12]}).{note}"


def _try(session: Session, given: argparse.Namespace) -> None:
    """Run the step that the cell is the code of on this machine, with what it was given in its last run."""
    execution = session.execution(given.replay)
    step = step_of_cell(execution, given.name)
    show_replay(session, execution, step, given, changes_of(given, f"cell:{given.name}"))


def _syntax_note(name: str, source: bytes) -> str:
    """Tell of a syntax error now instead of when the step runs; the code is kept all the same."""
    try:
        compile(source, f"{name}.py", "exec", dont_inherit=True)
    except SyntaxError as error:
        return f"\nWarning: line {error.lineno} is not valid Python: {error.msg}."
    except ValueError as error:  # null bytes
        return f"\nWarning: it is not valid Python: {error}."
    return ""
