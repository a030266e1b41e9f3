"""Runs on the engine of this machine, watched through a proxy that makes trouble."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config

from sm_pipeline_widgets.aws.session import TargetSession
from sm_pipeline_widgets.aws.source import TargetSource
from sm_pipeline_widgets.aws.target import Target
from sm_pipeline_widgets.watch.pace import Pace
from sm_pipeline_widgets.watch.watcher import Watcher
from tests.commands import python

from .proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sm_pipeline_widgets.watch.poller import Update

QUICK = Pace(
    fastest=0.02,
    slowest=0.2,
    growth=1.5,
    after_error=0.3,
    settle=0.3,
    logs_unasked=9,
    logs_of_all=True,
    describe_every=1,
    job_every=0.5,
    refusals=3,
    expect=0.5,
)
READING = Config(retries={"mode": "standard", "total_max_attempts": 1}, connect_timeout=2, read_timeout=2)
LINES = 300
TALK = f"""
import time
for n in range({LINES}):
    print('line', n, flush=n % 7 == 0)
    if n % 30 == 0: time.sleep(0.1)
"""


def processing(name: str, code: str, **more: Any) -> dict[str, Any]:
    """A Processing step that runs some Python."""
    cluster = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 30}
    arguments = {
        "ProcessingResources": {"ClusterConfig": cluster},
        "AppSpecification": {"ImageUri": "python", "ContainerEntrypoint": python(code, flags=())},
        "RoleArn": "arn:aws:iam::000000000000:role/r",
    }
    return {"Name": name, "Type": "Processing", "Arguments": arguments, **more}


@dataclass
class Lab:
    """An engine, proxies to it, and what was started and watched there."""

    engine: Any
    proxies: list[Proxy] = field(default_factory=list)
    watchers: list[Watcher] = field(default_factory=list)

    def start(self, name: str, *steps: dict[str, Any]) -> str:
        """Start a pipeline; its execution's ARN."""
        client = self.engine.client("sagemaker")
        text = json.dumps({"Version": "2020-12-01", "Steps": list(steps)})
        role = "arn:aws:iam::000000000000:role/r"
        client.create_pipeline(PipelineName=name, RoleArn=role, PipelineDefinition=text)
        return client.start_pipeline_execution(PipelineName=name)["PipelineExecutionArn"]

    def proxy(self) -> Proxy:
        self.proxies.append(Proxy(self.engine.endpoint.url))
        return self.proxies[-1]

    def source(self, proxy: Proxy, reading: Config = READING, **session: Any) -> TargetSource:
        """What a watcher reads, through the proxy."""
        at = self.engine.endpoint
        keys = session or {"aws_access_key_id": at.access_key, "aws_secret_access_key": at.secret_key}
        config = Config(proxies={"http": proxy.url}, s3={"addressing_style": "path"})
        talk = TargetSession(endpoint_url=at.url, config=config, reading=reading, region_name=at.region, **keys)
        return TargetSource(Target("lab", talk, account=at.account, is_local=True))

    def watch(self, source: TargetSource, arn: str, pace: Pace = QUICK, **options: Any) -> tuple[Watcher, list[Update]]:
        """A watcher and what it tells."""
        watcher = Watcher(source, arn, pace=pace, **options)
        self.watchers.append(watcher)
        told: list[Update] = []
        watcher.subscribe(told.append)
        return watcher.start(), told

    def close(self) -> None:
        for watcher in self.watchers:
            watcher.close()
        for proxy in self.proxies:
            proxy.close()


@pytest.fixture
def lab(engine) -> Iterator[Lab]:
    made = Lab(engine)
    yield made
    made.close()


@pytest.fixture
def until() -> Callable[[Callable[[], object]], None]:
    """Wait for something that another thread brings about."""

    def wait(true: Callable[[], object], seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < deadline, "it never came"
            time.sleep(0.01)

    return wait


def lines_of(watcher: Watcher, step: str) -> list[str]:
    """The texts of a step's log that its script wrote."""
    texts = [line.text for line in watcher.store.page(step, 0, 100_000)]
    return [text for text in texts if text.startswith("line ")]


ALL_LINES = [f"line {n}" for n in range(LINES)]


def slow(pace: Pace, **changes: Any) -> Pace:
    return replace(pace, **changes)
