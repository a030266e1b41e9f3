"""Edges between steps: made by references, by order and by branches, and taken away again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.compilation import ReferenceMeaningError
from sm_pipeline_widgets.definition.compile import HOLDERS, compilation
from sm_pipeline_widgets.definition.conditions import ConditionSyntaxError, parse_condition
from sm_pipeline_widgets.definition.edits import Connect, Disconnect, MoveToBranch
from sm_pipeline_widgets.definition.references import Part, match_reference, render_reference
from sm_pipeline_widgets.definition.rewrite_cuts import Cuts
from sm_pipeline_widgets.definition.rewrite_fields import set_at, spelled
from sm_pipeline_widgets.definition.rewrite_mentions import Finder, Hit, Subject
from sm_pipeline_widgets.definition.rewrite_order import check_order
from sm_pipeline_widgets.definition.rewrite_page import Page, Splice, is_empty
from sm_pipeline_widgets.definition.rewrite_plan import Plan, check_key, told
from sm_pipeline_widgets.definition.source import Scalar, SequenceNode
from sm_pipeline_widgets.definition.steps import step_type
from sm_pipeline_widgets.definition.steps.control import branch_names
from sm_pipeline_widgets.definition.steps.foreach import NOT_IN_BODY
from sm_pipeline_widgets.definition.values import StepContext
from sm_pipeline_widgets.definition.wording import listed
from sm_pipeline_widgets.errors import EditRefusedError

if TYPE_CHECKING:
    from sm_pipeline_widgets.definition.edits import Path
    from sm_pipeline_widgets.definition.spec import PipelineSpec, StepSpec

BRANCH_KEYS = ("then", "else", "body")
_TOLD = ("message", "description", "display_name", "package_description")


def connect(page: Page, edit: Connect) -> Plan:
    """One step's output feeds another's key."""
    key = str(edit.input[0]) if edit.input else ""
    if key in BRANCH_KEYS:
        return move_to_branch(page, MoveToBranch(edit.target, edit.source, key))
    page.step(edit.source)
    target = page.written_step(edit.target)
    check_key(target.name, target.type, key)
    check_order(page.spec, edit.source, edit.target)
    path: Path = ("steps", edit.target, *edit.input)
    if key == "depends_on":
        return Plan(tuple(_wait(page, target, edit.source)), edit.target)
    reference = meaningful_reference(page.spec, edit.source, edit.output, target)
    if key == "if":
        splices = _one_more_term(page, target, path, reference)
    elif key in _TOLD:
        splices = _one_more_word(page, path, f"${{{reference.removeprefix('$')}}}")
    else:
        splices = set_at(page, path, reference)
    replaced = page.node(path)
    notes: tuple[str, ...] = ()
    if key not in ("if", *_TOLD) and isinstance(replaced, Scalar) and not is_empty(replaced):
        notes = (f"`{spelled(edit.input)}` of `{edit.target}` was `{replaced.text}`.",)
    return Plan(tuple(splices), edit.target, notes=notes)


def meaningful_reference(spec: PipelineSpec, source: str, output: str, target: StepSpec) -> str:
    """A reference to an output, which exists and can be seen where the target stands.

    Raises
    ------
    EditRefusedError
        The source has no such output, or the target could not see it.
    """
    name = render_reference("steps", (Part(source),), braced=False)
    text = f"{name}{'' if output.startswith('[') or not output else '.'}{output}"
    reference = match_reference(text, 0)
    if reference is None or reference.text != text or not output:
        fix = "Name it as a reference does, such as `outputs.train` or `model`."
        raise EditRefusedError(f"`{output}` is not how an output is written", fix)
    work = compilation("pipeline", spec)
    try:
        StepContext(target, work, step_type(target.type).all_keys).resolve(reference)
    except ReferenceMeaningError as error:
        raise EditRefusedError(error.message, error.fix) from error
    return text


def _wait(page: Page, target: StepSpec, source: str) -> list[Splice]:
    path: Path = ("steps", target.name, "depends_on")
    node = page.node(path)
    finder = Finder(page, Subject.STEP, source)
    if node is not None and any(finder.in_names(path, node)):
        raise EditRefusedError(f"`{target.name}` waits for `{source}` already", "Nothing needs to be done.")
    return add_name(page, path, source)


def add_name(page: Page, path: Path, name: str) -> list[Splice]:
    """One more name in a list of names, which may be one name alone, or missing."""
    node = page.node(path)
    if isinstance(node, SequenceNode) and node.values:
        return set_at(page, (*path, len(node.values)), name)
    if isinstance(node, Scalar) and node.value is not None:
        return set_at(page, path, [node.text, name])
    if node is None or isinstance(node, Scalar | SequenceNode):
        return set_at(page, path, [name])
    raise EditRefusedError(f"`{path[-1]}` of `{path[1]}` is not a list of names", "Write it as a list first.")


def _one_more_term(page: Page, target: StepSpec, path: Path, reference: str) -> list[Splice]:
    node = page.node(path)
    if is_empty(node):
        return set_at(page, path, reference)
    try:
        parse_condition(node.text if isinstance(node, Scalar) else "")
    except ConditionSyntaxError as error:
        message = f"the condition of `{target.name}` cannot be read: {error.message}"
        raise EditRefusedError(message, error.fix or "Correct it first.") from error
    text = node.text.strip() if isinstance(node, Scalar) else ""
    # Only `or` binds less than `and`; a quoted `or` costs a pair of brackets, nothing else.
    held = f"({text})" if re.search(r"\bor\b", text) else text
    return set_at(page, path, f"{held} and {reference}")


def _one_more_word(page: Page, path: Path, reference: str) -> list[Splice]:
    node = page.node(path)
    if is_empty(node):
        return set_at(page, path, reference)
    if not isinstance(node, Scalar):
        raise EditRefusedError(f"`{path[-1]}` of `{path[1]}` is not a text", "Write it as a text first.")
    return set_at(page, path, f"{node.text.rstrip()} {reference}")


# -- away -------------------------------------------------------------------------------------------------------------


def disconnect(page: Page, edit: Disconnect) -> Plan:
    """Exactly what makes the edge goes."""
    page.step(edit.source)
    target = page.step(edit.target)
    hits = list(Finder(page, Subject.STEP, edit.source).in_step(target))
    for holder, child in ((edit.source, edit.target), (edit.target, edit.source)):
        step = page.step(holder)
        branches = {(key, index) for key, index in places_in(step, child)}
        in_branch = (*BRANCH_KEYS, "select")
        inside = [hit for hit in Finder(page, Subject.STEP, child).in_step(step) if hit.path[2] in in_branch]
        if holder == edit.source and branches:
            hits += inside
        elif holder == edit.target:
            # A branch of the target makes the edge the other way round.
            hits = [hit for hit in hits if hit not in inside]
    if not hits:
        fix = "Look at the edges of the picture: an edge may come from what stands under `defaults:`."
        raise EditRefusedError(f"nothing of `{edit.target}` refers to `{edit.source}`", fix)
    cuts = Cuts(page)
    cuts.take(hits)
    if len(cuts.kept) == len(hits):
        page.written_step(edit.target)
    return Plan(tuple(cuts.splices()), edit.target, told(page, hits, cuts.kept))


def places_in(holder: StepSpec, child: str) -> list[tuple[str, int]]:
    """The branches of a step that name another, with the place in the list."""
    return [
        (key, index)
        for key in HOLDERS.get(holder.type, ())
        for index, name in enumerate(branch_names(holder, key))
        if name.text == child
    ]


def branch_of(spec: PipelineSpec, step: str) -> tuple[str, str] | None:
    """The step whose branch another stands in, and that branch; None for one that stands in none."""
    holders = [holder for holder in spec.steps.values() if holder.literal is None]
    return next(((holder.name, key) for holder in holders for key, _ in places_in(holder, step)), None)


# -- branches ---------------------------------------------------------------------------------------------------------


def move_to_branch(page: Page, edit: MoveToBranch) -> Plan:
    """A step stands in one branch, or in none."""
    page.step(edit.step)
    cuts = Cuts(page)
    gone: list[Hit] = []
    for holder in page.spec.steps.values():
        if holder.literal is None and places_in(holder, edit.step):
            hits = list(Finder(page, Subject.STEP, edit.step).in_step(holder))
            cuts.take(hit for hit in hits if hit.path[2] in HOLDERS[holder.type])
            # a loop selects by an output of its own body, which the step leaves
            gone += [hit for hit in hits if holder.type == "ForEach" and hit.path[2] == "select"]
    if edit.condition is None or all(hit.path[1] != edit.condition for hit in gone):
        cuts.take(gone)
    else:
        gone = []
    if edit.condition is None or edit.branch is None:
        if not cuts.paths and not cuts.emptied:
            raise EditRefusedError(f"`{edit.step}` stands in no branch", "Nothing needs to be done.")
        return Plan(tuple(cuts.splices()), edit.step, told(page, gone, cuts.kept))
    check_branch(page.spec, edit.step, edit.condition, edit.branch)
    page.written_step(edit.condition)
    path: Path = ("steps", edit.condition, edit.branch)
    return Plan((*cuts.splices(), *add_name(page, path, edit.step)), edit.step, told(page, gone, cuts.kept))


def check_branch(spec: PipelineSpec, step: str, holder: str, branch: str) -> None:
    """Refuse a branch a step cannot stand in.

    Raises
    ------
    EditRefusedError
        The holder has no such branch, the step stands there already, or they would wait for each other.
    """
    found = spec.steps.get(holder)
    if found is None:
        raise EditRefusedError(f"there is no step `{holder}`", f"There are {listed(spec.steps)}.")
    branches = HOLDERS.get(found.type, {})
    if branch not in branches:
        fix = f"It has {listed(branches)}." if branches else "Only Condition steps have `then` and `else`."
        raise EditRefusedError(f"`{holder}`, a {found.type} step, has no branch `{branch}`", fix)
    if any(key == branch for key, _ in places_in(found, step)):
        raise EditRefusedError(f"`{step}` stands in the branch `{branch}` of `{holder}` already", "Leave it there.")
    inner = spec.steps.get(step)
    if branch == "body" and inner is not None and inner.type in NOT_IN_BODY:
        message = f"`{step}` is a {inner.type} step, and none of {listed(NOT_IN_BODY)} can stand in a loop"
        raise EditRefusedError(message, "Let it follow the loop.")
    check_order(spec, holder, step)
