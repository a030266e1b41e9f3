"""The kernel's side of the editor: every request carries a text, every answer is computed from it.

Receives what draws as an :class:`Editor`; knows neither cells nor pipelines. An edit's text goes out first, the picture
follows.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from sm_pipeline_widgets.definition.clipboard import copy_steps, paste
from sm_pipeline_widgets.definition.connections import possible_connections
from sm_pipeline_widgets.definition.edits import RenameStep
from sm_pipeline_widgets.definition.field_options import field_options
from sm_pipeline_widgets.definition.form import FormText, step_form
from sm_pipeline_widgets.definition.form_pipeline import pipeline_form
from sm_pipeline_widgets.definition.rewrite import apply_all
from sm_pipeline_widgets.definition.rewrite_links import branch_of
from sm_pipeline_widgets.definition.rewrite_mentions import Subject, mentions_of
from sm_pipeline_widgets.definition.rewrite_page import last_scalar, read_page
from sm_pipeline_widgets.definition.rewrite_plan import told
from sm_pipeline_widgets.definition.templates import begin_with, template
from sm_pipeline_widgets.errors import EditRefusedError
from sm_pipeline_widgets.widgets import edit_answers, edit_messages
from sm_pipeline_widgets.widgets.edit_facts import read_edit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sm_pipeline_widgets.definition.assist_values import Surroundings
    from sm_pipeline_widgets.definition.compile import Compiled
    from sm_pipeline_widgets.definition.edits import Edited, Mention
    from sm_pipeline_widgets.errors import Problem

    Send = Callable[[Mapping[str, object]], None]

_HALF = re.compile("[\ud800-\udfff]")


class Editor(Protocol):
    """What is edited."""

    @property
    def first_line(self) -> int:
        """The number people see on the text's first line: 2 in a cell, whose magic is line 1."""
        ...

    def around(self) -> Surroundings:
        """What the text may name that does not stand in it."""
        ...

    @property
    def name(self) -> str:
        """The pipeline's name."""
        ...

    def compiled(self, text: str) -> Compiled:
        """What a text compiles to, lines of its problems counted as people see them."""
        ...

    def draw(self, text: str, renamed: Mapping[str, str]) -> Problem | None:
        """Show this text from now on, or say what keeps it from being read.

        `renamed` are steps that have another name now, new names by old ones.
        """
        ...


class EditDesk:
    """Answers what pages ask about editing.

    Parameters
    ----------
    keep
        Told of the newest text, which a page that is opened later compares with its own.
    """

    def __init__(self, editor: Editor, send: Send, keep: Callable[[str], None] = lambda _text: None) -> None:
        self._editor = editor
        self._send = send
        self._keep = keep

    def receive(self, request: edit_messages.EditRequest) -> None:
        """Answer a request; whatever goes wrong is an answer too."""
        try:
            _check_text(str(request.get("text", "")), str(request.get("pasted", "")))
            self._answer(request)
        except EditRefusedError as refused:
            self._send({**edit_answers.refusal(request, refused.seen_below(self._editor.first_line - 1), refused.fix)})
        except Exception as raised:  # noqa: BLE001 - whatever goes wrong is shown where the edit was asked for
            fix = "The text stays as it is. Make the change in the text itself."
            self._send(
                {**edit_answers.refusal(request, f"this could not be done: {raised or type(raised).__name__}", fix)}
            )

    def _answer(self, request: edit_messages.EditRequest) -> None:
        if request["kind"] == "edit_text":
            self._send({**self._drawn(request)})
        elif request["kind"] == "edit_apply":
            self._apply(request)
        elif request["kind"] == "edit_connections":
            self._send({**self._choices(request)})
        elif request["kind"] == "edit_mentions":
            self._send({**self._mentioned(request)})
        elif request["kind"] == "edit_palette":
            self._send({**edit_answers.palette_message(request["ticket"])})
        elif request["kind"] == "edit_form":
            self._send({**self._form(request)})
        elif request["kind"] == "edit_options":
            self._send({**self._options(request)})
        elif request["kind"] == "edit_template":
            self._begin(request)
        elif request["kind"] == "edit_copy":
            text = copy_steps(request["text"], request["steps"], self._editor.name)
            self._send({**edit_messages.EditCopiedMessage(kind="edit_copied", ticket=request["ticket"], text=text)})
        else:
            self._paste(request)

    def _drawn(self, request: edit_messages.EditTextRequest) -> edit_messages.EditDrawnMessage:
        self._keep(request["text"])
        wrong = self._editor.draw(request["text"], {})
        return edit_messages.EditDrawnMessage(
            kind="edit_drawn",
            ticket=request["ticket"],
            text=request["text"],
            follows=request["follows"],
            is_readable=wrong is None,
            message="" if wrong is None else edit_answers.sentences(wrong.message, wrong.fix),
            line=None if wrong is None else wrong.line,
            column=None if wrong is None else wrong.column,
        )

    def _apply(self, request: edit_messages.EditApplyRequest) -> None:
        several = [edit for edit in map(read_edit, request["edits"]) if edit is not None]
        renamed = {edit.name: edit.new for edit in several if isinstance(edit, RenameStep)}
        self._written(request["ticket"], request["text"], apply_all(request["text"], several), renamed=renamed)

    def _written(
        self,
        ticket: int,
        before: str,
        edited: Edited,
        *,
        select: Sequence[str] = (),
        renamed: Mapping[str, str] | None = None,
        cells: Mapping[str, str] | None = None,
    ) -> None:
        """Send the new text, then draw it."""
        chosen = list(select) or ([edited.step] if edited.step is not None else [])
        text = _as_in_cells(before, edited.text)
        answer = edit_messages.EditWrittenMessage(
            kind="edit_written",
            ticket=ticket,
            before=before,
            text=text,
            changes=[(one.start, min(one.end, len(text))) for one in edited.changes],
            select=chosen,
            notes=list(edited.notes),
            mentions=self._mentions(edited.mentions),
            cells=[
                edit_messages.CodeCellFact(name=name, source=f"%%step {name}\n{code}")
                for name, code in (cells or {}).items()
            ],
        )
        self._send({**answer})
        self._keep(text)
        self._editor.draw(text, renamed or {})

    def _begin(self, request: edit_messages.EditTemplateRequest) -> None:
        made = template(request["name"])
        known = self._editor.around().cells
        missing = {name: code.rstrip("\n") for name, code in made.cells.items() if name not in known}
        self._written(request["ticket"], request["text"], begin_with(request["text"], made), cells=missing)

    def _paste(self, request: edit_messages.EditPasteRequest) -> None:
        text, said, beside = request["text"], request["branch"], request.get("beside")
        spec = read_page(text).spec
        branch = (said[0], said[1]) if said is not None else branch_of(spec, beside) if beside is not None else None
        done = paste(text, request["pasted"], branch)
        before = set(spec.steps)
        fresh = [name for name in read_page(done.text).spec.steps if name not in before]
        self._written(request["ticket"], text, done, select=fresh)

    def _choices(self, request: edit_messages.EditConnectionsRequest) -> edit_messages.EditChoicesMessage:
        found = possible_connections(read_page(request["text"]).spec, request["source"], request["target"])
        return edit_answers.choices_message(request["ticket"], found)

    def _mentioned(self, request: edit_messages.EditMentionsRequest) -> edit_messages.EditMentionedMessage:
        page, gone = read_page(request["text"]), set(request["steps"])
        hits = [hit for name in request["steps"] for hit in mentions_of(page, Subject.STEP, name)]
        hits += [hit for name in request["parameters"] for hit in mentions_of(page, Subject.PARAMETER, name)]
        # what stands in a step that goes as well is nobody's loss
        outside = [hit for hit in hits if hit.path[0] != "steps" or hit.path[1] not in gone]
        mentions = self._mentions(told(page, outside, outside))
        return edit_messages.EditMentionedMessage(kind="edit_mentioned", ticket=request["ticket"], mentions=mentions)

    def _form(self, request: edit_messages.EditFormRequest) -> edit_messages.EditFormMessage:
        text, steps, below = request["text"], request["steps"], tuple(request.get("below") or ())
        made = FormText(text, self._editor.compiled(text), self._editor.first_line - 1)
        form = step_form(made, steps, below) if steps else pipeline_form(made, self._editor.name, below)
        return edit_answers.form_message(request["ticket"], steps, form)

    def _options(self, request: edit_messages.EditOptionsRequest) -> edit_messages.EditOptionsMessage:
        path = tuple(request["path"])
        if not path:
            raise EditRefusedError("the name of a key is missing", "Name the key, such as `image`.")
        found = field_options(request["text"], request["steps"], path, request["typed"], self._editor.around())
        return edit_answers.options_message(request["ticket"], found)

    def _mentions(self, mentions: Sequence[Mention]) -> list[edit_messages.MentionFact]:
        return [edit_answers.mention_fact(one, self._editor.first_line - 1) for one in mentions]


def _as_in_cells(before: str, text: str) -> str:
    """The text without a line break at its end where there was none: a cell would show an empty line."""
    if before.endswith("\n") or not text.endswith("\n"):
        return text
    last = last_scalar(read_page(text).source.root)
    is_block = last is not None and last.style in ("|", ">")  # its last line break is a part of it
    return text if is_block else text[:-1]


def _check_text(*texts: str) -> None:
    for text in texts:
        if not text.isascii() and _HALF.search(text):
            fix = "Look for a character that is shown as a box or a question mark, and delete it."
            raise EditRefusedError("the text holds half a character, which cannot be sent or saved", fix)
