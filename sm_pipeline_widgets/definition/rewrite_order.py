"""Which steps of a text wait for which: by references, by order, by standing in a branch."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.compile import HOLDERS
from sm_pipeline_widgets.definition.expressions import step_of
from sm_pipeline_widgets.definition.source import MappingNode, Node, Scalar, SequenceNode
from sm_pipeline_widgets.definition.steps.control import branch_names
from sm_pipeline_widgets.errors import EditRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sm_pipeline_widgets.definition.source import Json
    from sm_pipeline_widgets.definition.spec import PipelineSpec, StepSpec

_NAMED = re.compile(
    r"(?<!\$)(?:\$\$)*\$\{?steps(?:\.(?P<plain>[A-Za-z0-9_]+(?:-+[A-Za-z0-9_]+)*)|\['(?P<single>[^']*)'\]|\[\"(?P<double>[^\"]*)\"\])"
)
_BRANCHES = ("then", "else", "body")
_RAW = re.compile(r'"Get"\s*:\s*"(?P<get>Steps\.[^"]*)"')


def waits_for(spec: PipelineSpec) -> dict[str, set[str]]:
    """For each step the steps it waits for itself (not those these wait for)."""
    found: dict[str, set[str]] = {name: set() for name in spec.steps}
    for step in spec.steps.values():
        for key, entry in step.entries.items():
            if key in HOLDERS.get(step.type, ()) and step.literal is None:
                continue
            names = _names(entry.value) if key in ("depends_on", "DependsOn") else _references(entry.value, spec)
            found[step.name].update(name for name in names if name in spec.steps)
        for branch in HOLDERS.get(step.type, ()):
            for child in branch_names(step, branch):
                if child.text in found:
                    found[child.text].add(step.name)
        # A loop's `select` speaks of the steps of its own body, which come after it.
        if step.type == "ForEach":
            found[step.name] -= {child.text for child in branch_names(step, "body")}
    return found


def named_by(step: StepSpec, spec: PipelineSpec) -> set[str]:
    """The steps one step names outside of its branches, whether or not there are such."""
    found: set[str] = set()
    for key, entry in step.entries.items():
        if key not in HOLDERS.get(step.type, ()) or step.literal is not None:
            found.update(_names(entry.value) if key in ("depends_on", "DependsOn") else _references(entry.value, spec))
    return found - {""}


def way(before: Mapping[str, set[str]], first: str, last: str) -> list[str]:
    """The steps from `first` to `last`, each waiting for the one in front; none when `last` does not wait for it."""
    came: dict[str, str] = {last: last}
    pending = [last]
    while pending:
        at = pending.pop(0)
        if at == first:
            steps = [at]
            while steps[-1] != last:
                steps.append(came[steps[-1]])
            return steps
        for name in sorted(before.get(at, ())):
            if name not in came:
                came[name] = at
                pending.append(name)
    return []


def cycle_words(spec: PipelineSpec, source: str, target: str) -> str:
    """Why `target` cannot wait for `source`; empty when it can."""
    if source == target:
        return f"`{source}` cannot wait for itself"
    steps = way(waits_for(spec), target, source)
    if not steps:
        return ""
    shown = [f"`{step}`" for step in reversed(steps)]
    chain = ", which waits for ".join(shown[1:])
    return f"`{target}` cannot wait for `{source}`: {shown[0]} waits for {chain} already"


def check_order(spec: PipelineSpec, source: str, target: str) -> None:
    """Refuse a cycle.

    Raises
    ------
    EditRefusedError
        With the steps that would wait for each other.
    """
    words = cycle_words(spec, source, target)
    if words:
        raise EditRefusedError(words, "Connect them the other way round, or take away what stands between.")


def check_value(spec: PipelineSpec, step: str, key: str, value: Json) -> None:
    """Refuse a value of a step's key that would make steps wait for each other, and did not before.

    Raises
    ------
    EditRefusedError
        With the steps that would wait for each other.
    """
    named = dict.fromkeys(name for name in _said(value, names=key in ("depends_on", "DependsOn", *_BRANCHES)))
    named_steps = [name for name in named if name in spec.steps]
    if not named_steps or step not in spec.steps:
        return
    type_name = spec.steps[step].type
    before = waits_for(spec)
    for name in named_steps:
        if key in HOLDERS.get(type_name, ()):
            if step not in before[name]:
                check_order(spec, step, name)
        elif name not in before[step] and not (type_name == "ForEach" and key == "select"):
            check_order(spec, name, step)


def _said(value: Json, *, names: bool) -> Iterator[str]:
    """The names of steps in a value: in references, or as they stand where a key takes names."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _said(inner, names=names and key in ("step", "Step"))
    elif isinstance(value, list):
        for inner in value:
            yield from _said(inner, names=names)
    elif isinstance(value, str):
        if names:
            yield value
        for found in _NAMED.finditer(value):
            yield found["plain"] or found["single"] or found["double"] or ""


def _names(node: Node) -> Iterator[str]:
    if isinstance(node, Scalar):
        yield node.text
    elif isinstance(node, SequenceNode):
        for item in node.values:
            yield from _names(item)
    else:
        inner = node.get("step") or node.get("Step")
        if inner is not None:
            yield from _names(inner)


def _references(node: Node, spec: PipelineSpec) -> Iterator[str]:
    if isinstance(node, Scalar):
        if "steps" in node.text:
            for found in _NAMED.finditer(node.text):
                yield found["plain"] or found["single"] or found["double"] or ""
        if "Steps." in node.text:
            gets = [node.text, *(found["get"] for found in _RAW.finditer(node.text))]
            yield from (named[0] for get in gets if (named := step_of(get, spec.steps)) is not None)
    elif isinstance(node, MappingNode):
        for key, inner in node.items():
            yield from _names(inner) if key in ("DependsOn", "StepName") else _references(inner, spec)
    else:
        for item in node.values:
            yield from _references(item, spec)
