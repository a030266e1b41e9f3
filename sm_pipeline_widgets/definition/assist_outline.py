"""What a half-written text declares: its parameters and steps, and which steps come after which.

A text that is YAML is read as usual. Where it is not, each step is read by itself, so that a bracket that is still
open costs what stands behind it in its own step and nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.compile import HOLDERS
from sm_pipeline_widgets.definition.source import MappingNode, Node, Scalar, SequenceNode, read_source
from sm_pipeline_widgets.definition.spec import PipelineSpec, StepSpec, read_spec
from sm_pipeline_widgets.definition.steps.control import branch_names
from sm_pipeline_widgets.definition.steps.foreach import looped_steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SECTION = re.compile(r"^(?P<name>[A-Za-z]\w*|\"\w+\"|'\w+') *:", re.MULTILINE)
_USED = re.compile(r"\$\{?steps(?:\.(?P<name>[\w-]+)|\[['\"](?P<quoted>[^'\"]+)['\"]\])(?P<rest>[\w.\-\[\]'\"]*)")


@dataclass(frozen=True, slots=True)
class Outline:
    """What a text declares.

    Parameters
    ----------
    before
        For each step the steps it names: those that must come before it.
    used
        The paths behind each step's name that stand somewhere in the text, such as ``.metrics.rmse``.
    """

    spec: PipelineSpec
    before: Mapping[str, frozenset[str]]
    used: Mapping[str, frozenset[str]]
    looped: Mapping[str, str]

    def step(self, name: str) -> StepSpec | None:
        return self.spec.steps.get(name)

    def type_of(self, name: str) -> str:
        """A step's type as written; empty when it is not said yet."""
        found = self.spec.steps.get(name)
        return found.type if found is not None else ""

    def may_name(self, step: str | None) -> list[str]:
        """The steps that a step may wait for: all but itself and what comes after it."""
        if step is None:
            return list(self.spec.steps)
        after = {step}
        followers: dict[str, list[str]] = {}
        for name, earlier in self.before.items():
            for one in earlier:
                followers.setdefault(one, []).append(name)
        pending = [step]
        while pending:
            fresh = [name for name in followers.get(pending.pop(), ()) if name not in after]
            after.update(fresh)
            pending += fresh
        return [name for name in self.spec.steps if name not in after]


def read_outline(text: str, cursor: int) -> Outline:
    """What a text declares, as far as it can be read. Never raises."""
    spec = read_spec(text)
    if any(problem.code == "yaml-syntax" for problem in spec.problems):
        spec = _by_steps(text, cursor)
    used: dict[str, set[str]] = {}
    before = {step.name: set(_named(step, used)) for step in spec.steps.values()}
    for step in spec.steps.values():
        for branch in HOLDERS.get(step.type, ()):
            for child in branch_names(step, branch):
                before.setdefault(child.text, set()).add(step.name)
    return Outline(
        spec,
        {name: frozenset(found) for name, found in before.items()},
        {name: frozenset(found) for name, found in used.items()},
        looped_steps(spec.steps.values()),
    )


def _named(step: StepSpec, used: dict[str, set[str]]) -> Iterator[str]:
    for key, entry in step.entries.items():
        for scalar in _scalars(entry.value):
            if key == "depends_on":
                yield scalar.text
            if "steps" not in scalar.text:
                continue
            for found in _USED.finditer(scalar.text):
                name = found["name"] or found["quoted"]
                used.setdefault(name, set()).add(found["rest"])
                yield name


def _scalars(node: Node) -> Iterator[Scalar]:
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, MappingNode):
        for entry in node.entries:
            yield from _scalars(entry.value)
    elif isinstance(node, SequenceNode):
        for value in node.values:
            yield from _scalars(value)


# -- texts that are not YAML yet --------------------------------------------------------------------------------------


def _by_steps(text: str, cursor: int) -> PipelineSpec:
    """The sections of a text, and of ``steps`` each step, read one by one."""
    found = PipelineSpec()
    starts = [*_SECTION.finditer(text)]
    ends = [match.start() for match in starts[1:]] + [len(text)]
    for match, end in zip(starts, ends, strict=True):
        name, start = match["name"].strip("'\""), match.start()
        if name == "parameters":
            found = replace(found, parameters=_read(text, start, end, cursor).parameters)
        elif name == "defaults":
            found = replace(found, defaults=_read(text, start, end, cursor).defaults)
        elif name == "steps":
            found = replace(found, steps={**found.steps, **_steps(text, start, end, cursor)})
    return found


def _steps(text: str, start: int, end: int, cursor: int) -> dict[str, StepSpec]:
    first = re.compile(r"\n( +)[^\s#]").search(text, start, end)
    if first is None:
        return dict(_read(text, start, end, cursor).steps)
    steps: dict[str, StepSpec] = {}
    entry = re.compile(rf"^ {{{len(first[1])}}}(?=[^\s#\-])", re.MULTILINE)
    starts = [match.start() for match in entry.finditer(text, start, end)]
    for begin, stop in zip(starts, [*starts[1:], end], strict=False):
        steps |= _read(text, begin, stop, cursor, head="steps:\n").steps
    return steps


def _read(text: str, start: int, end: int, cursor: int, head: str = "") -> PipelineSpec:
    part = text[start:end]
    if start <= cursor <= end and any(one.code == "yaml-syntax" for one in read_source(head + part).problems):
        # The word that is being typed is what is wrong, more often than not.
        line = text.rfind("\n", start, cursor) + 1 or start
        stop = text.find("\n", cursor, end)
        without = text[start:line] + text[stop if stop >= 0 else end : end]
        if not any(one.code == "yaml-syntax" for one in read_source(head + without).problems):
            return read_spec(head + without)
    return read_spec(head + part)
