"""Parameters: added, renamed, changed, deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.edits import (
    UNSET,
    AddParameter,
    DeleteParameter,
    Leftover,
    RenameParameter,
    SetParameter,
    Unset,
)
from sm_pipeline_widgets.definition.rewrite_cuts import Cuts
from sm_pipeline_widgets.definition.rewrite_fields import set_at
from sm_pipeline_widgets.definition.rewrite_mentions import Subject, mentions_of
from sm_pipeline_widgets.definition.rewrite_names import renamed, renamed_key
from sm_pipeline_widgets.definition.rewrite_plan import Plan, check_name, told
from sm_pipeline_widgets.definition.rewrite_sections import add_named
from sm_pipeline_widgets.definition.rewrite_values import check_writable
from sm_pipeline_widgets.definition.source import MappingNode, plain
from sm_pipeline_widgets.definition.spec import PARAMETER_KEYS, ParameterSpec, read_spec
from sm_pipeline_widgets.definition.wording import did_you_mean, listed
from sm_pipeline_widgets.definition.yaml_text import write_yaml
from sm_pipeline_widgets.errors import EditRefusedError

if TYPE_CHECKING:
    from sm_pipeline_widgets.definition.rewrite_page import Page
    from sm_pipeline_widgets.definition.source import Json

_MEMBERS = {"type": "Type", "default": "DefaultValue", "enum": "EnumValues", "description": "Description"}


def add_parameter(page: Page, edit: AddParameter) -> Plan:
    """A new parameter, in its short form where that says it all."""
    check_name("parameter", edit.name, page.spec.parameters)
    value = _value(edit)
    _check(edit.name, value)
    return Plan(tuple(add_named(page, "parameters", edit.name, value)))


def rename_parameter(page: Page, edit: RenameParameter) -> Plan:
    """A parameter and all that refers to it have another name."""
    _known(page, edit.name)
    if edit.new == edit.name:
        return Plan(())
    check_name("parameter", edit.new, page.spec.parameters)
    hits = mentions_of(page, Subject.PARAMETER, edit.name)
    return Plan((*renamed_key(page, ("parameters", edit.name), edit.new), *renamed(page, hits, edit.new)))


def set_parameter(page: Page, edit: SetParameter) -> Plan:
    """One of a parameter's keys has another value, or goes."""
    spec = _known(page, edit.name)
    if edit.key not in PARAMETER_KEYS:
        fix = did_you_mean(edit.key, PARAMETER_KEYS, f"The keys are {listed(PARAMETER_KEYS)}.")
        raise EditRefusedError(f"`{edit.key}` is not a key of a parameter", fix)
    node = page.node(("parameters", edit.name))
    key = edit.key if spec.literal is None else _MEMBERS[edit.key]
    before = dict(_plain(node)) if isinstance(node, MappingNode) else {"default": plain(node)}
    after = {**before, key: edit.value}
    if edit.value is UNSET:
        del after[key]
        if not isinstance(node, MappingNode):
            after = {"type": spec.type}
    _check(edit.name, after)
    path = ("parameters", edit.name)
    if isinstance(node, MappingNode):
        if edit.value is UNSET:
            if key not in before:
                raise EditRefusedError(f"the parameter `{edit.name}` has no `{key}`", "There is nothing to take away.")
            return Plan(tuple(Cuts(page, {(*path, key)}).splices()))
        return Plan(tuple(set_at(page, (*path, key), edit.value)))
    short = after["default"] if list(after) == ["default"] else after
    return Plan(tuple(set_at(page, path, short)))


def delete_parameter(page: Page, edit: DeleteParameter) -> Plan:
    """A parameter goes, and what refers to it as far as that is wished."""
    _known(page, edit.name)
    hits = mentions_of(page, Subject.PARAMETER, edit.name)
    cuts = Cuts(page, {("parameters", edit.name)})
    if edit.leftover is Leftover.REMOVE:
        cuts.take(hits)
    kept = cuts.kept if edit.leftover is Leftover.REMOVE else hits
    return Plan(tuple(cuts.splices()), None, told(page, hits, kept))


def _known(page: Page, name: str) -> ParameterSpec:
    found = page.spec.parameters.get(name)
    if found is None:
        fix = did_you_mean(name, page.spec.parameters, f"There are {listed(page.spec.parameters)}.")
        raise EditRefusedError(f"there is no parameter `{name}`", fix if page.spec.parameters else "Add it first.")
    return found


def _plain(node: MappingNode) -> dict[str, Json]:
    return {key: plain(value) for key, value in node.items()}


def _value(edit: AddParameter) -> Json:
    members: dict[str, Json] = {}
    if edit.type is not None:
        members["type"] = edit.type
    if not isinstance(edit.default, Unset):
        members["default"] = edit.default
    if edit.enum:
        members["enum"] = list(edit.enum)
    if edit.description:
        members["description"] = edit.description
    return members["default"] if list(members) == ["default"] else members


def _check(name: str, value: Any) -> None:
    """Refuse what the reader would tell a problem of: no type, a default that does not fit."""
    check_writable(value)
    told_now = read_spec(write_yaml({"parameters": {name: value}, "steps": {"a": {"type": "Fail"}}})).problems
    if told_now:
        raise EditRefusedError(told_now[0].message, told_now[0].fix)
