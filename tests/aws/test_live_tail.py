"""The live tail as a bell, over the service's own event stream encoding."""

from __future__ import annotations

import binascii
import json
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
import pytest
from botocore.config import Config

from sm_pipeline_widgets.aws.live_tail import LiveTail

GROUP = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/sagemaker/TrainingJobs"


def message(headers: dict[str, str], payload: dict) -> bytes:
    """One message of an AWS event stream."""
    body = json.dumps(payload).encode()
    packed = b"".join(
        bytes([len(name)]) + name.encode() + b"\x07" + struct.pack(">H", len(value)) + value.encode()
        for name, value in headers.items()
    )
    start = struct.pack(">II", 16 + len(packed) + len(body), len(packed))
    start += struct.pack(">I", binascii.crc32(start))
    whole = start + packed + body
    return whole + struct.pack(">I", binascii.crc32(whole))


def event(kind: str, payload: dict) -> bytes:
    return message({":message-type": "event", ":event-type": kind, ":content-type": "application/json"}, payload)


def update(*streams: str) -> bytes:
    return event("sessionUpdate", {"sessionResults": [{"logStreamName": name, "message": "x"} for name in streams]})


def ended(code: str) -> bytes:
    headers = {":message-type": "exception", ":exception-type": code, ":content-type": "application/json"}
    return message(headers, {"message": "the session is over"})


@pytest.fixture
def service():
    """A service that answers StartLiveTail with the sessions a test has put there, one after the other."""
    sessions: list[tuple[int, list[bytes]]] = []
    asked: list[dict] = []
    leave = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            status, parts = sessions.pop(0) if sessions else (200, [])
            self.send_response(status)
            self.send_header(
                "Content-Type", "application/vnd.amazon.eventstream" if status == 200 else "application/x-amz-json-1.1"
            )
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for part in parts:
                self.say(part)
            while status == 200 and not sessions and not leave.wait(0.05):
                self.say(update())  # the service says something every second
            self.wfile.write(b"0\r\n\r\n")

        def say(self, part: bytes) -> None:
            self.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
            self.wfile.flush()

        def handle(self) -> None:
            try:
                super().handle()
            except ConnectionError:  # the listener has gone
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    client = boto3.client(
        "logs",
        region_name="us-east-1",
        endpoint_url=f"http://127.0.0.1:{server.server_port}",
        aws_access_key_id="a",
        aws_secret_access_key="b",
        config=Config(inject_host_prefix=False, retries={"total_max_attempts": 1}),
    )
    yield client, sessions, asked
    leave.set()
    server.shutdown()
    server.server_close()


BEGIN = event("initial-response", {}) + event("sessionStart", {"sessionId": "s"})


def listening(client, rung: list[str]) -> LiveTail:
    return LiveTail(client, GROUP, ("job/",), rung.append, wait=lambda event, _: event.wait(0.01)).start()


def until(true) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.01)


def test_every_stream_with_news_rings_once_an_update_and_silence_does_not(service):
    client, sessions, asked = service
    sessions.append((200, [BEGIN, update(), update("job/algo-1", "job/algo-1", "job/algo-2")]))
    rung: list[str] = []
    tail = listening(client, rung)
    until(lambda: len(rung) == 2)
    assert rung == ["job/algo-1", "job/algo-2"]
    assert asked[0] == {"logGroupIdentifiers": [GROUP], "logStreamNamePrefixes": ["job/"]}
    assert tail.trouble is None
    tail.close()
    tail.join(10)
    assert not tail.is_listening


def test_a_session_that_is_over_or_broken_is_followed_by_another(service):
    client, sessions, _ = service
    sessions.append((200, [BEGIN, update("job/a"), ended("SessionTimeoutException")]))
    sessions.append((200, [BEGIN, update("job/b")[:40]]))
    sessions.append((400, [b'{"__type": "ThrottlingException", "message": "Rate exceeded"}']))
    sessions.append((200, [BEGIN, update("job/c")]))
    rung: list[str] = []
    tail = listening(client, rung)
    until(lambda: rung == ["job/a", "job/c"])
    tail.close()
    tail.join(10)


def test_it_rests_while_nobody_looks(service):
    client, sessions, asked = service
    eyes = threading.Event()
    rung: list[str] = []
    tail = LiveTail(
        client, GROUP, ("job/",), rung.append, is_wanted=eyes.is_set, wait=lambda event, _: event.wait(0.01)
    ).start()
    eyes.wait(0.1)
    assert asked == []
    sessions.append((200, [BEGIN, update("job/a")]))
    eyes.set()
    until(lambda: rung == ["job/a"])
    eyes.clear()
    sessions.append((200, [BEGIN, update("job/b")]))  # the session before ends when the service has another one
    until(lambda: tail.is_listening)
    assert len(asked) == 1
    eyes.set()
    until(lambda: rung == ["job/a", "job/b"])
    tail.close()
    tail.join(10)


def test_where_it_may_not_be_used_polling_alone_goes_on(service):
    client, sessions, asked = service
    sessions.append(
        (400, [b'{"__type": "AccessDeniedException", "message": "not authorized to perform: logs:StartLiveTail"}'])
    )
    tail = listening(client, [])
    tail.join(10)
    assert not tail.is_listening
    assert "logs:StartLiveTail" in str(tail.trouble)
    assert len(asked) == 1
