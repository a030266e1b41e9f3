"""What a half-written text declares: its parameters and steps, and which steps come after which.

Each step is read by itself, so that a bracket that is still open costs what stands behind it in its own step and
nothing else; and while one step is typed, the others need not be read again.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.compile import HOLDERS
from sm_pipeline_widgets.definition.source import MappingNode, Node, Scalar, SequenceNode
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
    spec, parts = _by_steps(text, cursor)
    before: dict[str, set[str]] = {}
    used: dict[str, set[str]] = {}
    for part in parts:
        for name, earlier in part.before:
            before.setdefault(name, set()).update(earlier)
        for name, path in part.used:
            used.setdefault(name, set()).add(path)
    return Outline(
        spec,
        {name: frozenset(found) for name, found in before.items()},
        {name: frozenset(found) for name, found in used.items()},
        looped_steps(spec.steps.values()),
    )


# -- a stretch of the text ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Part:
    """What one stretch of a text declares, and whom its steps name."""

    spec: PipelineSpec
    before: tuple[tuple[str, tuple[str, ...]], ...]
    used: tuple[tuple[str, str], ...]
    is_yaml: bool


# While one step is typed the others stay as they are.
@lru_cache(maxsize=4096)
def _part(text: str) -> _Part:
    return _told(read_spec(text))


def _told(spec: PipelineSpec) -> _Part:
    used: list[tuple[str, str]] = []
    before = [(step.name, tuple(_named(step, used))) for step in spec.steps.values()]
    for step in spec.steps.values():
        for branch in HOLDERS.get(step.type, ()):
            before += [(child.text, (step.name,)) for child in branch_names(step, branch)]
    is_yaml = not any(problem.code == "yaml-syntax" for problem in spec.problems)
    return _Part(spec, tuple(before), tuple(used), is_yaml)


def _named(step: StepSpec, used: list[tuple[str, str]]) -> Iterator[str]:
    for key, entry in step.entries.items():
        for scalar in _scalars(entry.value):
            if key == "depends_on":
                yield scalar.text
            if "steps" not in scalar.text:
                continue
            for found in _USED.finditer(scalar.text):
                name = found["name"] or found["quoted"]
                used.append((name, found["rest"]))
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


def _by_steps(text: str, cursor: int) -> tuple[PipelineSpec, list[_Part]]:
    """The sections of a text, and of ``steps`` each step, read one by one."""
    starts = [*_SECTION.finditer(text)]
    if not starts:
        whole = _read(text, 0, len(text), cursor)
        return whole.spec, [whole]
    ends = [match.start() for match in starts[1:]] + [len(text)]
    found = PipelineSpec()
    parts: list[_Part] = []
    steps: dict[str, StepSpec] = {}
    for match, end in zip(starts, ends, strict=True):
        name, start = match["name"].strip("'\""), match.start()
        if name == "parameters":
            found = replace(found, parameters=_read(text, start, end, cursor).spec.parameters)
        elif name == "defaults":
            found = replace(found, defaults=_read(text, start, end, cursor).spec.defaults)
        elif name == "steps":
            parts += _steps(text, start, end, cursor)
    for part in parts:
        steps.update(part.spec.steps)
    return replace(found, steps=steps), parts


def _steps(text: str, start: int, end: int, cursor: int) -> list[_Part]:
    first = re.compile(r"\n( +)[^\s#]").search(text, start, end)
    if first is None:
        return [_read(text, start, end, cursor)]
    entry = re.compile(rf"^ {{{len(first[1])}}}(?=[^\s#\-])", re.MULTILINE)
    starts = [match.start() for match in entry.finditer(text, start, end)]
    stops = [*starts[1:], end]
    at = max(bisect_right(starts, cursor) - 1, 0)
    if not starts or not starts[at] <= cursor <= stops[at]:
        return _together(text, starts, stops)
    here = _read(text, starts[at], stops[at], cursor, head="steps:\n")
    before, after = slice(0, at), slice(at + 1, None)
    return [*_together(text, starts[before], stops[before]), here, *_together(text, starts[after], stops[after])]


def _together(text: str, starts: list[int], stops: list[int]) -> list[_Part]:
    """Steps that stand one behind the other: read at once, which costs a third, or one by one where one is broken."""
    if not starts:
        return []
    whole = _part("steps:\n" + text[starts[0] : stops[-1]])
    if whole.is_yaml:
        return [whole]
    return [_part("steps:\n" + text[start:stop]) for start, stop in zip(starts, stops, strict=True)]


def _read(text: str, start: int, end: int, cursor: int, head: str = "") -> _Part:
    part = _part(head + text[start:end])
    if part.is_yaml or not start <= cursor <= end:
        return part
    # The word that is being typed is what is wrong, more often than not.
    line = text.rfind("\n", start, cursor) + 1 or start
    stop = text.find("\n", cursor, end)
    without = _part(head + text[start:line] + text[stop if stop >= 0 else end : end])
    return without if without.is_yaml and without.spec.steps else part
