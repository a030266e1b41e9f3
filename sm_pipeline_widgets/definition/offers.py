"""The friendly names of steps' outputs: what ``$steps.train.model`` stands for, found by asking the step table.

Each type's own ``refer`` says what a name means, so a name that is offered here reads back to the same JSON.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.compilation import ReferenceMeaningError
from sm_pipeline_widgets.definition.references import Part, Reference
from sm_pipeline_widgets.definition.source import Entry, MappingNode, Node, Scalar, SequenceNode, Span
from sm_pipeline_widgets.definition.spec import StepSpec
from sm_pipeline_widgets.definition.steps import step_type
from sm_pipeline_widgets.definition.steps.base import named

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sm_pipeline_widgets.definition.source import Json

_NOWHERE = Span(0, 0, 1, 1, 1, 1)


def friendly_outputs(
    steps: Mapping[str, Mapping[str, Json]],
) -> tuple[dict[str, tuple[Part, ...]], set[tuple[str, str]]]:
    """For steps as the keys of a text: each ``Get`` that has a friendly path, and the property files by step."""
    gets: dict[str, tuple[Part, ...]] = {}
    files: set[tuple[str, str]] = set()
    for name, keys in steps.items():
        spec = _spec(name, keys)
        for path in _offered(spec):
            reference = Reference("steps", (Part(name), *path), "", 0)
            try:
                found = step_type(spec.type).refer(spec, reference)
            except ReferenceMeaningError:
                continue
            if isinstance(found, dict) and isinstance(found.get("Get"), str):
                gets.setdefault(str(found["Get"]), reference.path)
        for file in named(spec.node("property_files")):
            probe = Reference("steps", (Part(name), Part(file), Part("x")), "", 0)
            try:
                found = step_type(spec.type).refer(spec, probe)
            except ReferenceMeaningError:
                continue
            if isinstance(found, dict) and "Std:JsonGet" in found:
                files.add((name, file))
    return gets, files


def _offered(spec: StepSpec) -> Iterator[tuple[Part, ...]]:
    for output in dict(step_type(spec.type).outputs):
        first, _, placeholder = output.partition(".")
        if not placeholder and first.islower():
            yield (Part(first),)
        elif placeholder == "NAME":
            for name in named(spec.node(first)):
                yield Part(first), Part(name)


def _spec(name: str, keys: Mapping[str, Json]) -> StepSpec:
    entries = {key: Entry(_scalar(key), _names(value)) for key, value in keys.items()}
    return StepSpec(name, str(keys["type"]), _NOWHERE, entries)


def _scalar(value: Json) -> Scalar:
    single = None if isinstance(value, dict | list) else value
    return Scalar(single, str(value), "", _NOWHERE)


def _names(value: Json) -> Node:
    """A key's value as far as names in it matter."""
    if isinstance(value, dict):
        return MappingNode(tuple(Entry(_scalar(key), _scalar(inner)) for key, inner in value.items()), _NOWHERE)
    if isinstance(value, list):
        return SequenceNode(tuple(_scalar(item) for item in value), _NOWHERE)
    return _scalar(value)
