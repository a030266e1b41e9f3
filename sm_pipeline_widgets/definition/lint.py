"""Rules over a whole pipeline: names, cycles, branches. Each is a function that yields problems."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import networkx as nx

from sm_pipeline_widgets.definition.source import Span, problem_at
from sm_pipeline_widgets.definition.wording import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sm_pipeline_widgets.definition.spec import PipelineSpec
    from sm_pipeline_widgets.errors import Problem

    Graph = nx.DiGraph[str]
    Rule = Callable[[str, PipelineSpec, Graph], Iterator[Problem]]

MAX_PIPELINE_NAME = 82
"""botocore allows 256, but the name flows into display names and CreatePipeline refuses more (sagemaker.md §2.8)."""
MAX_STEP_NAME = 64

_STEP_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PIPELINE_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9])*")


def lint(name: str, spec: PipelineSpec, graph: Graph) -> list[Problem]:
    """Every problem that no single value shows."""
    return [problem for rule in RULES for problem in rule(name, spec, graph)]


def pipeline_name(name: str, _spec: PipelineSpec, _graph: Graph) -> Iterator[Problem]:
    if not _PIPELINE_NAME.fullmatch(name):
        message = f"`{name[:100]}` cannot be a pipeline's name"
        suggestion = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:MAX_PIPELINE_NAME]
        fix = "Use letters, digits and single hyphens between them" + (f": `{suggestion}`." if suggestion else ".")
        yield problem_at("pipeline-name", message, None, fix)
    elif len(name) > MAX_PIPELINE_NAME:
        message = f"the pipeline's name is {len(name)} characters long; the service takes {MAX_PIPELINE_NAME}"
        yield problem_at("pipeline-name", message, None, "Shorten it.")


def step_and_parameter_names(_name: str, spec: PipelineSpec, _graph: Graph) -> Iterator[Problem]:
    named = [("step", step.name, step.span) for step in spec.steps.values()]
    named += [("parameter", parameter.name, parameter.span) for parameter in spec.parameters.values()]
    for kind, name, span in named:
        if not _STEP_NAME.fullmatch(name):
            shown = name if len(name) <= MAX_STEP_NAME else f"{name[:40]}…"
            message = f"`{shown}` cannot be a {kind}'s name"
            yield problem_at(f"{kind}-name", message, span, f"Use 1 to {MAX_STEP_NAME} letters, digits, `-` and `_`.")


def cycles(_name: str, spec: PipelineSpec, graph: Graph) -> Iterator[Problem]:
    for component in nx.strongly_connected_components(graph):
        if len(component) < 2:
            continue
        ring = [edge[0] for edge in nx.find_cycle(graph.subgraph(component))]
        first = min(ring, key=list(graph).index)
        ring = ring[ring.index(first) :] + ring[: ring.index(first)]
        path = " → ".join(f"`{step}`" for step in [*ring, first])
        message = f"these steps wait for each other: {path}"
        fix = "Remove one of the references or `depends_on` entries; a step inside a branch waits for its Condition."
        yield problem_at("cycle", message, _span(spec, first), fix, step=first)


def never_runs(_name: str, spec: PipelineSpec, graph: Graph) -> Iterator[Problem]:
    """A step that needs both branches of a Condition never starts (joins are not expressible, sagemaker.md §2.3)."""
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
            yield problem_at("never-runs", message, _span(spec, step), fix, step=step)


def depends_on_fail(_name: str, spec: PipelineSpec, graph: Graph) -> Iterator[Problem]:
    for step, attributes in graph.nodes.items():
        followers = list(graph.successors(step)) if attributes["type"] == "Fail" else []
        if followers:
            message = f"nothing can follow a Fail step, but {listed(followers)} would"
            fix = f"Remove the references to `{step}`."
            yield problem_at("after-fail", message, _span(spec, step), fix, step=step)


RULES: tuple[Rule, ...] = (pipeline_name, step_and_parameter_names, cycles, never_runs, depends_on_fail)


def _span(spec: PipelineSpec, step: str) -> Span | None:
    return spec.steps[step].span if step in spec.steps else None
