"""Values as they are put into a text that is there already: beside a key, in lines below it, or inside brackets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import yaml

from sm_pipeline_widgets.definition.yaml_text import is_writable, scalar, write_yaml
from sm_pipeline_widgets.errors import EditRefusedError

if TYPE_CHECKING:
    from sm_pipeline_widgets.definition.source import Json


class Written(NamedTuple):
    """What stands behind a key's colon, and the lines below it (with their indentation, without line breaks)."""

    head: str
    lines: tuple[str, ...] = ()


def write_value(value: Json, indent: int, unit: int) -> Written:
    """A value for a key that stands at column `indent`; what is below goes `unit` columns further in."""
    if isinstance(value, str) and "\n" in value:
        return _text_block(value, " " * (indent + unit))
    one_line = write_yaml(value).removesuffix("\n")
    if not isinstance(value, dict | list):
        return Written(single(value))
    if one_line[0] in "{[" and "\n" not in one_line:
        return Written(write_flow(value))
    return Written("", tuple(_lines(value, indent + unit, unit)))


def write_entry(key: str, value: Json, indent: int, unit: int) -> list[str]:
    """A key with its value, as lines."""
    head, lines = write_value(value, indent, unit)
    return [f"{' ' * indent}{scalar(key)}:{f' {head}' if head else ''}", *lines]


def write_step(fields: dict[str, Json], indent: int, unit: int) -> list[str]:
    """A step's keys, each on a line of its own."""
    return [line for key, value in fields.items() for line in write_entry(key, value, indent, unit)]


def write_flow(value: Json) -> str:
    """A value on one line, as it can stand inside brackets."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(key, flow=True)}: {write_flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(write_flow, value)) + "]"
    return single(value, flow=True)


def single(value: Json, *, flow: bool = False) -> str:
    """A single value; a text that other readers of YAML take for a number, a date or a yes has quotes.

    >>> single("no"), single("012"), single("$steps.a.model"), single(3)
    ("'no'", "'012'", '$steps.a.model', '3')
    """
    written = scalar(value, flow=flow)
    if not isinstance(value, str) or not value or written != value:
        return written
    rules = yaml.SafeLoader.yaml_implicit_resolvers.get(value[0], ())
    return f"'{value}'" if any(pattern.match(value) for _, pattern in rules) else written


def check_writable(value: Json) -> None:
    """Refuse what YAML cannot hold.

    Raises
    ------
    EditRefusedError
        It is nested too deeply, or holds half a character, a huge number or a very long key.
    """
    if not is_writable(value) or _has_long_key(value):
        fix = "Give a value without half characters, keys of over 900 letters or more than 100 levels."
        raise EditRefusedError("this value cannot be written into a text", fix)


def _has_long_key(value: Json) -> bool:
    if isinstance(value, dict):
        return any(len(scalar(key)) > 900 or _has_long_key(inner) for key, inner in value.items())
    return isinstance(value, list) and any(map(_has_long_key, value))


def _text_block(value: str, pad: str) -> Written:
    head, *lines = write_yaml({"k": value}).removesuffix("\n").split("\n")
    # A text whose lines cannot stand in a block comes back on one line, in quotes.
    return Written(head.removeprefix("k: "), tuple(re.sub(r"^  ", pad, line) for line in lines))


def _lines(value: Json, indent: int, unit: int) -> list[str]:
    if isinstance(value, dict):
        return [line for key, inner in value.items() for line in write_entry(key, inner, indent, unit)]
    lines: list[str] = []
    for item in value if isinstance(value, list) else ():
        head, below = write_value(item, indent, 2)
        if head:
            lines += [f"{' ' * indent}- {head}", *below]
        else:
            lines += [f"{' ' * indent}- {below[0].lstrip(' ')}", *below[1:]]
    return lines
