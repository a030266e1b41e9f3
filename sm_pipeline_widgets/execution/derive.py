"""From the API's answers to the state that people are shown.

The service lists only steps that have started, newest first, in six words. Here every step of the definition gets a
state, in the definition's order, and each state that was not reported says why.

>>> definition = {"Steps": [{"Name": "a", "Type": "Training"}, {"Name": "b", "Type": "Fail", "DependsOn": ["a"]}]}
>>> state = derive(definition, {"PipelineExecutionStatus": "Executing"}, [{"StepName": "a", "StepStatus": "Failed"}])
>>> state.steps["b"].reason
'blocked: `a` failed'
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.execution.derived import Run, aggregate, unreported
from sm_pipeline_widgets.execution.outline import Outline, outline
from sm_pipeline_widgets.execution.state import ExecutionState, ExecutionStatus, StepState, StepStatus

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

REPORTED = {
    "Starting": StepStatus.STARTING,
    "Executing": StepStatus.RUNNING,
    "Stopping": StepStatus.STOPPING,
    "Stopped": StepStatus.STOPPED,
    "Failed": StepStatus.FAILED,
    "Succeeded": StepStatus.SUCCEEDED,
}
ACTIVE = frozenset({StepStatus.STARTING, StepStatus.RUNNING, StepStatus.STOPPING})
_METADATA_TYPES = {"TrainingJob": "Training", "ProcessingJob": "Processing", "TransformJob": "Transform"} | {
    "TuningJob": "Tuning",
    "AutoMLJob": "AutoML",
}
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def derive(
    definition: Mapping[str, Any],
    execution: Mapping[str, Any],
    steps: Sequence[Mapping[str, Any]],
    parameters: Mapping[str, str] | None = None,
    *,
    known_outline: Outline | None = None,
) -> ExecutionState:
    """The state of an execution.

    Parameters
    ----------
    execution
        The answer of DescribePipelineExecution.
    steps
        Items of ListPipelineExecutionSteps, in any order.
    known_outline
        The definition's outline where the caller has it already.
    """
    plan = known_outline or outline(definition)
    status = _status(execution)
    reported = _latest(steps)
    rounds = _rounds(reported, plan)
    # in the definition's order, whatever order the service tells them in
    named = [*plan.order, *sorted(reported.keys() - plan.steps.keys())]
    failed = tuple(name for name in named if reported.get(name, {}).get("StepStatus") == "Failed")
    run = Run(status, _selected(execution), failed)
    states: dict[str, StepState] = {}
    for name in plan.order:
        step = plan.steps[name]
        if name in reported:
            states[name] = _settled(_reported(reported[name], step.type, step.display_name), run)
        elif name in rounds:
            states[name] = aggregate(step, [_reported(item, step.type) for item in rounds[name]], run)
        else:
            states[name] = unreported(step, states, run)
    ordered = _with_strangers({name: states[name] for name in plan.steps}, reported, rounds, run)
    return ExecutionState(
        arn=str(execution.get("PipelineExecutionArn", "")),
        pipeline=str(execution.get("PipelineArn", "")).rpartition("/")[2],
        status=status,
        steps=ordered,
        started=execution.get("CreationTime"),
        ended=_ended(execution, ordered) if status.is_end else None,
        reason=str(execution.get("FailureReason") or ""),
        display_name=str(execution.get("PipelineExecutionDisplayName") or ""),
        parameters=dict(parameters or {}),
        definition=definition,
    )


def _status(execution: Mapping[str, Any]) -> ExecutionStatus:
    """The execution's status; a word nobody knows yet is taken for an execution that still changes."""
    try:
        return ExecutionStatus(execution.get("PipelineExecutionStatus", ""))
    except ValueError:
        return ExecutionStatus.EXECUTING


def _reported(item: Mapping[str, Any], step_type: str, display_name: str = "") -> StepState:
    word = str(item.get("StepStatus", ""))
    status = REPORTED.get(word, StepStatus.UNKNOWN)
    reason = str(item.get("FailureReason") or "")
    source = _source(item, "CacheHitResult")
    reused = _source(item, "SelectiveExecutionResult")
    if status is StepStatus.SUCCEEDED and source:
        status, reason = StepStatus.CACHED, f"cached: the result of run {source.rpartition('/')[2]} was taken"
    elif status is StepStatus.SUCCEEDED and reused:
        status, reason = StepStatus.REUSED, f"reused: the result of run {reused.rpartition('/')[2]} was taken"
    elif status is StepStatus.UNKNOWN:
        reason = reason or f"unknown: the service says `{word}`"
    metadata = item.get("Metadata") or {}
    return StepState(
        name=str(item.get("StepName", "")),
        type=step_type or _type_of(metadata),
        status=status,
        started=item.get("StartTime"),
        ended=item.get("EndTime"),
        reason=reason,
        job_arn=_job_arn(metadata),
        attempts=int(item.get("AttemptCount") or 0),
        cached_from=source or reused or None,
        display_name=str(item.get("StepDisplayName") or display_name),
        metadata=metadata,
    )


def _settled(state: StepState, run: Run) -> StepState:
    """A step still reported as running in a run that has ended will never be reported again."""
    if not run.status.is_end or state.status not in ACTIVE:
        return state
    reason = f"unknown: the run has ended, but the service last reported this step as {state.status}"
    return replace(state, status=StepStatus.UNKNOWN, reason=reason)


def _latest(steps: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """One item per name, the one that started last, in order of start."""
    ordered = sorted(steps, key=lambda item: item.get("StartTime") or _LONG_AGO)
    found: dict[str, Mapping[str, Any]] = {}
    for item in ordered:
        name = str(item.get("StepName", ""))
        found.pop(name, None)
        found[name] = item
    return found


def _rounds(reported: Mapping[str, Mapping[str, Any]], plan: Outline) -> dict[str, list[Mapping[str, Any]]]:
    """The iterations of each ForEach body step, which the service names ``<body>-<index>``."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for name, item in reported.items():
        context = item.get("IterationContext")
        if isinstance(context, dict) and name not in plan.steps:
            body = name.removesuffix(f"-{context.get('Index')}")
            found.setdefault(body, []).append(item)
    return {name: items for name, items in found.items() if name in plan.steps}


def _with_strangers(
    states: Mapping[str, StepState],
    reported: Mapping[str, Mapping[str, Any]],
    rounds: Mapping[str, Sequence[Mapping[str, Any]]],
    run: Run,
) -> dict[str, StepState]:
    """The states, with iterations behind their body step and names the definition does not have at the end."""
    ordered: dict[str, StepState] = {}
    for name, state in states.items():
        ordered[name] = state
        for item in sorted(rounds.get(name, ()), key=_index):
            ordered[str(item["StepName"])] = _settled(_reported(item, state.type), run)
    for name, item in reported.items():
        if name not in ordered:
            ordered[name] = _settled(_reported(item, ""), run)
    return ordered


def _index(item: Mapping[str, Any]) -> int:
    return int(item["IterationContext"].get("Index") or 0)


def _selected(execution: Mapping[str, Any]) -> frozenset[str] | None:
    config = execution.get("SelectiveExecutionConfig")
    chosen = config.get("SelectedSteps") if isinstance(config, dict) else None
    return frozenset(str(entry.get("StepName")) for entry in chosen) if chosen else None


def _source(item: Mapping[str, Any], member: str) -> str:
    found = item.get(member)
    return str(found.get("SourcePipelineExecutionArn") or "") if isinstance(found, dict) else ""


def _job_arn(metadata: Mapping[str, Any]) -> str | None:
    for value in metadata.values():
        if isinstance(value, dict):
            arn = value.get("Arn") or value.get("CheckJobArn")
            if arn:
                return str(arn)
    return None


def _type_of(metadata: Mapping[str, Any]) -> str:
    member = next(iter(metadata), "")
    return _METADATA_TYPES.get(member, member)


def _ended(execution: Mapping[str, Any], steps: Mapping[str, StepState]) -> datetime | None:
    """When the last step ended; LastModifiedTime also changes when somebody renames a finished execution."""
    ends = [state.ended for state in steps.values() if state.ended is not None]
    return max(ends) if ends else execution.get("LastModifiedTime")
