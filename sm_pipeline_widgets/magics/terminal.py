"""The verbs of ``%pipeline`` in a terminal: plain text out, an exit code for scripts.

0 it succeeded, 1 it failed, 2 bad input, 3 it was stopped, 124 it still runs after ``--timeout``.

A terminal has no cells: where a notebook takes a declared pipeline, here a file is given (``run demo.yaml``).
"""

from __future__ import annotations

import re
import shlex
import sys
from dataclasses import replace
from datetime import datetime
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from sm_pipeline_widgets.definition.run_form import RunOptions
from sm_pipeline_widgets.errors import (
    CodeNotFoundError,
    DefinitionError,
    PipelineWidgetsError,
    UsageError,
)
from sm_pipeline_widgets.magics.line import run_line
from sm_pipeline_widgets.magics.session import Session
from sm_pipeline_widgets.magics.verbs import VERBS
from sm_pipeline_widgets.magics.verbs.helping import help_verb
from sm_pipeline_widgets.magics.verbs.run import planned_by

if TYPE_CHECKING:
    import argparse

    from sm_pipeline_widgets.api.execution import Execution
    from sm_pipeline_widgets.api.pipeline import Pipeline
    from sm_pipeline_widgets.magics.verbs.base import Verb
    from sm_pipeline_widgets.watch.poller import Update

PROGRAM = "python -m sm_pipeline_widgets"
_MAGIC = re.compile(r"(?<!%)%pipeline\b")
HEADING = ("Exit codes: 0 succeeded, 1 failed, 2 bad input, 3 stopped, 124 still running after --timeout.", "")
_FILES = (".yaml", ".yml", ".json")


class Exit(IntEnum):
    """What a script learns from the end of this program."""

    SUCCEEDED = 0
    FAILED = 1
    BAD_INPUT = 2
    STOPPED = 3
    STILL_RUNNING = 124
    INTERRUPTED = 130


class TerminalSession(Session):
    """A session whose pipelines are files."""

    def __init__(self, output: TextIO) -> None:
        super().__init__()
        self.output = output
        self.code_of_exit = Exit.SUCCEEDED

    def declared(self, name: str) -> Pipeline:
        """The pipeline in a file.

        Raises
        ------
        UsageError
            It is no file of a pipeline's text or definition.
        """
        from sm_pipeline_widgets.api.finding import resolve  # noqa: PLC0415
        from sm_pipeline_widgets.api.pipeline import Pipeline  # noqa: PLC0415 - `help` need not wait for it

        if name in self.pipelines:
            return self.pipelines[name]
        if Path(name).suffix not in _FILES:
            raise UsageError(f"`{name}` is no file of a pipeline.", "Give its text (`.yaml`) or definition (`.json`).")
        found = resolve(Path(name), None, lambda: self.target)
        if not isinstance(found, Pipeline):
            raise UsageError(f"`{name}` holds no pipeline.", "Give its text (`.yaml`) or definition (`.json`).")
        self.pipelines[name] = found
        return found

    def say(self, text: str) -> None:
        """Write text with the program's own name in it, at once."""
        self.output.write(_MAGIC.sub(PROGRAM, text) + "\n")
        self.output.flush()


def main(arguments: list[str], output: TextIO | None = None, errors: TextIO | None = None) -> int:
    """Run one verb; the exit code."""
    output, errors = output or sys.stdout, errors or sys.stderr
    session = TerminalSession(output)
    words = ["help"] if not arguments or arguments[0] in ("-h", "--help") else arguments
    try:
        answer = run_line(session, shlex.join(words), TERMINAL_VERBS)
        if answer:
            session.say(answer)
    except PipelineWidgetsError as error:
        errors.write(_MAGIC.sub(PROGRAM, str(error)) + "\n")
        is_input = isinstance(error, UsageError | DefinitionError | CodeNotFoundError)
        return Exit.BAD_INPUT if is_input else Exit.FAILED
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    return session.code_of_exit


def run_options(parser: argparse.ArgumentParser) -> None:
    VERBS["run"].options(parser)
    _timeout(parser)


def watch_options(parser: argparse.ArgumentParser) -> None:
    VERBS["watch"].options(parser)
    _timeout(parser)


def _timeout(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--timeout", type=float, default=None, metavar="SECONDS")


def run(session: Session, given: argparse.Namespace) -> None:
    """Start the pipeline of a file; with ``--wait`` or ``--timeout`` tell how it goes until its end."""
    from sm_pipeline_widgets.api.execution import run as start  # noqa: PLC0415 - `help` need not wait for it
    from sm_pipeline_widgets.magics.parser import parameter_values  # noqa: PLC0415

    at = _terminal(session)
    pipeline, target = at.declared(given.name), at.named_target(given.target)
    options = RunOptions(parameters=parameter_values(given.parameters))
    planned = planned_by(pipeline, target, given, options)
    if planned is not None:
        at.say(str(planned))
        if given.plan:
            return
        planned.check()
        options = planned.options
    execution = start(pipeline, target=target, options=options)
    at.add_execution(execution)
    at.say(execution.arn)
    if given.wait or given.timeout is not None:
        _follow(at, execution, given.timeout)


def watch(session: Session, given: argparse.Namespace) -> None:
    """Tell how an execution goes until its end."""
    at = _terminal(session)
    if given.execution is None:
        raise UsageError("A terminal has no latest execution.", "Name one by its ARN, or a pipeline for its newest.")
    _follow(at, at.attach(given.execution, at.named_target(given.target)), given.timeout)


def show(session: Session, given: argparse.Namespace) -> str:
    """A pipeline or an execution as text."""
    from sm_pipeline_widgets.api.execution import Execution  # noqa: PLC0415 - `help` need not wait for it
    from sm_pipeline_widgets.api.finding import resolve  # noqa: PLC0415
    from sm_pipeline_widgets.view.text import state_table, table  # noqa: PLC0415

    at = _terminal(session)
    found = resolve(given.what, at.named_target(given.target) if given.target else None, lambda: at.target)
    if isinstance(found, Execution):
        return state_table(found.state, datetime.now().astimezone(), found.watcher.report)
    graph = found.graph
    rows = [(name, str(graph.nodes[name]["type"]), ", ".join(graph.predecessors(name))) for name in graph]
    problems = [str(problem) for problem in found.problems]
    if found.errors:
        at.code_of_exit = Exit.FAILED
    return "\n".join([f"{found.name}: {len(rows)} steps", "", table(("STEP", "TYPE", "AFTER"), rows), *problems])


def list_deployed(session: Session, given: argparse.Namespace) -> str:
    """What is deployed; a terminal declares nothing."""
    text: str = VERBS["list"].run(session, given)
    return text.partition("\n")[2] if text.startswith("Declared in this notebook") else text


def _follow(session: TerminalSession, execution: Execution, timeout: float | None) -> None:
    """A line for each step that moves, a table at the end; the exit code is the run's."""
    from sm_pipeline_widgets.execution.state import ExecutionStatus  # noqa: PLC0415 - `help` need not wait for it
    from sm_pipeline_widgets.view.text import failure_report, state_table  # noqa: PLC0415

    unsubscribe = execution.watcher.subscribe(_Teller(session))
    try:
        state = execution.wait(timeout)
    except KeyboardInterrupt:
        session.say(f"Still running. Attach again with: %pipeline watch {execution.arn}")
        raise
    finally:
        unsubscribe()
    if not state.status.is_end:
        session.say(f"Still running after {timeout:g} s. Attach again with: %pipeline watch {execution.arn}")
        session.code_of_exit = Exit.STILL_RUNNING
        return
    report = execution.why()
    session.say("\n" + state_table(execution.state, datetime.now().astimezone(), report))
    if report is not None:
        session.say("\n" + failure_report(report))
    ends = {ExecutionStatus.SUCCEEDED: Exit.SUCCEEDED, ExecutionStatus.STOPPED: Exit.STOPPED}
    session.code_of_exit = ends.get(state.status, Exit.FAILED)


class _Teller:
    """Says each new state of a step once."""

    def __init__(self, session: TerminalSession) -> None:
        self._session = session
        self._told: dict[str, str] = {}

    def __call__(self, update: Update) -> None:
        if update.state is None:
            return
        for step in update.state.steps.values():
            before = self._told.get(step.name, "waiting")
            self._told[step.name] = str(step.status)
            if str(step.status) != before:
                self._session.say(f"{datetime.now().astimezone():%H:%M:%S}  {step.name}  {step.status}")


def _terminal(session: Session) -> TerminalSession:
    if not isinstance(session, TerminalSession):
        raise TypeError("the terminal's verbs take the terminal's session")
    return session


def _verbs() -> dict[str, Verb]:
    run_usage = "run FILE [-p PARAMETER=VALUE]... [--target T] [--wait] [--timeout SECONDS]"
    watch_usage = "watch ARN|PIPELINE [--target T] [--timeout SECONDS]"
    example = "%pipeline run demo.yaml -p rows=50 --wait"
    changed = {
        "run": replace(
            VERBS["run"],
            usage=run_usage,
            does="Upload the code, create or update the pipeline, start it; with --wait tell how it goes.",
            example=example,
            run=run,
            options=run_options,
        ),
        "watch": replace(
            VERBS["watch"],
            usage=watch_usage,
            does="Tell how an execution goes until its end: by ARN, or the newest one of a pipeline.",
            run=watch,
            options=watch_options,
        ),
        "list": replace(VERBS["list"], does="List the pipelines at the target.", run=list_deployed),
        "show": replace(VERBS["show"], does="Show a pipeline's steps and problems, or an execution's.", run=show),
    }
    verbs = {**VERBS, **changed}
    verbs["help"] = help_verb(verbs, HEADING)
    return verbs


TERMINAL_VERBS = _verbs()
