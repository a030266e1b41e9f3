"""What the verbs of a terminal answer with ``--json``: one document each, for programs."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.magics.parser import parameter_values
from sm_pipeline_widgets.magics.terminal_session import Exit, terminal_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from sm_pipeline_widgets.magics.session import Session
    from sm_pipeline_widgets.magics.verbs.base import Verb


def with_json(verb: Verb, document: Callable[[Session, argparse.Namespace], Any]) -> Verb:
    """The verb, which with ``--json`` answers with this document."""

    def options(parser: argparse.ArgumentParser) -> None:
        verb.options(parser)
        parser.add_argument("--json", action="store_true")

    def run(session: Session, given: argparse.Namespace) -> Any:
        return json.dumps(document(session, given), indent=2) if given.json else verb.run(session, given)

    return replace(verb, usage=f"{verb.usage} [--json]", options=options, run=run)


def show(session: Session, given: argparse.Namespace) -> Any:
    """``show --json``: an execution as it stands, or the steps and problems of a pipeline."""
    from sm_pipeline_widgets.api.execution import Execution  # noqa: PLC0415 - `help` need not wait for it
    from sm_pipeline_widgets.api.finding import resolve  # noqa: PLC0415
    from sm_pipeline_widgets.view import machine  # noqa: PLC0415

    at = terminal_of(session)
    found = resolve(given.what, at.named_target(given.target), lambda: at.target)
    if isinstance(found, Execution):
        return machine.execution(found.state)
    at.code_of_exit = Exit.FAILED if found.errors else Exit.SUCCEEDED
    graph = found.graph
    steps = [
        {"name": name, "type": graph.nodes[name]["type"], "after": list(graph.predecessors(name))} for name in graph
    ]
    return {"name": found.name, "steps": steps, "problems": [machine.problem(one) for one in found.problems]}


def pipelines(session: Session, given: argparse.Namespace) -> Any:
    """``list --json``."""
    from sm_pipeline_widgets.aws.pipelines import list_pipelines  # noqa: PLC0415 - `help` need not wait for it
    from sm_pipeline_widgets.view.machine import moment  # noqa: PLC0415

    found = list_pipelines(session.named_target(given.target), given.prefix, given.limit + 1)
    rows = [
        {
            "name": one.name,
            "arn": one.arn,
            "display_name": one.display_name,
            "description": one.description,
            "created": moment(one.created),
            "modified": moment(one.modified),
            "last_run": moment(one.last_run),
        }
        for one in found[: given.limit]
    ]
    return {"pipelines": rows, "has_more": len(found) > given.limit}


def runs(session: Session, given: argparse.Namespace) -> Any:
    """``runs --json``."""
    from sm_pipeline_widgets.magics.verbs.runs import history  # noqa: PLC0415 - `help` need not wait for it
    from sm_pipeline_widgets.view.machine import moment, parameters_of  # noqa: PLC0415
    from sm_pipeline_widgets.view.redact import without_secrets  # noqa: PLC0415

    found = history(session, given).first(given.limit)
    return {
        "runs": [
            {
                "arn": one.arn,
                "status": one.status,
                "started": moment(one.started),
                "display_name": one.display_name,
                "reason": without_secrets(one.reason),
                "parameters": parameters_of(one.parameters),
            }
            for one in found
        ]
    }


def logs(session: Session, given: argparse.Namespace) -> Any:
    """``logs --json``: each step's lines, the last ``-n`` that fit."""
    from sm_pipeline_widgets.magics.verbs.logs import Found, looked_through  # noqa: PLC0415
    from sm_pipeline_widgets.view.machine import line  # noqa: PLC0415 - `help` need not wait for it

    execution, found = looked_through(session, given)

    def one(step: str, at: Found) -> Any:
        note = execution.log_note(step, has_lines=bool(at.read))
        lines = [line(each) for each in at.lines]
        return {"step": step, "lines": lines, "fitting": at.fitting, "read": at.read, "note": note}

    return {"arn": execution.arn, "logs": [one(step, at) for step, at in found.items()]}


def diff(session: Session, given: argparse.Namespace) -> Any:
    """``diff --json``."""
    from sm_pipeline_widgets.magics.verbs.diff import compared, compared_runs  # noqa: PLC0415
    from sm_pipeline_widgets.view.machine import difference, run_difference  # noqa: PLC0415 - `help` need not wait

    runs = compared_runs(session, given)
    if runs is not None:
        return {**run_difference(runs.difference), "code": dict(runs.code)}
    comparison, _note = compared(session, given)
    names = {"before": comparison.before.name, "after": comparison.after.name}
    return {**names, **difference(comparison.difference)}


def check(session: Session, given: argparse.Namespace) -> Any:
    """``check --json``."""
    from sm_pipeline_widgets.api.checking import check as look  # noqa: PLC0415 - `help` need not wait for it
    from sm_pipeline_widgets.magics.terminal_verbs import runnable  # noqa: PLC0415 - it needs this module
    from sm_pipeline_widgets.view.machine import finding, problem  # noqa: PLC0415

    target = session.named_target(given.target)
    at = terminal_of(session)
    found = look(runnable(session, given.name, target)[0], target, parameter_values(given.parameters))
    at.code_of_exit = Exit.SUCCEEDED if found else Exit.FAILED
    return {
        "ok": bool(found),
        "problems": [problem(one) for one in found.problems],
        "parameters": list(found.complaints),
        "findings": [finding(one) for one in found.account.findings],
        "looked_at": list(found.account.looked_at),
    }
