"""A proxy on loopback that stands between boto3 and the engine and lets things go wrong on purpose.

boto3 is told to use it as its HTTP proxy, so requests are signed for the engine and reach it unchanged. What goes wrong
is a list of rules: an operation, a fault (which makes the answer; None resets the connection), how often.
"""

from __future__ import annotations

import http.client
import json
import random
import socket
import struct
import threading
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HOP_BY_HOP = {"connection", "proxy-connection", "keep-alive", "transfer-encoding", "te", "upgrade", "content-length"}


@dataclass(frozen=True)
class Answer:
    """What goes back to the client. With ``cut`` only half of the body is sent before the connection ends."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    cut: bool = False

    def json(self) -> dict[str, Any]:
        return json.loads(self.body)

    def with_json(self, value: dict[str, Any]) -> Answer:
        return replace(self, body=json.dumps(value).encode())


@dataclass
class Call:
    """One request: its operation, its parameters, what the engine would answer, and what it answered before."""

    operation: str
    body: bytes
    forward: Callable[[], Answer]
    past: list[Answer]

    def parameters(self) -> dict[str, Any]:
        return json.loads(self.body)


def refuse(code: str, message: str, status: int = 400) -> Callable[[Call], Answer]:
    body = json.dumps({"__type": code, "message": message}).encode()
    headers = (("Content-Type", "application/x-amz-json-1.1"), ("x-amzn-RequestId", "fault"))
    return lambda _call: Answer(status, headers, body)


throttle = refuse("ThrottlingException", "Rate exceeded")
expired = refuse("ExpiredTokenException", "The security token included in the request is expired")
skewed = refuse(
    "InvalidSignatureException", "Signature expired: 20261101T115000Z is now earlier than 20261101T115500Z", 403
)
internal = refuse("InternalFailure", "We encountered an internal error. Please try again.", 500)
denied_for_now = refuse("AccessDeniedException", "User: x is not authorized to perform: logs:GetLogEvents")


def gateway(_call: Call) -> Answer:
    """What a proxy of a company says when the service is away."""
    return Answer(502, (("Content-Type", "text/html"),), b"<html><b>Bad Gateway</b></html>")


def nonsense(_call: Call) -> Answer:
    """A captive portal's page in place of an answer."""
    return Answer(200, (("Content-Type", "text/html"),), b"<html>please accept our terms</html>")


def reset(_call: Call) -> None:
    return None


def reset_after(call: Call) -> None:
    """The service got the request and answered, but the answer is lost."""
    call.forward()


def cut(call: Call) -> Answer:
    return replace(call.forward(), cut=True)


def again(call: Call) -> Answer:
    """The answer that was given to the request before this one."""
    return call.past[-1] if call.past else call.forward()


def older(call: Call) -> Answer:
    """An answer that was given some time ago."""
    return call.past[-3] if len(call.past) >= 3 else call.forward()


def hollow(call: Call) -> Answer:
    """An empty page with more behind it: what CloudWatch is free to give."""
    at = str(call.parameters().get("nextToken", "f/0")).removeprefix("f/")
    value = {"events": [], "nextForwardToken": f"f/0{at}", "nextBackwardToken": "b/0"}  # another name of the same place
    return call.forward().with_json(value) if len(at) < 16 else call.forward()


def jumbled_steps(call: Call) -> Answer:
    """Steps in another order, one of them twice."""
    answer = call.forward()
    value = answer.json()
    steps = value.get("PipelineExecutionSteps", [])
    return answer.with_json({**value, "PipelineExecutionSteps": [*reversed(steps), *steps[:1]]})


class Stall:
    """Says nothing until it is released (or the client has gone)."""

    def __init__(self, seconds: float) -> None:
        self.released = threading.Event()
        self._seconds = seconds

    def __call__(self, call: Call) -> Answer | None:
        return call.forward() if self.released.wait(self._seconds) else None


@dataclass
class Rule:
    """A fault for requests of one operation (all of them where it is empty), so many times, after so many good ones."""

    fault: Any
    operation: str = ""
    times: int = 1
    after: int = 0

    def takes(self, operation: str) -> bool:
        if self.times <= 0 or (self.operation and self.operation != operation):
            return False
        if self.after > 0:
            self.after -= 1
            return False
        self.times -= 1
        return True


class Weather:
    """Faults by chance, the same ones for the same seed, until it clears up."""

    def __init__(self, seed: int, rate: float, faults: Sequence[Any], most: int) -> None:
        self._random = random.Random(seed)
        self._rate, self._faults, self._left = rate, faults, most

    def takes(self, _operation: str) -> bool:
        if self._left > 0 and self._random.random() < self._rate:
            self._left -= 1
            return True
        return False

    @property
    def fault(self) -> Any:
        return self._random.choice(self._faults)


@dataclass
class Proxy:
    """The proxy itself. ``clock_ahead`` shifts the time that answers are dated with."""

    upstream: str
    rules: list[Any] = field(default_factory=list)
    seen: Counter = field(default_factory=Counter)
    failed: Counter = field(default_factory=Counter)
    dated_later_by: float = 0.0
    is_up: bool = True

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._past: dict[str, list[Answer]] = {}
        proxy = self

        class Handler(_Handler):
            owner = proxy

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, operation: str, path: str, headers: dict[str, str], body: bytes) -> Answer | None:
        kind = f"{operation} {json.loads(body or b'{}').get('logStreamName', '')}"
        with self._lock:
            self.seen[operation] += 1
            fault = next((rule.fault for rule in self.rules if rule.takes(operation)), None)
            self.failed[operation] += fault is not None
            past = list(self._past.get(kind, ()))
        if not self.is_up:
            return None
        call = Call(operation, body, lambda: self._forward(kind, path, headers, body), past)
        answer = call.forward() if fault is None else fault(call)
        return self._dated(answer) if answer is not None else None

    def _forward(self, kind: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        at = urlsplit(self.upstream)
        connection = http.client.HTTPConnection(str(at.hostname), at.port, timeout=60)
        try:
            connection.request("POST", path, body, headers)
            response = connection.getresponse()
            kept = tuple(pair for pair in response.getheaders() if pair[0].lower() not in HOP_BY_HOP)
            answer = Answer(response.status, kept, response.read())
        finally:
            connection.close()
        with self._lock:
            self._past.setdefault(kind, []).append(answer)
        return answer

    def _dated(self, answer: Answer) -> Answer:
        if not self.dated_later_by:
            return answer
        date = format_datetime(datetime.now(UTC) + timedelta(seconds=self.dated_later_by), usegmt=True)
        rest = tuple(pair for pair in answer.headers if pair[0].lower() != "date")
        return replace(answer, headers=(*rest, ("Date", date)))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: Proxy

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        at = urlsplit(self.path)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
        answer = self.owner.answer(operation, at.path or "/", headers, body)
        if answer is None:
            return self._reset()
        self.send_response_only(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if answer.cut:
            self.wfile.write(answer.body[: len(answer.body) // 2])
            return self._reset()
        self.wfile.write(answer.body)
        return None

    def _pass(self) -> None:
        """What is no operation of JSON (S3's) goes through as it is."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
        at, to = urlsplit(self.path), urlsplit(self.owner.upstream)
        with closing(http.client.HTTPConnection(str(to.hostname), to.port, timeout=60)) as connection:
            connection.request(self.command, f"{at.path}?{at.query}" if at.query else at.path, body, headers)
            response = connection.getresponse()
            said = response.read()
            self.send_response_only(response.status)
            for name, value in response.getheaders():
                if name.lower() not in HOP_BY_HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", response.getheader("Content-Length", str(len(said))))
            self.end_headers()
            self.wfile.write(said)

    do_HEAD = do_GET = do_PUT = _pass  # noqa: N815 - as the base class calls them

    def _reset(self) -> None:
        """End the connection as a network does: without a word."""
        self.close_connection = True
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def log_message(self, *_: object) -> None:
        pass

    def handle(self) -> None:
        try:
            super().handle()
        except (ConnectionError, TimeoutError):  # the client has given up
            self.close_connection = True
