"""What crosses between kernel and page of failures: the report, what differs, what to do now - and how each is made.

The twin of ``labextension/src/failureProtocol.ts``: the same names, in the same order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict, cast

from sm_pipeline_widgets.view import failure_words
from sm_pipeline_widgets.view.markdown import report_markdown
from sm_pipeline_widgets.view.redact import without_keys
from sm_pipeline_widgets.widgets.log_messages import LogRow  # noqa: TC001 - the messages are read at run time
from sm_pipeline_widgets.widgets.protocol import MAX_LINE, Pair, log_rows, pairs, wire_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sm_pipeline_widgets.execution.causes import Cause
    from sm_pipeline_widgets.execution.failure import FailureReport, Frame, RootFailure
    from sm_pipeline_widgets.execution.first_errors import HostError
    from sm_pipeline_widgets.execution.next_steps import NextAction


class FrameFact(TypedDict):
    """One frame of a traceback; ``cell`` or ``path`` is where a click leads, '' where it is not known."""

    file: str
    line: int
    function: str
    source: str
    is_user: bool
    origin: str
    cell: str
    path: str


class CauseFact(TypedDict):
    """A known cause that fits: remedy, a policy or command to copy, how sure it is, and what it was recognised by."""

    title: str
    fix: str
    evidence: str
    snippet: str
    confidence: str
    source: str


class HostErrorFact(TypedDict):
    """Where a host's log first speaks of an error: a title, the lines around it, and which of them it is."""

    title: str
    lines: list[LogRow]
    at: int


class RootFact(TypedDict):
    """One step that failed on its own; ``how_far`` says how far it came, ``history`` its job's statuses."""

    step: str
    type: str
    headline: str
    reasons: list[str]
    exit_code: int | None
    exit_meaning: str
    exception_type: str
    exception_message: str
    followed: list[str]
    led_to: list[str]
    frames: list[FrameFact]
    conditions: list[str]
    causes: list[CauseFact]
    fault: str
    log_tail: list[LogRow]
    first_errors: list[HostErrorFact]
    job_arn: str | None
    facts: list[Pair]
    started_at_all: bool
    how_far: str
    history: list[str]
    attempts: int


class ReportFact(TypedDict):
    """Why a run ended badly, and what that did to the other steps."""

    roots: list[RootFact]
    also_failed: list[Pair]
    blocked: list[Pair]
    skipped: list[Pair]
    stopped: list[str]
    succeeded: list[str]
    running: list[str]
    waiting: list[str]
    reason: str
    markdown: str


class NextField(TypedDict):
    """Something to fill in before an action: its name, its type, what stands there, what may while nothing does."""

    name: str
    type: str
    value: str
    hint: str


class NextFact(TypedDict):
    """Something to do now. ``step`` is the step it is for (None: the run, or with ``per_step`` whichever is meant).

    ``reason`` says why it cannot be done; ``types`` are the types of steps it is for, where not for all.
    """

    name: str
    step: str | None
    per_step: bool
    label: str
    does: str
    fields: list[NextField]
    reason: str
    types: list[str]


class DifferenceSection(TypedDict):
    """A heading, and the lines below it."""

    heading: str
    lines: list[str]


class InsightFact(TypedDict):
    """What was found out about a run when somebody asked: what differs from the last success, what the cache did.

    ``error`` says why there is nothing to compare with.
    """

    arn: str
    title: str
    sections: list[DifferenceSection]
    code: list[Pair]
    cache: list[Pair]
    error: str


# kernel → page


class NextPlanMessage(TypedDict):
    """What an action would do: in words and as states (name, state, note); ``go`` is the button that does it."""

    kind: Literal["next_plan"]
    press: str
    words: str
    states: list[tuple[str, str, str]]
    go: str
    error: str


class NextDoneMessage(TypedDict):
    """An action was done, or `error` says why not."""

    kind: Literal["next_done"]
    press: str
    words: str
    error: str


# page → kernel


class NextPlanRequest(TypedDict):
    """What would this action do?"""

    kind: Literal["next_plan_request"]
    press: str
    name: str
    step: str | None
    values: list[Pair]


class NextStartRequest(TypedDict):
    """Do what was planned under this press."""

    kind: Literal["next_start"]
    press: str


class InsightRequest(TypedDict):
    """Somebody looks at the failure: find out what differs from the last success."""

    kind: Literal["insight_request"]


FailureRequest = NextPlanRequest | NextStartRequest | InsightRequest


def read_failure_request(content: Any) -> FailureRequest | None:
    """The message if it is one of these and well formed."""
    match content:
        case {"kind": "insight_request"} | {"kind": "next_start", "press": str()}:
            return cast(FailureRequest, content)
        case {"kind": "next_plan_request", "press": str(), "name": str(), "step": str() | None, "values": list(values)}:
            is_pairs = all(isinstance(pair, list) and [type(part) for part in pair] == [str, str] for pair in values)
            return cast(FailureRequest, content) if is_pairs else None
    return None


def next_facts(actions: Iterable[NextAction]) -> list[NextFact]:
    """What can be done now."""
    return [
        NextFact(
            name=action.name.value,
            step=None if action.step is None else wire_text(action.step),
            per_step=action.is_per_step,
            label=action.label,
            does=wire_text(action.does),
            fields=[
                NextField(
                    name=wire_text(one.name), type=one.type, value=wire_text(without_keys(one.value)), hint=one.hint
                )
                for one in action.fields
            ],
            reason=wire_text(action.reason),
            types=list(action.types),
        )
        for action in actions
    ]


def insight_fact(
    arn: str,
    title: str,
    sections: Iterable[tuple[str, list[str]]],
    *,
    code: Mapping[str, str],
    cache: Iterable[tuple[str, str]],
    error: str,
) -> InsightFact:
    """What was found out about a run."""
    return InsightFact(
        arn=arn,
        title=wire_text(title),
        sections=[DifferenceSection(heading=heading, lines=_texts(lines)) for heading, lines in sections],
        code=_explained(code.items()),
        cache=_explained(cache),
        error=wire_text(error, MAX_LINE),
    )


def report_fact(report: FailureReport) -> ReportFact:
    """The failure report, with its Markdown for the clipboard."""
    return ReportFact(
        roots=[_root_fact(root) for root in report.roots],
        also_failed=_explained(report.also_failed),
        blocked=_explained(report.blocked),
        skipped=_explained(report.skipped),
        stopped=_texts(report.stopped),
        succeeded=_texts(report.succeeded),
        running=_texts(report.running),
        waiting=_texts(report.waiting),
        reason=wire_text(report.reason, MAX_LINE),
        markdown=wire_text(report_markdown(report)),
    )


def _root_fact(root: RootFailure) -> RootFact:
    return RootFact(
        step=wire_text(root.step),
        type=wire_text(root.type),
        headline=wire_text(without_keys(root.headline), MAX_LINE),
        reasons=_texts(root.reasons),
        exit_code=root.exit_code,
        exit_meaning=wire_text(root.exit_meaning),
        exception_type=wire_text(root.exception_type),
        exception_message=wire_text(without_keys(root.exception_message), MAX_LINE),
        followed=_texts(root.followed),
        led_to=_texts(root.led_to),
        frames=[_frame_fact(frame) for frame in root.frames],
        conditions=_texts(str(condition) for condition in root.conditions),
        causes=[_cause_fact(cause, root.headline) for cause in root.causes],
        fault=wire_text(root.fault),
        log_tail=log_rows(root.log_tail),
        first_errors=[_error_fact(error) for error in root.first_errors],
        job_arn=root.job_arn,
        facts=pairs(root.facts),
        started_at_all=root.started_at_all,
        how_far=wire_text(failure_words.how_far(root)),
        history=_texts(failure_words.statuses(root)),
        attempts=root.attempts,
    )


def _cause_fact(cause: Cause, headline: str) -> CauseFact:
    """A cause; what it was recognised by is not said again where it is the headline."""
    evidence = "" if cause.evidence in headline else failure_words.cause_evidence(cause)
    return CauseFact(
        title=wire_text(failure_words.cause_title(cause)),
        fix=wire_text(cause.fix),
        evidence=wire_text(without_keys(evidence), MAX_LINE),
        snippet=wire_text(cause.snippet),
        confidence=cause.confidence.name.lower(),
        source=wire_text(cause.source),
    )


def _error_fact(error: HostError) -> HostErrorFact:
    return HostErrorFact(title=wire_text(failure_words.error_title(error)), lines=log_rows(error.lines), at=error.at)


def _texts(texts: Iterable[str]) -> list[str]:
    return [wire_text(without_keys(text), MAX_LINE) for text in texts]


def _explained(steps: Iterable[tuple[str, str]]) -> list[Pair]:
    return [(wire_text(step), wire_text(without_keys(reason), MAX_LINE)) for step, reason in steps]


def _frame_fact(frame: Frame) -> FrameFact:
    return FrameFact(
        file=wire_text(frame.file),
        line=frame.line,
        function=wire_text(frame.function),
        source=wire_text(without_keys(frame.source), MAX_LINE),
        is_user=frame.is_user,
        origin=wire_text(frame.origin),
        cell=wire_text(frame.cell),
        path=wire_text(frame.path),
    )
