"""Selective execution: some steps run, the results of what they build upon come from an earlier execution (§3.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import networkx as nx

from sm_pipeline_widgets.definition.graph import build_graph
from sm_pipeline_widgets.engine.plan import ServiceStepStatus
from sm_pipeline_widgets.engine.records import StepRecord

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sm_pipeline_widgets.engine.records import ExecutionRecord


class SelectionError(Exception):
    """Steps that cannot be run without others; the text is the service's where it is known."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """What selected steps build upon: steps whose results they read, and steps that only had to come before."""

    read: tuple[str, ...]
    earlier: tuple[str, ...]


def selected_names(selection: Mapping[str, Any]) -> frozenset[str]:
    """The steps of a ``SelectiveExecutionConfig``; none for an execution of everything."""
    return frozenset(str(at["StepName"]) for at in selection.get("SelectedSteps") or ())


def check_selection(definition: Mapping[str, Any], selection: Mapping[str, Any]) -> Upstream:
    """What the selected steps build upon.

    Raises
    ------
    SelectionError
        A step does not exist, the steps are not connected, or their results have no source.
    """
    chosen = selected_names(selection)
    graph = build_graph(definition)
    unknown = sorted(chosen - set(graph))
    if unknown:
        raise SelectionError(f"Selected steps {_listed(unknown)} do not exist in the pipeline definition.")
    inside = sorted(name for name in chosen if graph.nodes[name]["branch"] == "body")
    if inside:
        loop = graph.nodes[inside[0]]["parent"]
        raise SelectionError(f"Steps {_listed(inside)} run inside a ForEach: select '{loop}' instead.")
    _check_connected(graph, chosen)
    upstream = _upstream(graph, chosen)
    source = selection.get("SourcePipelineExecutionArn")
    if upstream.read and not source:
        raise SelectionError(
            f"Invalid SourcePipelineExecutionArn: null. The selected steps {_listed(sorted(chosen))} have dependencies "
            f"on {_listed(upstream.read)}."
        )
    return upstream


def check_source(upstream: Upstream, source: Mapping[str, ServiceStepStatus], arn: str) -> None:
    """Raise a SelectionError unless the source execution has every result that is read."""
    missing = [name for name in upstream.read if source.get(name) is not ServiceStepStatus.SUCCEEDED]
    if missing:
        raise SelectionError(
            f"Invalid SourcePipelineExecutionArn: {arn}. The steps {_listed(missing)}, which the selected steps depend "
            "on, have not succeeded in it: select them as well, or give another execution."
        )


def reused_records(
    upstream: Upstream, source: str, record: ExecutionRecord, steps: Iterable[StepRecord]
) -> Iterator[StepRecord]:
    """The steps an execution takes over, out of those of its source execution."""
    known = {step.name: step for step in steps}
    for at, name in enumerate(name for name in (*upstream.read, *upstream.earlier) if name in known):
        before = known[name]
        if before.status is not ServiceStepStatus.SUCCEEDED:
            continue
        yield StepRecord(
            execution=record.arn,
            name=name,
            position=at,
            status=ServiceStepStatus.SUCCEEDED,
            started=record.created,
            ended=record.created,
            metadata=before.metadata,
            end_order=at + 1,
            display_name=before.display_name,
            description=before.description,
            reused_from=before.reused_from or before.cached_from or source,
        )


def _check_connected(graph: nx.DiGraph[str], chosen: frozenset[str]) -> None:
    between = sorted(
        name
        for name in set(graph) - chosen
        if nx.ancestors(graph, name) & chosen and nx.descendants(graph, name) & chosen
    )
    if between:
        raise SelectionError(
            f"The selected steps {_listed(sorted(chosen))} are not connected: {_listed(between)} lie between them "
            "and must be selected as well."
        )
    if not nx.is_weakly_connected(graph.subgraph(chosen)):
        raise SelectionError(
            f"The selected steps {_listed(sorted(chosen))} are not connected: select steps that follow one another, "
            "or start one execution for each group."
        )


def _upstream(graph: nx.DiGraph[str], chosen: frozenset[str]) -> Upstream:
    members = chosen | {
        name for name in graph if graph.nodes[name]["parent"] in chosen and graph.nodes[name]["branch"] == "body"
    }
    kinds: dict[str, set[str]] = {}
    for member in members:
        for name in graph.predecessors(member):
            if name not in members:
                kinds.setdefault(name, set()).update(graph.edges[name, member]["kinds"])
    read = tuple(sorted(name for name, found in kinds.items() if "data" in found))
    return Upstream(read, tuple(sorted(kinds.keys() - set(read))))


def _listed(names: Any) -> str:
    return f"[{', '.join(names)}]"
