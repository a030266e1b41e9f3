"""An AWS account as it answered once: SageMaker and its logs by recorded answers, S3 by moto; both on loopback."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True)
class Refusal:
    """An answer that is an error: its type and its message, as they are on the wire."""

    body: Mapping[str, str]


@contextmanager
def recorded_service(answers: Mapping[str, Any]) -> Iterator[str]:
    """The address of a service that gives the recorded answer of each operation, whatever it is asked.

    Where the answer is a function, it is asked with the request.

    An operation that was not recorded is answered as one that may not be called.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
            operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
            answer = answers.get(operation, Refusal({"__type": "AccessDeniedException", "message": operation}))
            if callable(answer):
                answer = answer(request)
            is_refused = isinstance(answer, Refusal)
            body = json.dumps(answer.body if is_refused else answer).encode()
            self.send_response(400 if is_refused else 200)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
