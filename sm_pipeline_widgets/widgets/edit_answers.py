"""How what the editor knows becomes facts of the protocol. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.palette import PALETTE
from sm_pipeline_widgets.definition.steps import family_of
from sm_pipeline_widgets.definition.templates import TEMPLATES
from sm_pipeline_widgets.widgets import edit_messages
from sm_pipeline_widgets.widgets.edit_facts import edit_fact

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sm_pipeline_widgets.definition.connections import Possible
    from sm_pipeline_widgets.definition.edits import Mention
    from sm_pipeline_widgets.definition.field_options import Option
    from sm_pipeline_widgets.definition.form_values import Field, Form


def refusal(request: edit_messages.EditRequest, message: str, fix: str) -> edit_messages.EditMessage:
    """Why a request cannot be answered, in the form of its answer where that has a place for it."""
    ticket = request["ticket"]
    if request["kind"] == "edit_connections":
        return edit_messages.EditChoicesMessage(kind="edit_choices", ticket=ticket, choices=[], reason=message, fix=fix)
    if request["kind"] == "edit_text":
        return edit_messages.EditDrawnMessage(
            kind="edit_drawn",
            ticket=ticket,
            text=request["text"],
            follows=request["follows"],
            is_readable=False,
            message=sentences(message, fix),
            line=None,
            column=None,
        )
    if request["kind"] == "edit_mentions":
        return edit_messages.EditMentionedMessage(kind="edit_mentioned", ticket=ticket, mentions=[])
    if request["kind"] == "edit_options":
        return edit_messages.EditOptionsMessage(kind="edit_options", ticket=ticket, options=[])
    if request["kind"] == "edit_form":
        error = sentences(message, fix)
        return edit_messages.EditFormMessage(
            kind="edit_form", ticket=ticket, steps=request["steps"], title="", sections=[], error=error
        )
    return edit_messages.EditRefusedMessage(kind="edit_refused", ticket=ticket, message=message, fix=fix)


def sentences(message: str, fix: str) -> str:
    """What is wrong and what to do, as two sentences."""
    return " ".join(part if part.endswith((".", "?", "!")) else f"{part}." for part in (message, fix) if part)


def not_understood(ticket: int) -> edit_messages.EditRefusedMessage:
    """The answer to a request that is none: the page is of another version than the kernel."""
    return edit_messages.EditRefusedMessage(
        kind="edit_refused",
        ticket=ticket,
        message="the kernel does not understand what the page asks for",
        fix="Reload the page and restart the kernel, so that both are of one version.",
    )


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


def form_message(ticket: int, steps: Sequence[str], form: Form) -> edit_messages.EditFormMessage:
    """The form as a page draws it."""
    sections = [
        edit_messages.SectionFact(title=one.title, says=one.says, fields=[field_fact(field) for field in one.fields])
        for one in form.sections
    ]
    return edit_messages.EditFormMessage(
        kind="edit_form", ticket=ticket, steps=list(steps), title=form.title, sections=sections, error=""
    )


def field_fact(field: Field) -> edit_messages.FieldFact:
    """One field with those below it."""
    return edit_messages.FieldFact(
        path=list(field.path),
        label=field.label,
        kind=field.kind.value,
        value=field.value,
        default=field.default,
        default_from=field.default_from,
        is_required=field.is_required,
        allowed=list(field.allowed),
        says=field.says,
        source=field.source,
        problems=[(one.severity.value, one.message, one.fix) for one in field.problems],
        is_mixed=field.is_mixed,
        unit=field.unit,
        fields=[field_fact(inner) for inner in field.fields],
        can_add=field.can_add,
        is_lazy=field.is_lazy,
        is_secret=field.is_secret,
    )


def options_message(ticket: int, options: Sequence[Option]) -> edit_messages.EditOptionsMessage:
    """What fits a field."""
    facts = [
        edit_messages.OptionFact(text=one.text, label=one.label, group=one.group.value, says=one.says)
        for one in options
    ]
    return edit_messages.EditOptionsMessage(kind="edit_options", ticket=ticket, options=facts)


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
    templates = [edit_messages.TemplateFact(name=one.name, title=one.title, says=one.says) for one in TEMPLATES]
    return edit_messages.EditPaletteMessage(kind="edit_palette", ticket=ticket, types=types, templates=templates)
