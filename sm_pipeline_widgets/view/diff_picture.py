"""The picture of a difference: the graph of both sides, and what became of each step and edge.

Drawn by the same means as every other picture; a change is a state with its own word, sign and outline.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import networkx as nx

from sm_pipeline_widgets.definition.compare import Change
from sm_pipeline_widgets.definition.graph import build_graph
from sm_pipeline_widgets.view.details import display_names
from sm_pipeline_widgets.view.diff_text import parameter_words, said, step_words
from sm_pipeline_widgets.view.picture import NodeState, draw

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from sm_pipeline_widgets.definition.compare import Difference, StepChange
    from sm_pipeline_widgets.view.diff_text import Voices
    from sm_pipeline_widgets.view.picture import Edge, EdgeMark, Picture

NOTE_WIDTH = 48
"""Pixels that the longest word of a change takes on a card."""
_EDGE_SIGNS = {Change.ADDED: "+", Change.REMOVED: "−"}  # noqa: RUF001 - a hyphen is too short to be seen on a line
_MARKS: dict[Change, EdgeMark] = {Change.ADDED: "added", Change.REMOVED: "removed"}


def difference_graph(difference: Difference, before: Mapping[str, Any], after: Mapping[str, Any]) -> nx.DiGraph[str]:
    """The graph of both sides by newer names; an edge that went keeps the kinds it had."""
    old, new = build_graph(before), build_graph(after)
    graph: nx.DiGraph[str] = nx.DiGraph()
    for step in difference.steps:
        if not step.name or step.name in graph:
            continue
        source = new if step.name in new else old
        branch = source.nodes[step.name].get("branch") if step.name in source else None
        graph.add_node(step.name, type=step.type, branch=branch)
    for edge in difference.edges:
        if edge.source in graph and edge.target in graph:
            graph.add_edge(edge.source, edge.target, kinds=edge.after or edge.before)
    return graph


def draw_difference(difference: Difference, before: Mapping[str, Any], after: Mapping[str, Any]) -> Picture:
    """Lay the graph of both sides out; edges that came or went say so."""
    graph = difference_graph(difference, before, after)
    picture = draw(graph, labels={**display_names(before), **display_names(after)}, note_width=NOTE_WIDTH)
    names = {node.id: node.name for node in picture.nodes}
    changes = {(edge.source, edge.target): edge.change for edge in difference.edges}
    edges = tuple(_marked(edge, changes[names[edge.source], names[edge.target]]) for edge in picture.edges)
    return replace(picture, edges=edges)


def _marked(edge: Edge, change: Change) -> Edge:
    """An edge with what became of it, also as a sign beside it: lines may be dashed for more than one reason."""
    if change not in _MARKS:
        return edge
    return replace(edge, change=_MARKS[change], label=f"{_EDGE_SIGNS[change]} {edge.label}".strip())


def change_states(picture: Picture, difference: Difference) -> dict[str, NodeState]:
    """What became of each card, by node id; those that stayed as they were have no state and look neutral."""
    changes = {step.name: step.change for step in reversed(difference.steps)}
    return {
        node.id: NodeState(changes[node.name].value, changes[node.name].value)
        for node in picture.nodes
        if changes[node.name] is not Change.UNCHANGED
    }


def step_details(difference: Difference, voices: Voices) -> dict[str, list[tuple[str, str]]]:
    """What differs in each step, as names and values; of steps that stayed as they were nothing."""
    return {step.name: _details(step, voices) for step in difference.steps}


def _details(step: StepChange, voices: Voices) -> list[tuple[str, str]]:
    words = step_words(step)
    whole = words if step.change is Change.CHANGED else f"{step.change}, {words}"
    pairs = [("the step", whole)] if words else []
    changes = [said(change, voices) for change in step.values]
    return [*pairs, *((one.path, one.values) for one in changes)]


def frame_details(difference: Difference, voices: Voices) -> dict[str, str]:
    """What differs beside the steps: parameters that changed, and the pipeline's other settings."""
    parameters = {
        one.name: parameter_words(one, voices) for one in difference.parameters if one.change is not Change.UNCHANGED
    }
    settings = [said(change, voices) for change in difference.settings]
    return {**{one.path: one.values for one in settings}, **parameters}
