"""``%pipeline why``: why an execution failed, in words."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.wording import did_you_mean, listed
from sm_pipeline_widgets.errors import UsageError
from sm_pipeline_widgets.magics.verbs.base import Verb

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from sm_pipeline_widgets.api.execution import Execution
    from sm_pipeline_widgets.execution.failure import FailureReport
    from sm_pipeline_widgets.magics.session import Session


MOST_WORDS = 2


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", nargs="*", default=[], metavar="STEP|RUN")
    parser.add_argument("--target", default=None)
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--json", action="store_true")


def run(session: Session, given: argparse.Namespace) -> str:
    execution, step = _meant(session, given.what, given.target)
    report = execution.why()
    if report is None:
        if given.json:
            return _document(execution, None)
        return f"Nothing has failed: the execution is {execution.status.value}."
    if step is not None and step not in {root.step for root in report.roots}:
        return _of_another(execution, report, step)
    told = report if step is None else replace(report, roots=tuple(r for r in report.roots if r.step == step))
    if given.json:
        return _document(execution, told)
    return _told(report, told, step, is_markdown=given.markdown)


def _meant(session: Session, words: list[str], target: str | None) -> tuple[Execution, str | None]:
    """The execution and the step that were named, in either order; the latest execution where only a step was.

    Raises
    ------
    UsageError
        A word is neither a step of the latest execution, nor an ARN, nor a pipeline that has run.
    """
    if len(words) > MOST_WORDS:
        raise UsageError("More than one step and one execution were named.", f"Usage: %pipeline {WHY.usage}")
    of_latest = session.latest.steps if session.latest is not None else {}
    runs = [word for word in words if word.startswith("arn:")]
    runs = runs or [word for word in words if word not in of_latest][:1]
    if not runs:
        return session.execution(), words[0] if words else None
    steps = [word for word in words if word not in runs]
    return _execution(session, runs[0], target, of_latest), steps[0] if steps else None


def _execution(session: Session, name: str, target: str | None, of_latest: Mapping[str, object]) -> Execution:
    try:
        return session.execution(name, target)
    except UsageError as error:
        if not of_latest:
            raise
        fix = did_you_mean(name, of_latest, f"The latest run's steps are {listed(of_latest)}.")
        raise UsageError(f"`{name}` is no step of the latest run. {error.message}", fix) from None


def _document(execution: Execution, told: FailureReport | None) -> str:
    from sm_pipeline_widgets.view.machine import failure  # noqa: PLC0415 - kept out of %load_ext's time

    found = {"arn": execution.arn, "status": execution.status.value, "failure": failure(told)}
    return json.dumps(found, indent=2, ensure_ascii=False)


def _told(report: FailureReport, told: FailureReport, step: str | None, *, is_markdown: bool) -> str:
    from sm_pipeline_widgets.view.markdown import report_markdown  # noqa: PLC0415 - kept out of %load_ext's time
    from sm_pipeline_widgets.view.text import failure_report  # noqa: PLC0415

    return report_markdown(told) if is_markdown else failure_report(report, step)


def _of_another(execution: Execution, report: FailureReport, step: str) -> str:
    """A step that failed only because of another, never ran, or did well: its own reason, and who is to blame."""
    steps = execution.steps
    if step not in steps:
        known = listed(steps)
        fix = did_you_mean(step, steps, f"Its steps are {known}; an execution is named by its ARN.")
        raise UsageError(f"The execution has no step `{step}`.", fix)
    state = steps[step]
    roots = listed(root.step for root in report.roots)
    reason = f": {state.reason.removeprefix(f'{state.status}: ')}" if state.reason else ""
    return f"{step} is {state.status.value}{reason}\nWhat failed by itself: {roots}."


WHY = Verb(
    name="why",
    usage="why [STEP] [RUN] [--target T] [--markdown | --json]",
    does="Say why the latest execution (or the one named) failed: the root step, your own lines, the end of its log, "
    "what may help. `--markdown` writes it for a ticket, `--json` for a program.",
    example="%pipeline why",
    run=run,
    options=options,
)
