"""JSON values as YAML that a person would have written and :mod:`source` reads back with every type.

Short lists and mappings stand on one line, the rest in blocks; a text has quotes only where the reader would take
it for something else.

>>> print(write_yaml({"a": [1, 1.0, "1", "x: y"], "b": "no"}), end="")
a: [1, 1.0, '1', 'x: y']
b: no
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.source import Json, typed

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_DEPTH = 100
"""Deeper values are not written as YAML; the reader goes to 200, counted from the top of the text."""
_ONE_LINE = 72
_ONE_EXPRESSION = 150  # a path of a run is easier on the eye as one long line than as ten short ones
_ITEMS_OF_A_LINE = 8
_LONGEST_SIMPLE_KEY = 900  # YAML ends the search for a key's colon after 1,024 characters
_TOO_BIG = 10**3900  # the reader takes numbers of up to 4,000 digits
_INDICATORS = frozenset("-?:,[]{}#&*!|>'\"%@`")
_FLOW_INDICATORS = frozenset(",[]{}?")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}


class Block(dict[str, Any]):
    """A mapping that is written over several lines however short it is."""


def write_yaml(value: Json) -> str:
    """The value as YAML, ending in a newline. It must be writable (see :func:`is_writable`)."""
    return "\n".join(_block(value, 0) if _has_lines(value) else [_inline(value)]) + "\n"


def is_writable(value: Json) -> bool:
    """Whether a value can stand in YAML: no lone surrogates, no nesting or number beyond what the reader takes."""
    pending: list[tuple[Any, int]] = [(value, 0)]
    while pending:
        node, depth = pending.pop()
        if depth > MAX_DEPTH:
            return False
        if isinstance(node, dict):
            if not all(_is_writable_text(key) for key in node):
                return False
            pending.extend((inner, depth + 1) for inner in node.values())
        elif isinstance(node, list):
            pending.extend((inner, depth + 1) for inner in node)
        elif isinstance(node, str):
            if not _is_writable_text(node):
                return False
        elif isinstance(node, int) and abs(node) >= _TOO_BIG:
            return False
    return True


def scalar(value: Json, *, flow: bool = False) -> str:
    """A single value as it is written on one line."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and not math.isfinite(value):
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    if isinstance(value, int | float):
        return repr(value)
    text = str(value)
    return text if _is_plain(text, flow=flow) and isinstance(typed(text), str) else _quoted(text)


def _key(text: str, *, flow: bool = False) -> str:
    # The reader takes every key as the text it is, so `1:` and `null:` need no quotes.
    return text if _is_plain(text, flow=flow) else _quoted(text)


def _is_writable_text(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def _is_plain(text: str, *, flow: bool) -> bool:
    if not text or text[0] == " " or text[-1] in " :" or not text.isprintable():
        return False
    if text[0] in _INDICATORS and not (text[0] == "-" and len(text) > 1 and text[1] != " "):
        return False
    if text.startswith(("---", "...")) or ": " in text or " #" in text:
        return False
    return not flow or _FLOW_INDICATORS.isdisjoint(text)


def _quoted(text: str) -> str:
    if text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _has_lines(value: Json) -> bool:
    return isinstance(value, dict | list) and _one_line(value) is None


def _one_line(value: Json) -> str | None:
    """A list or mapping on one line, if it is short and simple enough to be read there."""
    if not value:
        return "{}" if isinstance(value, dict) else "[]"
    if isinstance(value, Block) or (isinstance(value, dict | list) and len(value) > _ITEMS_OF_A_LINE * 2):
        return None
    is_expression = isinstance(value, dict) and len(value) == 1 and next(iter(value)) in ("Get", "Std:Join")
    return _flow(value, _ONE_EXPRESSION if is_expression else _ONE_LINE, 3 if is_expression else 2)


def _flow(value: Json, room: int, depth: int) -> str | None:
    if isinstance(value, dict | list):
        if isinstance(value, Block) or (depth == 0 and value):
            return None
        if isinstance(value, dict) and len(value) == 1 and _is_short(value.get("Get"), room):
            return f"{{Get: {scalar(value['Get'], flow=True)}}}"
        parts: list[str] = []
        for key, inner in value.items() if isinstance(value, dict) else ((None, item) for item in value):
            written = _flow(inner, room, depth - 1)
            if written is None:
                return None
            parts.append(written if key is None else f"{_key(key, flow=True)}: {written}")
            room -= len(parts[-1]) + 2
            if room < 0:
                return None
        return f"{{{', '.join(parts)}}}" if isinstance(value, dict) else f"[{', '.join(parts)}]"
    if isinstance(value, str) and ("\n" in value or (_is_plain(value, flow=False) and not _is_plain(value, flow=True))):
        return None  # reads better without the quotes that a line of its own does not need
    return scalar(value, flow=True)


def _is_short(text: Json, room: int) -> bool:
    return isinstance(text, str) and "\n" not in text and len(text) < room


def _inline(value: Json) -> str:
    one_line = _one_line(value) if isinstance(value, dict | list) else scalar(value)
    return one_line if one_line is not None else ""


def _block(value: Json, indent: int) -> list[str]:
    pad = " " * indent
    lines: list[str] = []
    if isinstance(value, dict):
        for key, inner in value.items():
            written = _key(key)
            if len(written) > _LONGEST_SIMPLE_KEY:
                lines += [f"{pad}? {written}", *_nested(f"{pad}:", inner, indent)]
            else:
                lines += _nested(f"{pad}{written}:", inner, indent)
    elif isinstance(value, list):
        for item in value:
            if _has_lines(item):
                first, *others = _block(item, indent + 2)
                lines += [f"{pad}- {first[indent + 2 :]}", *others]
            else:
                lines += _nested(f"{pad}-", item, indent)
    return lines


def _nested(head: str, value: Json, indent: int) -> list[str]:
    if _has_lines(value):
        return [head, *_block(value, indent + 2)]
    if isinstance(value, str) and "\n" in value and _is_literal(value):
        pad = " " * (indent + 2)
        sign = "|" if value.endswith("\n") else "|-"
        return [f"{head} {sign}", *_indented(value.removesuffix("\n").split("\n"), pad)]
    return [f"{head} {_inline(value)}"]


def _indented(lines: Iterable[str], pad: str) -> list[str]:
    return [f"{pad}{line}" if line else "" for line in lines]


def _is_literal(text: str) -> bool:
    """Whether a text of several lines reads back from a ``|`` block: its first line tells the indentation."""
    lines = text.removesuffix("\n").split("\n")
    if not lines[0] or lines[0][0] == " " or not lines[-1]:
        return False
    return all(line.isprintable() and not re.fullmatch(" +", line) for line in lines)
