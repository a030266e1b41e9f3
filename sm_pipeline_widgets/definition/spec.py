"""A pipeline's text as parameters, defaults and steps, each value still knowing its place.

Knows the top level of the cell language; what a step's keys mean is the step table's business.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.source import (
    Entry,
    MappingNode,
    Node,
    Scalar,
    SequenceNode,
    Source,
    Span,
    plain,
    problem_at,
    read_source,
)
from sm_pipeline_widgets.definition.wording import did_you_mean, listed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sm_pipeline_widgets.errors import Problem

TOP_KEYS = {
    "description": "What the pipeline is for.",
    "parameters": "Values that can be given at each run.",
    "defaults": "Keys merged into every step that takes them.",
    "steps": "The steps, by name.",
    "experiment": "The experiment runs are filed under: `{name: …, trial: …}`, or `null` for none.",
    "mlflow": "The MLflow server runs are tracked at: `{arn: …, experiment: …}`, or `null` for none.",
    "omit": "Members the definition goes without: `[Metadata]`, `[Parameters]`, `[Version]`.",
    "definition": "The pipeline's JSON as it is, instead of everything else.",
}
FIXED_MEMBERS = ("Version", "Metadata", "Parameters", "Steps")
"""Members every definition is given unless the text omits them."""
PARAMETER_KEYS = {
    "type": "String, Integer, Float or Boolean; inferred from the default when left out.",
    "default": "The value of a run that gives none; without it the parameter must be given.",
    "enum": "The values allowed (String parameters).",
    "description": "Shown in the form that asks for the value.",
}
PARAMETER_TYPES = ("String", "Integer", "Float", "Boolean")


@dataclass(frozen=True, slots=True)
class ParameterSpec:
    """One parameter; ``default`` counts only where ``has_default`` (a falsy default is a real one).

    ``literal`` holds the parameter's members as they are when it is written with the service's own keys.
    """

    name: str
    type: str
    span: Span
    has_default: bool = False
    default: Any = None
    enum: tuple[str, ...] = ()
    description: str = ""
    literal: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class StepSpec:
    """One step: its name, its type's name as written, and its keys with their values.

    ``literal`` is the step's JSON as it is, for a step given under ``definition:``; its name there is what counts.
    """

    name: str
    type: str
    span: Span
    entries: Mapping[str, Entry]
    literal: Mapping[str, Any] | None = None

    def node(self, key: str) -> Node | None:
        entry = self.entries.get(key)
        return entry.value if entry is not None else None

    def span_of(self, key: str) -> Span:
        """Where a key's value stands; the step's name when it has no such key."""
        entry = self.entries.get(key)
        return entry.value.span if entry is not None else self.span


@dataclass(frozen=True, slots=True)
class PipelineSpec:
    """A whole text.

    ``members`` are the top-level keys beside parameters, defaults and steps; ``literal`` the whole definition of a
    text that gives it as it is.
    """

    description: str = ""
    parameters: Mapping[str, ParameterSpec] = field(default_factory=dict)
    defaults: Mapping[str, Entry] = field(default_factory=dict)
    steps: Mapping[str, StepSpec] = field(default_factory=dict)
    members: Mapping[str, Entry] = field(default_factory=dict)
    literal: Mapping[str, Any] | None = None
    problems: tuple[Problem, ...] = ()


def read_spec(text: str) -> PipelineSpec:
    """Read a text into a spec. Never raises; everything wrong is in ``problems``."""
    return spec_of(read_source(text))


def spec_of(source: Source) -> PipelineSpec:
    """The spec of a text that was read already."""
    return _SpecReader(source).read()


class _SpecReader:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.problems = list(source.problems)

    def problem(self, code: str, message: str, span: Span | None, fix: str = "", step: str | None = None) -> None:
        self.problems.append(problem_at(code, message, span, fix, step=step))

    def read(self) -> PipelineSpec:
        root = self.source.root
        if root is None or (isinstance(root, Scalar) and root.value is None):
            if not self.problems:
                self.problem("no-steps", "the pipeline has no steps yet", None, "Begin with `steps:`.")
            return PipelineSpec(problems=tuple(self.problems))
        if not isinstance(root, MappingNode):
            fix = "Begin with `steps:` and put each step's name below it."
            self.problem(
                "not-a-mapping", f"a pipeline is written as keys and values, not as {_kind(root)}", root.span, fix
            )
            return PipelineSpec(problems=tuple(self.problems))
        for entry in root.entries:
            if entry.key.text not in TOP_KEYS and not _passes_through(entry.key.text):
                fix = did_you_mean(entry.key.text, TOP_KEYS, f"The keys here are {listed(TOP_KEYS)}.")
                self.problem("unknown-key", f"`{entry.key.text}` is not a key of a pipeline", entry.key.span, fix)
        description = root.get("description")
        whole = root.get("definition")
        if whole is not None:
            literal = self.literal(whole, "definition", None)
            return PipelineSpec(literal=literal if literal is not None else {}, problems=tuple(self.problems))
        return PipelineSpec(
            description=description.text if isinstance(description, Scalar) else "",
            parameters={
                entry.key.text: self.parameter(entry) for entry in self.section(root, "parameters") if entry.key.text
            },
            defaults={entry.key.text: entry for entry in self.section(root, "defaults")},
            steps=self.steps(root),
            members={
                entry.key.text: entry
                for entry in root.entries
                if entry.key.text in ("experiment", "mlflow", "omit") or _passes_through(entry.key.text)
            },
            problems=tuple(self.problems),
        )

    def section(self, root: MappingNode, key: str) -> tuple[Entry, ...]:
        node = root.get(key)
        if isinstance(node, MappingNode):
            return node.entries
        if node is not None and not (isinstance(node, Scalar) and node.value is None):
            self.problem("not-a-mapping", f"`{key}:` takes names with values below it, not {_kind(node)}", node.span,
                         f"Indent each below it: `{key}:`, then `  NAME: VALUE`.")  # fmt: skip
        return ()

    def steps(self, root: MappingNode) -> dict[str, StepSpec]:
        found = {}
        for entry in self.section(root, "steps"):
            step = self.step(entry)
            if step is not None:
                found[step.name] = step
        if not found and not self.problems:
            self.problem("no-steps", "the pipeline has no steps yet", root.span, "Put the steps below `steps:`.")
        return found

    def step(self, entry: Entry) -> StepSpec | None:
        name, node = entry.key.text, entry.value
        if isinstance(node, Scalar) and node.value is None:
            node = MappingNode((), node.span)
        if not isinstance(node, MappingNode):
            fix = "Put `type:` and the step's other keys below its name, indented."
            self.problem("not-a-mapping", f"a step is written as keys and values, not as {_kind(node)}",
                         node.span, fix, name)  # fmt: skip
            return None
        given = node.get("definition")
        if given is not None:
            return self.literal_step(entry, node, given)
        kind = node.get("type")
        if not isinstance(kind, Scalar) or not isinstance(kind.value, str) or not kind.text:
            fix = "Say what the step is, for example `type: Processing`."
            self.problem("missing-key", "`type` is missing", entry.key.span, fix, name)
        type_name = kind.text if isinstance(kind, Scalar) else ""
        return StepSpec(name, type_name, entry.key.span, {inner.key.text: inner for inner in node.entries})

    def literal_step(self, entry: Entry, node: MappingNode, given: Node) -> StepSpec:
        name = entry.key.text
        for other in node.entries:
            if other.key.text != "definition":
                fix = "Put it into the definition, or write the step with keys alone."
                message = f"`{other.key.text}` cannot stand beside `definition`"
                self.problem("unknown-key", message, other.key.span, fix, name)
        literal = self.literal(given, f"the definition of `{name}`", name) or {}
        kind = literal.get("Type")
        entries = {inner.key.text: inner for inner in node.entries}
        return StepSpec(name, kind if isinstance(kind, str) else "", entry.key.span, entries, literal)

    def literal(self, node: Node, what: str, step: str | None) -> dict[str, Any] | None:
        """A JSON object given as it is: as keys and values, or as the text of one."""
        value = plain(node)
        if isinstance(node, Scalar) and isinstance(node.value, str):
            try:
                value = json.loads(node.value)
            except (ValueError, RecursionError) as error:
                self.problem("not-json", f"{what} is not JSON: {error}", node.span, "Check the text.", step)
                return None
        if not isinstance(value, dict):
            fix = "Give its members as keys and values, or its JSON as text."
            self.problem("not-json", f"{what} is no JSON object", node.span, fix, step)
            return None
        return value

    def parameter(self, entry: Entry) -> ParameterSpec:
        name, node = entry.key.text, entry.value
        if not isinstance(node, MappingNode):
            return self.short_parameter(name, entry)
        if node.entries and all(inner.key.text[:1].isupper() for inner in node.entries):
            members = {key: value for key, value in node.items() if key != "Name"}
            kind = plain(members.get("Type"))
            literal = {"Name": name, **{key: plain(value) for key, value in members.items()}}
            return ParameterSpec(name, kind if isinstance(kind, str) else "String", entry.key.span, literal=literal)
        for key, inner in ((one.key, one.value) for one in node.entries):
            if key.text not in PARAMETER_KEYS:
                fix = did_you_mean(key.text, PARAMETER_KEYS, f"The keys here are {listed(PARAMETER_KEYS)}.")
                self.problem("unknown-key", f"`{key.text}` is not a key of a parameter", key.span, fix)
            elif key.text == "enum" and not isinstance(inner, SequenceNode):
                self.problem("wrong-kind", "`enum` takes a list", inner.span, "For example `enum: [small, large]`.")
        default = node.get("default")
        enum = plain(node.get("enum"))
        spec = ParameterSpec(
            name,
            self.parameter_type(name, node, default),
            entry.key.span,
            has_default=default is not None,
            default=plain(default),
            enum=tuple(str(value) for value in enum) if isinstance(enum, list) else (),
            description=str(plain(node.get("description")) or ""),
        )
        self.check_default(spec, default)
        return spec

    def short_parameter(self, name: str, entry: Entry) -> ParameterSpec:
        node = entry.value
        if isinstance(node, SequenceNode):
            fix = f"Write `{name}: {{type: String, enum: [...]}}` for a choice."
            self.problem("wrong-kind", f"the parameter `{name}` cannot be a list", node.span, fix)
            return ParameterSpec(name, "String", entry.key.span)
        if node.value is None:  # type: ignore[union-attr] # a mapping was told apart before
            fix = f"Give a default (`{name}: 1`) or a type (`{name}: {{type: Integer}}`)."
            self.problem("parameter-type", f"the parameter `{name}` has neither a default nor a type", node.span, fix)
            return ParameterSpec(name, "String", entry.key.span)
        return ParameterSpec(name, type_of(plain(node)), entry.key.span, has_default=True, default=plain(node))

    def parameter_type(self, name: str, node: MappingNode, default: Node | None) -> str:
        given = node.get("type")
        if isinstance(given, Scalar):
            known = {kind.lower(): kind for kind in PARAMETER_TYPES}
            if given.text.lower() in known:
                return known[given.text.lower()]
            fix = did_you_mean(given.text, PARAMETER_TYPES, f"The types are {listed(PARAMETER_TYPES)}.")
            self.problem("parameter-type", f"`{given.text}` is not a type of parameter", given.span, fix)
        elif default is None and node.get("enum") is None:
            fix = f"Give a default or a type: {listed(PARAMETER_TYPES)}."
            self.problem("parameter-type", f"the parameter `{name}` has neither a default nor a type", node.span, fix)
        return type_of(plain(default)) if default is not None else "String"

    def check_default(self, spec: ParameterSpec, node: Node | None) -> None:
        if node is None:
            return
        if not _fits(spec.default, spec.type):
            message = f"the default {spec.default!r} of `{spec.name}` is not of type {spec.type}"
            fix = "Put it into quotes." if spec.type == "String" else "Give a fitting default or change the type."
            self.problem("parameter-default", message, node.span, fix)
        elif spec.enum and spec.default not in spec.enum:
            message = f"the default `{spec.default}` of `{spec.name}` is not among its enum"
            self.problem("parameter-default", message, node.span, f"The enum allows {listed(spec.enum)}.")


def _passes_through(key: str) -> bool:
    return key[:1].isupper() and key not in ("Parameters", "Steps")


def type_of(value: Any) -> str:
    """The type of parameter a default is of."""
    if isinstance(value, bool):
        return "Boolean"
    if isinstance(value, int):
        return "Integer"
    return "Float" if isinstance(value, float) else "String"


def _fits(value: Any, kind: str) -> bool:
    if kind == "Float":
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type_of(value) == kind and isinstance(value, str | int | float | bool)


def _kind(node: Node) -> str:
    if isinstance(node, SequenceNode):
        return "a list"
    return "keys and values" if isinstance(node, MappingNode) else "a single value"
