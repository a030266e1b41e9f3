"""Requests and answers of the REST-JSON protocol: ``lambda`` and ``sagemaker-runtime``.

It knows botocore's bindings (which member stands in the path, the query, a header or the body); it must not know
sockets or what an operation does. ``POST /endpoints/e/invocations`` becomes
``Call("sagemaker-runtime", "InvokeEndpoint", {"EndpointName": "e", "Body": b"…"})``.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from sm_pipeline_widgets.engine import shapes
from sm_pipeline_widgets.engine.exceptions import ServiceException

if TYPE_CHECKING:
    from botocore.model import ServiceModel

    from sm_pipeline_widgets.engine.signature import RequestHead

MEDIA_TYPE = "application/json"
_LABEL = re.compile(r"\{(\w+)\+?\}")


def route(model: ServiceModel, head: RequestHead) -> tuple[str, dict[str, str]] | None:
    """The operation a request asks for and the members its path names; None where there is none."""
    for method, pattern, operation in _routes(model):
        match = pattern.fullmatch(head.path) if method == head.method else None
        if match:
            return operation, {name: unquote(text) for name, text in match.groupdict().items()}
    return None


@cache
def _routes(model: ServiceModel) -> tuple[tuple[str, re.Pattern[str], str], ...]:
    """Method, path and operation; paths with fewer open places first."""
    found = []
    for name in model.operation_names:
        http = model.operation_model(name).http
        path = str(http["requestUri"]).partition("?")[0].rstrip("/")
        parts = _LABEL.split(path)
        text = "".join(f"(?P<{part}>[^/]+)" if at % 2 else re.escape(part) for at, part in enumerate(parts))
        found.append((len(parts), http["method"], re.compile(text + "/?"), name))
    return tuple((method, pattern, name) for _, method, pattern, name in sorted(found, key=lambda at: at[0]))


def read_parameters(shape: shapes.Shape, labels: dict[str, str], head: RequestHead, body: bytes) -> dict[str, Any]:
    """The members of a request, wherever they stand.

    Raises
    ------
    ServiceException
        A value cannot be read as its shape says.
    """
    parameters: dict[str, Any] = {}
    payload = shape.serialization.get("payload")
    query: dict[str, list[str]] = {}
    for key, text in head.query:
        query.setdefault(key, []).append(text)
    for name, member in shape.members.items():
        place, spelled = member.serialization.get("location"), member.serialization.get("name", name)
        if place == "uri" and spelled in labels:
            parameters[name] = _scalar(member, labels[spelled], name)
        elif place == "querystring" and spelled in query:
            texts = query[spelled]
            is_list = member.type_name == "list"
            parameters[name] = texts if is_list else _scalar(member, texts[0], name)
        elif place == "header" and head.header(spelled) is not None:
            parameters[name] = _scalar(member, str(head.header(spelled)), name)
    if payload and shape.members[payload].type_name == "blob":
        parameters[payload] = body
    else:
        parameters |= _body_members(shape, payload, body)
    return parameters


def _body_members(shape: shapes.Shape, payload: str | None, body: bytes) -> dict[str, Any]:
    if not body.strip():
        return {}
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise ServiceException("SerializationException", "The body is not JSON.") from None
    if payload:
        return {payload: shapes.from_json(shape.members[payload], value)}
    read: dict[str, Any] = shapes.from_json(shape, value) or {}
    return {name: at for name, at in read.items() if "location" not in shape.members[name].serialization}


def _scalar(shape: shapes.Shape, text: str, name: str) -> Any:
    kind = shape.type_name
    if kind == "boolean":
        return text == "true"
    if kind in ("integer", "long"):
        try:
            return int(text)
        except ValueError:
            raise ServiceException("SerializationException", f"{name}: {text[:60]!r} is no integer.") from None
    return text


def answer_parts(shape: shapes.Shape | None, result: dict[str, Any]) -> tuple[int | None, dict[str, str], bytes]:
    """Status (where a member gives it), headers and body of an answer."""
    if shape is None:
        return None, {}, b""
    status: int | None = None
    headers: dict[str, str] = {}
    for name, member in shape.members.items():
        place = member.serialization.get("location")
        if result.get(name) is None:
            continue
        if place == "statusCode":
            status = int(result[name])
        elif place == "header":
            headers[member.serialization.get("name", name)] = _one_line(str(result[name]))
    payload = shape.serialization.get("payload")
    if payload and shape.members[payload].type_name == "blob":
        return status, headers, result.get(payload) or b""
    inner = shape.members[payload] if payload else shape
    value = result.get(payload, {}) if payload else result
    body = shapes.to_json(inner, value)
    members = {key: at for key, at in body.items() if "location" not in inner.members[key].serialization}
    return status, {"Content-Type": MEDIA_TYPE, **headers}, json.dumps(members).encode()


def _one_line(text: str) -> str:
    """A header's value cannot hold a line break; what a model or a function said may."""
    return " ".join(text.split())


def error_parts(error: ServiceException) -> tuple[dict[str, str], bytes]:
    """Headers and body of an error."""
    body = {"Type": "User" if error.status < 500 else "Service", "message": error.message, "Message": error.message}
    return {"Content-Type": MEDIA_TYPE, "x-amzn-ErrorType": error.code}, json.dumps({**body, **error.details}).encode()
