"""What running again would do, said beforehand: which steps run, whose results are kept or reused, what stays out.

Pure: states in, a :class:`Rerun` out. The rules are the service's (``sagemaker.md`` §3.4, §3.5): a retry keeps what has
succeeded; a selection must be connected, holds at most fifty steps, and reads what lies before it from a source.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import networkx as nx

from sm_pipeline_widgets.definition.graph import build_graph, iter_steps
from sm_pipeline_widgets.definition.wording import did_you_mean, listed
from sm_pipeline_widgets.execution.state import ExecutionStatus, StepStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sm_pipeline_widgets.execution.state import ExecutionState

MOST_SELECTED = 50
"""Steps that one selective execution may select."""
_DONE = frozenset({StepStatus.SUCCEEDED, StepStatus.CACHED, StepStatus.REUSED})
_FINISHED = (ExecutionStatus.SUCCEEDED, ExecutionStatus.FAILED, ExecutionStatus.STOPPED)
_RETRIED = (ExecutionStatus.FAILED, ExecutionStatus.STOPPED)


class Way(StrEnum):
    """How a run is run again."""

    RETRY = "retry"
    SELECT = "select"
    AGAIN = "again"


class Fate(StrEnum):
    """What would become of a step."""

    RUNS = "runs"
    MAY_RUN = "may run"
    KEPT = "kept"
    REUSED = "reused"
    LEFT_OUT = "left out"


@dataclass(frozen=True, slots=True)
class StepFate:
    """One step's fate, and why where it is not what was asked for."""

    name: str
    fate: Fate
    why: str = ""


@dataclass(frozen=True, slots=True)
class Rerun:
    """What would be done.

    Parameters
    ----------
    source
        The ARN of the run that is retried, or whose results and parameters are used; empty where there is none.
    selected
        The closed set, in the definition's order: what was asked for, and what has to run with it.
    refusals
        Why it cannot be done, each with what to do; empty where it can.
    parameters
        Values that the new run gets from the source, changed ones included; ``changed`` names these.
    """

    way: Way
    pipeline: str
    source: str = ""
    selected: tuple[str, ...] = ()
    fates: tuple[StepFate, ...] = ()
    refusals: tuple[str, ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()
    changed: tuple[str, ...] = ()

    def of(self, *fates: Fate) -> tuple[StepFate, ...]:
        """The steps of these fates, in the definition's order."""
        return tuple(step for step in self.fates if step.fate in fates)

    @property
    def source_id(self) -> str:
        """The last part of the source's ARN."""
        return self.source.rpartition("/")[2]


def plan_retry(state: ExecutionState) -> Rerun:
    """Retrying an execution: the same ARN, definition and parameters; what has succeeded is kept."""
    fates = [
        StepFate(step.name, Fate.KEPT)
        if step.status in _DONE
        else StepFate(step.name, Fate.MAY_RUN, step.reason)
        if step.status is StepStatus.SKIPPED
        else StepFate(step.name, Fate.RUNS)
        for step in state.steps.values()
    ]
    return Rerun(
        Way.RETRY,
        state.pipeline,
        state.arn,
        fates=tuple(fates),
        refusals=tuple(_no_retry(state)),
        parameters=tuple(state.parameters.items()),
    )


def plan_again(
    source: ExecutionState, changes: Mapping[str, str] | None = None, definition: Mapping[str, Any] | None = None
) -> Rerun:
    """A new execution of everything, with the parameters of an earlier one and some of them changed.

    `definition` is what would run, where that is not what the earlier one ran.
    """
    text = definition if definition is not None else source.definition
    parameters, changed = _parameters(source, changes, text)
    fates = tuple(_fates(build_graph(text), [placed.name for placed in iter_steps(text)], None, {}, text))
    refusals = tuple(_unknown_parameters(source, changes, text))
    return Rerun(Way.AGAIN, source.pipeline, source.arn, (), fates, refusals, parameters, changed)


def plan_selection(
    definition: Mapping[str, Any],
    wanted: Sequence[str],
    source: ExecutionState | None,
    *,
    pipeline: str = "",
    onward: bool = False,
    changes: Mapping[str, str] | None = None,
) -> Rerun:
    """A selective execution: the closed set around what is wanted, its results read from a source.

    Parameters
    ----------
    definition
        What would run: the newest text, which need not be what the source ran.
    onward
        Select everything that comes after the wanted steps, too ("run from here").
    source
        The run whose results are read; None where nothing was run yet.
    changes
        Parameters that get another value than the source's.
    """
    graph = build_graph(definition)
    name = pipeline or (source.pipeline if source is not None else "")
    order = [placed.name for placed in iter_steps(definition)]
    parameters, changed = _parameters(source, changes, definition) if source is not None else ((), ())
    unknown = [step for step in wanted if step not in graph]
    if unknown or not wanted:
        words = [
            f"The pipeline has no step `{each}`. {did_you_mean(each, order, _steps_are(order))}" for each in unknown
        ]
        return Rerun(Way.SELECT, name, source.arn if source else "", refusals=tuple(words or ["No step was named."]))
    has_result = {step.name for step in source.steps.values() if step.status in _DONE} if source is not None else set()
    asked = {_outermost_loop(graph, step) for step in wanted}
    chosen = dict.fromkeys(asked, "")
    for step in sorted(asked) if onward else ():
        for after in nx.descendants(graph, step):
            chosen.setdefault(_outermost_loop(graph, after), f"comes after `{step}`")
    _close(graph, chosen, has_result)
    read = _read_by(graph, chosen)
    selected = tuple(step for step in order if step in chosen)
    refusals = [*_no_selection(graph, selected, source, read), *_unknown_parameters(source, changes, definition)]
    return Rerun(
        Way.SELECT,
        name,
        source.arn if source is not None else "",
        selected,
        tuple(_fates(graph, order, chosen, read, definition)),
        tuple(refusals),
        parameters,
        changed,
    )


def _close(graph: nx.DiGraph[str], chosen: dict[str, str], has_result: set[str]) -> None:
    """Add what has to run as well: steps between selected ones, and those whose results are read but not there."""
    while True:
        more = dict(_between(graph, chosen))
        for step, reader in _read_by(graph, chosen).items():
            if step not in has_result:
                more.setdefault(step, f"`{reader}` reads its result, which the source run does not have")
        more = {step: why for step, why in more.items() if step not in chosen}
        if not more:
            return
        chosen.update(more)


def _between(graph: nx.DiGraph[str], chosen: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    before = set().union(*(nx.ancestors(graph, step) for step in chosen))
    after = set().union(*(nx.descendants(graph, step) for step in chosen))
    for step in before & after - set(chosen):
        loop = _outermost_loop(graph, step)
        if loop not in chosen:
            yield loop, "lies between selected steps"


def _read_by(graph: nx.DiGraph[str], chosen: Iterable[str]) -> dict[str, str]:
    """Steps outside whose results are read, each with one that reads it."""
    inside = set(chosen)
    members = inside | {step for step in graph if _outermost_loop(graph, step) in inside}
    found: dict[str, str] = {}
    for member in sorted(members):
        for before in graph.predecessors(member):
            if before not in members and "data" in graph.edges[before, member]["kinds"]:
                found.setdefault(_outermost_loop(graph, before), member)
    return found


def _outermost_loop(graph: nx.DiGraph[str], step: str) -> str:
    """The ForEach that holds a step, which alone can be selected; else the step itself."""
    found, at, seen = step, step, set()
    while at not in seen:
        seen.add(at)
        parent = graph.nodes[at]["parent"]
        if parent is None or parent not in graph:
            break
        found = parent if graph.nodes[at]["branch"] == "body" else found
        at = parent
    return found


def _fates(
    graph: nx.DiGraph[str],
    order: Sequence[str],
    chosen: Mapping[str, str] | None,
    read: Mapping[str, str],
    definition: Mapping[str, Any],
) -> Iterator[StepFate]:
    """Every step's fate; `chosen` is None where all run."""
    cached = _cached_steps(definition)
    for step in order:
        loop = _outermost_loop(graph, step)
        if chosen is None or loop in chosen:
            branch, parent = graph.nodes[step]["branch"], graph.nodes[step]["parent"]
            why = (chosen[loop] if chosen is not None else "") or (
                "unless the cache has its result" if step in cached else ""
            )
            if branch in {"then", "else"} and (chosen is None or parent in chosen):
                yield StepFate(step, Fate.MAY_RUN, f"the condition `{parent}` decides")
            else:
                yield StepFate(step, Fate.RUNS, why)
        elif loop in read:
            yield StepFate(step, Fate.REUSED, f"read by `{read[loop]}`")
        else:
            yield StepFate(step, Fate.LEFT_OUT)


def _no_selection(
    graph: nx.DiGraph[str], selected: Sequence[str], source: ExecutionState | None, read: Mapping[str, str]
) -> Iterator[str]:
    if len(selected) > MOST_SELECTED:
        yield (
            f"{len(selected)} steps would be selected; the service takes {MOST_SELECTED}. "
            "Select fewer, or run everything."
        )
    if len(selected) > 1 and not nx.is_weakly_connected(graph.subgraph(selected)):
        yield f"{listed(selected)} are not connected. Start one run for each group of steps that follow one another."
    if read and source is None:
        names = listed(sorted(read))
        yield f"The results of {names} are read, and there is no run to take them from. Run everything once."
    if source is not None and source.status not in _FINISHED:
        yield (
            f"The source run is {source.status.value}; it must have succeeded, failed or been stopped. "
            "Wait for its end, or name another one with `--source ARN`."
        )


def _no_retry(state: ExecutionState) -> Iterator[str]:
    if not state.status.is_end:
        yield "The run has not ended. Stop it first, or wait."
    elif state.status not in _RETRIED:
        yield f"Its status is {state.status.value}; only a failed or stopped run can be retried. Run it anew instead."
    ended = [step.name for step in state.steps.values() if step.type == "Fail" and step.status is StepStatus.FAILED]
    if ended:
        yield (
            f"The Fail step `{ended[0]}` ended it on purpose, and such a run cannot be retried. "
            "Change what led there and run again, or run from an earlier step."
        )


def _parameters(
    state: ExecutionState, changes: Mapping[str, str] | None, definition: Mapping[str, Any] | None = None
) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    known = {str(entry.get("Name")) for entry in (definition or state.definition).get("Parameters") or ()}
    values = {**{name: value for name, value in state.parameters.items() if name in known}, **(changes or {})}
    changed = tuple(name for name, value in (changes or {}).items() if state.parameters.get(name) != value)
    return tuple(values.items()), changed


def _unknown_parameters(
    state: ExecutionState | None, changes: Mapping[str, str] | None, definition: Mapping[str, Any] | None = None
) -> Iterator[str]:
    text = definition if definition is not None else (state.definition if state is not None else {})
    known = [str(entry.get("Name")) for entry in text.get("Parameters") or ()]
    for name in changes or {}:
        if name not in known:
            otherwise = f"It has {listed(known)}." if known else "It has no parameters."
            yield f"The pipeline has no parameter `{name}`. {did_you_mean(name, known, otherwise)}"


def _cached_steps(definition: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(
        placed.name
        for placed in iter_steps(definition)
        if isinstance(config := placed.step.get("CacheConfig"), dict) and config.get("Enabled") is True
    )


def _steps_are(order: Sequence[str]) -> str:
    return f"Its steps are {listed(order)}." if order else "It has no steps."
