"""What a form is made of: fields with their kinds and values, as a person edits them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.rewrite_values import single, write_flow
from sm_pipeline_widgets.definition.secrets import is_secret_name, looks_like_key
from sm_pipeline_widgets.definition.source import Node, Scalar, plain
from sm_pipeline_widgets.definition.typed_values import read_typed
from sm_pipeline_widgets.errors import EditRefusedError

if TYPE_CHECKING:
    from sm_pipeline_widgets.definition.edits import Path
    from sm_pipeline_widgets.definition.source import Json
    from sm_pipeline_widgets.errors import Problem

HIDDEN = "(hidden)"
_MOST = 2_000


class FieldKind(StrEnum):
    """How a field is edited. Every kind also takes a reference."""

    TEXT = "text"
    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    LIST = "list"
    MAP = "map"
    CODE = "code"
    STEPS = "steps"
    ANY = "any"


class Origin(StrEnum):
    """Where what counts comes from when a key is left out."""

    DEFAULTS = "the pipeline's defaults"
    BUILT_IN = "built in"
    TARGET = "the target"
    KEYS = "the step's other keys"


@dataclass(frozen=True, slots=True)
class Field:
    """One key as a form shows it.

    Parameters
    ----------
    path
        Where it is, from the step (of a pipeline's form: from the top of the text).
    value
        What is written, without quotes for a plain text; None where nothing is.
    default, default_from
        What counts where nothing is written, and who says so.
    says, source
        Its documentation, and where that comes from.
    can_add
        What the key of a new entry is called; empty where none can be added.
    is_lazy
        Whether more fields lie below, for the asking.
    is_secret
        Whether the value is hidden: it must not be written back.
    """

    path: Path
    label: str
    kind: FieldKind
    value: str | None = None
    default: str = ""
    default_from: str = ""
    is_required: bool = False
    allowed: tuple[str, ...] = ()
    says: str = ""
    source: str = ""
    problems: tuple[Problem, ...] = ()
    is_mixed: bool = False
    unit: str = ""
    fields: tuple[Field, ...] = ()
    can_add: str = ""
    is_lazy: bool = False
    is_secret: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """Fields under a heading."""

    title: str
    says: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """Everything that can be said of some steps, or of the pipeline."""

    title: str
    sections: tuple[Section, ...]


def shown(node: Node | None, name: str, kind: FieldKind = FieldKind.ANY) -> tuple[str | None, bool]:
    """What is written at a node as a field shows it, and whether something of it is hidden.

    >>> from sm_pipeline_widgets.definition.source import read_source
    >>> shown(read_source("{a: 1, DB_PASSWORD: x}").root, "environment")
    ('{a: 1, DB_PASSWORD: (hidden)}', True)
    """
    if node is None:
        return None, False
    hidden = _hidden(plain(node), name)
    if hidden is not None:
        return hidden if isinstance(hidden, str) else write_flow(hidden), True
    if isinstance(node, Scalar):
        return _single(node, kind), False
    written = write_flow(plain(node))
    return written if len(written) <= _MOST else f"{written[:_MOST]}…", len(written) > _MOST


def _single(node: Scalar, kind: FieldKind) -> str:
    if not isinstance(node.value, str) or kind is FieldKind.TEXT:
        return node.text
    try:
        means = read_typed(node.text)
    except EditRefusedError:
        means = None
    return node.text if means == node.text else single(node.value)


def _hidden(value: Json, name: str) -> Json:
    """The value with its secrets hidden; None when it has none."""
    if isinstance(value, dict):
        found = {key: _hidden(inner, key) for key, inner in value.items()}
        return {key: value[key] if one is None else one for key, one in found.items()} if _any(found.values()) else None
    if isinstance(value, list):
        several = [_hidden(inner, "") for inner in value]
        return [old if new is None else new for old, new in zip(value, several, strict=True)] if _any(several) else None
    is_secret = is_secret_name(name) and not (isinstance(value, str) and value.startswith("$"))
    return HIDDEN if (is_secret and value not in (None, "")) or looks_like_key(str(value)) else None


def _any(found: object) -> bool:
    return any(one is not None for one in found)  # type: ignore[attr-defined] # dict values and lists alike
