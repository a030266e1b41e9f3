"""Keys of steps and settings of the whole pipeline: set, made and taken away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.edits import UNSET, Path, RemoveField, RenameField, SetField, SetSetting
from sm_pipeline_widgets.definition.rewrite_cuts import Cuts
from sm_pipeline_widgets.definition.rewrite_mentions import NOT_VALUES
from sm_pipeline_widgets.definition.rewrite_names import renamed_key
from sm_pipeline_widgets.definition.rewrite_order import check_value
from sm_pipeline_widgets.definition.rewrite_page import Page, Splice, is_empty
from sm_pipeline_widgets.definition.rewrite_plan import Plan, check_key, check_type
from sm_pipeline_widgets.definition.rewrite_sections import add_section
from sm_pipeline_widgets.definition.rewrite_tree import add_entry, add_item, set_entry, set_item
from sm_pipeline_widgets.definition.rewrite_values import check_writable
from sm_pipeline_widgets.definition.source import MappingNode, SequenceNode, plain
from sm_pipeline_widgets.definition.spec import TOP_KEYS
from sm_pipeline_widgets.definition.steps import STEP_TYPES, step_type
from sm_pipeline_widgets.definition.steps.base import COMMON_KEYS
from sm_pipeline_widgets.definition.values import BUILT_IN, is_expression_node
from sm_pipeline_widgets.definition.wording import did_you_mean, listed
from sm_pipeline_widgets.errors import EditRefusedError

if TYPE_CHECKING:
    from sm_pipeline_widgets.definition.source import Json

_PLACES = ("inputs", "input", "output", "outputs", "dataset")
"""Keys whose single value is the `uri` of a longer form."""
_NAMED_ELSEWHERE = ("outputs", "property_files")
"""Keys whose entries other steps name."""


def set_field(page: Page, edit: SetField) -> Plan:
    """A key of a step, or a value somewhere below one."""
    step = page.written_step(edit.step)
    key = _first(edit.path)
    check_key(step.name, step.type, key)
    if key == "type":
        check_type(str(edit.value), step.entries)
    if key not in NOT_VALUES:
        check_value(page.spec, step.name, key, edit.value)
    return Plan(tuple(set_at(page, ("steps", edit.step, *edit.path), edit.value)), edit.step)


def remove_field(page: Page, edit: RemoveField) -> Plan:
    """A key of a step, or a value somewhere below one."""
    step = page.written_step(edit.step)
    if _first(edit.path) == "type":
        raise EditRefusedError(f"`{step.name}` cannot go without a type", "Delete the step, or give another type.")
    path = ("steps", edit.step, *edit.path)
    if page.node(path) is None:
        fix = f"It has {listed(step.entries)}." if step.entries else ""
        raise EditRefusedError(f"step `{step.name}` has no `{spelled(edit.path)}`", fix)
    cuts = Cuts(page, {path})
    return Plan(tuple(cuts.splices()), edit.step)


def rename_field(page: Page, edit: RenameField) -> Plan:
    """A key inside of a map of a step has another name; its value, and what is written beside it, stays."""
    page.written_step(edit.step)
    path: Path = ("steps", edit.step, *edit.path)
    if len(edit.path) < 2 or page.entry(path) is None:
        fix = "Only what a step's own keys hold can be renamed, such as a variable of its `environment`."
        raise EditRefusedError(f"step `{edit.step}` has no `{spelled(edit.path)}` to rename", fix)
    if edit.path[0] in _NAMED_ELSEWHERE:
        fix = "Write the new name beside it, move what refers to it there, and take the old one away."
        raise EditRefusedError(f"other steps refer to `{spelled(edit.path)}` by its name", fix)
    if not edit.new or page.entry((*path[:-1], edit.new)) is not None:
        what = f"there is `{edit.new}` already" if edit.new else "a key needs a name"
        raise EditRefusedError(what, "Choose another name.")
    return Plan(tuple(renamed_key(page, path, edit.new)), edit.step)


def set_setting(page: Page, edit: SetSetting) -> Plan:
    """A setting of the whole pipeline."""
    key = _first(edit.path)
    if key in ("steps", "parameters", "definition") or (key not in TOP_KEYS and not key[:1].isupper()):
        known = [one for one in TOP_KEYS if one not in ("steps", "parameters", "definition")]
        raise EditRefusedError(f"`{key}` is not a setting of a pipeline", did_you_mean(key, known, listed(known)))
    if key == "defaults" and len(edit.path) > 1:
        _check_default(str(edit.path[1]))
    if edit.value is UNSET:
        if page.node(edit.path) is None:
            raise EditRefusedError(f"the pipeline has no `{spelled(edit.path)}`", "There is nothing to take away.")
        return Plan(tuple(Cuts(page, {edit.path}).splices()))
    if key == "defaults":
        _check_shared(page, edit.path, edit.value)
    return Plan(tuple(set_at(page, edit.path, edit.value)))


def _check_shared(page: Page, path: Path, value: Json) -> None:
    """A default is a key of every step that takes it, also of the step it names."""
    shared = {str(path[1]): value} if len(path) > 1 else value if isinstance(value, dict) else {}
    for key, one in shared.items():
        for step in page.spec.steps.values():
            if key in step_type(step.type).keys and key not in step.entries and step.literal is None:
                check_value(page.spec, step.name, key, one)


def set_at(page: Page, path: Path, value: Json) -> list[Splice]:
    """A value at a path from the top of the text; what is missing above it is made.

    Raises
    ------
    EditRefusedError
        What stands above is no place for it.
    """
    check_writable(value)
    part, holder = path[-1], page.node(path[:-1])
    if len(path) == 1:
        return set_entry(page, path, value) if page.entry(path) is not None else add_section(page, str(part), value)
    if isinstance(holder, MappingNode) and not is_expression_node(holder):
        if not isinstance(part, str):
            raise _no_place(path, "keys with values")
        return set_entry(page, path, value) if page.entry(path) is not None else add_entry(page, path, value)
    if isinstance(holder, SequenceNode):
        return _set_in_list(page, path, holder, value)
    if is_empty(holder):
        if len(path) == 3 and path[0] == "steps" and holder is not None and not page.is_flow(path[:-1]):
            return add_entry(page, path, value)
        return set_at(page, path[:-1], _holding(path, value))
    if part == "uri":
        return set_at(page, path[:-1], value)
    if isinstance(part, str) and len(path) > 3 and path[2] in _PLACES:
        return set_at(page, path[:-1], {"uri": plain(holder), part: value})
    raise _no_place(path, "a single value")


def _set_in_list(page: Page, path: Path, holder: SequenceNode, value: Json) -> list[Splice]:
    part = path[-1]
    names = [getattr(item, "text", None) for item in holder.values]
    if isinstance(part, str):
        if value is None:  # a list of names: the name alone says it
            return [] if part in names else add_item(page, path[:-1], part)
        raise _no_place(path, "a list")
    if 0 <= part < len(holder.values):
        return set_item(page, path, value)
    if part != len(holder.values):
        fix = f"Give an index from 0 to {len(holder.values)}."
        raise EditRefusedError(f"`{spelled(path[2:])}` lies outside of a list of {len(holder.values)}", fix)
    return add_item(page, path[:-1], value)


def _holding(path: Path, value: Json) -> Json:
    part = path[-1]
    if isinstance(part, str):
        return {part: value}
    if part != 0:
        raise EditRefusedError(f"`{spelled(path[2:])}` lies outside of a list that is not there", "Begin with 0.")
    return [value]


def _no_place(path: Path, what: str) -> EditRefusedError:
    shown = path[2:] if path[0] == "steps" else path
    fix = f"Set `{spelled(shown[:-1])}` as a whole, with what it holds now."
    return EditRefusedError(f"`{spelled(shown[:-1])}` is {what}, so `{shown[-1]}` has no place in it", fix)


def _first(path: Path) -> str:
    if not path or not isinstance(path[0], str) or not all(part != "" for part in path):
        raise EditRefusedError("the name of a key is missing", "Name the key, such as `image`.")
    return path[0]


def _check_default(key: str) -> None:
    known = {one for row in STEP_TYPES.values() for one in row.keys} - set(COMMON_KEYS) | {BUILT_IN}
    if key not in known:
        fix = "Give it to each step." if key in COMMON_KEYS else f"Steps can share {listed(sorted(known), most=30)}."
        raise EditRefusedError(f"`{key}` cannot be a default", did_you_mean(key, sorted(known), fix))


def spelled(path: Path) -> str:
    """A path as people say it: ``inputs.train``, ``args[0]``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")
