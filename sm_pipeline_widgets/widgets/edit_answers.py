"""How what the editor knows becomes facts of the protocol. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.palette import PALETTE
from sm_pipeline_widgets.definition.steps import family_of
from sm_pipeline_widgets.widgets import edit_messages
from sm_pipeline_widgets.widgets.edit_facts import edit_fact

if TYPE_CHECKING:
    from sm_pipeline_widgets.definition.connections import Possible
    from sm_pipeline_widgets.definition.edits import Mention


def mention_fact(mention: Mention, lines_above: int) -> edit_messages.MentionFact:
    """A mention; `lines_above` is how many lines stand above the text where people see it."""
    return edit_messages.MentionFact(
        step=mention.step,
        path=list(mention.path),
        line=mention.line + lines_above,
        column=mention.column,
        text=mention.text,
        removed=mention.removed,
    )


def choices_message(ticket: int, possible: Possible) -> edit_messages.EditChoicesMessage:
    """What could be drawn between two steps."""
    choices = [
        edit_messages.ChoiceFact(
            edit=edit_fact(choice.edit), words=choice.words, replaces=choice.replaces, asks=choice.asks
        )
        for choice in possible.choices
    ]
    return edit_messages.EditChoicesMessage(
        kind="edit_choices", ticket=ticket, choices=choices, reason=possible.reason, fix=possible.fix
    )


def palette_message(ticket: int) -> edit_messages.EditPaletteMessage:
    """Everything that can be added."""
    types = [
        edit_messages.TypeFact(
            type=entry.type,
            family=family_of(entry.type),
            title=entry.title,
            says=entry.says,
            common=entry.is_common,
            name=entry.name,
            fields=dict(entry.fields),
        )
        for entry in PALETTE
    ]
    return edit_messages.EditPaletteMessage(kind="edit_palette", ticket=ticket, types=types, templates=[])
