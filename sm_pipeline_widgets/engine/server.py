"""The engine's door: HTTP on 127.0.0.1, one signed request after another to the operation it asks for.

It knows connections, bodies, threads and who may come in; it must not know what an operation does. Nothing is done for
a request before its ``Host`` is this server and its signature is this engine's.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPHeaders
from tornado.iostream import StreamClosedError
from tornado.netutil import bind_sockets
from tornado.web import Application, HTTPError, RequestHandler, stream_request_body

from sm_pipeline_widgets.engine import intake, rest, wire
from sm_pipeline_widgets.engine.body import Collected, Received
from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.operations.s3 import S3_OPERATIONS, S3Request
from sm_pipeline_widgets.engine.signature import RequestHead, SignatureError, check_owner, read_claim, verify
from sm_pipeline_widgets.engine.storage import StorageError, is_full

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import BinaryIO

    from tornado.http1connection import HTTP1Connection

    from sm_pipeline_widgets.engine.objects import ObjectStore
    from sm_pipeline_widgets.engine.operations import Operation
    from sm_pipeline_widgets.engine.signature import Claim

ADDRESS = "127.0.0.1"
LARGEST_MESSAGE = 8 << 20
SLOWEST_BODY_SECONDS = 3600
_DRAINED = 16 << 20
_PIECE = 256 << 10
_LAST_REQUESTS_SECONDS = 3.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Backend:
    """What the server serves and for whom.

    Parameters
    ----------
    engine
        Handed to every operation as its first argument; the server itself never looks into it.
    operations
        By service and operation name.
    keys
        Secret keys by access key.
    """

    engine: Any
    objects: ObjectStore
    operations: Mapping[str, Mapping[str, Operation]]
    keys: Mapping[str, str]
    region: str
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)


class Server:
    """One listening socket; made and used on one event loop."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.port = 0
        self.in_flight = 0
        self._last_asked = time.monotonic()
        self.pool = ThreadPoolExecutor(16, "operation")
        self._http = HTTPServer(
            Application([(r".*", Exchange, {"server": self})], log_function=_log_request),
            max_body_size=intake.LARGEST + LARGEST_MESSAGE,
            body_timeout=SLOWEST_BODY_SECONDS,
            chunk_size=_PIECE,
        )

    def start(self, port: int = 0) -> int:
        """Listen on a port, or on a free one if that is taken; the port."""
        try:
            sockets = bind_sockets(port, ADDRESS)
        except OSError:
            if port == 0:
                raise
            log.warning("Port %s is taken by another program; taking a free one.", port)
            sockets = bind_sockets(0, ADDRESS)
        self._http.add_sockets(sockets)
        self.port = int(sockets[0].getsockname()[1])
        # reading the models takes a while that the first request would wait
        self.pool.submit(wire.warm_up)
        return self.port

    async def stop(self) -> None:
        """Take no more requests, let those under way end, close."""
        self._http.stop()
        deadline = time.monotonic() + _LAST_REQUESTS_SECONDS
        while self.in_flight and time.monotonic() < deadline:  # noqa: ASYNC110  # the end of a process; no event needed
            await asyncio.sleep(0.02)  # the end of a process; an event would be one more thing to keep
        await self._http.close_all_connections()
        self.pool.shutdown(wait=True, cancel_futures=True)

    def touch(self) -> None:
        self._last_asked = time.monotonic()

    @property
    def idle_seconds(self) -> float:
        """For how long nobody asked anything."""
        return 0.0 if self.in_flight else time.monotonic() - self._last_asked

    def is_own_host(self, host: str | None) -> bool:
        """Whether a Host header names this server; a web page whose own name leads to 127.0.0.1 does not."""
        return host in (f"{ADDRESS}:{self.port}", f"localhost:{self.port}")


class _LowerCaseHeaders(HTTPHeaders):
    """Headers as S3 sends them: clients keep the case of what follows ``x-amz-meta-``."""

    def get_all(self) -> Iterable[tuple[str, str]]:
        return ((name.lower(), value) for name, value in super().get_all())


@stream_request_body
class Exchange(RequestHandler):
    """One request and its answer."""

    # tornado makes a new handler for each request
    def initialize(self, server: Server) -> None:
        self._server = server
        self._backend = server.backend
        self._id = uuid.uuid4().hex
        self._head = RequestHead(
            self.request.method or "", self.request.uri or "", tuple(self.request.headers.get_all())
        )
        self._claim: Claim | None = None
        self._refused: ServiceException | None = None
        self._message = Collected(LARGEST_MESSAGE)
        self._upload: Received | None = None
        self._is_working = False
        self._has_left = False
        # not in prepare, which an unknown method never reaches
        server.touch()
        server.in_flight += 1

    def set_default_headers(self) -> None:
        self._headers = _LowerCaseHeaders()
        self.set_header("Server", "sm-pipeline-widgets")

    def compute_etag(self) -> None:
        """S3's own ETags are set by its operations; nothing else has one."""

    def prepare(self) -> None:
        try:
            self._admit()
        except SignatureError as error:
            self._refused = wire.refusal(self._head, self._service, error)
        except ServiceException as error:
            self._refused = error
        if self._refused is not None and (self._is_long() or "Expect" in self.request.headers):
            # the connection ends with the body unread; a short one is read so that the client sees the answer
            self._send(self._error(self._refused))
            self.finish()

    def data_received(self, chunk: bytes) -> None:
        if self._refused is not None:
            return
        try:
            (self._upload or self._message).feed(chunk)
        except ServiceException as error:
            self._refused = error
        except OSError as error:
            if is_full(error):
                self._refused = self._full(error)
                return
            log.exception("An upload could not be written")
            self._refused = ServiceException("InternalError", f"The upload could not be written: {error}", 500)

    async def _respond(self) -> None:
        if self._refused is not None:
            self._forget_upload()
            self._send(self._error(self._refused))
            return
        self._is_working = True
        loop = asyncio.get_running_loop()
        try:
            answer, file = await loop.run_in_executor(self._server.pool, self._work)
        finally:
            self._is_working = False
            self._forget_upload()
        self._send(answer)
        if file is not None:
            await self._send_file(file, answer)

    get = post = put = delete = head = patch = options = _respond

    def on_finish(self) -> None:
        self._leave()

    def on_connection_close(self) -> None:
        super().on_connection_close()
        self._leave()

    def _leave(self) -> None:
        # a client that goes away in the middle is told here once, one that waits for its answer as well
        self._forget_upload()
        self._server.touch()
        if not self._has_left:
            self._has_left = True
            self._server.in_flight -= 1

    def write_error(self, status_code: int, **_kwargs: Any) -> None:
        error = ServiceException("InternalFailure", "The engine failed; its log in the state folder says why.", 500)
        if status_code < 500:
            error = ServiceException("InvalidRequest", "The engine cannot read this request.", status_code)
        self._send(self._error(error))
        self.finish()

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        # a client that went away, or a request tornado cannot read, is no failure of the engine
        if not isinstance(value, (StreamClosedError, HTTPError)):
            super().log_exception(typ, value, tb)

    # --- coming in

    @property
    def _service(self) -> str | None:
        return wire.service_of(self._claim.service, self._head) if self._claim else None

    def _admit(self) -> None:
        head = self._head
        if not self._server.is_own_host(head.header("Host")):
            raise ServiceException(
                "AccessDenied", f"The engine answers only as {ADDRESS}:{self._server.port}, by its own address.", 403
            )
        # what follows a # is not signed, and an absolute address would be signed in part only
        if not head.target.startswith("/") or "#" in head.target:
            raise ServiceException("InvalidURI", "Couldn't parse the specified URI.")
        claim = self._claim = read_claim(head)
        check_owner(claim, self._backend.keys, self._backend.clock())
        if claim.service != "s3":
            wire.dialect(wire.service_of(claim.service, head))
            self._limit(LARGEST_MESSAGE)
            return
        if claim.payload_hash is None:
            raise ServiceException("InvalidRequest", "Missing required header for this request: x-amz-content-sha256")
        self._verify(claim.payload_hash)
        if rest.route(head) in rest.STREAMED:
            self._limit(intake.LARGEST + _DRAINED)
            self._upload = intake.open_intake(head, claim.payload_hash, self._backend.objects.blank())
        else:
            self._limit(LARGEST_MESSAGE)

    def _verify(self, body_hash: str) -> None:
        verify(self._head, cast("Claim", self._claim), self._backend.keys, body_hash)

    def _is_long(self) -> bool:
        announced = self.request.headers.get("Content-Length", "0")
        return "Transfer-Encoding" in self.request.headers or not announced.isdigit() or int(announced) > _DRAINED

    def _limit(self, size: int) -> None:
        announced = self.request.headers.get("Content-Length", "0")
        if announced.isdigit() and int(announced) > size:
            raise ServiceException(
                "EntityTooLarge", f"Your proposed upload exceeds the maximum allowed size of {size} bytes."
            )

    # --- at work, in a thread of its own

    def _work(self) -> tuple[wire.Answer, BinaryIO | None]:
        try:
            return self._worked()
        except SignatureError as error:
            return self._error(wire.refusal(self._head, self._service, error)), None
        except ServiceException as error:
            return self._error(error), None
        except Exception as error:
            if isinstance(error, OSError) and is_full(error):
                return self._error(self._full(error)), None
            # the last resort of the engine's door: the log has the cause, the client an answer instead of a hang
            log.exception("Request %s to %s failed", self._id, self._service)
            return self._error(
                ServiceException(
                    "InternalError" if self._service == "s3" else "InternalFailure",
                    f"The engine failed at request {self._id}; its log in the state folder says why.",
                    500,
                )
            ), None

    def _worked(self) -> tuple[wire.Answer, BinaryIO | None]:
        claim = cast("Claim", self._claim)
        if claim.service == "s3":
            return self._worked_s3(claim)
        self._verify(self._message.sha256())
        service = wire.service_of(claim.service, self._head)
        dialect = wire.dialect(service)
        call = dialect.read(service, self._head, self._message.value())
        operation = self._backend.operations.get(call.service, {}).get(call.operation)
        if operation is None:
            raise wire.unknown_operation(call.service, call.operation)
        return dialect.write(call, operation(self._backend.engine, call.parameters), self._id), None

    def _worked_s3(self, claim: Claim) -> tuple[wire.Answer, BinaryIO | None]:
        name = rest.route(self._head)
        declared = cast(str, claim.payload_hash)
        checksums: dict[str, str] = {}
        if self._upload is not None:
            checksums = intake.accept(self._head, declared, self._upload)
        elif len(declared) == 64 and declared.lower() != self._message.sha256():
            raise ServiceException("XAmzContentSHA256Mismatch", "The body is not the one that was signed.", 403)
        call = rest.read(self._head, name, self._message.value())
        request = S3Request(self._backend.objects, self._backend.region, call.parameters, self._upload, checksums)
        reply = S3_OPERATIONS[name](request)
        return rest.write(call, reply.values, reply.status, self._id), reply.body

    # --- going out

    def _full(self, error: OSError) -> StorageError:
        return StorageError(self._backend.objects.root / "blobs", error)

    def _error(self, error: ServiceException) -> wire.Answer:
        return wire.error_answer(self._head, self._service, error, self._id)

    def _send(self, answer: wire.Answer) -> None:
        self.set_status(answer.status)
        for name, value in answer.headers:
            self.set_header(name, value)
        if answer.body and answer.status != 304:
            self.write(answer.body)

    async def _send_file(self, file: BinaryIO, answer: wire.Answer) -> None:
        left = int(dict(answer.headers)["Content-Length"])
        with file, contextlib.suppress(StreamClosedError):
            while left > 0 and self.request.method != "HEAD":
                piece = file.read(min(_PIECE, left))
                if not piece:
                    # headers are out: only a broken connection can still say that the file is short
                    cast("HTTP1Connection", self.request.connection).close()
                    return
                left -= len(piece)
                self.write(piece)
                await self.flush()

    def _forget_upload(self) -> None:
        # while an operation runs it owns the file
        if self._upload is not None and not self._is_working:
            self._upload.drop()


def _log_request(handler: RequestHandler) -> None:
    level = logging.DEBUG if handler.get_status() < 500 else logging.WARNING
    log.log(level, "%s %s %s", handler.get_status(), handler.request.method, handler.request.path)
