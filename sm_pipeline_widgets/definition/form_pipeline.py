"""The form of the pipeline itself: what it is for, its parameters, and the defaults its steps share.

Paths lead from the top of the text: ``("description",)``, ``("parameters", "alpha", "default")``,
``("defaults", "image")``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.assist_help import built_in
from sm_pipeline_widgets.definition.assist_slots import defaults_slot, slot_at
from sm_pipeline_widgets.definition.form_kinds import UNITS, allowed, can_add, kind_of
from sm_pipeline_widgets.definition.form_values import HIDDEN, Field, FieldKind, Form, Origin, Section, shown
from sm_pipeline_widgets.definition.rewrite_page import child
from sm_pipeline_widgets.definition.secrets import is_secret_name
from sm_pipeline_widgets.definition.source import MappingNode
from sm_pipeline_widgets.definition.spec import PARAMETER_KEYS, PARAMETER_TYPES, TOP_KEYS
from sm_pipeline_widgets.definition.steps import step_type
from sm_pipeline_widgets.errors import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sm_pipeline_widgets.definition.edits import Path
    from sm_pipeline_widgets.definition.form import FormText
    from sm_pipeline_widgets.definition.source import Node
    from sm_pipeline_widgets.definition.spec import ParameterSpec
    from sm_pipeline_widgets.errors import Problem

_USUAL = ("image", "instance", "count", "volume", "role", "environment", "max_runtime", "cache", "retry")
"""Defaults that are offered whether or not a step takes them yet."""
_VALUE_KINDS = {
    "Integer": FieldKind.INTEGER,
    "Float": FieldKind.NUMBER,
    "Boolean": FieldKind.BOOLEAN,
    "String": FieldKind.TEXT,
}


def pipeline_form(text: FormText, name: str, below: Path | None = None) -> Form:
    """The form of the pipeline; with `below` only the fields under that path.

    Raises
    ------
    EditRefusedError
        The text cannot be read.
    """
    form = _PipelineForm(text)
    if below:
        fields = tuple(form.plain_fields(below))
        return Form(name, (Section("", "", fields),))
    sections = (
        Section("Pipeline", "", tuple(form.field((key,)) for key in ("description", "experiment", "mlflow"))),
        Section("Parameters", TOP_KEYS["parameters"], (form.parameters(),)),
        Section("Defaults of the steps", TOP_KEYS["defaults"], tuple(form.defaults())),
    )
    return Form(name, sections)


class _PipelineForm:
    def __init__(self, text: FormText) -> None:
        self.page = text.page
        self.spec = text.page.spec
        found = [one for one in text.compiled.problems if one.step is None and one.severity is not Severity.NOTE]
        self.problems = [replace(one, line=one.line - text.line_shift) if one.line else one for one in found]
        self.said = defaults_slot().keys

    def node(self, path: Path) -> Node | None:
        node: Node | None = self.page.root
        for part in path:
            node = child(node, part)
        return node

    def problems_at(self, path: Path) -> tuple[Problem, ...]:
        entry = self.page.entry(path) if path else None
        if entry is None:
            return ()
        first, last = entry.key.span, entry.value.span
        begin, end = (first.line, first.column), (last.end_line, last.end_column)
        return tuple(
            one for one in self.problems if one.line and begin <= (one.line, one.column or 1) <= max(end, begin)
        )

    def field(self, path: Path) -> Field:
        """A setting by its place in the text."""
        node, slot, key = self.node(path), slot_at(path, ""), str(path[-1])
        inner = path[1:] if path[0] == "defaults" and len(path) > 1 else path
        kind = FieldKind.TEXT if key == "description" else kind_of(inner, "", slot, node)
        value, is_secret = shown(node, key, kind)
        owner = slot_at(path[:-1], "").keys
        default, origin = self.default(path)
        return Field(
            path=path,
            label=key,
            kind=kind,
            value=value,
            default=default,
            default_from=origin,
            allowed=allowed(inner, "", slot),
            says=self.said.get(key, "") if path[0] == "defaults" else owner.get(key, ""),
            problems=self.problems_at(path),
            unit=UNITS.get(key, ""),
            fields=tuple(self.plain_fields(path)) if isinstance(node, MappingNode) else (),
            can_add=can_add(inner, kind, slot),
            is_lazy=kind is FieldKind.MAP and node is None and bool(slot.keys),
            is_secret=is_secret,
        )

    def plain_fields(self, path: Path) -> Iterator[Field]:
        """What is written below a path, and what else can be by its own name."""
        node, slot = self.node(path), slot_at(path, "")
        written = [key for key, _ in node.items()] if isinstance(node, MappingNode) else []
        for key in [*written, *(key for key in slot.keys if key not in written)]:
            yield self.field((*path, key))

    # -- defaults ----------------------------------------------------------------------------------------------------

    def defaults(self) -> Iterator[Field]:
        """What steps share: what is written, what is usual, in this order."""
        given = list(self.spec.defaults)
        for key in [*given, *(key for key in _USUAL if key not in given)]:
            yield self.field(("defaults", key))

    def default(self, path: Path) -> tuple[str, str]:
        """What counts for the steps of this text that take the key, where all agree."""
        if path[0] != "defaults" or len(path) != 2:
            return "", ""
        key = str(path[1])
        if key == "role":
            return "the target's role", Origin.TARGET
        types = {step.type for step in self.spec.steps.values() if key in step_type(step.type).keys} or {"Processing"}
        said = {built_in(one)[key] for one in types if key in built_in(one)}
        return (said.pop(), Origin.BUILT_IN) if len(said) == 1 else ("", "")

    # -- parameters --------------------------------------------------------------------------------------------------

    def parameters(self) -> Field:
        """All parameters as the entries of one field."""
        entries = tuple(self.parameter(one) for one in self.spec.parameters.values())
        return Field(("parameters",), "parameters", FieldKind.MAP, says=TOP_KEYS["parameters"], fields=entries,
                     can_add="parameter", problems=self.problems_at(("parameters",)))  # fmt: skip

    def parameter(self, one: ParameterSpec) -> Field:
        path: Path = ("parameters", one.name)
        says = one.description or f"A parameter of type {one.type}."
        secret = is_secret_name(one.name) and one.has_default
        value = HIDDEN if secret else shown(self.node(path), one.name)[0]
        fields = tuple(self.parameter_key(one, key) for key in PARAMETER_KEYS) if one.literal is None else ()
        return Field(path, one.name, FieldKind.MAP, value=value, says=says, fields=fields,
                     problems=self.problems_at(path), is_secret=secret)  # fmt: skip

    def parameter_key(self, one: ParameterSpec, key: str) -> Field:
        path: Path = ("parameters", one.name, key)
        holder = self.node(path[:-1])
        node = self.node(path) if isinstance(holder, MappingNode) else holder if key == "default" else None
        kinds = {"type": FieldKind.CHOICE, "enum": FieldKind.LIST, "default": _VALUE_KINDS[one.type]}
        kind = kinds.get(key, FieldKind.TEXT)
        if key == "default" and one.enum:
            kind = FieldKind.CHOICE
        value, is_secret = shown(node, one.name if key == "default" else key, kind)
        words = {"type": PARAMETER_TYPES, "default": one.enum}
        return Field(
            path,
            key,
            kind,
            value=value,
            default=one.type if key == "type" else "",
            default_from="its default" if key == "type" and one.has_default else "",
            allowed=tuple(words.get(key, ())),
            says=PARAMETER_KEYS[key],
            can_add="value" if key == "enum" else "",
            fields=tuple(Field((*path, at), f"[{at}]", FieldKind.TEXT, value=word) for at, word in enumerate(one.enum))
            if key == "enum"
            else (),
            is_secret=is_secret,
        )
