"""Rules over a whole pipeline. Each is a function that yields what it finds, and none knows of texts.

So they hold for a definition that somebody's tool made just as for one compiled from a cell; where in a text a finding
stands is asked of whoever compiled it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol

from sm_pipeline_widgets.definition.document import Document
from sm_pipeline_widgets.definition.findings import problem
from sm_pipeline_widgets.definition.lint_cache import cache_breakers
from sm_pipeline_widgets.definition.lint_families import families
from sm_pipeline_widgets.definition.lint_limits import names, policies, property_files, sizes
from sm_pipeline_widgets.definition.lint_requests import Meanings, order, references, requests
from sm_pipeline_widgets.definition.lint_types import types
from sm_pipeline_widgets.definition.lint_values import impossible_values, nested_conditions, secrets, unused_parameters
from sm_pipeline_widgets.definition.wording import listed
from sm_pipeline_widgets.errors import Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    import networkx as nx

    from sm_pipeline_widgets.definition.findings import Finding, Path
    from sm_pipeline_widgets.definition.source import Span

    Graph = nx.DiGraph[str]

MAX_PIPELINE_NAME = 82
"""botocore allows 256, but the name flows into display names and CreatePipeline refuses more (sagemaker.md §2.8)."""

_PIPELINE_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9])*")


_RULES = (
    names, sizes, order, references, requests, types, families, policies, property_files, nested_conditions,
    impossible_values, secrets,
    cache_breakers, unused_parameters,
)  # fmt: skip


class Place(Protocol):
    """Where a step's path (or, without a step, the definition's) stands in a text."""

    def __call__(self, step: str | None, path: Path, *, on_key: bool = False) -> Span | None: ...


def nowhere(step: str | None, path: Path, *, on_key: bool = False) -> Span | None:  # noqa: ARG001
    """The place of everything in a definition that was never a text."""
    return None


def lint_definition(
    definition: Mapping[str, Any],
    graph: Graph,
    *,
    name: str | None = None,
    place: Place = nowhere,
    said: Collection[Problem] = (),
) -> list[Problem]:
    """Everything wrong with a definition that no single value of a text shows.

    Parameters
    ----------
    name
        The pipeline's name, checked where it is given.
    place
        Where a path stands in the text it was compiled from.
    said
        Problems that are known already. What only follows from one of them is not told again.
    """
    document = Document.of(definition)
    meanings = Meanings(document)
    found = list(pipeline_name(name)) if name is not None else []
    for graph_rule in (cycles, never_runs, branch_only, depends_on_fail):
        found.extend(graph_rule(graph))
    for rule in _RULES:
        found.extend(rule(document, meanings))
    return _told(found, place, said)


def pipeline_name(name: str) -> Iterator[Finding]:
    """A name the service takes."""
    if not _PIPELINE_NAME.fullmatch(name):
        message = f"`{name[:100]}` cannot be a pipeline's name"
        suggestion = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:MAX_PIPELINE_NAME]
        fix = "Use letters, digits and single hyphens between them" + (f": `{suggestion}`." if suggestion else ".")
        yield problem("pipeline-name", message, fix)
    elif len(name) > MAX_PIPELINE_NAME:
        message = f"the pipeline's name is {len(name)} characters long; the service takes {MAX_PIPELINE_NAME}"
        yield problem("pipeline-name", message, "Shorten it.")


def cycles(graph: Graph) -> Iterator[Finding]:
    """Steps that wait for each other."""
    import networkx as nx  # noqa: PLC0415 - as in `graph`

    for component in nx.strongly_connected_components(graph):
        if len(component) < 2:
            continue
        ring = [edge[0] for edge in nx.find_cycle(graph.subgraph(component))]
        first = min(ring, key=list(graph).index)
        ring = ring[ring.index(first) :] + ring[: ring.index(first)]
        path = " → ".join(f"`{step}`" for step in [*ring, first])
        message = f"these steps wait for each other: {path}"
        fix = "Remove one of the references or `depends_on` entries; a step inside a branch waits for its Condition."
        yield problem("cycle", message, fix, ("Name",), step=first)


def never_runs(graph: Graph) -> Iterator[Finding]:
    """A step that needs both branches of a Condition never starts (joins are not expressible, sagemaker.md §2.3)."""
    import networkx as nx  # noqa: PLC0415 - as in `graph`

    if not nx.is_directed_acyclic_graph(graph):
        return
    guards: dict[str, dict[str, str]] = {}
    for step in nx.topological_sort(graph):
        own: dict[str, str] = {}
        clash: tuple[str, str, str] | None = None
        for before in graph.predecessors(step):
            needed = dict(guards[before])
            if graph.nodes[step]["parent"] == before and graph.nodes[step]["branch"] in ("then", "else"):
                needed[before] = graph.nodes[step]["branch"]
            for condition, branch in needed.items():
                if own.setdefault(condition, branch) != branch:
                    clash = (before, condition, branch)
        guards[step] = own
        if clash is not None:
            before, condition, branch = clash
            message = f"the step can never run: `{before}` runs only in the branch `{branch}` of `{condition}`, "
            message += "and something else it needs only in the other branch"
            fix = f"Let it depend on `{condition}` instead, or give each branch a step of its own."
            # The service takes it all the same: one of the SDK's own integration tests does this.
            yield problem("never-runs", message, fix, ("Name",), Severity.WARNING, step)


def branch_only(graph: Graph) -> Iterator[Finding]:
    """A step outside of a branch that needs one inside runs only when that branch is taken (sagemaker.md §2.3)."""
    for step, attributes in graph.nodes.items():
        if attributes["parent"] is not None:
            continue
        for before in graph.predecessors(step):
            parent, branch = graph.nodes[before]["parent"], graph.nodes[before]["branch"]
            if branch in ("then", "else"):
                message = f"the step runs only when `{parent}` takes its branch `{branch}`, for it needs `{before}`"
                fix = f"If that is meant, list it under `{branch}` of `{parent}`, where readers expect it."
                yield problem("branch-only", message, fix, ("Name",), Severity.NOTE, step)
                break


def depends_on_fail(graph: Graph) -> Iterator[Finding]:
    """A Fail step ends the run, so nothing can follow it."""
    for step, attributes in graph.nodes.items():
        followers = list(graph.successors(step)) if attributes["type"] == "Fail" else []
        if followers:
            message = f"nothing can follow a Fail step, but {listed(followers)} would"
            yield problem("after-fail", message, f"Remove the references to `{step}`.", ("Name",), step=step)


def _told(found: list[Finding], place: Place, said: Collection[Problem]) -> list[Problem]:
    told = []
    wrong = [problem for problem in said if problem.severity is Severity.ERROR]
    for one in found:
        span = place(one.step, one.path, on_key=one.on_key)
        made = Problem(one.code, one.severity, one.words, one.fix, one.step, *(span[2:] if span is not None else ()))
        if not any(_follows(made, other) for other in wrong):
            told.append(made)
    return told


def _follows(one: Problem, other: Problem) -> bool:
    """Whether a problem stands where another does: what was put there instead of the wrong value is wrong too."""
    if one.line is None or other.line is None or one.step != other.step:
        return False
    return (one.line, one.column or 0) <= (other.line, other.column or 0) and (other.line, other.column or 0) < (
        one.end_line or one.line,
        one.end_column or 0,
    )
