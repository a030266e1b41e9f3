"""XML of the query and REST-XML protocols, by botocore's shapes.

It knows shapes, elements and values; it must not know HTTP, services or operations.
"""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

from sm_pipeline_widgets.engine.exceptions import ServiceException

# botocore tells the kinds of shapes apart by `type_name`, not by anything a type checker sees
Shape = Any
# what XML 1.0 cannot hold in any spelling; S3 clients that care ask for encoding-type=url
_UNSPEAKABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'


def render(root: ET.Element) -> bytes:
    """The document's bytes."""
    return _DECLARATION + ET.tostring(root, encoding="unicode").encode()


def leaf(parent: ET.Element, name: str, value: str) -> ET.Element:
    """Append an element that holds only text."""
    element = ET.SubElement(parent, name)
    # a carriage return would be read back as a line feed
    element.text = _UNSPEAKABLE.sub("\N{REPLACEMENT CHARACTER}", value)
    return element


def write_members(parent: ET.Element, shape: Shape, value: dict[str, Any], skip: frozenset[str] = frozenset()) -> None:
    """Append a structure's members; those that are None and those in ``skip`` are left out."""
    for name, member in shape.members.items():
        if name not in skip and value.get(name) is not None:
            _write(parent, member.serialization.get("name", name), member, value[name])


def _write(parent: ET.Element, name: str, shape: Shape, value: Any) -> None:
    kind = shape.type_name
    if kind == "structure":
        write_members(ET.SubElement(parent, name), shape, value)
    elif kind == "list":
        flattened = shape.serialization.get("flattened")
        holder = parent if flattened else ET.SubElement(parent, name)
        item_name = name if flattened else shape.member.serialization.get("name", "member")
        for item in value:
            _write(holder, item_name, shape.member, item)
    else:
        leaf(parent, name, scalar_text(shape, value))


def scalar_text(shape: Shape, value: Any) -> str:
    """A scalar's spelling in XML."""
    kind = shape.type_name
    if kind == "boolean":
        return "true" if value else "false"
    if kind == "timestamp":
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{value.microsecond // 1000:03d}Z"
    if kind == "blob":
        return base64.b64encode(value).decode()
    return str(value)


def parse(body: bytes) -> ET.Element:
    """The root of a request's document; a ``MalformedXML`` refusal for anything else."""
    # no request of S3 has a document type, and an entity's expansion could fill the memory
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise _malformed()
    try:
        return ET.fromstring(body)  # noqa: S314  # no document type, so no entities: see above
    except (ET.ParseError, ValueError, LookupError):
        raise _malformed() from None


def read_members(element: ET.Element, shape: Shape) -> dict[str, Any]:
    """A structure's members out of an element, namespaces ignored."""
    by_name: dict[str, list[ET.Element]] = {}
    for child in element:
        by_name.setdefault(child.tag.rpartition("}")[2], []).append(child)
    result: dict[str, Any] = {}
    for name, member in shape.members.items():
        found = by_name.get(_element_name(name, member))
        if found:
            result[name] = _read(found, member)
    return result


def _element_name(name: str, shape: Shape) -> str:
    if shape.type_name == "list" and shape.serialization.get("flattened"):
        return str(shape.member.serialization.get("name", shape.serialization.get("name", name)))
    return str(shape.serialization.get("name", name))


def _read(elements: list[ET.Element], shape: Shape) -> Any:
    kind = shape.type_name
    if kind == "structure":
        return read_members(elements[0], shape)
    if kind == "list":
        items = elements if shape.serialization.get("flattened") else list(elements[0])
        return [_read([item], shape.member) for item in items]
    return read_scalar(shape, elements[0].text or "")


def read_scalar(shape: Shape, text: str) -> Any:
    """A scalar out of its spelling in XML, a header or a query."""
    kind = shape.type_name
    try:
        if kind in ("integer", "long"):
            return int(text)
        if kind == "boolean":
            return {"true": True, "false": False}[text.lower()]
        if kind == "timestamp":
            moment = datetime.fromisoformat(text)
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, KeyError):
        raise ServiceException("InvalidArgument", f"{text[:100]!r} is not a {kind}.") from None
    return text


def _malformed() -> ServiceException:
    return ServiceException(
        "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema"
    )
