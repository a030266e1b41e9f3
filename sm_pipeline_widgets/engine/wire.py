"""Requests and answers of the JSON 1.1 and query protocols, and every protocol's errors.

It knows botocore's service models and how each protocol spells a call, an answer and an error; it must not know sockets
or what an operation does. ``UpdatePipeline`` over the wire, for instance, becomes
``Call("sagemaker", "UpdatePipeline", {"PipelineName": "p", …})``, and the dictionary its operation returns becomes JSON
with timestamps as seconds.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, replace
from functools import cache
from itertools import count, takewhile
from typing import TYPE_CHECKING, Any, ClassVar, Protocol
from urllib.parse import parse_qsl
from xml.etree import ElementTree as ET

from botocore.exceptions import UnknownServiceError
from botocore.loaders import Loader
from botocore.model import OperationNotFoundError, ServiceModel

from sm_pipeline_widgets.engine import restjson, shapes, xmlwire
from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.signature import Refusal, RequestHead, SignatureError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.model import OperationModel

SERVICES = ("sagemaker", "sagemaker-runtime", "logs", "sts", "iam", "s3", "lambda", "sqs")
_FIRST = ("sagemaker", "logs", "sts", "s3")
_RUNTIME_PATH = "/endpoints/"
JSON = "application/x-amz-json-1.1"
XML = "text/xml"
S3_XML = "application/xml"

# several threads want the same model at first
_reading = threading.Lock()


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, ready for HTTP."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """One operation of one service with its parameters, checked against the model."""

    service: str
    operation: str
    parameters: dict[str, Any]


class Dialect(Protocol):
    """How one protocol spells calls, answers and errors."""

    def read(self, service: str, head: RequestHead, body: bytes) -> Call: ...

    def write(self, call: Call, result: dict[str, Any], request_id: str) -> Answer: ...

    def error(self, error: ServiceException, request_id: str) -> Answer: ...


def service_model(service: str) -> ServiceModel:
    """Botocore's model of a service; the first call of each reads a file."""
    with _reading:
        return _read_model(service)


@cache
def _read_model(service: str) -> ServiceModel:
    try:
        return ServiceModel(Loader().load_service_model(service, "service-2"), service)
    except UnknownServiceError:
        raise unknown_service(service) from None


def warm_up() -> None:
    """Read the models of the services that every client asks first; the others are read when they are asked."""
    for service in _FIRST:
        service_model(service)


def operation_model(service: str, operation: str) -> OperationModel:
    try:
        return service_model(service).operation_model(operation)
    except OperationNotFoundError:
        raise unknown_operation(service, operation) from None


def unknown_service(service: str) -> ServiceException:
    return ServiceException(
        "UnknownOperationException",
        f"The engine on this machine does not answer the service {service[:60]!r}; it answers {', '.join(SERVICES)}.",
    )


def unknown_operation(service: str, operation: str) -> ServiceException:
    return ServiceException(
        "UnknownOperationException",
        f"The engine on this machine does not answer {operation[:100]!r} of {service}. Use an AWS target for it.",
    )


class JsonDialect:
    """JSON 1.1: ``sagemaker`` and ``logs``."""

    content_type = JSON

    def read(self, service: str, head: RequestHead, body: bytes) -> Call:
        model = service_model(service)
        prefix, _, operation = (head.header("X-Amz-Target") or "").partition(".")
        if head.method != "POST" or prefix != model.metadata["targetPrefix"]:
            raise ServiceException(
                "UnknownOperationException",
                f"A request to {service} is a POST with X-Amz-Target: {model.metadata['targetPrefix']}.NAME.",
            )
        shape = operation_model(service, operation).input_shape
        parameters = shapes.from_json(shape, _json_object(body)) if shape else {}
        if shape:
            shapes.check(shape, parameters)
        return Call(service, operation, parameters)

    def write(self, call: Call, result: dict[str, Any], request_id: str) -> Answer:
        shape = operation_model(call.service, call.operation).output_shape
        body = b"" if shape is None else json.dumps(shapes.to_json(shape, result)).encode()
        return Answer(200, (("Content-Type", self.content_type), ("x-amzn-RequestId", request_id)), body)

    def error(self, error: ServiceException, request_id: str) -> Answer:
        body = json.dumps({"__type": error.code, "message": error.message, **error.details}).encode()
        return Answer(error.status, (("Content-Type", self.content_type), ("x-amzn-RequestId", request_id)), body)


class SqsDialect(JsonDialect):
    """JSON 1.0, with the codes of the query protocol that clients of old know."""

    content_type = "application/x-amz-json-1.0"
    _old_codes: ClassVar[dict[str, str]] = {
        "QueueDoesNotExist": "AWS.SimpleQueueService.NonExistentQueue",
        "UnsupportedOperation": "AWS.SimpleQueueService.UnsupportedOperation",
    }

    def error(self, error: ServiceException, request_id: str) -> Answer:
        answer = super().error(error, request_id)
        old = f"{self._old_codes.get(error.code, error.code)};{'Sender' if error.status < 500 else 'Receiver'}"
        return replace(answer, headers=(*answer.headers, ("x-amzn-query-error", old)))


class QueryDialect:
    """Form parameters in, XML out: ``sts`` and ``iam``."""

    def read(self, service: str, head: RequestHead, body: bytes) -> Call:
        try:
            form = dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=1000))
        except ValueError:
            raise ServiceException("MalformedQueryString", "The form cannot be read.") from None
        fields = {**dict(head.query), **form}
        operation = fields.get("Action", "")
        if not operation:
            raise ServiceException("MissingAction", "The request must contain the parameter Action.")
        shape = operation_model(service, operation).input_shape
        parameters = _form_parameters(shape, fields) if shape else {}
        return Call(service, operation, parameters)

    def write(self, call: Call, result: dict[str, Any], request_id: str) -> Answer:
        model = operation_model(call.service, call.operation)
        root = ET.Element(f"{call.operation}Response", xmlns=service_model(call.service).metadata["xmlNamespace"])
        shape = model.output_shape
        if shape is not None:
            holder = ET.SubElement(root, shape.serialization.get("resultWrapper", f"{call.operation}Result"))
            xmlwire.write_members(holder, shape, result)
        xmlwire.leaf(ET.SubElement(root, "ResponseMetadata"), "RequestId", request_id)
        return Answer(200, (("Content-Type", XML), ("x-amzn-RequestId", request_id)), xmlwire.render(root))

    def error(self, error: ServiceException, request_id: str) -> Answer:
        root = ET.Element("ErrorResponse")
        holder = ET.SubElement(root, "Error")
        xmlwire.leaf(holder, "Type", "Sender" if error.status < 500 else "Receiver")
        xmlwire.leaf(holder, "Code", error.code)
        xmlwire.leaf(holder, "Message", error.message)
        xmlwire.leaf(root, "RequestId", request_id)
        return Answer(error.status, (("Content-Type", XML), ("x-amzn-RequestId", request_id)), xmlwire.render(root))


class RestJsonDialect:
    """REST-JSON: ``lambda`` and ``sagemaker-runtime``."""

    def read(self, service: str, head: RequestHead, body: bytes) -> Call:
        model = service_model(service)
        found = restjson.route(model, head)
        if found is None:
            raise unknown_operation(service, f"{head.method} {head.path}")
        operation, labels = found
        shape = model.operation_model(operation).input_shape
        parameters = restjson.read_parameters(shape, labels, head, body) if shape else {}
        if shape:
            shapes.check(shape, parameters)
        return Call(service, operation, parameters)

    def write(self, call: Call, result: dict[str, Any], request_id: str) -> Answer:
        model = operation_model(call.service, call.operation)
        status, headers, body = restjson.answer_parts(model.output_shape, result)
        headers["x-amzn-RequestId"] = request_id
        code = status or int(model.http.get("responseCode", 200))
        return Answer(code, tuple(headers.items()), b"" if code == 204 else body)

    def error(self, error: ServiceException, request_id: str) -> Answer:
        headers, body = restjson.error_parts(error)
        return Answer(error.status, (*headers.items(), ("x-amzn-RequestId", request_id)), body)


def s3_error(error: ServiceException, request_id: str) -> Answer:
    """An error as S3 spells it."""
    root = ET.Element("Error")
    for name, value in {"Code": error.code, "Message": error.message, **error.details, "RequestId": request_id}.items():
        xmlwire.leaf(root, name, value)
    return Answer(error.status, (("Content-Type", S3_XML), ("x-amz-request-id", request_id)), xmlwire.render(root))


_DIALECTS: dict[str, Dialect] = {
    "sagemaker": JsonDialect(),
    "sagemaker-runtime": RestJsonDialect(),
    "logs": JsonDialect(),
    "sqs": SqsDialect(),
    "sts": QueryDialect(),
    "iam": QueryDialect(),
    "lambda": RestJsonDialect(),
}


def service_of(signed_for: str, head: RequestHead) -> str:
    """The service a request is for: calls of endpoints are signed for ``sagemaker`` as well."""
    return "sagemaker-runtime" if signed_for == "sagemaker" and head.path.startswith(_RUNTIME_PATH) else signed_for


def dialect(service: str) -> Dialect:
    """The protocol of a service that is not S3."""
    try:
        return _DIALECTS[service]
    except KeyError:
        raise unknown_service(service) from None


def error_answer(head: RequestHead, service: str | None, error: ServiceException, request_id: str) -> Answer:
    """An error as the asked service spells it; where nobody said which service, as the request looks."""
    spoken = service if service in SERVICES else _guess(head)
    return s3_error(error, request_id) if spoken == "s3" else dialect(spoken).error(error, request_id)


def _guess(head: RequestHead) -> str:
    if head.header("X-Amz-Target") is not None or "json" in (head.header("Content-Type") or ""):
        return "sagemaker"
    is_form = (head.header("Content-Type") or "").startswith("application/x-www-form-urlencoded")
    return "sts" if is_form else "s3"


_REFUSALS = {
    Refusal.MISSING: ("MissingAuthenticationTokenException", "MissingAuthenticationToken", "AccessDenied"),
    Refusal.MALFORMED: ("IncompleteSignatureException", "IncompleteSignature", "AuthorizationHeaderMalformed"),
    Refusal.UNKNOWN_KEY: ("UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId"),
    Refusal.MISMATCH: ("InvalidSignatureException", "SignatureDoesNotMatch", "SignatureDoesNotMatch"),
    Refusal.SKEWED: ("InvalidSignatureException", "SignatureDoesNotMatch", "RequestTimeTooSkewed"),
    Refusal.EXPIRED: ("ExpiredTokenException", "ExpiredToken", "AccessDenied"),
}


def refusal(head: RequestHead, service: str | None, error: SignatureError) -> ServiceException:
    """A signature that is not believed, under the code the asked service has for it."""
    spoken = service if service in SERVICES else _guess(head)
    codes = _REFUSALS[error.refusal]
    code = codes[2] if spoken == "s3" else codes[1] if spoken in ("sts", "iam") else codes[0]
    return ServiceException(code, error.message, 403)


def _form_parameters(shape: Any, fields: Mapping[str, str]) -> dict[str, Any]:
    """Texts and lists of texts (``Name.member.1``): the calls answered here have no others that matter."""
    found: dict[str, Any] = {}
    for name, member in shape.members.items():
        if member.type_name == "string" and name in fields:
            found[name] = fields[name]
        elif member.type_name == "list" and f"{name}.member.1" in fields:
            numbered = (fields.get(f"{name}.member.{number}") for number in count(1))
            found[name] = list(takewhile(lambda text: text is not None, numbered))
    try:
        shapes.check(shape, found)
    except ServiceException as error:
        raise ServiceException("ValidationError", error.message) from None
    return found


def _json_object(body: bytes) -> Any:
    if not body.strip():
        return {}
    try:
        value = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise ServiceException("SerializationException", "The body is not JSON.") from None
    if not isinstance(value, dict):
        raise ServiceException("SerializationException", "The body is not a JSON object.")
    return value


def _no_constant(name: str) -> Any:
    raise ValueError(name)
