"""How each key of the cell language is edited: its kind, its unit, whether it must be given, what can be added to it.

Kinds follow from what a key takes (``assist_slots.py``) and from the API's member it becomes; only what neither tells
stands in a table here.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.assist_slots import Kind, Slot, member_of_path
from sm_pipeline_widgets.definition.compile import compile_spec
from sm_pipeline_widgets.definition.form_values import FieldKind
from sm_pipeline_widgets.definition.source import MappingNode, SequenceNode
from sm_pipeline_widgets.definition.spec import read_spec
from sm_pipeline_widgets.definition.steps import step_type

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sm_pipeline_widgets.definition.assist_api import Member
    from sm_pipeline_widgets.definition.edits import Path
    from sm_pipeline_widgets.definition.source import Node

LISTS = (
    "args", "command", "spark", "content_types", "response_types", "instances", "transform_instances", "containers",
    "items", "retry", "enum", "omit", "applications", "on",
)  # fmt: skip
STEP_LISTS = ("depends_on", "then", "else", "body")
MAPS = (
    "hyperparameters", "environment", "inputs", "outputs", "property_files", "metrics", "ranges", "parameters",
    "metadata", "variants", "properties", "baselines", "cluster", "application", "serverless", "select", "warm_start",
    "driver", "overrides", "arguments", "local", "experiment", "mlflow",
)  # fmt: skip
UNITS: Mapping[str, str] = {"volume": "GB", "keep_alive": "seconds", "max_payload": "MB", "VolumeSizeInGB": "GB"}
CALLED: Mapping[str, str] = {
    "inputs": "input",
    "outputs": "output",
    "environment": "variable",
    "hyperparameters": "hyperparameter",
    "property_files": "property file",
    "metrics": "metric",
    "ranges": "hyperparameter",
    "parameters": "parameter",
    "variants": "variant",
    "args": "argument",
    "depends_on": "step",
    "then": "step",
    "else": "step",
    "body": "step",
    "items": "item",
    "containers": "container",
}
"""What an entry of a key is called."""
_NUMBERS = {
    "integer": FieldKind.INTEGER,
    "long": FieldKind.INTEGER,
    "float": FieldKind.NUMBER,
    "double": FieldKind.NUMBER,
    "boolean": FieldKind.BOOLEAN,
}
_HOLD = {"list": FieldKind.LIST, "map": FieldKind.MAP, "structure": FieldKind.MAP}
_ANY_VALUE = ("hyperparameters", "environment", "parameters", "metadata", "properties", "ranges", "items")
"""Keys whose entries are whatever a person gives."""
_WORDS = {"run": "code", "with": "code", "transform": "input", "model": "model"}
"""The last word of ``nothing says what to …``, and the key that would say it."""


def kind_of(path: Path, type_name: str, slot: Slot, node: Node | None) -> FieldKind:
    """How the key at a path of a step is edited; what is written there counts first."""
    if isinstance(node, MappingNode):
        return FieldKind.MAP
    key = path[-1]
    if key in STEP_LISTS and len(path) == 1:
        return FieldKind.STEPS
    if isinstance(node, SequenceNode):
        return FieldKind.LIST
    if slot.kind is Kind.CODE and slot.member is None:
        return FieldKind.CODE
    if node is None and len(path) == 1 and (key in LISTS or key in MAPS):
        return FieldKind.LIST if key in LISTS else FieldKind.MAP
    return _single_kind(path, type_name, slot)


def _single_kind(path: Path, type_name: str, slot: Slot) -> FieldKind:
    if set(slot.choices) == {"true", "false"}:
        return FieldKind.BOOLEAN
    if slot.choices:
        return FieldKind.CHOICE if slot.closed else FieldKind.ANY
    member = slot.member or member_of_path(("steps", "", *path), type_name)
    if slot.kind is Kind.LENGTH:
        return FieldKind.ANY
    if member is not None and member.kind in _NUMBERS:
        return _NUMBERS[member.kind]
    if member is not None and member.allowed and member.kind == "string" and slot.kind is Kind.PLAIN:
        return FieldKind.CHOICE
    if slot.kind is not Kind.PLAIN or path[-1] in ("description", "display_name", "name"):
        return FieldKind.TEXT
    if len(path) > 1 and path[0] in _ANY_VALUE:
        return FieldKind.ANY
    return FieldKind.TEXT if member is not None and member.kind == "string" else FieldKind.ANY


def kind_of_member(member: Member, node: Node | None) -> FieldKind:
    """How a member of the API is edited."""
    if isinstance(node, MappingNode):
        return FieldKind.MAP
    if isinstance(node, SequenceNode):
        return FieldKind.LIST
    if member.kind in _HOLD and node is None:
        return _HOLD[member.kind]
    if member.kind == "string":
        return FieldKind.CHOICE if member.allowed else FieldKind.TEXT
    return _NUMBERS.get(member.kind, FieldKind.ANY)


def allowed(path: Path, type_name: str, slot: Slot) -> tuple[str, ...]:
    """The words a field may be, where there is a list of them short enough to choose from."""
    if slot.choices:
        return tuple(slot.choices)
    member = slot.member or member_of_path(("steps", "", *path), type_name)
    if member is None or slot.kind is not Kind.PLAIN or member.kind == "list":
        return ()
    return ("true", "false") if member.kind == "boolean" else member.allowed


def can_add(path: Path, kind: FieldKind, slot: Slot) -> str:
    """What the key of a new entry is called; empty where entries have fixed names."""
    if kind is FieldKind.LIST:
        return CALLED.get(str(path[-1]), "entry")
    if kind is not FieldKind.MAP or (slot.keys and slot.each is None):
        return ""
    return CALLED.get(str(path[0]), "name") if len(path) == 1 else "name"


@cache
def required_keys(type_name: str) -> frozenset[str]:
    """The keys a step of a type cannot go without."""
    text = json.dumps({"steps": {"s": {"type": type_name}}})
    problems = compile_spec(read_spec(text), "p").problems
    found = {key_of_problem(one.message) for one in problems if one.code == "missing-key"}
    return frozenset(key for key in found if key in step_type(type_name).all_keys)


def key_of_problem(message: str) -> str:
    """The key that a problem without a place of its own speaks of; empty when none."""
    if message.startswith("nothing says"):
        return _WORDS.get(message.rstrip(".").split()[-1], "")
    named = re.match(r"`(\w+)`", message)
    return named[1] if named is not None else ""
