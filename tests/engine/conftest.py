"""A server in a thread of the test's process, over operations that belong to the test."""

from __future__ import annotations

import asyncio
import http.client
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from sm_pipeline_widgets.engine.endpoint import Endpoint
from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.objects import ObjectStore
from sm_pipeline_widgets.engine.operations import sts
from sm_pipeline_widgets.engine.server import Backend, Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ACCESS_KEY, SECRET_KEY, REGION = "SMPWTESTTESTTESTTEST", "a secret of the tests", "eu-west-3"


@dataclass
class Served:
    """A running server and ways to ask it, signed properly or not at all."""

    port: int
    objects: ObjectStore
    clock: list[datetime]
    calls: list[dict[str, Any]] = field(default_factory=list)
    server: Server | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, name: str, **config: Any) -> Any:
        session = boto3.Session(ACCESS_KEY, SECRET_KEY, region_name=REGION)
        return session.client(
            name, endpoint_url=self.url, config=Config(**{"retries": {"total_max_attempts": 1}, **config})
        )

    def signed(self, service: str, method: str, target: str, body: bytes = b"", **headers: str) -> dict[str, str]:
        """The headers of a rightly signed request."""
        request = AWSRequest(
            method, self.url + target, {k.replace("_", "-"): v for k, v in headers.items()}, data=body or None
        )
        request.headers["Host"] = f"127.0.0.1:{self.port}"
        signer = S3SigV4Auth if service == "s3" else SigV4Auth
        signer(Credentials(ACCESS_KEY, SECRET_KEY), service, REGION).add_auth(request)
        return dict(request.headers.items())

    def ask(
        self, method: str, target: str, headers: dict[str, str], body: bytes = b""
    ) -> tuple[int, dict[str, str], bytes]:
        """One request as it is given, on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.putrequest(method, target, skip_host="Host" in headers, skip_accept_encoding=True)
            for name, value in headers.items():
                connection.putheader(name, value)
            if "Content-Length" not in headers:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def ask_json(self, operation: str, body: bytes, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """A rightly signed request to sagemaker with any body."""
        target = {"X_Amz_Target": f"SageMaker.{operation}", "Content_Type": "application/x-amz-json-1.1"}
        signed = self.signed("sagemaker", "POST", "/", body, **{**target, **headers})
        return self.ask("POST", "/", signed, body)


class FakeEngine:
    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = lambda: endpoint


@contextmanager
def serving(root: Path) -> Iterator[Served]:
    clock: list[datetime] = []
    objects = ObjectStore(root)
    served = Served(0, objects, clock)

    def list_pipelines(engine: Any, parameters: dict[str, Any]) -> dict[str, Any]:
        served.calls.append(parameters)
        moment = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
        summary = {"PipelineName": "p", "CreationTime": moment, "Unheard": 1, "RoleArn": None}
        return {"PipelineSummaries": [summary]}

    def describe_pipeline(engine: Any, parameters: dict[str, Any]) -> dict[str, Any]:
        raise ServiceException("ResourceNotFound", f"Pipeline '{parameters['PipelineName']}' does not exist.")

    def delete_pipeline(engine: Any, parameters: dict[str, Any]) -> dict[str, Any]:
        raise ZeroDivisionError("a mistake in an operation")

    def remember(engine: Any, parameters: dict[str, Any]) -> dict[str, Any]:
        served.calls.append(parameters)
        return {"PipelineArn": "arn:aws:sagemaker:eu-west-3:000000000000:pipeline/p"}

    operations = {
        "sagemaker": {
            "ListPipelines": list_pipelines,
            "DescribePipeline": describe_pipeline,
            "DeletePipeline": delete_pipeline,
            "CreatePipeline": remember,
            "UpdatePipeline": remember,
        },
        "sts": sts.OPERATIONS,
    }
    endpoint = Endpoint("http://127.0.0.1", ACCESS_KEY, SECRET_KEY, REGION, "000000000000", 1)
    ready, told = threading.Event(), []

    async def run() -> None:
        backend = Backend(
            FakeEngine(endpoint),
            objects,
            operations,
            {ACCESS_KEY: SECRET_KEY},
            REGION,
            lambda: clock[-1] if clock else datetime.now(UTC),
        )
        server = Server(backend)
        served.port = server.start()
        served.server = server
        stop = asyncio.Event()
        told.append((asyncio.get_running_loop(), stop))
        ready.set()
        await stop.wait()
        await server.stop()

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    assert ready.wait(10)
    try:
        yield served
    finally:
        loop, stop = told[0]
        loop.call_soon_threadsafe(stop.set)
        thread.join(20)
        objects.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("objects")) as server:
        yield server
