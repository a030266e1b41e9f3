"""Fixtures of more than one folder: a real engine in a process of its own, and clients for it."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from hypothesis import settings

from sm_pipeline_widgets.engine import daemon

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sm_pipeline_widgets.engine.endpoint import Endpoint


# The SageMaker SDK looks for a region there as soon as it is imported: the tests ask nobody but this machine.
os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
# A test that names no state folder gets a new one: never that of the person whose machine this is.
_OWN_HOME = tempfile.mkdtemp(prefix="smpw-")
os.environ[daemon.HOME_VARIABLE] = _OWN_HOME
# No deadlines: a busy machine is no counter-example. In CI the same examples every time.
settings.register_profile("here", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("here")


def pytest_unconfigure() -> None:
    daemon.stop(Path(_OWN_HOME))
    shutil.rmtree(_OWN_HOME, ignore_errors=True)


@dataclass(frozen=True)
class RunningEngine:
    """An engine's endpoint and state folder, and boto3 clients that talk to it and nowhere else."""

    endpoint: Endpoint
    home: Path
    _clients: dict[str, Any] = field(default_factory=dict)

    def client(self, name: str, **config: Any) -> Any:
        """A client of a service; the plain one is made once."""
        if config:
            return self._new_client(name, Config(**config))
        if name not in self._clients:
            self._clients[name] = self._new_client(name, Config(retries={"total_max_attempts": 1}))
        return self._clients[name]

    def _new_client(self, name: str, config: Config) -> Any:
        at = self.endpoint
        session = boto3.Session(at.access_key, at.secret_key, region_name=at.region)
        return session.client(name, endpoint_url=at.url, config=config)

    def environment(self) -> dict[str, str]:
        """What a program must find in its environment to talk to the engine."""
        at = self.endpoint
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return {
            **kept,
            "AWS_ENDPOINT_URL": at.url,
            "AWS_ACCESS_KEY_ID": at.access_key,
            "AWS_SECRET_ACCESS_KEY": at.secret_key,
            "AWS_REGION": at.region,
            "AWS_DEFAULT_REGION": at.region,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_PAGER": "",
        }


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEngine]:
    home = tmp_path_factory.mktemp("engine-home")
    endpoint = daemon.ensure(home)
    yield RunningEngine(endpoint, home)
    daemon.stop(home)
