"""Edits as they travel between page and kernel: ``{edit: 'RenameStep', name: 'train', new: 'fit'}``.

The fields are those of :mod:`~sm_pipeline_widgets.definition.edits`, by their names. Where the text is to hold a value,
that is JSON under ``value``, or under ``text`` what a person typed into a field. Part of the protocol.
"""

from __future__ import annotations

from dataclasses import fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition import edits
from sm_pipeline_widgets.definition.edits import UNSET, Leftover
from sm_pipeline_widgets.definition.typed_values import read_typed
from sm_pipeline_widgets.errors import EditRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

EditFact = dict[str, Any]
"""``edit`` names the kind; everything else is a field of it."""


class _Bad(ValueError):  # noqa: N818 - control flow inside this module, not an error
    """A fact that is no edit."""


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _Bad
    return value


def _text_or_none(value: Any) -> str | None:
    return None if value is None else _text(value)


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(map(_text, _list(value)))


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise _Bad
    return value


def _path(value: Any) -> edits.Path:
    if not all(isinstance(part, str | int) and not isinstance(part, bool) for part in _list(value)):
        raise _Bad
    return tuple(value)


def _branch(value: Any) -> tuple[str, str] | None:
    match value:
        case None:
            return None
        case [str(holder), str(branch)]:
            return (holder, branch)
    raise _Bad


def _fields(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise _Bad
    return value


def _leftover(value: Any) -> Leftover:
    return Leftover(_text(value))


def _json(value: Any) -> Any:
    return value


_READERS: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("name", "type", "new", "source", "output", "target", "step", "key", "description"), _text),
    **dict.fromkeys(("after", "condition"), _text_or_none),
    **dict.fromkeys(("path", "input"), _path),
    **dict.fromkeys(("value", "default"), _json),
    "leftover": _leftover,
    "enum": _texts,
    "fields": _fields,
}
_OWN: Mapping[tuple[str, str], Callable[[Any], Any]] = {
    ("AddStep", "branch"): _branch,
    ("MoveToBranch", "branch"): _text_or_none,
    ("DuplicateStep", "new"): _text_or_none,
    ("AddParameter", "type"): _text_or_none,
}
_TYPED = ("value", "default")
"""Fields that can be given as what a person typed, under ``text``."""
KINDS: Mapping[str, type[edits.Edit]] = {
    kind.__name__: kind
    for kind in (
        edits.AddStep, edits.DeleteStep, edits.RenameStep, edits.DuplicateStep, edits.Connect, edits.Disconnect,
        edits.SetField, edits.RemoveField, edits.RenameField, edits.MoveToBranch, edits.AddParameter,
        edits.RenameParameter,
        edits.SetParameter, edits.DeleteParameter, edits.SetSetting,
    )
}  # fmt: skip
"""The edits a page may ask for, by name. Undoing is the cell's own."""
_CAN_BE_UNSET = ("SetParameter", "SetSetting")


def read_edit(fact: Any) -> edits.Edit | None:
    """The edit if it is one and well formed, else None.

    Raises
    ------
    EditRefusedError
        What was typed into a field begins with a quote or bracket and does not end with it.
    """
    kind = KINDS.get(fact.get("edit", "")) if isinstance(fact, dict) and isinstance(fact.get("edit"), str) else None
    if kind is None:
        return None
    given = {key: value for key, value in fact.items() if key != "edit"}
    own = [one.name for one in fields(kind)]
    typed = next((name for name in _TYPED if name in own), None)
    if typed is not None and isinstance(given.get("text"), str):
        given[typed] = read_typed(given.pop("text"))
    elif kind.__name__ in _CAN_BE_UNSET and "value" not in given:
        given["value"] = UNSET
    try:
        return kind(**{name: _reader(kind, name)(value) for name, value in given.items()})
    except (KeyError, TypeError, ValueError):
        return None


def is_edit(fact: Any) -> bool:
    """Whether a fact is an edit; what was typed into a field may still be refused."""
    try:
        return read_edit(fact) is not None
    except EditRefusedError:
        return True


def _reader(kind: type[edits.Edit], name: str) -> Callable[[Any], Any]:
    return _OWN.get((kind.__name__, name)) or _READERS[name]


def edit_fact(edit: edits.Edit) -> EditFact:
    """An edit as it travels."""
    given = {one.name: getattr(edit, one.name) for one in fields(edit)}
    return {
        "edit": type(edit).__name__,
        **{name: _plain(value) for name, value in given.items() if value is not UNSET},
    }


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value.value if isinstance(value, StrEnum) else value
