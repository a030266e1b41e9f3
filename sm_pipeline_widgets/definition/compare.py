"""What differs between two pipeline definitions: steps, edges, parameters, and every value in them.

Pure: two definitions in, frozen values out. A step is the same step when its name is; one that went and one that
came are the same when their types are and nearly all that they hold is (it was renamed then, and what names it
elsewhere is no difference). Knows nothing of texts and pictures; ``view.diff_text`` and ``view.diff_picture`` do.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.compare_values import ABSENT, ORDER, ValueChange, canonical, value_changes
from sm_pipeline_widgets.definition.document import dicts
from sm_pipeline_widgets.definition.graph import build_graph, iter_steps, own_part
from sm_pipeline_widgets.definition.renames import Renames, find_renames

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sm_pipeline_widgets.definition.graph import PlacedStep

Key = tuple[str, int]
"""A step's name, and how many steps of that name stand before it (0 in every definition that is right)."""


class Change(StrEnum):
    """What became of a step, an edge or a parameter."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Position:
    """Where a step stands: inside which Condition or ForEach, in which branch; both None at the top level."""

    parent: str | None = None
    branch: str | None = None


@dataclass(frozen=True, slots=True)
class StepChange:
    """One step of either side. ``name`` is the newer one; ``was`` the older one where it was renamed.

    ``at`` is where it stands, or stood; ``moved`` both, where they differ.
    """

    name: str
    type: str
    change: Change
    at: Position
    was: str | None = None
    moved: tuple[Position, Position] | None = None
    values: tuple[ValueChange, ...] = ()


@dataclass(frozen=True, slots=True)
class EdgeChange:
    """One edge of either side, by the steps' newer names. The kinds are as in ``build_graph``."""

    source: str
    target: str
    change: Change
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ParameterChange:
    """One parameter of either side."""

    name: str
    change: Change
    values: tuple[ValueChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """Two definitions compared.

    ``steps`` and ``edges`` hold those of both sides, the newer one's order first; ``settings`` is what differs
    beside steps and parameters, such as ``PipelineExperimentConfig``.
    """

    steps: tuple[StepChange, ...]
    edges: tuple[EdgeChange, ...]
    parameters: tuple[ParameterChange, ...]
    settings: tuple[ValueChange, ...]
    is_same: bool

    def step(self, name: str) -> StepChange | None:
        """The step with that newer name."""
        return next((step for step in self.steps if step.name == name), None)

    def count(self, change: Change) -> int:
        """How many steps became that."""
        return sum(step.change is change for step in self.steps)


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> Difference:
    """Everything that differs from one definition to the other. Wrong definitions are compared as far as they go."""
    old, new = _steps(before), _steps(after)
    renames = find_renames(_only(old, new), _only(new, old))
    is_same = canonical(before) == canonical(after)
    steps = tuple(_step_changes(old, new, renames))
    parameters = tuple(_parameter_changes(before, after))
    settings = tuple(value_changes(_frame(before), _frame(after)))
    edges = tuple(_edge_changes(before, after, renames))
    changes = {*(step.change for step in steps), *(parameter.change for parameter in parameters)}
    is_told = settings or changes - {Change.UNCHANGED}
    if not is_same and not is_told:
        settings = (_order(before, after),)
    return Difference(steps, edges, parameters, settings, is_same)


def _steps(definition: Mapping[str, Any]) -> dict[Key, PlacedStep]:
    seen: Counter[str] = Counter()
    found: dict[Key, PlacedStep] = {}
    for at in iter_steps(definition):
        found[at.name, seen[at.name]] = at
        seen[at.name] += 1
    return found


def _only(these: Mapping[Key, PlacedStep], those: Mapping[Key, PlacedStep]) -> list[Mapping[str, Any]]:
    return [own_part(at.step) for key, at in these.items() if key not in those and at.name and not key[1]]


def _step_changes(
    old: Mapping[Key, PlacedStep], new: Mapping[Key, PlacedStep], renames: Renames
) -> Iterator[StepChange]:
    olds = {(renames.newer(name), number): at for (name, number), at in old.items()}
    for key, at in new.items():
        was = olds.get(key)
        if was is None:
            yield StepChange(at.name, at.type, Change.ADDED, Position(at.parent, at.branch))
        else:
            yield _pair(was, at, renames)
    for key, at in olds.items():
        if key not in new:
            yield StepChange(at.name, at.type, Change.REMOVED, _position(at, renames))


def _pair(was: PlacedStep, now: PlacedStep, renames: Renames) -> StepChange:
    values = tuple(value_changes(_content(renames.applied(own_part(was.step))), _content(now.step)))
    before = _position(was, renames)
    after = Position(now.parent, now.branch)
    moved = (before, after) if before != after else None
    renamed = was.name if was.name != now.name else None
    is_changed = values or moved or renamed is not None
    change = Change.CHANGED if is_changed else Change.UNCHANGED
    return StepChange(now.name, now.type, change, after, renamed, moved, values)


def _position(was: PlacedStep, renames: Renames) -> Position:
    """Where a step of the older side stood, by newer names."""
    return Position(None if was.parent is None else renames.newer(was.parent), was.branch)


def _content(step: Mapping[str, Any]) -> dict[str, Any]:
    """What a step holds: its arguments' members beside its own, without its name and the steps inside it."""
    own = own_part(step)
    own.pop("Name", None)
    arguments = own.get("Arguments")
    if not isinstance(arguments, dict) or not own.keys().isdisjoint(arguments):
        return own
    # an empty object and a missing one are not the same: only what is in it is lifted
    return {**{key: value for key, value in own.items() if key != "Arguments"}, **arguments} if arguments else own


def _parameter_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[ParameterChange]:
    old, new = _parameters(before), _parameters(after)
    for name in (*new, *(name for name in old if name not in new)):
        values = tuple(value_changes(old.get(name, ABSENT), new.get(name, ABSENT)))
        if name not in old or name not in new:
            yield ParameterChange(name, Change.ADDED if name in new else Change.REMOVED, values)
        else:
            yield ParameterChange(name, Change.CHANGED if values else Change.UNCHANGED, values)


def _parameters(definition: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    entries = dicts(definition.get("Parameters"))
    return {str(entry["Name"]): {key: one for key, one in entry.items() if key != "Name"}
            for entry in entries if "Name" in entry}  # fmt: skip


def _frame(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Everything but steps and parameters."""
    return {key: value for key, value in definition.items() if key not in ("Steps", "Parameters")}


def _edge_changes(before: Mapping[str, Any], after: Mapping[str, Any], renames: Renames) -> Iterator[EdgeChange]:
    old = {(renames.newer(one), renames.newer(other)): kinds for (one, other), kinds in _edges(before).items()}
    new = _edges(after)
    for ends, kinds in new.items():
        was = old.get(ends, ())
        change = Change.ADDED if ends not in old else Change.UNCHANGED if was == kinds else Change.CHANGED
        yield EdgeChange(*ends, change, was, kinds)
    for ends, kinds in old.items():
        if ends not in new:
            yield EdgeChange(*ends, Change.REMOVED, kinds, ())


def _edges(definition: Mapping[str, Any]) -> dict[tuple[str, str], tuple[str, ...]]:
    graph = build_graph(definition)
    return {(one, other): graph.edges[one, other]["kinds"] for one, other in graph.edges}


def _order(before: Mapping[str, Any], after: Mapping[str, Any]) -> ValueChange:
    """What is left when every step and parameter is the same: the order they are written in, or what is no step."""
    for member, names in (("Steps", _step_names), ("Parameters", _parameter_names)):
        if (old := names(before)) != (new := names(after)):
            return ValueChange(f"{member}.{ORDER}", old, new)
    member = "Steps" if canonical(before.get("Steps")) != canonical(after.get("Steps")) else "Parameters"
    return ValueChange(member, before.get(member, ABSENT), after.get(member, ABSENT))


def _step_names(definition: Mapping[str, Any]) -> list[str]:
    return [at.name for at in iter_steps(definition)]


def _parameter_names(definition: Mapping[str, Any]) -> list[str]:
    return list(_parameters(definition))
