r"""Steps as a text of their own, and such a text put into another: between notebooks, by mail, from a wiki.

>>> text = "parameters: {n: 1}\nsteps:\n  a: {type: Fail, message: $parameters.n}   # so it ends\n"
>>> copy_steps(text, ["a"], "demo")
'%%pipeline demo_steps\nparameters:\n  n: 1\nsteps:\n  a: {type: Fail, message: $parameters.n}   # so it ends\n'
>>> paste(text, copy_steps(text, ["a"], "demo")).step
'a_2'
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.compile import HOLDERS
from sm_pipeline_widgets.definition.edits import (
    Edited,
    MoveToBranch,
    PasteSteps,
    RemoveField,
    RenameStep,
    SetField,
)
from sm_pipeline_widgets.definition.rewrite import apply_all
from sm_pipeline_widgets.definition.rewrite_order import named_by
from sm_pipeline_widgets.definition.rewrite_page import read_page
from sm_pipeline_widgets.definition.rewrite_paste import written_entries
from sm_pipeline_widgets.definition.rewrite_plan import free_name
from sm_pipeline_widgets.definition.rewrite_sections import indented
from sm_pipeline_widgets.definition.source import plain
from sm_pipeline_widgets.definition.steps import step_type
from sm_pipeline_widgets.definition.steps.control import branch_names
from sm_pipeline_widgets.definition.wording import listed
from sm_pipeline_widgets.errors import EditRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sm_pipeline_widgets.definition.edits import Edit
    from sm_pipeline_widgets.definition.rewrite_page import Page
    from sm_pipeline_widgets.definition.source import Entry
    from sm_pipeline_widgets.definition.spec import PipelineSpec, StepSpec

_MAGIC = re.compile(r"\s*%%pipeline\b[^\r\n]*(\r\n|\r|\n|$)")
_PARAMETER = re.compile(r"\$\{?parameters(?:\.(?P<plain>[\w-]+)|\[['\"](?P<quoted>[^'\"]+)['\"]\])")
_UNIT = 2


def copy_steps(text: str, steps: Sequence[str], name: str) -> str:
    """These steps, with the parameters they name, as a cell that could stand alone.

    Raises
    ------
    EditRefusedError
        The text cannot be read, or there is no such step.
    """
    page = read_page(text)
    wanted = {page.step(one).name for one in steps}
    entries = [entry for entry in page.entries(("steps",)) if entry.key.text in wanted]
    lines = written_entries(page, "steps", entries)
    shared = [one for one in page.entries(("defaults",)) if any(_takes(page.step(step), one) for step in wanted)]
    defaults = written_entries(page, "defaults", shared)
    used = {found["plain"] or found["quoted"] for found in _PARAMETER.finditer("\n".join([*lines, *defaults]))}
    parameters = [entry for entry in page.entries(("parameters",)) if entry.key.text in used]
    head = ["parameters:", *indented(written_entries(page, "parameters", parameters), _UNIT)] if parameters else []
    head += ["defaults:", *indented(defaults, _UNIT)] if defaults else []
    return "\n".join([f"%%pipeline {name}_steps", *head, "steps:", *indented(lines, _UNIT), ""])


def _takes(step: StepSpec, default: Entry) -> bool:
    """Whether a default counts for a step: it takes the key and does not give it."""
    key = default.key.text
    own = step.entries.get("defaults")
    takes_none = own is not None and plain(own.value) == "none"
    return not takes_none and step.literal is None and key in step_type(step.type).keys and key not in step.entries


def paste(text: str, pasted: str, branch: tuple[str, str] | None = None) -> Edited:
    """A text with the steps of another, under names that are free; references among them follow.

    Parameters
    ----------
    branch
        The Condition or ForEach they are to stand in, and ``then``, ``else`` or ``body``.

    Raises
    ------
    EditRefusedError
        One of the texts cannot be read, or what was pasted holds no steps.
    """
    page = read_page(text)
    other = _read(pasted)
    names = _free_names(page.spec, list(other.spec.steps))
    brought = list(_brought_defaults(page, other))
    notes = [*_renamed_notes(names), *_parameter_notes(page, other), *_default_notes(brought)]
    made = apply_all(other.text, [*_without_strangers(other.spec), *brought, *_renames(names)])
    fresh = read_page(made.text)
    edits: list[Edit] = [PasteSteps(made.text)]
    if branch is not None:
        nested = {name for step in fresh.spec.steps.values() for name in _children(step)}
        edits += [MoveToBranch(name, *branch) for name in fresh.spec.steps if name not in nested]
    done = apply_all(text, edits)
    notes += _stranger_notes(page.spec, fresh.spec)
    return Edited(done.text, done.changes, done.inverse, done.mentions, (*notes, *done.notes), done.step)


def _read(pasted: str) -> Page:
    text = _MAGIC.sub("", pasted, count=1) if _MAGIC.match(pasted) else pasted
    try:
        page = read_page(text if text.endswith("\n") else f"{text}\n")
    except EditRefusedError as refused:
        message = f"what was pasted is no pipeline: {refused.message}"
        raise EditRefusedError(message, "Copy steps on a canvas, or the text of a `%%pipeline` cell.") from refused
    if not page.spec.steps:
        raise EditRefusedError(
            "what was pasted holds no steps", "Copy steps on a canvas, or the text of a `%%pipeline` cell."
        )
    return page


def _free_names(spec: PipelineSpec, names: Sequence[str]) -> dict[str, str]:
    """New names by old ones, for those that are taken."""
    taken = {*spec.steps, *names}
    found = {}
    for name in names:
        if name in spec.steps:
            found[name] = free_name(name[:60], taken)
            taken.add(found[name])
    return found


def _brought_defaults(page: Page, other: Page) -> Iterator[SetField]:
    """What counted for the steps where they come from and would not here, written into them."""
    mine = {entry.key.text: plain(entry.value) for entry in page.entries(("defaults",))}
    for default in other.entries(("defaults",)):
        key, value = default.key.text, plain(default.value)
        if key not in mine or mine[key] != value:
            yield from (
                SetField(step.name, (key,), value) for step in other.spec.steps.values() if _takes(step, default)
            )


def _default_notes(brought: Sequence[SetField]) -> Iterator[str]:
    if brought:
        keys = listed(dict.fromkeys(str(edit.path[0]) for edit in brought))
        yield f"{keys} came from the `defaults:` there and stand{'' if ' and ' in keys else 's'} in the steps now."


def _renames(names: dict[str, str]) -> Iterator[Edit]:
    yield from (RenameStep(old, new) for old, new in names.items())


def _children(step: StepSpec) -> list[str]:
    if step.literal is not None:
        return []
    return [name.text for branch in HOLDERS.get(step.type, ()) for name in branch_names(step, branch)]


def _without_strangers(spec: PipelineSpec) -> Iterator[Edit]:
    """Branches hold only what was copied along: a step stands in one branch, and the others have theirs elsewhere."""
    for step in spec.steps.values():
        for branch in HOLDERS.get(step.type, ()) if step.literal is None else ():
            names = [name.text for name in branch_names(step, branch)]
            kept = [name for name in names if name in spec.steps]
            if names and kept != names:
                yield SetField(step.name, (branch,), list(kept)) if kept else RemoveField(step.name, (branch,))


def _renamed_notes(names: dict[str, str]) -> Iterator[str]:
    if names:
        yield f"{', '.join(f'`{old}` is called `{new}` here' for old, new in names.items())}."


def _parameter_notes(page: Page, other: Page) -> Iterator[str]:
    mine, theirs = page.spec.parameters, other.spec.parameters
    same = [name for name in theirs if name in mine]
    differ = [
        name for name in same if (mine[name].type, mine[name].default) != (theirs[name].type, theirs[name].default)
    ]
    if differ:
        yield f"The value of {listed(differ)} is the one that is here."
    added = [name for name in theirs if name not in mine]
    if added:
        yield f"The parameter{'s' if len(added) > 1 else ''} {listed(added)} came along."


def _stranger_notes(here: PipelineSpec, pasted: PipelineSpec) -> Iterator[str]:
    """What the pasted steps name beside themselves."""
    named = sorted({name for step in pasted.steps.values() for name in named_by(step, pasted)} - set(pasted.steps))
    there = [name for name in named if name in here.steps]
    missing = [name for name in named if name not in here.steps]
    if there:
        yield f"They use {listed(there)} of this pipeline."
    if missing:
        yield f"They name {listed(missing)}, which {'are' if len(missing) > 1 else 'is'} not here."
