"""Steps as a whole: added, deleted, renamed, copied."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.compile import HOLDERS
from sm_pipeline_widgets.definition.edits import (
    AddStep,
    DeleteStep,
    DuplicateStep,
    Leftover,
    RenameStep,
)
from sm_pipeline_widgets.definition.rewrite_cuts import Cuts
from sm_pipeline_widgets.definition.rewrite_links import add_name, check_branch, places_in
from sm_pipeline_widgets.definition.rewrite_mentions import Finder, Hit, Subject, mentions_of
from sm_pipeline_widgets.definition.rewrite_names import renamed, renamed_key
from sm_pipeline_widgets.definition.rewrite_page import Page, Splice, entry_end, line_start
from sm_pipeline_widgets.definition.rewrite_plan import Plan, check_key, check_name, check_type, free_name, told
from sm_pipeline_widgets.definition.rewrite_sections import add_named
from sm_pipeline_widgets.definition.rewrite_splices import spliced, tidy
from sm_pipeline_widgets.definition.rewrite_tree import below_entry, cut, insert_in_brackets
from sm_pipeline_widgets.definition.rewrite_values import check_writable
from sm_pipeline_widgets.definition.source import MappingNode
from sm_pipeline_widgets.definition.steps.control import branch_names
from sm_pipeline_widgets.definition.wording import listed

if TYPE_CHECKING:
    from sm_pipeline_widgets.definition.spec import StepSpec


def add_step(page: Page, edit: AddStep) -> Plan:
    """A new step."""
    check_name("step", edit.name, page.spec.steps)
    check_type(edit.type, edit.fields)
    for key in edit.fields:
        check_key(edit.name, edit.type, key)
    fields = {"type": edit.type, **{key: value for key, value in edit.fields.items() if key != "type"}}
    check_writable(fields)
    if edit.after is not None:
        page.step(edit.after)
    splices = []
    if edit.branch is not None:
        holder, branch = edit.branch
        check_branch(page.spec, edit.name, holder, branch)
        page.written_step(holder)
        # first: where the new step follows the one that holds it, both are put into the same place
        splices += add_name(page, ("steps", holder, branch), edit.name)
    splices += add_named(page, "steps", edit.name, fields, after=edit.after)
    return Plan(tuple(splices), edit.name)


def delete_step(page: Page, edit: DeleteStep) -> Plan:
    """A step goes; the steps of its branches stay, in no branch."""
    step = page.step(edit.name)
    hits = [hit for hit in mentions_of(page, Subject.STEP, edit.name) if hit.path[:2] != ("steps", edit.name)]
    cuts = Cuts(page)
    if edit.leftover is Leftover.REMOVE:
        cuts.take(hits)
    kept = cuts.kept if edit.leftover is Leftover.REMOVE else hits
    splices = [*cuts.splices(), *cut(page, ("steps",), {edit.name})]
    freed = [name for branch in HOLDERS.get(step.type, ()) for name in _names_in(step, branch)]
    notes = [f"{listed(freed)} stood in it, and in no branch now."] if freed else []
    if kept:
        owners = _owners(kept)
        notes.append(f"{listed(owners)} still {'name' if len(owners) > 1 else 'names'} `{edit.name}`.")
    return Plan(tuple(splices), None, told(page, hits, kept), tuple(notes))


def rename_step(page: Page, edit: RenameStep) -> Plan:
    """A step and all that refers to it have another name."""
    page.step(edit.name)
    if edit.new == edit.name:
        return Plan((), edit.name)
    check_name("step", edit.new, page.spec.steps)
    hits = mentions_of(page, Subject.STEP, edit.name)
    splices = [*renamed_key(page, ("steps", edit.name), edit.new), *renamed(page, hits, edit.new)]
    return Plan(tuple(splices), edit.new)


def duplicate_step(page: Page, edit: DuplicateStep) -> Plan:
    """A copy of what is written of a step, comments and all; the steps of its branches stay with the original."""
    step = page.step(edit.name)
    taken = page.spec.steps
    new = edit.new if edit.new is not None else free_name(f"{edit.name}_copy"[:64], taken)
    check_name("step", new, taken)
    branches = [key for key in HOLDERS.get(step.type, ()) if step.literal is None and key in step.entries]
    if "body" in branches and "select" in step.entries:
        branches.append("select")
    splices = _copied(page, step, new, branches)
    for holder in page.spec.steps.values():
        for branch, _ in places_in(holder, edit.name) if holder.literal is None else ():
            splices += add_name(page, ("steps", holder.name, branch), new)
    notes = (f"The copy has no `{'` and no `'.join(branches)}`: a step stands in one branch only.",) if branches else ()
    return Plan(tuple(splices), new, notes=notes)


def _copied(page: Page, step: StepSpec, new: str, without: list[str]) -> list[Splice]:
    entry = page.entry(("steps", step.name))
    holder = page.node(("steps",))
    if entry is None or not isinstance(holder, MappingNode):
        raise KeyError(step.name)
    start, end = entry.key.span.start, entry_end(page.text, entry)
    own: list[Hit] = list(Finder(page, Subject.STEP, step.name).in_step(step))
    inside = [*renamed_key(page, ("steps", step.name), new), *renamed(page, own, new)]
    inside += [one._replace(end=min(one.end, end)) for one in cut(page, ("steps", step.name), without)]
    written = spliced(page.text[:end], tidy(inside, "\n"))[start:]
    written = written.rstrip() if without else written
    if holder.flow:
        return insert_in_brackets(page, holder, written, step.name)
    pad = page.text[line_start(page.text, start) : start]
    lines = f"{pad}{written}".replace("\r\n", "\n").split("\n")
    place = below_entry(page, entry, lines)
    return [place._replace(new=f"\n{place.new}") if _is_spaced(page, holder) else place]


def _is_spaced(page: Page, holder: MappingNode) -> bool:
    """Whether blank lines stand between steps."""
    keys = [entry.key.span for entry in holder.entries]
    return any("\n\n" in page.text[first.end : second.start].replace("\r", "") for first, second in pairwise(keys))


def _names_in(step: StepSpec, branch: str) -> list[str]:
    return [name.text for name in branch_names(step, branch)]


def _owners(hits: list[Hit]) -> list[str]:
    return list(dict.fromkeys(str(hit.path[1]) if hit.path[0] == "steps" else str(hit.path[0]) for hit in hits))
