"""What ``%pipeline replay``, ``%pipeline debug`` and ``%%step --try`` share: which step, which code, and showing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.wording import listed
from sm_pipeline_widgets.errors import PipelineWidgetsError, UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from sm_pipeline_widgets.api.execution import Execution
    from sm_pipeline_widgets.api.replay_changes import Changes
    from sm_pipeline_widgets.api.replayed import Replay
    from sm_pipeline_widgets.magics.session import Session


def add_change_options(parser: argparse.ArgumentParser) -> None:
    """What may be different in a replay."""
    parser.add_argument("-p", "--parameter", dest="parameters", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--env", dest="environment", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--sample", default=None, metavar="COUNT|PART")
    parser.add_argument("--wait", action="store_true")
    parser.add_argument("--yes", "-y", action="store_true")


def changes_of(given: argparse.Namespace, code: str | None) -> Changes:
    """What was typed as changes."""
    from sm_pipeline_widgets.api.replay_changes import Changes, sample_typed  # noqa: PLC0415 - kept out of %load_ext's time
    from sm_pipeline_widgets.magics.parser import parameter_values  # noqa: PLC0415

    parameters = parameter_values(given.parameters)
    sample = sample_typed(given.sample) if given.sample else None
    return Changes(code, parameters, parameter_values(given.environment, "--env", "Variable"), sample)


def show_replay(session: Session, execution: Execution, step: str, given: argparse.Namespace, changes: Changes) -> None:
    """Run a step again and show it live, beside the original; with ``--wait`` until it has ended."""
    made = start_replay(session, execution, step, given, changes)
    following = made.display()
    if given.wait:
        following.join()


def start_replay(
    session: Session, execution: Execution, step: str, given: argparse.Namespace, changes: Changes
) -> Replay:
    """Run a step again, as it was typed."""
    from sm_pipeline_widgets.api.asking import typed_answer  # noqa: PLC0415 - kept out of %load_ext's time
    from sm_pipeline_widgets.api.replaying import replay  # noqa: PLC0415

    ask = session.ask or typed_answer
    return replay(execution, step, changes, code=session.code, yes=given.yes, ask=ask)


def step_of_cell(execution: Execution, cell: str) -> str:
    """The step of a run that a ``%%step`` cell is meant for: of that name, or whose code was the cell of that name.

    Raises
    ------
    UsageError
        There is none, or there are several.
    """
    if cell in execution.steps:
        return cell
    cell_of = _cells(execution)
    found = [step for step in execution.steps if cell_of(step) == cell]
    if len(found) == 1:
        return found[0]
    words = f"several: {listed(found)}" if found else f"none. Its steps are {listed(execution.steps)}"
    raise UsageError(
        f"Which step of {execution.arn} runs the cell `{cell}` cannot be told: there are {words}.",
        "`%pipeline replay STEP --code cell:NAME` says it.",
    )


def newest_code(session: Session, execution: Execution, step: str) -> str | None:
    """The step's code as it is in this notebook now (``cell:NAME`` or a path); None: as it was in that run."""
    pipeline = session.pipelines.get(execution.state.pipeline)
    use = pipeline.compiled().code.get(step) if pipeline is not None else None
    if use is not None:
        return str(use.ref)
    cell = _cells(execution)(step)
    return f"cell:{cell}" if cell in session.code.cells else None


def _cells(execution: Execution) -> Callable[[str], str | None]:
    """What says the name of the cell that a step's code was; the run's definition is read once for all steps."""
    from sm_pipeline_widgets.api.origins import StoredOrigins  # noqa: PLC0415 - kept out of %load_ext's time
    from sm_pipeline_widgets.aws.source import TargetSource  # noqa: PLC0415

    origins = StoredOrigins(TargetSource(execution.target), execution.arn)

    def cell_of(step: str) -> str | None:
        try:
            origin = origins.get(step)
        except PipelineWidgetsError:
            return None
        return origin.name if origin is not None and origin.kind == "cell" else None

    return cell_of
