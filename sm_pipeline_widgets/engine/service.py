"""The engine: its parts put together. Operations are handed an :class:`Engine`; it knows no wire and no HTTP."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from sm_pipeline_widgets.engine import names
from sm_pipeline_widgets.engine.callbacks import Callbacks
from sm_pipeline_widgets.engine.container import Place
from sm_pipeline_widgets.engine.database import Database
from sm_pipeline_widgets.engine.direct import DirectJobs
from sm_pipeline_widgets.engine.endpoints import Endpoints
from sm_pipeline_widgets.engine.loop import Loop
from sm_pipeline_widgets.engine.queues import Queues
from sm_pipeline_widgets.engine.resources import Resources
from sm_pipeline_widgets.engine.runner import Runner
from sm_pipeline_widgets.engine.sandbox import Mode, choose_mode
from sm_pipeline_widgets.engine.schema import LOSS, MIGRATIONS
from sm_pipeline_widgets.engine.steptypes import TABLE
from sm_pipeline_widgets.engine.steptypes.base import Services
from sm_pipeline_widgets.engine.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from sm_pipeline_widgets.engine.objects import ObjectStore


class EndpointFacts(Protocol):
    """What the engine must know of where it is reached; ``daemon.Endpoint`` is one."""

    @property
    def url(self) -> str: ...
    @property
    def access_key(self) -> str: ...
    @property
    def secret_key(self) -> str: ...
    @property
    def region(self) -> str: ...
    @property
    def account(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Settings:
    """What a person may want otherwise.

    ``grace_seconds``: between SIGTERM and SIGKILL when a job is stopped. ``slots``: jobs at once.
    """

    python: str = sys.executable
    grace_seconds: float = 120.0
    slots: int = max(16, 4 * (os.cpu_count() or 1))
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))


class Engine:
    """Pipelines, executions, jobs and logs of one state folder.

    Parameters
    ----------
    home
        The state folder; two engines must not share one.
    endpoint
        Where this engine is reached; asked whenever a job or an ARN needs it.
    """

    def __init__(
        self,
        home: Path,
        objects: ObjectStore,
        endpoint: Callable[[], EndpointFacts],
        clock: Callable[[], float] = time.time,
        settings: Settings | None = None,
    ) -> None:
        self.home = home
        self.objects = objects
        self.endpoint = endpoint
        self.clock = clock
        self.settings = settings or Settings()
        self._database = Database(home / "engine.sqlite", MIGRATIONS, LOSS)
        self.store = Store(self._database)
        self.resources = Resources(self._database)
        self.queues = Queues(self.resources, clock)
        self.callbacks = Callbacks(self.resources, clock)
        self.idempotency = threading.RLock()
        self.runner = Runner(
            home=home,
            store=self.store,
            objects=objects,
            place=self._place,
            mode=lambda: self.mode,
            clock=clock,
            grace_seconds=self.settings.grace_seconds,
        )
        self.endpoints = Endpoints(self.resources, clock, self._job_arn, self.runner.means)
        self.direct = DirectJobs(self.store, self.runner, self.settings.slots)
        self.loop = Loop(services=self.services, table=TABLE, slots=self.settings.slots)

    @cached_property
    def services(self) -> Services:
        """What steps, and operations that make what steps make, use of this engine."""
        return Services(
            store=self.store,
            resources=self.resources,
            queues=self.queues,
            callbacks=self.callbacks,
            endpoints=self.endpoints,
            objects=self.objects,
            runner=self.runner,
            clock=self.clock,
            arn=self._job_arn,
            place=self._place,
            settings=self.settings,
            home=self.home,
        )

    @cached_property
    def mode(self) -> Mode:
        """How steps see ``/opt/ml`` on this machine."""
        return choose_mode(self.home / "sandbox", self.settings.environ)

    def start(self) -> None:
        """Begin to work, also on what an earlier engine left unfinished."""
        self.loop.start()
        self.direct.start()
        self.endpoints.resume()

    def stop(self) -> None:
        """Stop working. Running steps go on under their supervisors until an engine of this folder starts again."""
        self.loop.close()
        self.direct.close()
        self.endpoints.close()
        self._database.close()

    def is_busy(self) -> bool:
        """Whether an execution or a job is under way, or an endpoint is there to be asked."""
        return self.loop.is_busy or self.direct.is_busy or self.endpoints.is_serving

    def forget_job(self, name: str) -> None:
        """Remove what an ended job left on disk: its log."""
        shutil.rmtree(self.home / "jobs" / name, ignore_errors=True)

    def pipeline_arn(self, name: str) -> str:
        at = self.endpoint()
        return names.pipeline_arn(at.region, at.account, name)

    def _job_arn(self, kind: str, name: str) -> str:
        at = self.endpoint()
        return names.job_arn(at.region, at.account, kind, name)

    def _place(self) -> Place:
        at = self.endpoint()
        return Place(
            url=at.url,
            access_key=at.access_key,
            secret_key=at.secret_key,
            region=at.region,
            python=self.settings.python,
            cpus=os.cpu_count() or 1,
            environ=self.settings.environ,
        )
