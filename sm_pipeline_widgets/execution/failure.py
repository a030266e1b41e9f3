"""Why an execution ended badly: its root failures, what they kept from running, and what the log says.

Pure: states, job descriptions, log tails and fetched values in; a :class:`FailureReport` out. Which step is a root and
which only followed, whose frames are the user's, and which words come first is decided here; how it looks, in ``view``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.graph import iter_steps
from sm_pipeline_widgets.execution import service_words
from sm_pipeline_widgets.execution.arguments import arguments_of
from sm_pipeline_widgets.execution.causes import Cause, Seen, Surroundings, find_causes
from sm_pipeline_widgets.execution.death import Death, death
from sm_pipeline_widgets.execution.derived import DONE, outcome_of
from sm_pipeline_widgets.execution.evidence import evidence
from sm_pipeline_widgets.execution.exit_words import exit_facts, exit_words
from sm_pipeline_widgets.execution.first_errors import HostError, first_errors
from sm_pipeline_widgets.execution.frames import CodeOrigin, Frame
from sm_pipeline_widgets.execution.jobfacts import TIMED_OUT, Moment, Stage, history, job_facts, stage
from sm_pipeline_widgets.execution.loglines import LogLine
from sm_pipeline_widgets.execution.operands import ConditionWords, condition_words
from sm_pipeline_widgets.execution.outline import Outline, outline
from sm_pipeline_widgets.execution.reasons import reasons_of
from sm_pipeline_widgets.execution.state import ExecutionState, ExecutionStatus, StepState, StepStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime


__all__ = ["CodeOrigin", "FailureReport", "Frame", "RootFailure", "build_report"]

TAIL = 40
"""Log lines that a report carries of each root failure, or more where its traceback begins earlier."""

LONGEST_TAIL = 150
BEFORE_TRACEBACK = 12


@dataclass(frozen=True, slots=True)
class RootFailure:
    """A step that failed by itself.

    ``reasons`` has the most precise words first; ``followed`` are earlier exceptions of the same chain; ``frames``
    are the traceback's, outermost first, and ``traceback_at`` is its first line in ``log_tail``; ``conditions`` led
    to a Fail step; ``started_at_all`` is False where the service refused the step before its job existed.

    ``led_to`` are exceptions of parents that only passed it on; ``host`` is where it was raised, of a job with several;
    ``first_errors`` is where each host's log first speaks of an error, where ``log_tail`` does not show it;
    ``stage`` says how far the step came, ``history`` the job's statuses, oldest first.
    """

    step: str
    type: str
    status: StepStatus = StepStatus.FAILED
    reasons: tuple[str, ...] = ()
    exit_code: int | None = None
    exit_meaning: str = ""
    exception_type: str = ""
    exception_message: str = ""
    followed: tuple[str, ...] = ()
    frames: tuple[Frame, ...] = ()
    log_tail: tuple[LogLine, ...] = ()
    traceback_at: int | None = None
    conditions: tuple[ConditionWords, ...] = ()
    causes: tuple[Cause, ...] = ()
    fault: str = ""
    job_arn: str | None = None
    facts: tuple[tuple[str, str], ...] = ()
    started_at_all: bool = True
    started: datetime | None = None
    ended: datetime | None = None
    attempts: int = 0
    led_to: tuple[str, ...] = ()
    host: str = ""
    first_errors: tuple[HostError, ...] = ()
    stage: Stage = Stage.UNKNOWN
    history: tuple[Moment, ...] = ()

    @property
    def headline(self) -> str:
        """The one line to read first."""
        if self.exception_type and self.reasons:
            return _first_line(self.reasons[0])
        if self.type == "Fail" and self.reasons:
            return self.reasons[0]
        return _first_line(self.reasons[0]) if self.reasons else "it failed, and the service gave no reason"

    @property
    def own_frame(self) -> Frame | None:
        """The innermost frame that is the user's code: where to look first."""
        return next((frame for frame in reversed(self.frames) if frame.is_user), None)


@dataclass(frozen=True, slots=True)
class FailureReport:
    """Everything there is to say of a run that went wrong (or is about to).

    ``also_failed`` came after a root failure and because of it; ``blocked`` and ``skipped`` are (step, reason).
    """

    arn: str
    pipeline: str
    status: ExecutionStatus
    roots: tuple[RootFailure, ...]
    also_failed: tuple[tuple[str, str], ...] = ()
    blocked: tuple[tuple[str, str], ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()
    stopped: tuple[str, ...] = ()
    succeeded: tuple[str, ...] = ()
    running: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    reason: str = ""
    display_name: str = ""
    started: datetime | None = None
    ended: datetime | None = None


def build_report(
    state: ExecutionState,
    jobs: Mapping[str, Mapping[str, Any]],
    tails: Mapping[str, Sequence[LogLine]],
    sources: Mapping[str, CodeOrigin] | None = None,
    values: Mapping[str, object] | None = None,
    *,
    known_outline: Outline | None = None,
    errors: Mapping[str, Sequence[HostError]] | None = None,
) -> FailureReport | None:
    """The report of an execution, or None while nothing has gone wrong.

    Parameters
    ----------
    jobs
        Describe answers of failed steps' jobs, by step.
    tails
        The last lines of failed steps' logs, by step; the more, the surer a long traceback is found.
    sources
        Where each step's code came from.
    values
        What the operands of conditions were, by :func:`~sm_pipeline_widgets.execution.operands.label`; an
        :class:`~sm_pipeline_widgets.execution.operands.Unread` says why one is not known.
    known_outline
        The definition's outline where the caller has it already.
    errors
        Each host's first error in the whole log, by step; without it those of ``tails`` count.
    """
    plan = known_outline or outline(state.definition)
    roots, followers = root_steps(state, jobs, plan)
    ended_badly = state.status.is_end and state.status is not ExecutionStatus.SUCCEEDED
    if not roots and not ended_badly:
        return None
    definitions = {at.name: at.step for at in iter_steps(state.definition)}
    known = {**parameter_values(state), **(values or {})}
    return FailureReport(
        arn=state.arn,
        pipeline=state.pipeline,
        status=state.status,
        roots=tuple(
            _root(
                step,
                jobs.get(step.name, {}),
                arguments_of(definitions.get(step.name, {}), known),
                tails.get(step.name, ()),
                source=sources.get(step.name) if sources is not None else None,
                errors=(errors or {}).get(step.name),
                conditions=tuple(
                    condition_words(definitions[name], _outcome(state.steps[name]), known)
                    for name in conditions_before(step, plan)
                ),
            )
            for step in roots
        ),
        also_failed=tuple((step.name, step.reason) for step in followers),
        blocked=_with(state, StepStatus.BLOCKED),
        skipped=_with(state, StepStatus.SKIPPED),
        stopped=_named(state, {StepStatus.STOPPED}),
        succeeded=_named(state, DONE),
        running=_named(state, {StepStatus.STARTING, StepStatus.RUNNING, StepStatus.STOPPING}),
        waiting=_named(state, {StepStatus.WAITING}),
        reason=state.reason,
        display_name=state.display_name,
        started=state.started,
        ended=state.ended,
    )


def root_steps(
    state: ExecutionState, jobs: Mapping[str, Mapping[str, Any]], plan: Outline
) -> tuple[list[StepState], list[StepState]]:
    """The failed steps that no other failure explains, first failed first; and those that one does."""
    timed_out = {name for name, job in jobs.items() if job.get("SecondaryStatus") in TIMED_OUT}
    bad = [step for step in state.steps.values() if step.status is StepStatus.FAILED or step.name in timed_out]
    if not bad and state.status is ExecutionStatus.FAILED:
        bad = [step for step in state.steps.values() if step.status is StepStatus.STOPPED]
    names = {step.name for step in bad}
    roots: list[StepState] = []
    followers: list[StepState] = []
    for step in bad:
        inner = {*step.because, *plan.children_of(step.name)}  # a ForEach fails because of its iterations
        explained = inner & names or plan.upstream_of(step.name) & names
        (followers if explained else roots).append(step)
    return sorted(roots, key=lambda step: (step.ended is None, step.ended.timestamp() if step.ended else 0)), followers


def conditions_before(step: StepState, plan: Outline) -> tuple[str, ...]:
    """The conditions that led to a Fail step, outermost first; a Condition that failed itself counts as one."""
    if step.type == "Condition":
        return (step.name,)
    if step.type != "Fail":
        return ()
    found: list[str] = []
    at = plan.steps.get(step.name)
    while at is not None and at.parent is not None and at.parent not in found:
        found.append(at.parent)
        at = plan.steps.get(at.parent)
    return tuple(name for name in reversed(found) if plan.steps[name].type == "Condition")


def parameter_values(state: ExecutionState) -> dict[str, object]:
    """The run's parameters as typed values, by their label."""
    found: dict[str, object] = {}
    for declared in state.definition.get("Parameters") or ():
        name = str(declared.get("Name"))
        if name in state.parameters:
            found[f"parameters.{name}"] = _typed(state.parameters[name], str(declared.get("Type", "String")))
        elif "DefaultValue" in declared:
            found[f"parameters.{name}"] = declared["DefaultValue"]
    return found


def _root(
    step: StepState,
    job: Mapping[str, Any],
    arguments: Mapping[str, Any],
    tail: Sequence[LogLine],
    *,
    source: CodeOrigin | None,
    conditions: tuple[ConditionWords, ...],
    errors: Sequence[HostError] | None,
) -> RootFailure:
    said = service_words.parse(str(job.get("FailureReason") or step.reason))
    facts = exit_facts(step, job)
    code = job.get("ExitCode") if isinstance(job.get("ExitCode"), int) else said.exit_code
    is_called = step.type == "Lambda" and bool(tail)  # the service words a function's exception as its own error
    is_code = is_called or (bool(job or tail) and said.is_users_code and job.get("SecondaryStatus") not in TIMED_OUT)
    how = _how_it_died(step, said, tail, source) if is_code else None
    kept, traceback_at = _kept_tail(tail, how)
    error = service_words.raised_in(said.error) or said.error
    causes = find_causes(
        evidence(step, job, how, error=error, tail=tail[-TAIL:] if is_code else ()),
        Surroundings(step.type, code, facts.ran, facts.is_ended_from_outside),
    )
    root = RootFailure(
        step=step.name,
        type=step.type,
        status=step.status,
        reasons=reasons_of(step, job, said, how=how, facts=facts, tail=tail),
        exit_code=code,
        exit_meaning=exit_words(code, facts) if code is not None else "",
        log_tail=kept,
        traceback_at=traceback_at,
        conditions=conditions,
        causes=() if step.type == "Fail" else _telling(causes, has_more=bool(how or tail)),
        fault=service_words.FAULTS.get(said.prefix, ""),
        job_arn=step.job_arn,
        facts=job_facts(step, job or arguments),
        started_at_all=bool(step.job_arn or step.metadata) or step.type in {"Fail", "Condition"},
        started=step.started,
        ended=step.ended,
        attempts=step.attempts,
        first_errors=_untold_errors(first_errors(tail) if errors is None else errors, kept) if is_code else (),
        stage=stage(
            step, job, has_run=bool(tail or code), has_failed=bool(how or code) or said.prefix == "AlgorithmError"
        ),
        history=history(job),
    )
    return root if how is None else _with_death(root, how, is_one_of_several=len({line.stream for line in tail}) > 1)


def _with_death(root: RootFailure, how: Death, *, is_one_of_several: bool) -> RootFailure:
    return replace(
        root,
        exception_type=how.type,
        exception_message=how.message,
        followed=how.followed,
        frames=how.frames,
        led_to=how.led_to,
        host=how.host if is_one_of_several else "",
    )


def _how_it_died(
    step: StepState, said: service_words.ServiceWords, tail: Sequence[LogLine], source: CodeOrigin | None
) -> Death | None:
    """What the log says, or else the service's words, which may hold (the beginning of) a traceback themselves."""
    name = (step.job_arn or "").rpartition("/")[2]
    found = death(tail, source, name)
    if found is not None or "Traceback" not in said.text:
        return found
    found = death([LogLine(0, "", line) for line in said.text.splitlines()], source, name)
    return replace(found, header=None) if found is not None else None


def _telling(causes: Sequence[Cause], *, has_more: bool) -> tuple[Cause, ...]:
    """The causes that say more than the failure itself: "look into the log" is no help beside the log."""
    return tuple(
        cause for cause in causes if not (has_more and cause.is_general and cause.seen in {Seen.REASON, Seen.RAISED})
    )


def _untold_errors(found: Sequence[HostError], kept: Sequence[LogLine]) -> tuple[HostError, ...]:
    """The first error of each host, where the kept end of the log does not show them all."""
    shown = set(kept)
    return tuple(found) if any(error.line not in shown for error in found) else ()


def _kept_tail(tail: Sequence[LogLine], how: Death | None) -> tuple[tuple[LogLine, ...], int | None]:
    """The end of a log that is worth keeping, and where its traceback begins in that."""
    start = max(0, len(tail) - TAIL)
    if how is None or how.header is None:
        return tuple(tail[start:]), None
    at = next(at for at in range(len(tail) - 1, -1, -1) if tail[at] == how.header)
    start = max(min(start, at - BEFORE_TRACEBACK), len(tail) - LONGEST_TAIL, 0)
    return tuple(tail[start:]), at - start if at >= start else None


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0]


def _typed(text: str, kind: str) -> object:
    try:
        if kind == "Integer":
            return int(text)
        if kind == "Float":
            return float(text)
    except ValueError:
        return text
    if kind == "Boolean" and text.lower() in {"true", "false"}:
        return text.lower() == "true"
    return text


def _outcome(condition: StepState) -> bool | None:
    return {"True": True, "False": False}.get(outcome_of(condition) or "")


def _with(state: ExecutionState, status: StepStatus) -> tuple[tuple[str, str], ...]:
    return tuple((step.name, step.reason) for step in state.steps.values() if step.status is status)


def _named(state: ExecutionState, statuses: Iterable[StepStatus]) -> tuple[str, ...]:
    wanted = frozenset(statuses)
    return tuple(step.name for step in state.steps.values() if step.status in wanted)
