"""Which steps of an execution start now, which never will, and how it ends (``sagemaker.md`` §2.3-§2.5, §3.5).

Pure: a definition and what its steps have come to go in, a decision comes out. Knows nothing of processes or records.

A failed step lets what was ready before it go on, and starts nothing that became ready later, unless a dependent
step asked for the failure (``DependsOn`` with a trigger).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import networkx as nx

from sm_pipeline_widgets.definition.graph import build_graph, dependencies, iter_steps
from sm_pipeline_widgets.execution.state import ExecutionStatus

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from sm_pipeline_widgets.definition.graph import PlacedStep


class ServiceStepStatus(StrEnum):
    """``StepStatus`` of the API."""

    STARTING = "Starting"
    EXECUTING = "Executing"
    STOPPING = "Stopping"
    STOPPED = "Stopped"
    FAILED = "Failed"
    SUCCEEDED = "Succeeded"

    @property
    def is_end(self) -> bool:
        return self in (ServiceStepStatus.STOPPED, ServiceStepStatus.FAILED, ServiceStepStatus.SUCCEEDED)


@dataclass(frozen=True, slots=True)
class Progress:
    """What a started step has come to; ``ended`` orders the ends, ``outcome`` is a Condition's."""

    status: ServiceStepStatus
    ended: float = 0.0
    outcome: bool | None = None


@dataclass(frozen=True, slots=True)
class Need:
    """One thing a step waits for: another step's end, in a certain way."""

    step: str
    trigger: str = "Completed"
    outcome: bool | None = None

    def is_met_by(self, progress: Progress) -> bool:
        """Whether that end (and no other) is what was waited for."""
        if self.outcome is not None and progress.outcome is not self.outcome:
            return False
        if self.trigger == "Any":
            return progress.status.is_end
        wanted = {"Failed": ServiceStepStatus.FAILED, "Stopped": ServiceStepStatus.STOPPED}
        return progress.status is wanted.get(self.trigger, ServiceStepStatus.SUCCEEDED)


@dataclass(frozen=True, slots=True)
class Decision:
    """``start`` in the definition's order; ``end`` None while something runs or will run."""

    start: tuple[str, ...] = ()
    never: frozenset[str] = frozenset()
    end: ExecutionStatus | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A definition's steps in an order that never precedes a need, and what each needs."""

    steps: Mapping[str, Mapping[str, Any]]
    needs: Mapping[str, tuple[Need, ...]]
    handlers: Mapping[str, tuple[Need, ...]]
    """By step, what others wait for that is not its success: such an end breaks nothing."""
    bodies: Mapping[str, Plan] = field(default_factory=dict)
    """By ForEach, the plan of its body, which runs once per item."""

    def all_steps(self) -> dict[str, Mapping[str, Any]]:
        """By name, every step, those of bodies as well."""
        return {**self.steps, **{name: step for body in self.bodies.values() for name, step in body.steps.items()}}

    def only(self, names: Collection[str]) -> Plan:
        """The plan of some of the steps; what the others would have given is there already."""
        return Plan(
            {name: step for name, step in self.steps.items() if name in names},
            {
                name: tuple(at for at in found if at.step in names)
                for name, found in self.needs.items()
                if name in names
            },
            {
                name: kept
                for name, found in self.handlers.items()
                if name in names and (kept := tuple(at for at in found if at.step in names))
            },
            {name: body for name, body in self.bodies.items() if name in names},
        )


def make_plan(definition: Mapping[str, Any]) -> Plan:
    """The plan of a definition.

    Raises
    ------
    ValueError
        The graph has a cycle, a name is used twice or a step waits for one that does not exist; the text says which.
    """
    placed = [at for at in iter_steps(definition) if at.name]
    steps: dict[str, Mapping[str, Any]] = {}
    for at in placed:
        if at.name in steps:
            raise ValueError(f"Pipeline steps cannot have duplicate names: '{at.name}' is used twice.")
        steps[at.name] = at.step
    graph = build_graph(definition)
    loop_of = {at.name: at.parent for at in placed if at.branch == "body" and at.parent is not None}
    order = _order(graph, steps, loop_of)
    for at in placed:
        for name, _ in dependencies(at.step):
            if name not in steps:
                raise ValueError(f"Step {name} is undefined. Step '{at.name}' depends on it.")
    outer = _part([at for at in placed if at.name not in loop_of], order, graph, loop_of)
    bodies = {
        loop: _part([at for at in placed if loop_of.get(at.name) == loop], order, graph, {})
        for loop in dict.fromkeys(loop_of.values())
    }
    return Plan(outer.steps, outer.needs, outer.handlers, bodies)


def _order(graph: nx.DiGraph[str], steps: Iterable[str], loop_of: Mapping[str, str]) -> list[str]:
    """The steps in an order that never precedes a need; a loop waits for what its body waits for."""
    whole = graph.copy()
    for name, loop in loop_of.items():
        whole.add_edges_from((source, loop) for source in graph.predecessors(name) if source not in (loop, *loop_of))
        whole.add_edges_from((name, target) for target in graph.successors(loop) if loop_of.get(target) != loop)
    try:
        return list(nx.lexicographical_topological_sort(whole, key={name: at for at, name in enumerate(steps)}.get))
    except nx.NetworkXUnfeasible:
        cycle = " -> ".join(str(edge[0]) for edge in nx.find_cycle(whole))
        raise ValueError(f"Cycle detected in pipeline step graph: {cycle}.") from None


def _part(
    placed: Iterable[PlacedStep], order: Iterable[str], graph: nx.DiGraph[str], loop_of: Mapping[str, str]
) -> Plan:
    """The plan of some steps: what a loop's body needs, the loop needs, and what needs the body, needs the loop."""
    own = {at.name: at for at in placed}
    steps = {name: own[name].step for name in order if name in own}
    inside: dict[str, list[str]] = {}
    for name, loop in loop_of.items():
        inside.setdefault(loop, []).append(name)
    needs: dict[str, tuple[Need, ...]] = {}
    handlers: dict[str, list[Need]] = {}
    for name, at in own.items():
        found: dict[Need, None] = {}
        for member in (name, *inside.get(name, ())):
            triggers = dict(dependencies(at.step)) if member == name else {}
            for upstream in graph.predecessors(member):
                source = loop_of.get(upstream, upstream)
                if source == name or source not in own:
                    continue
                branch = {"then": True, "else": False}.get(at.branch or "") if source == at.parent else None
                found[Need(source, triggers.get(upstream, "Completed"), branch)] = None
        needs[name] = tuple(found)
        for need in found:
            if need.trigger != "Completed":
                handlers.setdefault(need.step, []).append(need)
    return Plan(steps, needs, {name: tuple(found) for name, found in handlers.items()})


def decide(plan: Plan, progress: Mapping[str, Progress], status: ExecutionStatus) -> Decision:
    """What happens next, given what the started steps have come to."""
    running = any(not at.status.is_end for at in progress.values())
    if status is ExecutionStatus.STOPPING:
        return Decision(end=None if running else ExecutionStatus.STOPPED)
    failed_at = min((at.ended for name, at in progress.items() if _breaks(plan, name, at)), default=None)
    never: set[str] = set()
    start: list[str] = []
    for name in plan.steps:
        if name in progress:
            continue
        ready_at = 0.0
        waits = False
        for need in plan.needs[name]:
            at = progress.get(need.step)
            if at is None or not at.status.is_end:
                waits = True
                if need.step in never:
                    never.add(name)
            elif need.is_met_by(at):
                ready_at = max(ready_at, at.ended)
            else:
                never.add(name)
        if waits or name in never:
            continue
        if failed_at is None or ready_at < failed_at:
            start.append(name)
        else:
            never.add(name)
    if running or start:
        return Decision(tuple(start), frozenset(never))
    return Decision(never=frozenset(never), end=_end(plan, progress))


def _breaks(plan: Plan, name: str, at: Progress) -> bool:
    """Whether this end ends the execution: a failure nobody asked for, or a stop that the execution did not ask for."""
    bad = at.status in (ServiceStepStatus.FAILED, ServiceStepStatus.STOPPED)
    return bad and not any(need.is_met_by(at) for need in plan.handlers.get(name, ()))


def _end(plan: Plan, progress: Mapping[str, Progress]) -> ExecutionStatus:
    """How it ends: failed, unless each failure was taken up by a step that ran because of it."""
    bad = {name for name, at in progress.items() if at.status is not ServiceStepStatus.SUCCEEDED}
    taken_up = {
        need.step
        for name in progress
        for need in plan.needs.get(name, ())
        if need.trigger != "Completed" and need.step in bad and need.is_met_by(progress[need.step])
    }
    if bad - taken_up:
        return ExecutionStatus.FAILED
    return ExecutionStatus.COMPLETED_WITH_FAILURES if bad else ExecutionStatus.SUCCEEDED
