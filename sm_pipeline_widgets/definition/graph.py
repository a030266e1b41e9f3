"""A pipeline definition's DAG, derived as the service derives it (``sagemaker.md`` §2.4).

The graph comes from the definition alone, so a text, a deployed pipeline and somebody else's JSON give the same one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.expressions import BRANCH_KEYS, find_gets, step_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import networkx as nx


@dataclass(frozen=True, slots=True)
class PlacedStep:
    """A step's JSON and where it stands: inside which Condition or ForEach (``parent``), in which branch."""

    step: Mapping[str, Any]
    parent: str | None
    branch: str | None

    @property
    def name(self) -> str:
        return str(self.step.get("Name", ""))

    @property
    def type(self) -> str:
        return str(self.step.get("Type", ""))


def iter_steps(definition: Mapping[str, Any]) -> Iterator[PlacedStep]:
    """Every step of a definition, parents before the steps of their branches, in document order."""
    pending = [PlacedStep(step, None, None) for step in reversed(_steps(definition.get("Steps")))]
    while pending:
        placed = pending.pop()
        yield placed
        arguments = placed.step.get("Arguments")
        if isinstance(arguments, dict):
            inner = [
                PlacedStep(step, placed.name, branch)
                for key, branch in BRANCH_KEYS.items()
                for step in _steps(arguments.get(key))
            ]
            pending.extend(reversed(inner))


def own_part(step: Mapping[str, Any]) -> dict[str, Any]:
    """The step's JSON without the steps that stand inside it."""
    arguments = step.get("Arguments")
    if not isinstance(arguments, dict) or not any(key in arguments for key in BRANCH_KEYS):
        return dict(step)
    return {**step, "Arguments": {key: value for key, value in arguments.items() if key not in BRANCH_KEYS}}


def dependencies(step: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Explicit ``DependsOn`` entries as (step name, trigger); the trigger of a plain name is ``Completed``."""
    entries = step.get("DependsOn")
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, str):
            yield entry, "Completed"
        elif isinstance(entry, dict) and isinstance(entry.get("Step"), str):
            yield entry["Step"], str(entry.get("Trigger", "Completed"))


def build_graph(definition: Mapping[str, Any]) -> nx.DiGraph[str]:
    """The definition's DAG (or, where it is wrong, whatever graph its references form).

    Returns
    -------
    networkx.DiGraph
        Node: step name; attributes ``type``, ``branch`` (``then``, ``else``, ``body`` or None) and ``parent``
        (the Condition's or ForEach's name or None). Edge: from the step that comes first; attribute ``kinds``,
        a sorted tuple out of ``branch``, ``data`` and ``order``.
        References to steps that do not exist make no edge.
    """
    import networkx as nx  # noqa: PLC0415 - a tenth of a second that loading the extension need not wait for

    placed = [at for at in iter_steps(definition) if at.name]
    graph: nx.DiGraph[str] = nx.DiGraph()
    for at in placed:
        if at.name not in graph:
            graph.add_node(at.name, type=at.type, branch=at.branch, parent=at.parent)
    kinds: dict[tuple[str, str], set[str]] = {}
    for at in placed:
        for upstream, kind in _incoming(at, graph):
            if upstream in graph:
                kinds.setdefault((upstream, at.name), set()).add(kind)
    for (upstream, name), found in kinds.items():
        graph.add_edge(upstream, name, kinds=tuple(sorted(found)))
    return graph


def _incoming(at: PlacedStep, names: nx.DiGraph[str]) -> Iterator[tuple[str, str]]:
    if at.parent is not None:
        yield at.parent, "branch"
    for name, _trigger in dependencies(at.step):
        yield name, "order"
    own = own_part(at.step)
    own.pop("DependsOn", None)
    for get in find_gets(own):
        found = step_of(get, names)
        if found is not None and found[0] != at.name:
            yield found[0], "data"
    if at.type == "Cleanup":
        for source in _cleanup_sources(at.step):
            yield source, "order"


def _cleanup_sources(step: Mapping[str, Any]) -> Iterator[str]:
    arguments = step.get("Arguments")
    resources = arguments.get("Resources") if isinstance(arguments, dict) else None
    entries = resources.get("S3") if isinstance(resources, dict) else None
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and isinstance(entry.get("StepName"), str):
            yield entry["StepName"]


def _steps(value: Any) -> list[Mapping[str, Any]]:
    return [step for step in value if isinstance(step, dict)] if isinstance(value, list) else []
