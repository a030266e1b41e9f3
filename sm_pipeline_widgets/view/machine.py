"""What a program is told: executions, failures, logs, findings and differences as JSON values.

The names are the Python API's; times are ISO 8601 in UTC; what looks like a secret is hidden as in every view. Members
may be added, none is renamed or taken away: ``docs/terminal.md`` lists them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.compare_values import ABSENT
from sm_pipeline_widgets.view.redact import redacted, redacted_value, without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sm_pipeline_widgets.definition.account_findings import AccountFinding
    from sm_pipeline_widgets.definition.compare import Difference, EdgeChange, ParameterChange, StepChange
    from sm_pipeline_widgets.definition.compare_values import ValueChange
    from sm_pipeline_widgets.errors import Problem
    from sm_pipeline_widgets.execution.causes import Cause
    from sm_pipeline_widgets.execution.compare import RunDifference
    from sm_pipeline_widgets.execution.failure import FailureReport, Frame, RootFailure
    from sm_pipeline_widgets.execution.first_errors import HostError
    from sm_pipeline_widgets.execution.jobfacts import Moment
    from sm_pipeline_widgets.execution.loglines import LogLine
    from sm_pipeline_widgets.execution.state import ExecutionState, StepState

    Json = dict[str, Any]


def moment(when: datetime | None) -> str | None:
    """A time as a machine reads it."""
    return None if when is None else when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def millis(when: datetime | None) -> int | None:
    """Milliseconds since 1970, as a page reads a time."""
    return None if when is None else int(when.timestamp() * 1000)


def parameters_of(values: Mapping[str, str] | None) -> Json | None:
    """Parameters, secrets hidden; None where they are not known."""
    return None if values is None else {name: redacted(name, value) for name, value in values.items()}


def step(state: StepState) -> Json:
    """Where one step stands."""
    return {
        "name": state.name,
        "type": state.type,
        "status": state.status.value,
        "started": moment(state.started),
        "ended": moment(state.ended),
        "reason": without_secrets(state.reason),
        "because": list(state.because),
        "attempts": state.attempts,
        "cached_from": state.cached_from,
        "job_arn": state.job_arn,
    }


def execution(state: ExecutionState) -> Json:
    """Where an execution stands, with every step of its definition."""
    return {
        "arn": state.arn,
        "pipeline": state.pipeline,
        "display_name": state.display_name,
        "status": state.status.value,
        "started": moment(state.started),
        "ended": moment(state.ended),
        "reason": without_secrets(state.reason),
        "parameters": parameters_of(state.parameters),
        "steps": [step(each) for each in state.steps.values()],
    }


def failure(report: FailureReport | None) -> Json | None:
    """Why it ended badly; None where nothing failed."""
    if report is None:
        return None
    return {
        "arn": report.arn,
        "status": report.status.value,
        "reason": without_secrets(report.reason),
        "roots": [_root(root) for root in report.roots],
        "also_failed": _explained(report.also_failed),
        "blocked": _explained(report.blocked),
        "skipped": _explained(report.skipped),
        "stopped": list(report.stopped),
        "succeeded": list(report.succeeded),
        "running": list(report.running),
        "waiting": list(report.waiting),
    }


def line(of: LogLine) -> Json:
    """One line of a log."""
    return {"time": moment(of.when), "stream": of.stream, "text": without_secrets(of.text)}


def problem(of: Problem) -> Json:
    """What is wrong with a text or definition."""
    return {
        "code": of.code,
        "severity": of.severity.value,
        "message": of.message,
        "fix": of.fix,
        "step": of.step,
        "line": of.line,
        "column": of.column,
    }


def finding(of: AccountFinding) -> Json:
    """What an account lacks."""
    return {
        "code": of.code,
        "severity": of.severity.value,
        "where": of.where,
        "message": of.message,
        "fix": of.fix,
        "policy": of.policy,
    }


def difference(of: Difference) -> Json:
    """What differs between two definitions; what is the same is left out."""
    return {
        "is_same": of.is_same,
        "steps": [_step_change(each) for each in of.steps if each.change != "unchanged"],
        "edges": [_edge_change(each) for each in of.edges if each.change != "unchanged"],
        "parameters": [_parameter_change(each) for each in of.parameters if each.change != "unchanged"],
        "settings": [_value_change(each) for each in of.settings],
    }


def run_difference(of: RunDifference) -> Json:
    """What differs between two runs, the most telling first."""
    return {
        "before": of.before.arn,
        "after": of.after.arn,
        "is_same": of.is_same,
        "findings": [
            {
                "kind": each.kind.value,
                "step": each.step or None,
                "what": each.what,
                "before": without_secrets(redacted(each.what, each.before)),
                "after": without_secrets(redacted(each.what, each.after)),
            }
            for each in of.findings
        ],
    }


def _root(root: RootFailure) -> Json:
    return {
        "step": root.step,
        "type": root.type,
        "headline": without_secrets(root.headline),
        "reasons": [without_secrets(reason) for reason in root.reasons],
        "exit_code": root.exit_code,
        "exit_meaning": root.exit_meaning,
        "exception_type": root.exception_type,
        "exception_message": without_secrets(root.exception_message),
        "frames": [_frame(frame) for frame in root.frames],
        "conditions": [str(condition) for condition in root.conditions],
        "causes": [_cause(cause) for cause in root.causes],
        "fault": root.fault,
        "stage": root.stage.value,
        "history": [_moment_of(each) for each in root.history],
        "facts": [[name, without_secrets(redacted(name, text))] for name, text in root.facts],
        "followed": [without_secrets(text) for text in root.followed],
        "led_to": list(root.led_to),
        "first_errors": [_host_error(each) for each in root.first_errors],
        "log_tail": [line(each) for each in root.log_tail],
        "job_arn": root.job_arn,
        "started": moment(root.started),
        "ended": moment(root.ended),
        "attempts": root.attempts,
    }


def _frame(frame: Frame) -> Json:
    return {
        "file": frame.file,
        "line": frame.line,
        "function": frame.function,
        "source": without_secrets(frame.source),
        "is_user": frame.is_user,
        "origin": frame.origin,
        "cell": frame.cell,
        "path": frame.path,
    }


def _cause(cause: Cause) -> Json:
    return {
        "name": cause.name,
        "title": cause.title,
        "confidence": cause.confidence.name.lower(),
        "fix": cause.fix,
        "snippet": cause.snippet,
        "evidence": without_secrets(cause.evidence),
        "source": cause.source,
    }


def _moment_of(of: Moment) -> Json:
    return {
        "status": of.status,
        "started": moment(of.started),
        "ended": moment(of.ended),
        "message": without_secrets(of.message),
    }


def _host_error(of: HostError) -> Json:
    return {"stream": of.stream, "at": of.at, "before": of.before, "lines": [line(each) for each in of.lines]}


def _explained(steps: Iterable[tuple[str, str]]) -> list[Json]:
    return [{"step": name, "reason": without_secrets(reason)} for name, reason in steps]


def _step_change(of: StepChange) -> Json:
    places = None if of.moved is None else [{"parent": at.parent, "branch": at.branch} for at in of.moved]
    return {
        "name": of.name,
        "was": of.was,
        "type": of.type,
        "change": of.change.value,
        "moved": places,
        "values": [_value_change(each) for each in of.values],
    }


def _edge_change(of: EdgeChange) -> Json:
    kinds = {"before": list(of.before), "after": list(of.after)}
    return {"source": of.source, "target": of.target, "change": of.change.value, **kinds}


def _parameter_change(of: ParameterChange) -> Json:
    return {"name": of.name, "change": of.change.value, "values": [_value_change(each) for each in of.values]}


def _value_change(of: ValueChange) -> Json:
    """A side where there is nothing is left out: a value may be null."""
    sides = {"before": of.before, "after": of.after}
    name = of.path.rpartition(".")[2]
    return {
        "path": of.path,
        **{side: redacted_value(name, value) for side, value in sides.items() if value is not ABSENT},
    }
