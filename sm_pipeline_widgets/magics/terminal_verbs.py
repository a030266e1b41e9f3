"""The verbs that a terminal does otherwise than a notebook: files for cells, lines for views, codes for scripts."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sm_pipeline_widgets.errors import UsageError
from sm_pipeline_widgets.magics import terminal_json
from sm_pipeline_widgets.magics.parser import parameter_values
from sm_pipeline_widgets.magics.parser import run_options as read_run_options
from sm_pipeline_widgets.magics.replaying import changes_of, start_replay
from sm_pipeline_widgets.magics.stages import StageLines
from sm_pipeline_widgets.magics.terminal_json import with_json
from sm_pipeline_widgets.magics.terminal_registry import registry_verbs
from sm_pipeline_widgets.magics.terminal_session import FILES, PROGRAM, Exit, TerminalSession, terminal_of
from sm_pipeline_widgets.magics.terminal_telling import JsonTeller, PlainTeller
from sm_pipeline_widgets.magics.verbs import VERBS
from sm_pipeline_widgets.magics.verbs.helping import help_verb
from sm_pipeline_widgets.magics.verbs.run import planned_by

if TYPE_CHECKING:
    import argparse

    from sm_pipeline_widgets.api.execution import Execution
    from sm_pipeline_widgets.api.pipeline import Pipeline
    from sm_pipeline_widgets.aws.target import Target
    from sm_pipeline_widgets.magics.session import Session
    from sm_pipeline_widgets.magics.terminal_telling import Teller
    from sm_pipeline_widgets.magics.verbs.base import Verb
    from sm_pipeline_widgets.watch.poller import Update

HEADING = (
    "Every verb also takes --region, --role, --bucket, --profile, --endpoint-url and --read-only for a target on AWS.",
    "Exit codes: 0 succeeded, 1 failed, 2 bad input, 3 stopped, 124 still running after --timeout, 130 Ctrl+C.",
    "",
)


def run_options(parser: argparse.ArgumentParser) -> None:
    VERBS["run"].options(parser)
    _following(parser)


def watch_options(parser: argparse.ArgumentParser) -> None:
    VERBS["watch"].options(parser)
    _following(parser)


def _following(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--timeout", type=float, default=None, metavar="SECONDS")
    parser.add_argument("--logs", action="store_true")
    parser.add_argument("--json", action="store_true")


def run(session: Session, given: argparse.Namespace) -> None:
    """Start a pipeline; with ``--wait``, ``--logs`` or ``--timeout`` tell how it goes until its end."""
    from sm_pipeline_widgets.api.asking import refuse_to_ask  # noqa: PLC0415 - `help` need not wait for it
    from sm_pipeline_widgets.api.execution import run as start  # noqa: PLC0415

    at = terminal_of(session)
    target = at.named_target(given.target)
    pipeline, is_deployed = runnable(at, given.name, target)
    teller = _teller(at, given, target)
    options = replace(read_run_options(given), as_deployed=is_deployed)
    planned = planned_by(pipeline, target, given, options)
    if planned is not None:
        at.say(str(planned))
        if given.plan:
            return
        planned.check()
        options = planned.options
    execution = start(
        pipeline,
        target=target,
        options=options,
        yes=given.yes,
        ask=refuse_to_ask if given.json else None,
        listener=teller.stage,
        check=not given.no_check,
    )
    at.add_execution(execution)
    teller.started(execution.arn, target.words)
    if given.wait or given.logs or given.timeout is not None:
        _follow(at, execution, teller, given)


def watch(session: Session, given: argparse.Namespace) -> None:
    """Tell how an execution goes until its end."""
    at = terminal_of(session)
    if given.execution is None:
        raise UsageError("A terminal has no latest execution.", "Name one by its ARN, or a pipeline for its newest.")
    execution = at.attach(given.execution, at.named_target(given.target))
    if given.live_tail:
        execution.listen()  # ends with what it listens to
    _follow(at, execution, _teller(at, given, execution.target), given)


def runnable(session: Session, name: str, target: Target) -> tuple[Pipeline, bool]:
    """The pipeline of a file, or what is deployed under a name; and whether it is what is deployed.

    Raises
    ------
    UsageError
        There is none.
    """
    from sm_pipeline_widgets.api.finding import resolve  # noqa: PLC0415 - `help` need not wait for it
    from sm_pipeline_widgets.api.pipeline import Pipeline  # noqa: PLC0415

    if Path(name).suffix in FILES:
        return session.declared(name), False
    found = resolve(name, target, lambda: target)
    if not isinstance(found, Pipeline):
        raise UsageError(f"`{name}` is an execution, not a pipeline.", f"`%pipeline watch {name}` tells how it goes.")
    return found, not name.startswith("s3://")


def show(session: Session, given: argparse.Namespace) -> str:
    """A pipeline or an execution as text."""
    from sm_pipeline_widgets.api.execution import Execution  # noqa: PLC0415 - `help` need not wait for it
    from sm_pipeline_widgets.api.finding import resolve  # noqa: PLC0415
    from sm_pipeline_widgets.view.text import state_table, table  # noqa: PLC0415

    at = terminal_of(session)
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


def runs(session: Session, given: argparse.Namespace) -> str:
    """The history as text."""
    from sm_pipeline_widgets.magics.verbs.runs import history  # noqa: PLC0415 - `help` need not wait for it

    if given.name is None:
        raise UsageError("Whose runs?", "Name a pipeline: `%pipeline list` shows what is there.")
    return str(history(session, given))


def diff(session: Session, given: argparse.Namespace) -> str:
    """The difference in words."""
    from sm_pipeline_widgets.magics.verbs.diff import compared, compared_runs  # noqa: PLC0415 - as above

    runs = compared_runs(session, given)
    if runs is not None:
        return str(runs)
    comparison, note = compared(session, given)
    return f"{comparison}{note}"


def check(session: Session, given: argparse.Namespace) -> str:
    """What would keep a pipeline from running; errors are an exit code, too."""
    from sm_pipeline_widgets.api.checking import check as look  # noqa: PLC0415 - `help` need not wait for it

    at = terminal_of(session)
    target = at.named_target(given.target)
    found = look(runnable(at, given.name, target)[0], target, parameter_values(given.parameters))
    at.code_of_exit = Exit.SUCCEEDED if found else Exit.FAILED
    return str(found)


def replay(session: Session, given: argparse.Namespace) -> str:
    """Run a step again; with ``--wait`` both runs beside each other, and the exit code is the replay's."""
    from sm_pipeline_widgets.execution.state import ExecutionStatus  # noqa: PLC0415 - `help` need not wait for it

    at, execution = terminal_of(session), session.execution(given.execution)
    made = start_replay(session, execution, given.step, given, changes_of(given, given.code))
    if not given.wait:
        return f"Started {made.execution.arn}; `{PROGRAM} watch` with it tells how it goes."
    is_good = made.wait().execution.status is ExecutionStatus.SUCCEEDED
    at.code_of_exit = Exit.SUCCEEDED if is_good else Exit.FAILED
    return made.comparison()


class _Follower:
    """Tells each change of an execution once, and its new log lines if they are wanted."""

    def __init__(self, execution: Execution, teller: Teller, *, logs: bool) -> None:
        self._execution = execution
        self._teller = teller
        self._logs = logs
        self._told: dict[str, str] = {}
        self._lines: dict[str, int] = {}
        self._health = ""

    def __call__(self, update: Update) -> None:
        try:
            self._tell(update)
        except BrokenPipeError:  # nobody reads any more: who waits for the end need not, either
            self._execution.watcher.close()

    def _tell(self, update: Update) -> None:
        if update.health.words != self._health:
            self._health = update.health.words
            self._teller.health(self._health)
        for step in update.state.steps.values() if update.state is not None else ():
            before = self._told.get(step.name, "waiting")
            self._told[step.name] = str(step.status)
            if str(step.status) != before:
                self._teller.step(step)
                if self._logs and step.job_arn:
                    self._execution.watcher.follow(step.name)
        if self._logs:
            self._tell_lines(update)

    def _tell_lines(self, update: Update) -> None:
        for step, total in update.logs.items():
            known = self._lines.get(step, 0)
            for line in self._execution.watcher.store.page(step, known, total - known):
                self._teller.line(step, line)
            self._lines[step] = total


def _follow(at: TerminalSession, execution: Execution, teller: Teller, given: argparse.Namespace) -> None:
    """Tell what happens until the end; the exit code is the run's."""
    from sm_pipeline_widgets.execution.state import ExecutionStatus  # noqa: PLC0415 - `help` need not wait for it

    unsubscribe = execution.watcher.subscribe(_Follower(execution, teller, logs=given.logs))
    try:
        state = execution.watcher.wait(given.timeout, settled=given.logs)
        # the reason needs the whole log, which lags on AWS; what succeeded needs none
        is_bad = state.status.is_end and state.status is not ExecutionStatus.SUCCEEDED
        report = execution.why() if is_bad else None
    except KeyboardInterrupt:
        teller.goes_on(execution.arn, None)
        raise
    finally:
        unsubscribe()
    if not state.status.is_end:
        teller.goes_on(execution.arn, given.timeout)
        at.code_of_exit = Exit.STILL_RUNNING
        return
    teller.ended(execution.state, report)
    ends = {ExecutionStatus.SUCCEEDED: Exit.SUCCEEDED, ExecutionStatus.STOPPED: Exit.STOPPED}
    at.code_of_exit = ends.get(state.status, Exit.FAILED)


def _teller(at: TerminalSession, given: argparse.Namespace, target: Target) -> Teller:
    if given.json:
        return JsonTeller(at.write)
    stages = StageLines(is_local=target.is_local, write=at.put, overwrites=at.output.isatty())
    return PlainTeller(at.say, stages, is_local=target.is_local)


def _verbs() -> dict[str, Verb]:
    run_usage = (
        "run FILE|NAME [-p PARAMETER=VALUE]... [--name N] [--parallelism N] [--tag K=V]... [--version N] [--alias A] "
        "[--from STEP | --select STEP,STEP] [--source RUN | --like RUN] [--plan] "
        "[--target T] [--yes] [--no-check] [--wait] [--logs] [--timeout SECONDS] [--json]"
    )
    of_run = replace(
        VERBS["run"],
        usage=run_usage,
        does="Upload the code, create or update the pipeline, start it (of a name: start what is deployed); with "
        "--wait tell how it goes, with --logs what it writes.",
        example="%pipeline run demo.yaml -p rows=50 --wait",
        run=run,
        options=run_options,
    )
    of_watch = replace(
        VERBS["watch"],
        usage="watch ARN|PIPELINE [--target T] [--logs] [--live-tail] [--timeout SECONDS] [--json]",
        does="Tell how an execution goes until its end: by ARN, or the newest one of a pipeline.",
        run=watch,
        options=watch_options,
    )
    listing = replace(VERBS["list"], does="List the pipelines at the target.", run=list_deployed)
    changed = {
        "run": of_run,
        "watch": of_watch,
        "list": with_json(listing, terminal_json.pipelines),
        "show": with_json(
            replace(VERBS["show"], does="Show a pipeline's steps and problems, or an execution's.", run=show),
            terminal_json.show,
        ),
        "runs": with_json(replace(VERBS["runs"], run=runs), terminal_json.runs),
        "logs": with_json(VERBS["logs"], terminal_json.logs),
        "replay": replace(VERBS["replay"], run=replay),
        "diff": with_json(replace(VERBS["diff"], run=diff), terminal_json.diff),
        "check": with_json(replace(VERBS["check"], run=check), terminal_json.check),
        **registry_verbs(),
    }
    verbs = {name: verb for name, verb in {**VERBS, **changed}.items() if name != "import"}
    verbs["help"] = help_verb(verbs, HEADING)
    return verbs


TERMINAL_VERBS = _verbs()
