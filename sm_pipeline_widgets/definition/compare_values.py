"""What differs between two JSON values, path by path: lists are matched by their items' keys, not by index.

Expressions and conditions are one value each, whatever they hold. Equal means of equal type too: 1 is not 1.0.

>>> [(change.path, change.before, change.after) for change in value_changes({"a": 1, "b": [1]}, {"a": 2, "b": [1]})]
[('a', 1, 2)]
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from sm_pipeline_widgets.definition.values import EXPRESSIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


class Absent(Enum):
    """The side of a change where there is nothing; a JSON value may be null, so None cannot say it."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT

KEYS = (
    "InputName", "OutputName", "ChannelName", "PropertyFileName", "VariantName", "ContainerHostname", "Name", "Key",
    "Step", "StepName",
)  # fmt: skip
"""Members that tell the items of a list apart, where every item has one of its own."""
ORDER = "(order)"
"""The last part of a path whose change is the order of a list's items alone."""
_WHOLE = frozenset({"Conditions"})


@dataclass(frozen=True, slots=True)
class ValueChange:
    """One value that is not the same: its path, and what stood and stands there (:data:`ABSENT` for nothing)."""

    path: str
    before: Any
    after: Any


def canonical(value: Any) -> str:
    """Equal texts for values that are equal in type too; unlike ``==`` it takes NaN for itself."""
    return json.dumps(value, sort_keys=True)


def value_changes(before: Any, after: Any, path: str = "") -> Iterator[ValueChange]:
    """Everything that differs, in the order of `before`, then of `after`."""
    if before is ABSENT or after is ABSENT:
        yield ValueChange(path, before, after)
        return
    if canonical(before) == canonical(after):
        return
    if isinstance(before, dict) and isinstance(after, dict) and not (_is_one(before) or _is_one(after)):
        for key in (*before, *(key for key in after if key not in before)):
            old, new = before.get(key, ABSENT), after.get(key, ABSENT)
            if key in _WHOLE and canonical_or_none(old) != canonical_or_none(new):
                yield ValueChange(_below(path, key), old, new)
            else:
                yield from value_changes(old, new, _below(path, key))
    elif isinstance(before, list) and isinstance(after, list):
        yield from _list_changes(before, after, path)
    else:
        yield ValueChange(path, before, after)


def canonical_or_none(value: Any) -> str | None:
    """The canonical text, None for what is absent."""
    return None if value is ABSENT else canonical(value)


def _is_one(value: Mapping[str, Any]) -> bool:
    """Whether an object is an expression, which is one value."""
    return len(value) == 1 and next(iter(value)) in EXPRESSIONS


def _below(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _list_changes(before: Sequence[Any], after: Sequence[Any], path: str) -> Iterator[ValueChange]:
    old, new = _keyed(before), _keyed(after)
    if old is None or new is None:
        yield from _aligned(before, after, path)
        return
    for name in (*old, *(name for name in new if name not in old)):
        yield from value_changes(old.get(name, ABSENT), new.get(name, ABSENT), f"{path}[{name}]")
    stayed = [name for name in old if name in new]
    moved = [name for name in new if name in old]
    if stayed != moved:
        yield ValueChange(_below(path, ORDER), stayed, moved)


def _keyed(items: Sequence[Any]) -> dict[str, Any] | None:
    """Items by their key; None where they have none, or share one. A plain name is its own key."""
    found: dict[str, Any] = {}
    for item in items:
        key = _key_of(item)
        if key is None or key in found:
            return None
        found[key] = item
    return found


def _key_of(item: Any) -> str | None:
    if not isinstance(item, dict):
        return None
    return next((item[key] for key in KEYS if isinstance(item.get(key), str)), None)


def _aligned(before: Sequence[Any], after: Sequence[Any], path: str) -> Iterator[ValueChange]:
    """Lists without keys: what is alike is lined up, what stands between is compared item by item."""
    texts = [canonical(item) for item in before], [canonical(item) for item in after]
    for kind, old_from, old_to, new_from, new_to in SequenceMatcher(None, *texts, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        common = min(old_to - old_from, new_to - new_from)
        for at in range(common):
            old, new = old_from + at, new_from + at
            yield from value_changes(before[old], after[new], f"{path}[{_place(after, new)}]")
        for at in range(old_from + common, old_to):
            yield ValueChange(f"{path}[{_place(before, at)}]", before[at], ABSENT)
        for at in range(new_from + common, new_to):
            yield ValueChange(f"{path}[{_place(after, at)}]", ABSENT, after[at])


def _place(items: Sequence[Any], at: int) -> str:
    """An item's index, or the option before it: ``[--rows, 10]`` has ``10`` at ``--rows``."""
    option, item = items[at - 1] if at else None, items[at]
    is_option = isinstance(option, str) and option.startswith("--") and "=" not in option
    return str(option) if is_option and not (isinstance(item, str) and item.startswith("--")) else str(at)
