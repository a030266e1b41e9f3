"""What kernel and page say to each other about editing a pipeline's text. Part of the protocol.

The twin of ``labextension/src/editProtocol.ts``. Every request has a ticket, which its answer repeats, and carries the
text it speaks of: the kernel keeps none. Names that come from outside travel as values, never as keys; the exception
is JSON that is to stand in the text, which is a value as a whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict

if TYPE_CHECKING:
    from sm_pipeline_widgets.widgets.edit_facts import EditFact

PathFact = list[str | int]


class EditorFact(TypedDict):
    """What a view says of editing: whether it can be, why not, and the text for a page that finds no cell with it."""

    can_edit: bool
    reason: str
    text: str
    name: str


class MentionFact(TypedDict):
    """A place that refers to a step or parameter; ``step`` is null where it stands in none."""

    step: str | None
    path: PathFact
    line: int
    column: int
    text: str
    removed: bool


class ChoiceFact(TypedDict):
    """One edge that could be drawn. ``asks`` is what a person has yet to say; it goes behind the edit's ``output``."""

    edit: EditFact
    words: str
    replaces: str
    asks: str


class FieldFact(TypedDict):
    """A key of a step or setting of the pipeline, as a form shows it.

    ``value`` is what is written, without quotes for a plain text, null where nothing is; ``default`` what counts then,
    ``default_from`` where that comes from. ``problems`` are severity, message and fix. ``can_add`` is what the key of a
    new entry is called, empty where none can be added; ``is_lazy`` says that members below are there for the asking.
    """

    path: PathFact
    label: str
    kind: str
    value: str | None
    default: str
    default_from: str
    is_required: bool
    allowed: list[str]
    says: str
    source: str
    problems: list[tuple[str, str, str]]
    is_mixed: bool
    unit: str
    fields: list[FieldFact]
    can_add: str
    is_lazy: bool
    is_secret: bool


class SectionFact(TypedDict):
    """Fields under a heading."""

    title: str
    says: str
    fields: list[FieldFact]


class OptionFact(TypedDict):
    """What can stand in a field: the text to write, how it is shown, its group and what it is."""

    text: str
    label: str
    group: str
    says: str


class TypeFact(TypedDict):
    """A type of step that can be added; ``fields`` is what a new one begins with."""

    type: str
    family: str
    title: str
    says: str
    common: bool
    name: str
    fields: dict[str, Any]


class TemplateFact(TypedDict):
    """A text to start from."""

    name: str
    title: str
    says: str


# kernel → page


class CodeCellFact(TypedDict):
    """A ``%%step`` cell that a new text needs, as the whole source of a notebook's cell."""

    name: str
    source: str


class EditWrittenMessage(TypedDict):
    """The text after an edit. ``changes`` are code points of it; ``before`` is the text the request carried.

    ``cells`` is code that the steps of a template name and that is not in the notebook yet.
    """

    kind: Literal["edit_written"]
    ticket: int
    before: str
    text: str
    changes: list[tuple[int, int]]
    select: list[str]
    notes: list[str]
    mentions: list[MentionFact]
    cells: list[CodeCellFact]


class EditRefusedMessage(TypedDict):
    """What was asked for cannot be done: why, and what to do."""

    kind: Literal["edit_refused"]
    ticket: int
    message: str
    fix: str


class EditDrawnMessage(TypedDict):
    """The text was drawn; where it cannot be read the last picture stays, and this says what is wrong where.

    Other windows of the notebook hear it too: ``text`` was drawn, and ``follows`` what the page had that asked for it.
    """

    kind: Literal["edit_drawn"]
    ticket: int
    text: str
    follows: str
    is_readable: bool
    message: str
    line: int | None
    column: int | None


class EditChoicesMessage(TypedDict):
    """The edges that could be drawn, likeliest first; without any, why not and what to do."""

    kind: Literal["edit_choices"]
    ticket: int
    choices: list[ChoiceFact]
    reason: str
    fix: str


class EditMentionedMessage(TypedDict):
    """What refers to the steps and parameters asked for."""

    kind: Literal["edit_mentioned"]
    ticket: int
    mentions: list[MentionFact]


class EditFormMessage(TypedDict):
    """The form of steps, or of the pipeline; ``error`` says why there is none."""

    kind: Literal["edit_form"]
    ticket: int
    steps: list[str]
    title: str
    sections: list[SectionFact]
    error: str


class EditOptionsMessage(TypedDict):
    """What can stand in a field."""

    kind: Literal["edit_options"]
    ticket: int
    options: list[OptionFact]


class EditPaletteMessage(TypedDict):
    """What can be added, and the texts to start from."""

    kind: Literal["edit_palette"]
    ticket: int
    types: list[TypeFact]
    templates: list[TemplateFact]


class EditCopiedMessage(TypedDict):
    """Steps as a small text of their own."""

    kind: Literal["edit_copied"]
    ticket: int
    text: str


EditMessage = (
    EditWrittenMessage | EditRefusedMessage | EditDrawnMessage | EditChoicesMessage | EditMentionedMessage
    | EditFormMessage | EditOptionsMessage | EditPaletteMessage | EditCopiedMessage
)  # fmt: skip


# page → kernel


class EditTextRequest(TypedDict):
    """The cell's text has changed: draw it. ``follows`` is what the page had drawn before."""

    kind: Literal["edit_text"]
    ticket: int
    text: str
    follows: str


class EditApplyRequest(TypedDict):
    """Apply edits to this text, one after the other."""

    kind: Literal["edit_apply"]
    ticket: int
    text: str
    edits: list[EditFact]


class EditConnectionsRequest(TypedDict):
    """Which edges could be drawn from one step to another?"""

    kind: Literal["edit_connections"]
    ticket: int
    text: str
    source: str
    target: str


class EditMentionsRequest(TypedDict):
    """What refers to these?"""

    kind: Literal["edit_mentions"]
    ticket: int
    text: str
    steps: list[str]
    parameters: list[str]


class EditFormRequest(TypedDict):
    """The form of these steps, of the pipeline without any; ``below`` asks for the fields under a path alone."""

    kind: Literal["edit_form"]
    ticket: int
    text: str
    steps: list[str]
    below: PathFact | None


class EditOptionsRequest(TypedDict):
    """What can stand in a field of these steps (of the pipeline without any) that begins with what was typed?"""

    kind: Literal["edit_options"]
    ticket: int
    text: str
    steps: list[str]
    path: PathFact
    typed: str


class EditPaletteRequest(TypedDict):
    """What can be added?"""

    kind: Literal["edit_palette"]
    ticket: int


class EditTemplateRequest(TypedDict):
    """Begin with a template; the text must hold nothing yet."""

    kind: Literal["edit_template"]
    ticket: int
    text: str
    name: str


class EditCopyRequest(TypedDict):
    """These steps as a text of their own."""

    kind: Literal["edit_copy"]
    ticket: int
    text: str
    steps: list[str]


class EditPasteRequest(TypedDict):
    """Add the steps of another text, into a branch if said (a step that has them, and ``then``, ``else``, ``body``).

    Else into the branch that the step ``beside`` stands in, if it stands in one.
    """

    kind: Literal["edit_paste"]
    ticket: int
    text: str
    pasted: str
    branch: tuple[str, str] | None
    beside: str | None


EditRequest = (
    EditTextRequest | EditApplyRequest | EditConnectionsRequest | EditMentionsRequest | EditFormRequest
    | EditOptionsRequest | EditPaletteRequest | EditTemplateRequest | EditCopyRequest | EditPasteRequest
)  # fmt: skip
