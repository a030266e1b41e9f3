"""Which steps of one definition are those of another under a new name.

Evidently the same are a step that went and one that came if they are of one type and hold the same but for a few
values, and no other pair fits better. What a step's own name is part of (its outputs' URIs) counts as the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.compare_values import canonical
from sm_pipeline_widgets.definition.expressions import step_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ALIKE = 0.8
"""The part of their values that two steps must share."""
FEWEST = 3
"""Values a step must hold for likeness to say anything; with fewer they must be equal."""
MOST_PAIRS = 4_000
"""Pairs that are looked at closely; beyond that only equal ones are found."""
_OWN_NAME = "\0"

Leaf = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Renames:
    """Newer names by older ones."""

    names: Mapping[str, str] = field(default_factory=dict)

    def newer(self, name: str) -> str:
        """The name a step has now."""
        return self.names.get(name, name)

    def applied(self, value: Any) -> Any:
        """A JSON value of the older definition in which every reference names the newer steps."""
        return _renamed(value, self.names) if self.names else value


def find_renames(gone: Sequence[Mapping[str, Any]], come: Sequence[Mapping[str, Any]]) -> Renames:
    """Pair steps (without those inside them) that are on one side only; the likest pairs first."""
    old = [(step, leaves(step)) for step in gone]
    new = [(step, leaves(step)) for step in come]
    pairs = _likely(old, new) if len(old) * len(new) <= MOST_PAIRS else _equal(old, new)
    names: dict[str, str] = {}
    taken: set[str] = set()
    for _, before, after in sorted(pairs, key=lambda pair: -pair[0]):
        if before not in names and after not in taken:
            names[before] = after
            taken.add(after)
    return Renames(names)


Told = tuple["Mapping[str, Any]", frozenset[Leaf]]
Pair = tuple[float, str, str]


def _likely(old: Sequence[Told], new: Sequence[Told]) -> Iterator[Pair]:
    for before, those in old:
        for after, these in new:
            if before.get("Type") != after.get("Type"):
                continue
            likeness = len(those & these) / (max(len(those), len(these)) or 1)
            if likeness == 1 or (likeness >= ALIKE and min(len(those), len(these)) >= FEWEST):
                yield likeness, str(before["Name"]), str(after["Name"])


def _equal(old: Sequence[Told], new: Sequence[Told]) -> Iterator[Pair]:
    known = {(str(step.get("Type")), held): str(step["Name"]) for step, held in new}
    for step, held in old:
        after = known.get((str(step.get("Type")), held))
        if after is not None:
            yield 1.0, str(step["Name"]), after


def leaves(step: Mapping[str, Any]) -> frozenset[Leaf]:
    """A step's values with their paths, its own name taken out."""
    name = str(step.get("Name", ""))
    content = {key: value for key, value in step.items() if key not in ("Name", "Type")}
    return frozenset((path, _without(value, name)) for path, value in _leaves("", content))


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(f"{path}.{key}", inner)
    elif isinstance(value, list) and value:
        for at, inner in enumerate(value):
            yield from _leaves(f"{path}[{at}]", inner)
    else:
        yield path, value


def _without(value: Any, name: str) -> str:
    return canonical(value.replace(name, _OWN_NAME) if isinstance(value, str) and len(name) > 1 else value)


def _renamed(value: Any, names: Mapping[str, str], *, plain: bool = False) -> Any:
    if isinstance(value, dict):
        get = value.get("Get")
        if len(value) == 1 and isinstance(get, str):
            return {"Get": _renamed_get(get, names)}
        is_dependency = plain and isinstance(value.get("Step"), str)
        found = {key: _renamed(inner, names, plain=key == "DependsOn") for key, inner in value.items()}
        return {**found, "Step": names.get(value["Step"], value["Step"])} if is_dependency else found
    if isinstance(value, list):
        return [_renamed(item, names, plain=plain) for item in value]
    return names.get(value, value) if plain and isinstance(value, str) else value


def _renamed_get(get: str, names: Mapping[str, str]) -> str:
    found = step_of(get, names)
    return f"Steps.{names[found[0]]}{get.removeprefix(f'Steps.{found[0]}')}" if found is not None else get
