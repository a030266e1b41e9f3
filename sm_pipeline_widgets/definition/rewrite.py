r"""Edits applied to a pipeline's text, by spans: what an edit does not speak of stays as it is, byte for byte.

>>> from sm_pipeline_widgets.definition.edits import RenameStep
>>> edited = apply("steps:\n  a: {type: Fail}   # so it ends\n", RenameStep("a", "b"))
>>> edited.text
'steps:\n  b: {type: Fail}   # so it ends\n'
>>> apply(edited.text, edited.inverse).text
'steps:\n  a: {type: Fail}   # so it ends\n'
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition import edits
from sm_pipeline_widgets.definition.edits import Edited, Replacement, Restore, Stretch
from sm_pipeline_widgets.definition.rewrite_fields import remove_field, rename_field, set_field, set_setting
from sm_pipeline_widgets.definition.rewrite_links import connect, disconnect, move_to_branch
from sm_pipeline_widgets.definition.rewrite_page import BREAKS, Page, Splice, last_scalar, line_start, read_page
from sm_pipeline_widgets.definition.rewrite_parameters import (
    add_parameter,
    delete_parameter,
    rename_parameter,
    set_parameter,
)
from sm_pipeline_widgets.definition.rewrite_paste import paste_steps
from sm_pipeline_widgets.definition.rewrite_splices import spliced, tidy
from sm_pipeline_widgets.definition.rewrite_steps import add_step, delete_step, duplicate_step, rename_step
from sm_pipeline_widgets.definition.source import MappingNode, read_source
from sm_pipeline_widgets.errors import EditRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sm_pipeline_widgets.definition.rewrite_plan import Plan

_PLANS: Mapping[type, Callable[[Page, Any], Plan]] = {
    edits.AddStep: add_step,
    edits.DeleteStep: delete_step,
    edits.RenameStep: rename_step,
    edits.DuplicateStep: duplicate_step,
    edits.Connect: connect,
    edits.Disconnect: disconnect,
    edits.MoveToBranch: move_to_branch,
    edits.SetField: set_field,
    edits.RemoveField: remove_field,
    edits.RenameField: rename_field,
    edits.AddParameter: add_parameter,
    edits.RenameParameter: rename_parameter,
    edits.SetParameter: set_parameter,
    edits.DeleteParameter: delete_parameter,
    edits.SetSetting: set_setting,
    edits.PasteSteps: paste_steps,
}
_MARK = "\ufeff"
_BLOCK = re.compile(r"(?:^|[ :])\|(?:[\r\n]|$)")


def apply(text: str, edit: edits.Edit) -> Edited:
    """The text after an edit.

    Raises
    ------
    EditRefusedError
        The text cannot take it; the message says why, the fix what to do.
    """
    return apply_all(text, (edit,))


def apply_all(text: str, several: Iterable[edits.Edit]) -> Edited:
    """The text after several edits, one after the other, undone by one inverse.

    Raises
    ------
    EditRefusedError
        The text cannot take one of them; then none counts.
    """
    result = Edited(text, (), Restore())
    for edit in several:
        one = _restored(result.text, edit) if isinstance(edit, Restore) else _planned(result.text, edit)
        result = _together(result, one)
    return result


def _planned(text: str, edit: edits.Edit) -> Edited:
    mark = _MARK if text.startswith(_MARK) else ""
    page = read_page(text.removeprefix(_MARK))
    plan = _PLANS[type(edit)](page, edit)
    splices = _with_last_break(page, tidy(plan.splices, page.newline))
    new = spliced(page.text, splices)
    _check_readable(page, splices, new)
    changes, undo = _moved(page.text, splices, len(mark))
    return Edited(mark + new, changes, Restore((undo,)), plan.mentions, plan.notes, plan.step)


def _restored(text: str, edit: Restore) -> Edited:
    result = Edited(text, (), Restore())
    for step in edit.rounds:
        for one in step:
            if result.text[one.start : one.start + len(one.old)] != one.old:
                fix = "Undo what was done later first, or change the text by hand."
                raise EditRefusedError("the text has changed since, so this cannot be undone", fix)
        splices = [Splice(one.start, one.start + len(one.old), one.new) for one in step]
        changes, undo = _moved(result.text, splices, 0)
        result = _together(result, Edited(spliced(result.text, splices), changes, Restore((undo,))))
    return result


def _together(first: Edited, then: Edited) -> Edited:
    """Two edits, one behind the other, as one."""
    moved = (_follow(change, then.inverse) for change in first.changes)
    stretches = sorted({*moved, *then.changes}, key=lambda one: (one.start, one.end))
    rounds = (*(one for one in then.inverse.rounds if one), *first.inverse.rounds)
    return Edited(
        then.text,
        tuple(_joined(stretches)),
        Restore(rounds),
        (*first.mentions, *then.mentions),
        (*first.notes, *then.notes),
        then.step or first.step,
    )


def _follow(change: Stretch, undo: Restore) -> Stretch:
    """Where a stretch has come to by a later edit."""
    for step in undo.rounds:
        change = Stretch(_position(change.start, step, end=False), _position(change.end, step, end=True))
    return change


def _position(at: int, step: Iterable[Replacement], *, end: bool) -> int:
    delta = 0
    for one in step:  # told in the new text: `old` is what stands there now, `new` what stood there
        begin = one.start - delta
        if begin + len(one.new) <= at and not (end and begin == at and not one.new):
            delta += len(one.old) - len(one.new)
        elif begin < at:
            return one.start + len(one.old) if end else one.start
    return at + delta


def _joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    joined: list[Stretch] = []
    for one in stretches:
        if joined and one.start <= joined[-1].end:
            joined[-1] = Stretch(joined[-1].start, max(joined[-1].end, one.end))
        else:
            joined.append(one)
    return joined


# -- splices ----------------------------------------------------------------------------------------------------------


def _with_last_break(page: Page, splices: list[Splice]) -> list[Splice]:
    """A text block that ends in a line break needs one at the end of the text as well; one without must not get it."""
    last = splices[-1] if splices else None
    block = last_scalar(page.source.root)
    if last is not None and last.start == len(page.text) and block is not None and block.style in ("|", ">"):
        header = page.text[block.span.start : block.span.end]
        set_anew = any(one.start <= block.span.start < one.end for one in splices)
        if not (set_anew or header.endswith(tuple(BREAKS)) or re.match(r"[|>][0-9]*[-+]", header)):
            splices = tidy([*splices, Splice(block.span.start + 1, block.span.start + 1, "-")], "\n")
    at_end = last is not None and last.end == len(page.text) and not last.new.endswith(page.newline)
    if last is None or not at_end or not any(_BLOCK.search(one.new) for one in splices):
        return splices
    return [*splices[:-1], last._replace(new=last.new + page.newline)]


def _moved(text: str, splices: Iterable[Splice], shift: int) -> tuple[tuple[Stretch, ...], tuple[Replacement, ...]]:
    """Where splices lie in the text they make, and what undoes them there."""
    stretches, undo = [], []
    for one in splices:
        start = one.start + shift
        stretches.append(Stretch(start, start + len(one.new)))
        undo.append(Replacement(start, one.new, text[one.start : one.end]))
        shift += len(one.new) - (one.end - one.start)
    return tuple(stretches), tuple(undo)


# -- a net ------------------------------------------------------------------------------------------------------------


def _check_readable(page: Page, splices: Sequence[Splice], new: str) -> None:
    """Refuse an edit after which the text would not be YAML; only the steps that changed are read again.

    Raises
    ------
    EditRefusedError
        The place is written in a way that this edit cannot keep.
    """
    windows = _windows(page, splices, new)
    if all(not read_source(window).problems for window in windows):
        return
    problems = read_source(new).problems
    if problems:
        where = f" (line {problems[0].line}: {problems[0].message})" if problems[0].line else ""
        message = f"the text is written in a way this edit cannot keep{where}"
        raise EditRefusedError(message, "Write it with a step or key on each line, or make the change by hand.")


def _windows(page: Page, splices: Sequence[Splice], new: str) -> list[str]:
    """The steps and sections of the new text that splices lie in."""
    starts = _borders(page)
    if not starts:
        return [new]
    found: dict[tuple[int, int], None] = {}
    for one in splices:
        first = max(bisect_right(starts, one.start) - 1, 0)
        last = max(bisect_right(starts, one.end), first + 1)
        found[starts[first] if first else 0, starts[last] if last < len(starts) else len(page.text)] = None
    return [new[_carried(begin, splices, end=False) : _carried(end, splices, end=True)] for begin, end in found]


def _borders(page: Page) -> list[int]:
    """Where steps and sections begin; none in a text in brackets, or with something in front of the first key."""
    root = page.root
    if root is None or root.flow or "\n---" in page.text or page.text.startswith(("---", "%")):
        return []
    entries = list(root.entries)
    steps = root.get("steps")
    if isinstance(steps, MappingNode) and not steps.flow:
        entries += steps.entries
    return sorted(line_start(page.text, entry.key.span.start) for entry in entries)


def _carried(at: int, splices: Iterable[Splice], *, end: bool) -> int:
    """Where an offset that lies inside no splice has come to; what is put in right there lies behind it."""
    delta = 0
    for one in splices:
        if one.end <= at and (one.start < at or end):
            delta += len(one.new) - (one.end - one.start)
    return at + delta
