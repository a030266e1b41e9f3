"""The state of a step that the service says nothing of: waiting, blocked, skipped or unknown, and why.

Pure rules over what is known of the steps before it (``sagemaker.md`` §2.3, §3.4, §3.5).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sm_pipeline_widgets.execution.state import ExecutionStatus, StepState, StepStatus

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sm_pipeline_widgets.execution.outline import Link, OutlineStep

DONE = frozenset({StepStatus.SUCCEEDED, StepStatus.CACHED, StepStatus.REUSED})
LOST = frozenset({StepStatus.FAILED, StepStatus.STOPPED, StepStatus.BLOCKED})
_TAKEN = {"True": "then", "False": "else"}


@dataclass(frozen=True, slots=True)
class Run:
    """What of the whole execution bears on a step that has not started."""

    status: ExecutionStatus
    selected: frozenset[str] | None
    failed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Why:
    words: str
    names: tuple[str, ...]


def unreported(step: OutlineStep, known: Mapping[str, StepState], run: Run) -> StepState:
    """The state of a step that is not in the service's list; `known` has every step before it."""
    skipped: list[_Why] = []
    blocked: list[_Why] = []
    waiting: list[str] = []
    for link in step.links:
        upstream = known.get(link.upstream)
        if upstream is None:
            continue
        verdict, words = _judge(link, upstream)
        if verdict is StepStatus.SKIPPED:
            skipped.append(_Why(words, _origins(upstream)))
        elif verdict is StepStatus.BLOCKED:
            blocked.append(_Why(words, _origins(upstream)))
        elif verdict is StepStatus.WAITING:
            waiting.append(link.upstream)
    state = StepState(step.name, step.type, StepStatus.WAITING, display_name=step.display_name)
    if run.selected is not None and step.name not in run.selected:
        return replace(state, status=StepStatus.SKIPPED, reason="skipped: not among the steps selected for this run")
    if skipped:
        return _because(state, StepStatus.SKIPPED, skipped)
    if blocked:
        return _because(state, StepStatus.BLOCKED, blocked)
    return _at_rest(state, waiting, run)


def aggregate(step: OutlineStep, rounds: Sequence[StepState], run: Run) -> StepState:
    """The state of a ForEach's body step out of the states of its iterations."""
    statuses = {state.status for state in rounds}
    for status in (StepStatus.RUNNING, StepStatus.STARTING, StepStatus.STOPPING, StepStatus.FAILED, StepStatus.STOPPED):
        if status in statuses:
            break
    else:
        status = StepStatus.SUCCEEDED
    count = sum(state.status is status for state in rounds)
    ends = [state.ended for state in rounds if state.ended is not None]
    return StepState(
        name=step.name,
        type=step.type,
        status=status,
        started=min((state.started for state in rounds if state.started is not None), default=None),
        ended=max(ends) if len(ends) == len(rounds) and run.status.is_end else None,
        reason=f"{count} of {len(rounds)} iterations {status}",
        display_name=step.display_name,
        because=tuple(state.name for state in rounds if state.status is status),
    )


def _judge(link: Link, upstream: StepState) -> tuple[StepStatus | None, str]:
    """What one upstream means for the step: None is "nothing stands in the way"."""
    name = f"`{link.upstream}`"
    if upstream.status is StepStatus.SKIPPED:
        return StepStatus.SKIPPED, _origin(upstream)
    if link.trigger in {"then", "else"}:
        return _judge_branch(link, upstream)
    if link.trigger == "body":
        return (StepStatus.BLOCKED, f"{name} {_past(upstream.status)}") if upstream.status in LOST else (None, "")
    if upstream.status is StepStatus.BLOCKED:
        return StepStatus.BLOCKED, _origin(upstream)
    if link.trigger == "Completed":
        if upstream.status in LOST:
            return StepStatus.BLOCKED, f"{name} {_past(upstream.status)}"
        return (None, "") if upstream.status in DONE else (StepStatus.WAITING, "")
    ended = upstream.status in DONE or upstream.status in LOST
    if not ended:
        return StepStatus.WAITING, ""
    wanted = {"Failed": StepStatus.FAILED, "Stopped": StepStatus.STOPPED}.get(link.trigger)
    if wanted is None or upstream.status is wanted:
        return None, ""
    return StepStatus.SKIPPED, f"it runs only if {name} {_past(wanted)}, but it {_past(upstream.status)}"


def _judge_branch(link: Link, condition: StepState) -> tuple[StepStatus | None, str]:
    name = f"`{link.upstream}`"
    if condition.status is StepStatus.BLOCKED:
        return StepStatus.BLOCKED, _origin(condition)
    if condition.status in LOST:
        return StepStatus.BLOCKED, f"{name} {_past(condition.status)}"
    outcome = outcome_of(condition)
    taken = _TAKEN.get(outcome or "")
    if taken is None:
        return (None, "") if condition.status in DONE else (StepStatus.WAITING, "")
    if taken == link.trigger:
        return None, ""
    return StepStatus.SKIPPED, f"the condition {name} was {str(outcome).lower()}"


def outcome_of(condition: StepState) -> str | None:
    """``True`` or ``False`` (the service's words), or None while a Condition is not evaluated."""
    found = condition.metadata.get("Condition")
    outcome = found.get("Outcome") if isinstance(found, dict) else None
    return str(outcome).capitalize() if outcome is not None else None


def _because(state: StepState, status: StepStatus, why: Sequence[_Why]) -> StepState:
    words = "; ".join(dict.fromkeys(each.words for each in why))
    names = dict.fromkeys(name for each in why for name in each.names)
    return replace(state, status=status, reason=f"{status}: {words}", because=tuple(names))


def _at_rest(state: StepState, waiting: Sequence[str], run: Run) -> StepState:
    """Nothing before the step keeps it from running for good: it waits, or the run ended without it."""
    if run.status is ExecutionStatus.EXECUTING:
        names = ", ".join(f"`{name}`" for name in waiting)
        reason = f"waiting for {names}" if waiting else "waiting: it can start now"
        return replace(state, reason=reason, because=tuple(waiting))
    if run.status in (ExecutionStatus.STOPPING, ExecutionStatus.STOPPED):
        ending = "is being" if run.status is ExecutionStatus.STOPPING else "was"
        return replace(state, status=StepStatus.BLOCKED, reason=f"blocked: the run {ending} stopped before it started")
    if run.failed:
        names = ", ".join(f"`{name}`" for name in run.failed)
        reason = f"blocked: the run ended before it started, because {names} failed"
        return replace(state, status=StepStatus.BLOCKED, reason=reason, because=run.failed)
    reason = "unknown: the run has ended, but the service never reported this step"
    return replace(state, status=StepStatus.UNKNOWN, reason=reason)


def _past(status: StepStatus) -> str:
    return {StepStatus.STOPPED: "was stopped", StepStatus.CACHED: "was cached", StepStatus.REUSED: "was reused"}.get(
        status, str(status)
    )


def _origins(state: StepState) -> tuple[str, ...]:
    derived = state.status in (StepStatus.BLOCKED, StepStatus.SKIPPED)
    return state.because if derived and state.because else (state.name,)


def _origin(state: StepState) -> str:
    """Why an upstream does not run: the step that really failed or decided, not the one in between."""
    return state.reason.removeprefix(f"{state.status}: ")
