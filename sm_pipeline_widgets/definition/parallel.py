"""How much of something the steps of a definition may need at the same time.

Pure. Steps that wait for one another never run together, nor do those of the two branches of a condition. The most that
can come together is the heaviest set of steps of which none waits for another: by Dilworth, all that there is less the
greatest flow from steps to those that wait for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.graph import build_graph

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import networkx as nx

MOST_STEPS = 150
"""Of more steps that need the same thing, those at the same depth of the graph are taken: a little less."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """Steps that may run at the same time, and how much of `what` they need together."""

    what: str
    count: int
    steps: tuple[str, ...]


def crowds(
    definition: Mapping[str, Any], uses: Sequence[tuple[str, str, int]], parallelism: int | None = None
) -> tuple[Crowd, ...]:
    """For each thing that several steps need, those that need the most of it together.

    Parameters
    ----------
    uses
        What is needed, by which step, and how much of it.
    parallelism
        The most steps that run at the same time; None where nothing limits them.
    """
    wanted: dict[str, dict[str, int]] = {}
    for what, step, count in uses:
        of_it = wanted.setdefault(what, {})
        of_it[step] = of_it.get(step, 0) + count
    several = {what: steps for what, steps in wanted.items() if len(steps) > 1}
    if not several:
        return ()
    graph = build_graph(definition)
    found = (_crowd(what, _most_together(graph, steps), steps, parallelism) for what, steps in several.items())
    return tuple(one for one in found if len(one.steps) > 1)


def _crowd(what: str, together: Iterable[str], weights: Mapping[str, int], parallelism: int | None) -> Crowd:
    heaviest = sorted(together, key=lambda step: -weights[step])[:parallelism]
    kept = set(heaviest)
    return Crowd(what, sum(weights[step] for step in heaviest), tuple(step for step in weights if step in kept))


def _most_together(graph: nx.DiGraph[str], weights: Mapping[str, int]) -> set[str]:
    """The heaviest set of steps that may run at the same time."""
    import networkx as nx  # noqa: PLC0415 - a tenth of a second that loading the extension need not wait for

    steps = [step for step in weights if step in graph]
    if len(steps) > MOST_STEPS or not nx.is_directed_acyclic_graph(graph):
        return _of_one_depth(graph, weights)
    later = {step: nx.descendants(graph, step) for step in steps}
    flow: nx.DiGraph[Any] = nx.DiGraph()
    flow.add_nodes_from(["source", "sink"])
    for one in steps:
        flow.add_edge("source", (one, "first"), capacity=weights[one])
        flow.add_edge((one, "then"), "sink", capacity=weights[one])
        for other in steps:
            if other in later[one] or _is_other_branch(graph, one, other):
                flow.add_edge((one, "first"), (other, "then"))
    _, (reached, _) = nx.minimum_cut(flow, "source", "sink")
    return {step for step in steps if (step, "first") in reached and (step, "then") not in reached}


def _is_other_branch(graph: nx.DiGraph[str], one: str, other: str) -> bool:
    """Whether `one` is in the first and `other` in the second branch of the same condition."""
    first, second = graph.nodes[one], graph.nodes[other]
    is_same = first.get("parent") is not None and first.get("parent") == second.get("parent")
    return is_same and (first.get("branch"), second.get("branch")) == ("then", "else")


def _of_one_depth(graph: nx.DiGraph[str], weights: Mapping[str, int]) -> set[str]:
    import networkx as nx  # noqa: PLC0415 - as above

    if not nx.is_directed_acyclic_graph(graph):
        return set()  # what waits for itself never runs: that is told elsewhere
    depths = ({step for step in layer if step in weights} for layer in nx.topological_generations(graph))
    return max(depths, key=lambda layer: sum(weights[step] for step in layer), default=set())
