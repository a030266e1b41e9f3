"""Endpoints: configurations, and the servers of models that answer for them on this machine.

A server is started when an endpoint is created, and again when an endpoint is asked whose server has gone (the engine
ended, the machine was restarted). An engine that ends on purpose ends them; one that is killed leaves them, and the
next finds them by their folders.
"""

from __future__ import annotations

import logging
import random
import shutil
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine import keeping, logbook
from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.models import MODEL, served
from sm_pipeline_widgets.engine.records import when
from sm_pipeline_widgets.engine.serving import ModelServer, ServingError, script_problem, start_server
from sm_pipeline_widgets.engine.transfer import TransferError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    from sm_pipeline_widgets.engine.hosts import Means
    from sm_pipeline_widgets.engine.resources import ResourceRecord, Resources

CONFIG = keeping.Kind("endpoint-config", "endpoint configuration")
ENDPOINT = keeping.Kind("endpoint", "endpoint")
LOAD_SECONDS = 120.0
"""How long a model may take to load."""
MOVING = ("Creating", "Updating", "Deleting")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Variant:
    """One production variant of an endpoint: whom it asks, how often, and which deployment it belongs to."""

    name: str
    model: str
    weight: float
    instances: int
    deployment: int


def variants_of(config: Mapping[str, Any], deployment: int) -> tuple[Variant, ...]:
    """The variants that a configuration describes."""
    return tuple(
        Variant(
            name=str(at["VariantName"]),
            model=str(at.get("ModelName", "")),
            weight=float(at.get("InitialVariantWeight", 1.0)),
            instances=int(at.get("InitialInstanceCount", 1)),
            deployment=deployment,
        )
        for at in config["ProductionVariants"]
    )


class Endpoints:
    """The endpoints of one engine; for all its threads.

    Parameters
    ----------
    means
        What a server needs to run.
    """

    def __init__(
        self, resources: Resources, clock: Callable[[], float], arn: Callable[[str, str], str], means: Means
    ) -> None:
        self.resources = resources
        self.clock = clock
        self.arn = arn
        self._means = means
        self._lock = threading.RLock()
        self._starting = threading.Lock()
        self._closing = threading.Event()

    @property
    def is_serving(self) -> bool:
        """Whether somebody may ask an endpoint now or soon: one is reachable until it is deleted."""
        endpoints = self.resources.resources(ENDPOINT.kind)
        return any(active(at) or at.record["EndpointStatus"] in MOVING for at in endpoints)

    # configurations

    def create_config(self, name: str, request: Mapping[str, Any], origin: str = "") -> ResourceRecord:
        """Keep a configuration.

        Raises
        ------
        ServiceException
            The name is taken, or a model it names is not there.
        """
        record = dict(request)
        record.pop("EndpointConfigName", None)
        for variant in variants_of(record, 0):
            if variant.model:
                keeping.require(self, MODEL, variant.model)
        return keeping.create(self, CONFIG, name, record, origin)

    # endpoints

    def create(self, name: str, config: str, tags: Any = None, origin: str = "") -> ResourceRecord:
        """Keep an endpoint and begin to deploy it.

        Raises
        ------
        ServiceException
            The name is taken, or there is no such configuration.
        """
        found = keeping.require(self, CONFIG, config)
        record = {
            "EndpointConfigName": config,
            "EndpointStatus": "Creating",
            "Tags": tags or [],
            "Variants": [],
            "Next": [_as_json(at) for at in variants_of(found.record, 1)],
            "NextConfig": config,
            "Deployments": 1,
        }
        with self._lock:
            made = keeping.create(self, ENDPOINT, name, record, origin)
        if made.record["EndpointStatus"] == "Creating":
            self._deploy_in_background(name)
        return made

    def update(self, name: str, config: str, *, kept: Collection[str] = (), origin: str = "") -> ResourceRecord:
        """Begin to deploy another configuration; the old one answers until the new one does.

        Parameters
        ----------
        kept
            What variants that stay keep of what they have now: ``DesiredWeight``, ``DesiredInstanceCount``.

        Raises
        ------
        ServiceException
            There is no such endpoint or configuration, or the endpoint is not in service.
        """
        found = keeping.require(self, CONFIG, config)
        with self._lock:
            endpoint = keeping.require(self, ENDPOINT, name)
            record = dict(endpoint.record)
            if origin and record.get("UpdatedBy") == origin:
                return endpoint
            self._require_settled(endpoint)
            number = int(record["Deployments"]) + 1
            wanted = variants_of(found.record, number)
            before = {at.name: at for at in active(endpoint)}
            wanted = tuple(_keeping(at, before.get(at.name), kept) for at in wanted)
            record |= {
                "EndpointStatus": "Updating",
                "Next": [_as_json(at) for at in wanted],
                "NextConfig": config,
                "Deployments": number,
                "UpdatedBy": origin,
            }
            changed = keeping.change(self, endpoint, record)
        self._deploy_in_background(name)
        return changed

    def reweigh(self, name: str, wanted: list[Mapping[str, Any]]) -> ResourceRecord:
        """Change weights and counts of variants, at once.

        Raises
        ------
        ServiceException
            There is no such endpoint or variant, or the endpoint is not in service.
        """
        with self._lock:
            endpoint = keeping.require(self, ENDPOINT, name)
            self._require_settled(endpoint)
            variants = {at.name: at for at in active(endpoint)}
            for change in wanted:
                at = variants.get(change["VariantName"])
                if at is None:
                    raise ServiceException(
                        "ValidationException",
                        f'The variant name(s) "{change["VariantName"]}" do not exist within endpoint "{name}".',
                    )
                variants[at.name] = replace(
                    at,
                    weight=float(change.get("DesiredWeight", at.weight)),
                    instances=int(change.get("DesiredInstanceCount", at.instances)),
                )
            record = {**endpoint.record, "Variants": [_as_json(at) for at in variants.values()]}
            return keeping.change(self, endpoint, record)

    def delete(self, name: str) -> None:
        """Forget an endpoint and end its servers.

        Raises
        ------
        ServiceException
            There is no such endpoint.
        """
        with self._lock:
            endpoint = keeping.require(self, ENDPOINT, name)
            self.resources.delete_resource(ENDPOINT.kind, name)
        threading.Thread(target=self._remove, args=(endpoint,), daemon=True).start()

    def choose(self, name: str, variant: str = "") -> tuple[ResourceRecord, Variant]:
        """The variant that is asked next: the named one, or by weight.

        Raises
        ------
        ServiceException
            There is no such endpoint or variant, or it is not in service.
        """
        endpoint = self.resources.resource(ENDPOINT.kind, name)
        if endpoint is None:
            raise ServiceException("ValidationError", f"Endpoint {name} not found.")
        variants = active(endpoint)
        if not variants:
            status = endpoint.record["EndpointStatus"]
            raise ServiceException("ValidationError", f"Endpoint {name} is not in service: it is {status}.")
        if variant:
            named = [at for at in variants if at.name == variant]
            if not named:
                raise ServiceException("ValidationError", f"Variant {variant} not found for endpoint {name}.")
            return endpoint, named[0]
        weights = [at.weight for at in variants]
        return endpoint, random.choices(variants, weights if any(weights) else None)[0]

    def server(self, endpoint: ResourceRecord, variant: Variant, seconds: float = LOAD_SECONDS) -> ModelServer:
        """The server of a variant, loaded; started if it is not there.

        Raises
        ------
        ServingError
            It cannot be started, or the model does not load.
        """
        model = keeping.require(self, MODEL, variant.model) if variant.model else None
        if model is None:
            raise ServingError(f"variant '{variant.name}' names no model; the engine serves models only.")
        wanted = served(self, model)
        problem = script_problem(wanted)
        if problem:
            raise ServingError(problem)
        folder = self._folder(endpoint) / f"{variant.deployment}-{variant.name}"
        with self._starting:
            if not folder.exists():
                folder.mkdir(parents=True)
                group = f"/aws/sagemaker/Endpoints/{endpoint.name}"
                stream = f"{variant.name}/i-{variant.deployment:08x}"
                logbook.announce(self._means.home, group, stream, folder / "log", self.clock())
            try:
                server = start_server(wanted, folder, self._means)
            except TransferError as error:
                raise ServingError(str(error)) from error
        server.wait_ready(seconds, self._closing)
        return server

    def resume(self) -> None:
        """Go on with what an earlier engine had begun."""
        for endpoint in self.resources.resources(ENDPOINT.kind):
            if endpoint.record["EndpointStatus"] in MOVING:
                self._deploy_in_background(endpoint.name)

    def close(self) -> None:
        """End all servers; they start again when somebody asks."""
        self._closing.set()
        for endpoint in self.resources.resources(ENDPOINT.kind):
            for variant in active(endpoint):
                ModelServer(self._folder(endpoint) / f"{variant.deployment}-{variant.name}").stop()

    def _deploy_in_background(self, name: str) -> None:
        threading.Thread(target=self._deploy, args=(name,), name=f"endpoint-{name}", daemon=True).start()

    def _deploy(self, name: str) -> None:
        endpoint = self.resources.resource(ENDPOINT.kind, name)
        if endpoint is None:
            return
        wanted = _variants(endpoint.record["Next"])
        reason = ""
        try:
            for variant in wanted:
                self.server(endpoint, variant)
        except (ServingError, ServiceException) as error:
            reason = error.message if isinstance(error, ServiceException) else str(error)
        except Exception as error:  # noqa: BLE001 - logged, and the endpoint says so
            _log.exception("endpoint %s failed inside the engine", name)
            reason = f"InternalServerError: the engine failed: {error}"
        if not self._closing.is_set():
            self._settle(endpoint, reason)

    def _settle(self, deployed: ResourceRecord, reason: str) -> None:
        """Take what was deployed into service, or say why it cannot be, and end what is of no use any more."""
        with self._lock:
            endpoint = self.resources.resource(ENDPOINT.kind, deployed.name)
            if endpoint is None or endpoint.created != deployed.created:
                self._remove(deployed)
                return
            before, wanted = active(endpoint), _variants(deployed.record["Next"])
            record = {**endpoint.record, "Next": [], "FailureReason": reason[:1024]}
            if not reason:
                record |= {"Variants": deployed.record["Next"], "EndpointConfigName": deployed.record["NextConfig"]}
            record["EndpointStatus"] = "InService" if before or not reason else "Failed"
            keeping.change(self, endpoint, record)
        for variant in wanted if reason else before:
            ModelServer(self._folder(endpoint) / f"{variant.deployment}-{variant.name}").stop()

    def _remove(self, endpoint: ResourceRecord) -> None:
        folder = self._folder(endpoint)
        for server in folder.iterdir() if folder.is_dir() else ():
            ModelServer(server).remove()
            variant = server.name.partition("-")[2]
            stream = f"{variant}/i-{int(server.name.partition('-')[0]):08x}"
            logbook.forget(self._means.home, f"/aws/sagemaker/Endpoints/{endpoint.name}", stream)
        shutil.rmtree(folder, ignore_errors=True)

    def _folder(self, endpoint: ResourceRecord) -> Path:
        """Of this very endpoint: another of its name has another."""
        return self._means.home / "endpoints" / f"{endpoint.name}-{int(endpoint.created * 1000)}"

    def _require_settled(self, endpoint: ResourceRecord) -> None:
        status = endpoint.record["EndpointStatus"]
        if status != "InService":
            raise ServiceException("ValidationException", f'Cannot update endpoint "{endpoint.arn}": it is {status}.')


def active(endpoint: ResourceRecord) -> tuple[Variant, ...]:
    """The variants that answer."""
    return _variants(endpoint.record["Variants"])


def describe_config(config: ResourceRecord) -> dict[str, Any]:
    """The answer of DescribeEndpointConfig."""
    return keeping.described(config, "EndpointConfig")


def describe_endpoint(endpoint: ResourceRecord) -> dict[str, Any]:
    """The answer of DescribeEndpoint."""
    variants = [
        {
            "VariantName": at.name,
            "CurrentWeight": at.weight,
            "DesiredWeight": at.weight,
            "CurrentInstanceCount": at.instances,
            "DesiredInstanceCount": at.instances,
        }
        for at in active(endpoint)
    ]
    return {
        "EndpointName": endpoint.name,
        "EndpointArn": endpoint.arn,
        "EndpointConfigName": endpoint.record["EndpointConfigName"],
        "EndpointStatus": endpoint.record["EndpointStatus"],
        "FailureReason": endpoint.record.get("FailureReason") or None,
        "ProductionVariants": variants or None,
        "CreationTime": when(endpoint.created),
        "LastModifiedTime": when(endpoint.modified),
    }


def _keeping(wanted: Variant, before: Variant | None, kept: Collection[str]) -> Variant:
    """A variant of a new configuration, with what it keeps of what it has now."""
    if before is None:
        return wanted
    weight = before.weight if "DesiredWeight" in kept else wanted.weight
    return replace(
        wanted, weight=weight, instances=before.instances if "DesiredInstanceCount" in kept else wanted.instances
    )


def _variants(kept: list[Mapping[str, Any]]) -> tuple[Variant, ...]:
    return tuple(Variant(**at) for at in kept)


def _as_json(variant: Variant) -> dict[str, Any]:
    return {
        "name": variant.name,
        "model": variant.model,
        "weight": variant.weight,
        "instances": variant.instances,
        "deployment": variant.deployment,
    }
