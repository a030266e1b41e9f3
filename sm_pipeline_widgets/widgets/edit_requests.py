"""Which messages of a page are requests about editing: well formed, or no request at all. Part of the protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from sm_pipeline_widgets.widgets.edit_facts import is_edit

if TYPE_CHECKING:
    from collections.abc import Callable

    from sm_pipeline_widgets.widgets.edit_messages import EditRequest

MOST_TEXT = 10_000_000
"""Characters of a text that is edited; more than that no cell holds."""


def read_edit_request(content: Any) -> EditRequest | None:
    """The request if it is one of these and well formed, else None."""
    match content:
        case {"kind": str(kind), "ticket": int(ticket)} if kind in _READERS and not isinstance(ticket, bool):
            return cast("EditRequest", content) if _READERS[kind](content) else None
    return None


def unread_ticket(content: Any) -> int | None:
    """The ticket of a request about editing that is not well formed, so that it gets an answer all the same."""
    match content:
        case {"kind": str(kind), "ticket": int(ticket)} if kind.startswith("edit_"):
            return ticket
    return None


def _has_text(content: Any) -> bool:
    text = content.get("text")
    return isinstance(text, str) and len(text) <= MOST_TEXT


def _is_text(content: Any) -> bool:
    return _has_text(content) and isinstance(content.get("follows"), str)


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def is_path(value: Any) -> bool:
    """Whether a value is a path: names and indices."""
    return isinstance(value, list) and all(isinstance(one, str | int) and not isinstance(one, bool) for one in value)


def _is_apply(content: Any) -> bool:
    edits = content.get("edits")
    return _has_text(content) and isinstance(edits, list) and all(map(is_edit, edits))


def _is_connections(content: Any) -> bool:
    return _has_text(content) and isinstance(content.get("source"), str) and isinstance(content.get("target"), str)


def _is_mentions(content: Any) -> bool:
    return _has_text(content) and _are_names(content.get("steps")) and _are_names(content.get("parameters"))


def _is_form(content: Any) -> bool:
    below = content.get("below")
    return _is_steps(content) and (below is None or is_path(below))


def _is_options(content: Any) -> bool:
    return _is_steps(content) and is_path(content.get("path")) and isinstance(content.get("typed"), str)


def _is_template(content: Any) -> bool:
    return _has_text(content) and isinstance(content.get("name"), str)


def _is_steps(content: Any) -> bool:
    return _has_text(content) and _are_names(content.get("steps"))


def _is_paste(content: Any) -> bool:
    match content.get("branch"):
        case None | [str(), str()]:
            beside = content.get("beside")
            return _has_text(content) and isinstance(content.get("pasted"), str) and isinstance(beside, str | None)
    return False


_READERS: dict[str, Callable[[Any], bool]] = {
    "edit_text": _is_text,
    "edit_apply": _is_apply,
    "edit_connections": _is_connections,
    "edit_mentions": _is_mentions,
    "edit_form": _is_form,
    "edit_options": _is_options,
    "edit_palette": lambda _content: True,
    "edit_template": _is_template,
    "edit_copy": _is_steps,
    "edit_paste": _is_paste,
}
