"""What running again would do, as plain text and as states of the graph: said before anything is started."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.execution.rerun import Fate, Rerun, Way
from sm_pipeline_widgets.execution.state import StepStatus
from sm_pipeline_widgets.view.picture import NodeState, readable
from sm_pipeline_widgets.view.redact import redacted, without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sm_pipeline_widgets.execution.rerun import StepFate
    from sm_pipeline_widgets.view.picture import Picture

MOST_NAMES = 30
SHOWN_AS = {
    Fate.RUNS: StepStatus.WAITING,
    Fate.MAY_RUN: StepStatus.WAITING,
    Fate.KEPT: StepStatus.SUCCEEDED,
    Fate.REUSED: StepStatus.REUSED,
    Fate.LEFT_OUT: StepStatus.SKIPPED,
}
"""A fate as the state it is drawn with."""
_NOTES = {Fate.MAY_RUN: "may run", Fate.RUNS: "runs", Fate.REUSED: "reused", Fate.KEPT: "kept"}
_TITLES = {
    Way.RETRY: "Retry run {source} of `{pipeline}`: the same run goes on.",
    Way.SELECT: "Run {count} of `{pipeline}` in a new run.",
    Way.AGAIN: "Run all of `{pipeline}` again, in a new run.",
}


def rerun_text(plan: Rerun) -> str:
    """The whole plan: what runs, what is kept or reused, what is left out, with which parameters."""
    return "\n".join(readable(line) for line in _lines(plan))


def rerun_states(plan: Rerun, picture: Picture) -> dict[str, NodeState]:
    """The plan on the graph, by node id."""
    states = {name: NodeState(word, note) for name, word, note in fate_states(plan)}
    return {node.id: states[node.name] for node in picture.nodes if node.name in states}


def fate_states(plan: Rerun) -> tuple[tuple[str, str, str], ...]:
    """The plan as states: each step's name, the state it is drawn with, and a note."""
    return tuple((step.name, SHOWN_AS[step.fate].value, _NOTES.get(step.fate, "")) for step in plan.fates)


def refusal_text(plan: Rerun) -> str:
    """Why it cannot be done; empty where it can."""
    return readable("\n".join(plan.refusals))


def _lines(plan: Rerun) -> Iterator[str]:
    count = f"{len(plan.selected)} step{'s' if len(plan.selected) != 1 else ''}"
    yield _TITLES[plan.way].format(source=plan.source_id, pipeline=plan.pipeline, count=count)
    yield from (f"  cannot be done: {words}" for words in plan.refusals)
    yield from _group("runs", plan.of(Fate.RUNS))
    yield from _group("may run", plan.of(Fate.MAY_RUN))
    yield from _group("kept as it is", plan.of(Fate.KEPT))
    yield from _group(f"reused from run {plan.source_id}", plan.of(Fate.REUSED))
    yield from _group("does not run", plan.of(Fate.LEFT_OUT))
    yield from _parameters(plan)


def _group(label: str, steps: Sequence[StepFate]) -> Iterator[str]:
    """Names of one fate: those with nothing more to say in one line, the others with their reasons below."""
    by_reason: dict[str, list[str]] = {}
    for step in steps:
        by_reason.setdefault(step.why, []).append(step.name)
    for why, names in by_reason.items():
        yield f"  {label}: {_names(names)}{f' ({why})' if why else ''}"


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more


def _parameters(plan: Rerun) -> Iterator[str]:
    values: Mapping[str, str] = dict(plan.parameters)
    if not values:
        return
    shown = {name: without_secrets(redacted(name, value)) for name, value in values.items()}
    same = [f"{name}={value}" for name, value in shown.items() if name not in plan.changed]
    changed = [f"{name}={shown[name]}" for name in plan.changed]
    if changed:
        yield f"  changed: {', '.join(changed)}"
    if same:
        yield f"  parameters as in run {plan.source_id}: {', '.join(same)}"
