"""What of a definition decides the states of its steps: made once per execution, used at every poll."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import networkx as nx

from sm_pipeline_widgets.definition.graph import build_graph, dependencies, iter_steps

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Link:
    """One reason why a step waits for another: the upstream's name and what it waits for.

    ``trigger`` is ``Completed``, ``Failed``, ``Stopped`` or ``Any``, or the branch (``then``, ``else``, ``body``)
    when the upstream is the Condition or ForEach that holds the step.
    """

    upstream: str
    trigger: str


@dataclass(frozen=True, slots=True)
class OutlineStep:
    """A step's name, type, and the links it waits for."""

    name: str
    type: str
    parent: str | None
    branch: str | None
    links: tuple[Link, ...]
    display_name: str = ""


@dataclass(frozen=True, slots=True)
class Outline:
    """Steps in the definition's order, and the order in which their states can be told (upstream first)."""

    steps: Mapping[str, OutlineStep]
    order: tuple[str, ...]
    graph: nx.DiGraph[str]

    def upstream_of(self, name: str) -> frozenset[str]:
        """Every step that comes before `name`, however far."""
        return frozenset(nx.ancestors(self.graph, name)) if name in self.graph else frozenset()

    def children_of(self, name: str) -> tuple[str, ...]:
        """The steps that stand inside a Condition or ForEach."""
        return tuple(step.name for step in self.steps.values() if step.parent == name)


def outline(definition: Mapping[str, Any]) -> Outline:
    """The outline of a definition; wrong ones (cycles, unknown names, no steps) give what they hold."""
    graph = build_graph(definition)
    steps: dict[str, OutlineStep] = {}
    for at in iter_steps(definition):
        if not at.name or at.name in steps:
            continue
        triggers = {name: trigger for name, trigger in dependencies(at.step) if name in graph}
        links = {name: Link(name, triggers.get(name, "Completed")) for name in graph.predecessors(at.name)}
        if at.parent is not None and at.parent in links:
            links[at.parent] = Link(at.parent, at.branch or "Completed")
        steps[at.name] = OutlineStep(
            name=at.name,
            type=at.type,
            parent=at.parent,
            branch=at.branch,
            links=tuple(links.values()),
            display_name=str(at.step.get("DisplayName") or ""),
        )
    try:
        order = tuple(nx.topological_sort(graph))
    except nx.NetworkXUnfeasible:
        order = tuple(graph)
    return Outline(steps, order, graph)
