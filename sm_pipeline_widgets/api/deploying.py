"""Endpoints in Python: planned, confirmed by whoever asks, then done.

>>> planned = plan_deploy(target, "diabetes/3")     # doctest: +SKIP
>>> print(planned)                                  # doctest: +SKIP
>>> planned.perform()                               # doctest: +SKIP
>>> endpoint(target, "diabetes").invoke([[1, 2]])   # doctest: +SKIP
"""

from __future__ import annotations

import csv
import io
import json
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.api.registry import Registry
from sm_pipeline_widgets.aws import endpoints as service
from sm_pipeline_widgets.errors import PipelineWidgetsError, ServiceError, UsageError
from sm_pipeline_widgets.execution.deployment import (
    MakeConfiguration,
    MakeModel,
    Plan,
    Remove,
    Wanted,
    back_to,
    model_name,
    plan_back,
    plan_removal,
    plan_shift,
)
from sm_pipeline_widgets.execution.deployment import plan_deploy as planned_deploy
from sm_pipeline_widgets.execution.registry import APPROVAL_WORDS, Approval, split_name
from sm_pipeline_widgets.execution.submitting import Asks, Question
from sm_pipeline_widgets.view.registry_html import endpoint_html
from sm_pipeline_widgets.view.registry_text import endpoint_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sm_pipeline_widgets.aws.target import Target
    from sm_pipeline_widgets.execution.deployment import Act
    from sm_pipeline_widgets.execution.endpoints import Answer, Endpoint
    from sm_pipeline_widgets.execution.registry import Version

DEFAULT_INSTANCE = "ml.m5.large"
JSON, CSV = "application/json", "text/csv"
_LOCAL_PACE, _AWS_PACE = 0.3, 15.0
"""Seconds between two looks at an endpoint that is waited for."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and the target it is for. Its text is what should be shown before it is done."""

    target: Target
    plan: Plan
    asks: Asks
    yes: str

    @property
    def question(self) -> Question:
        return Question(self.asks, f"{self.plan.title} at {self.target.words}?", str(self.plan), self.yes)

    def __str__(self) -> str:
        return str(self.question)

    def perform(self) -> None:
        """Do it, act by act; where one is refused, what was made for it before is removed again.

        Raises
        ------
        PipelineWidgetsError
            The service refused something, or cannot be asked.
        """
        made: list[Act] = []
        for act in self.plan.acts:
            try:
                service.perform(self.target, act)
            except PipelineWidgetsError as error:
                # said with the error itself, so that every front end shows it
                error.message = f"{error.message} {_taken_back(self.target, made)}"
                raise
            made.append(act)


@dataclass(frozen=True, slots=True)
class ServedEndpoint:
    """An endpoint as it stood when it was looked at."""

    target: Target
    state: Endpoint

    @property
    def name(self) -> str:
        return self.state.name

    def __str__(self) -> str:
        return endpoint_text(self.state)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": endpoint_html(self.state)}

    def invoke(self, data: object, *, content_type: str = "", accept: str = "", variant: str = "") -> Answer:
        """Ask it; see :func:`as_request` for what may be given.

        Raises
        ------
        ServiceError
            It is not in service, or the model failed.
        """
        body, kind = as_request(data, content_type)
        return service.invoke(self.target, self.name, body, kind, accept=accept, variant=variant)

    def wait(self, timeout: float | None = None) -> ServedEndpoint:
        """Wait until nothing moves any more; see :func:`wait`."""
        return wait(self.target, self.name, timeout)


def endpoint(target: Target, name: str) -> ServedEndpoint:
    """The endpoint of that name.

    Raises
    ------
    UsageError
        There is none.
    """
    return ServedEndpoint(target, service.require_endpoint(target, name))


def plan_deploy(
    target: Target,
    version: str,
    name: str = "",
    *,
    instance: str = "",
    count: int = 1,
    traffic: float | None = None,
) -> Planned:
    """What serving a version would do; nothing is changed.

    Parameters
    ----------
    version
        ``GROUP/NUMBER``, an ARN, or ``GROUP`` for its newest approved version.
    name
        The endpoint's name; the group's when empty.
    instance
        The instance type; the version's first, or ``ml.m5.large``, when empty.
    traffic
        Percent of the requests beside what the endpoint serves already; None: all of them.

    Raises
    ------
    UsageError
        There is no such version, it is not approved, or the endpoint cannot be changed now.
    """
    found = _approved(Registry(target), version)
    called = name or found.group
    now = service.describe_endpoint(target, called)
    machine = instance or next(iter(found.instances), DEFAULT_INSTANCE)
    stamp = f"{datetime.now(UTC):%Y%m%d%H%M%S}"
    wanted = Wanted(found, called, stamp, machine, count, traffic, is_local=target.is_local)
    model = model_name(called, found)
    models = (model,) if service.has_model(target, model) else ()
    return Planned(target, planned_deploy(wanted, now, models), Asks.SERVE, "Deploy")


def plan_traffic(target: Target, name: str, weights: Mapping[str, float]) -> Planned:
    """What sharing the requests out anew would do; nothing is changed."""
    now = service.require_endpoint(target, name)
    return Planned(target, plan_shift(now, weights, is_local=target.is_local), Asks.SERVE, "Shift the traffic")


def plan_rollback(target: Target, name: str, config: str = "") -> Planned:
    """What going back to the configuration before, or to the one named, would do; nothing is changed."""
    now = service.require_endpoint(target, name)
    if config:
        named = service.describe_configuration(target, config)
        if named is None:
            raise UsageError(f"There is no endpoint configuration `{config}`.", "Leave it out for the one before.")
        return Planned(target, back_to(now, named, is_local=target.is_local), Asks.SERVE, "Roll back")
    own = service.own_configurations(target, name)
    return Planned(target, plan_back(now, own, is_local=target.is_local), Asks.SERVE, "Roll back")


def plan_undeploy(target: Target, name: str) -> Planned:
    """What deleting an endpoint would delete; nothing is changed."""
    now = service.require_endpoint(target, name)
    own = service.own_configurations(target, name)
    return Planned(target, plan_removal(now, own, is_local=target.is_local), Asks.DELETE, "Delete")


def wait(
    target: Target,
    name: str,
    timeout: float | None = None,
    pause: Callable[[float], object] | None = None,
    looked: Callable[[Endpoint], object] = lambda _state: None,
) -> ServedEndpoint:
    """Wait until an endpoint is in service, or has failed, or is gone.

    Parameters
    ----------
    timeout
        Seconds; None waits as long as it takes.
    pause
        Waits so many seconds.
    looked
        Told how the endpoint stands after each look while it moves.

    Raises
    ------
    UsageError
        There is no such endpoint.
    ServiceError
        It failed, or an update of it did.
    """
    wait_for = pause or threading.Event().wait
    began = time.monotonic()
    found = service.require_endpoint(target, name)
    while found.is_moving and (timeout is None or time.monotonic() - began < timeout):
        wait_for(_LOCAL_PACE if target.is_local else _AWS_PACE)
        found = service.require_endpoint(target, name)
        looked(found)
    if found.reason and not found.is_moving:
        word = "could not be updated; what was there before answers" if found.answers else "could not be deployed"
        fix = f"Its log is in `/aws/sagemaker/Endpoints/{name}`; `%pipeline undeploy {name}` deletes it."
        raise ServiceError("CreateEndpoint", found.status, f"Endpoint `{name}` {word}: {found.reason}", fix)
    return ServedEndpoint(target, found)


def as_request(data: object, content_type: str = "") -> tuple[bytes, str]:
    """A sample as the bytes that are sent, and their content type.

    Text and bytes go as they are (JSON where they read like it, else CSV); rows (lists, an array, a table) as CSV, or
    as JSON where that is asked for; everything else as JSON.

    Raises
    ------
    UsageError
        It cannot be written so.
    """
    if isinstance(data, bytes | bytearray):
        return bytes(data), content_type or _guessed(bytes(data).decode("utf-8", "replace"))
    if isinstance(data, str):
        return data.encode(), content_type or _guessed(data)
    values: Any = data
    for method in ("to_numpy", "tolist"):
        values = getattr(values, method)() if hasattr(values, method) else values
    is_rows = isinstance(values, list) and all(isinstance(row, list | tuple | int | float) for row in values)
    if is_rows and content_type in ("", CSV):
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(
            row if isinstance(row, list | tuple) else [row] for row in values
        )
        return text.getvalue().encode(), CSV
    try:
        return json.dumps(values).encode(), content_type or JSON
    except TypeError as error:
        fix = "Give text, bytes, rows of numbers, or what JSON can hold."
        raise UsageError(f"A sample of type {type(data).__name__} cannot be sent: {error}.", fix) from None


def _guessed(text: str) -> str:
    if text.lstrip()[:1] not in ("{", "["):
        return CSV
    try:
        json.loads(text)
    except ValueError:
        return CSV
    return JSON


def _approved(registry: Registry, name: str) -> Version:
    if split_name(name)[1] is None and not name.endswith(("/latest", "/approved")):
        return registry.approved(name)
    found = registry.find(name)
    if found.approval is not Approval.APPROVED:
        fix = f'Look at it (`%pipeline models {found.name}`), then `%pipeline approve {found.name} --note "…"`.'
        raise UsageError(f"{found.name} is {APPROVAL_WORDS[found.approval]}; only approved versions are served.", fix)
    return found


def _taken_back(target: Target, made: list[Act]) -> str:
    """Remove what was made for a plan that could not be finished; what became of it, in words."""
    left = []
    for act in reversed(made):
        if not isinstance(act, MakeConfiguration | MakeModel):
            continue
        kind = "model" if isinstance(act, MakeModel) else "endpoint configuration"
        try:
            service.perform(target, Remove(kind, act.name))
        except PipelineWidgetsError:
            left.append(f"{kind} `{act.name}`")
    return f"Could not be removed again: {', '.join(left)}." if left else "Nothing is left of what this had begun."
