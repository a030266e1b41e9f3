"""Why an execution ended badly: its root failures, what they kept from running, and what the log says.

Pure: states, job descriptions, log tails and fetched values in; a :class:`FailureReport` out. Which step is a root and
which only followed, whose frames are the user's, and which words come first is decided here; how it looks, in ``view``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.graph import iter_steps
from sm_pipeline_widgets.execution import service_words
from sm_pipeline_widgets.execution.causes import Cause, find_causes
from sm_pipeline_widgets.execution.derived import DONE, outcome_of
from sm_pipeline_widgets.execution.frames import CodeOrigin, Frame, told_apart
from sm_pipeline_widgets.execution.jobfacts import TIMED_OUT, job_facts
from sm_pipeline_widgets.execution.operands import ConditionWords, condition_words
from sm_pipeline_widgets.execution.outline import Outline, outline
from sm_pipeline_widgets.execution.state import ExecutionState, ExecutionStatus, StepState, StepStatus
from sm_pipeline_widgets.execution.traceback import Traceback, last_traceback

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sm_pipeline_widgets.execution.loglines import LogLine

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
                tails.get(step.name, ()),
                sources.get(step.name) if sources is not None else None,
                tuple(
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
    tail: Sequence[LogLine],
    source: CodeOrigin | None,
    conditions: tuple[ConditionWords, ...],
) -> RootFailure:
    said = service_words.parse(str(job.get("FailureReason") or step.reason))
    code = job.get("ExitCode") if isinstance(job.get("ExitCode"), int) else said.exit_code
    is_code = bool(job) and said.is_users_code and job.get("SecondaryStatus") not in TIMED_OUT
    trace = last_traceback(tail) if is_code else None
    reasons = _reasons(step, job, said, trace, tail)
    kept, traceback_at = _kept_tail(tail, trace)
    evidence = [*reasons, str(job.get("SecondaryStatus") or ""), *(line.text for line in tail[-TAIL:] if is_code)]
    job_name = (step.job_arn or "").rpartition("/")[2]
    return RootFailure(
        step=step.name,
        type=step.type,
        status=step.status,
        reasons=reasons,
        exit_code=code,
        exit_meaning=service_words.exit_meaning(code) if code is not None else "",
        exception_type=trace.final.type if trace else "",
        exception_message=trace.final.message if trace else "",
        followed=tuple(_raised(each.type, each.message) for each in trace.chain[:-1]) if trace else (),
        frames=told_apart(trace.final.frames, source, job_name) if trace else (),
        log_tail=kept,
        traceback_at=traceback_at,
        conditions=conditions,
        causes=() if step.type == "Fail" else find_causes(evidence),
        fault=service_words.FAULTS.get(said.prefix, ""),
        job_arn=step.job_arn,
        facts=job_facts(step, job),
        started_at_all=step.job_arn is not None or step.type in {"Fail", "Condition"},
        started=step.started,
        ended=step.ended,
        attempts=step.attempts,
    )


def _reasons(
    step: StepState,
    job: Mapping[str, Any],
    said: service_words.ServiceWords,
    trace: Traceback | None,
    tail: Sequence[LogLine],
) -> tuple[str, ...]:
    """What is known of why, the most precise words first, none said twice."""
    fail = step.metadata.get("Fail")
    of_job = str(job.get("FailureReason") or "")
    of_step = "" if of_job and of_job in step.reason else step.reason  # the job's, wrapped once more
    candidates = [
        _raised(trace.final.type, trace.final.message) if trace else "",
        str(fail.get("ErrorMessage") or "") if isinstance(fail, dict) else "",
        said.error,
        str(job.get("ExitMessage") or ""),
        _limit_words(job),
        _exit_words(said, tail) if trace is None else "",
        of_job,
        of_step,
    ]
    kept: list[str] = []
    for text in (each.strip() for each in candidates):
        if text and not any(text in other for other in kept):
            kept.append(text)
    return tuple(kept)


def _exit_words(said: service_words.ServiceWords, tail: Sequence[LogLine]) -> str:
    """What an exit code says; for one that says little, with the last thing the program wrote."""
    code = said.exit_code
    if code is None or not said.says_only_exit:
        return ""
    meaning = service_words.exit_meaning(code)
    last = next((line.text.strip() for line in reversed(tail) if line.text.strip()), "")
    wrote = f'; the last line it wrote was "{last}"' if last and code not in service_words.TELLING else ""
    return f"exit code {code}: {meaning}{wrote}" if meaning else f"exit code {code}{wrote}"


def _kept_tail(tail: Sequence[LogLine], trace: Traceback | None) -> tuple[tuple[LogLine, ...], int | None]:
    """The end of a log that is worth keeping, and where its traceback begins in that."""
    start = max(0, len(tail) - TAIL)
    if trace is None or trace.header is None:
        return tuple(tail[start:]), None
    at = max(index for index, line in enumerate(tail) if line == trace.header)
    start = max(min(start, at - BEFORE_TRACEBACK), len(tail) - LONGEST_TAIL, 0)
    return tuple(tail[start:]), at - start if at >= start else None


def _limit_words(job: Mapping[str, Any]) -> str:
    if job.get("SecondaryStatus") not in TIMED_OUT:
        return ""
    condition = job.get("StoppingCondition")
    seconds = condition.get("MaxRuntimeInSeconds") if isinstance(condition, dict) else None
    allowed = f" ({seconds} s)" if seconds else ""
    waited = job.get("SecondaryStatus") == "MaxWaitTimeExceeded"
    return "it waited too long for a spot machine" if waited else f"it ran longer than it may{allowed} and was stopped"


def _raised(name: str, message: str) -> str:
    return f"{name}: {message}" if message else name


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
