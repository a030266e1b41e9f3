"""Values against botocore's shapes: JSON in, JSON out, and the constraints the service states, in its own words.

It knows shapes and plain values; it must not know HTTP, services or operations.
"""

from __future__ import annotations

import base64
import binascii
import functools
import math
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine.exceptions import ServiceException

if TYPE_CHECKING:
    from collections.abc import Iterator

# botocore tells the kinds of shapes apart by `type_name`, not by anything a type checker sees
Shape = Any

_INTEGERS = ("integer", "long", "short", "byte")
_NUMBERS = ("float", "double", "bigdecimal")


# --- JSON to values


def from_json(shape: Shape, value: Any, at: str = "") -> Any:
    """The value a JSON body holds for a shape; unknown members are ignored as the service ignores them."""
    if value is None:
        return None
    kind = shape.type_name
    if kind == "structure":
        _expect(value, dict, shape, at)
        return {
            name: from_json(member, value[name], _below(at, name))
            for name, member in shape.members.items()
            if value.get(name) is not None
        }
    if kind == "list":
        _expect(value, list, shape, at)
        return [from_json(shape.member, item, f"{at}.{index}.member") for index, item in enumerate(value, 1)]
    if kind == "map":
        _expect(value, dict, shape, at)
        return {key: from_json(shape.value, item, f"{at}.{key}.member") for key, item in value.items()}
    return _scalar_from_json(shape, value, at)


def _scalar_from_json(shape: Shape, value: Any, at: str) -> Any:
    kind = shape.type_name
    if kind == "string":
        _expect(value, str, shape, at)
        return _speakable(value, at)
    if kind == "boolean":
        _expect(value, bool, shape, at)
        return value
    if kind == "timestamp":
        return _moment(value, at)
    if kind == "blob":
        _expect(value, str, shape, at)
        try:
            return base64.b64decode(value, validate=True)
        except binascii.Error:
            raise _unreadable(f"{at or 'body'} is not base64") from None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        wanted = "an Integer" if kind in _INTEGERS else "a Double"
        raise _unreadable(f"{_type_word(value)} can not be converted to {wanted}")
    if not math.isfinite(value) or (kind in _INTEGERS and value != int(value)):
        raise _unreadable(f"{value} can not be converted to an Integer")
    return int(value) if kind in _INTEGERS else float(value)


def _speakable(text: str, at: str) -> str:
    # half of a surrogate pair is JSON, but no text that could be stored
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _unreadable(f"{at or 'body'} is not Unicode") from None
    return text


def _moment(value: Any, at: str) -> datetime:
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        if not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError, TypeError):
        pass
    raise _unreadable(f"{at or 'body'} is not a timestamp")


def _expect(value: Any, kind: type, shape: Shape, at: str) -> None:
    if not isinstance(value, kind):
        raise _unreadable(f"{at or 'the body'}: {_type_word(value)} can not be converted to {_shape_word(shape)}")


def _type_word(value: Any) -> str:
    words = {str: "STRING_VALUE", bool: "BOOLEAN_VALUE", dict: "Start of structure", list: "Start of list"}
    return words.get(type(value), "NUMBER_VALUE")


def _shape_word(shape: Shape) -> str:
    return {"structure": "a structure", "list": "a list", "map": "a map", "boolean": "a Boolean"}.get(
        shape.type_name, "a String"
    )


def _unreadable(message: str) -> ServiceException:
    return ServiceException("SerializationException", message)


# --- values to JSON


def to_json(shape: Shape, value: Any) -> Any:
    """The JSON of an answer: members the shape does not have and members that are None are left out."""
    kind = shape.type_name
    if kind == "structure":
        return {
            name: to_json(member, value[name]) for name, member in shape.members.items() if value.get(name) is not None
        }
    if kind == "list":
        return [to_json(shape.member, item) for item in value]
    if kind == "map":
        return {str(key): to_json(shape.value, item) for key, item in value.items()}
    if kind == "timestamp":
        return round(value.timestamp(), 3)
    if kind == "blob":
        return base64.b64encode(value).decode()
    if kind in _INTEGERS:
        return int(value)
    if kind == "string":
        return str(value)
    return value


# --- constraints


_AT_MOST = "less than or equal to"


def check(shape: Shape, value: dict[str, Any]) -> None:
    """Raise one ``ValidationException`` that names every constraint the value breaks."""
    _refuse(list(_complaints(shape, value, "")))


def check_sizes(shape: Shape, value: dict[str, Any]) -> None:
    """Raise one ``ValidationException`` that names all that is longer, larger or more than the service takes."""
    _refuse([complaint for complaint in _complaints(shape, value, "") if _AT_MOST in complaint])


def _refuse(complaints: list[str]) -> None:
    if not complaints:
        return
    errors = "1 validation error" if len(complaints) == 1 else f"{len(complaints)} validation errors"
    raise ServiceException("ValidationException", f"{errors} detected: {'; '.join(complaints[:20])}")


def _complaints(shape: Shape, value: Any, at: str) -> Iterator[str]:
    if value is None:
        yield _complaint("null", at, "not be null")
        return
    kind = shape.type_name
    if kind == "structure":
        for name in shape.required_members:
            if value.get(name) is None:
                yield _complaint("null", _below(at, name), "not be null")
        for name, item in value.items():
            yield from _complaints(shape.members[name], item, _below(at, name))
        return
    yield from (_complaint(_shown(value), at, must) for must in _broken(shape, value))
    if kind == "list":
        for index, item in enumerate(value, 1):
            yield from _complaints(shape.member, item, f"{at}.{index}.member")
    elif kind == "map":
        for key, item in value.items():
            yield from _complaints(shape.key, key, f"{at}.key")
            yield from _complaints(shape.value, item, f"{at}.{key}.member")


def _broken(shape: Shape, value: Any) -> Iterator[str]:
    kind = shape.type_name
    metadata = shape.metadata
    if kind == "string" and shape.enum and value not in shape.enum:
        yield f"satisfy enum value set: [{', '.join(shape.enum)}]"
        return
    is_number = kind in _INTEGERS or kind in _NUMBERS
    size = value if is_number else len(value) if kind in ("string", "list", "map", "blob") else None
    if size is None:
        return
    word = "value" if is_number else "length"
    if size > metadata.get("max", math.inf):
        yield f"have {word} {_AT_MOST} {metadata['max']}"
    elif size < metadata.get("min", -math.inf):
        yield f"have {word} greater than or equal to {metadata['min']}"
    elif kind == "string" and "pattern" in metadata:
        pattern = _pattern(metadata["pattern"])
        if pattern is not None and not pattern.fullmatch(value):
            yield f"satisfy regular expression pattern: {metadata['pattern']}"


@functools.cache
def _pattern(text: str) -> re.Pattern[str] | None:
    # the models' patterns are Java's; the few that Python cannot read are not checked
    try:
        return re.compile(text)
    except re.error:
        return None


def _complaint(value: str, at: str, must: str) -> str:
    return f"Value {value} at '{at}' failed to satisfy constraint: Member must {must}"


def _shown(value: Any) -> str:
    text = str(value)
    return f"'{text if len(text) <= 200 else text[:200] + '…'}'"


def _below(at: str, name: str) -> str:
    member = name[:1].lower() + name[1:]
    return f"{at}.{member}" if at else member
