"""Endpoints as values: what answers, in which state, and who gets which share of the requests.

>>> [round(share) for share in shares([3, 1])]
[75, 25]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.execution.registry import version_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

MOVING = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"})
"""States that end by themselves."""
IN_SERVICE = "InService"


@dataclass(frozen=True, slots=True)
class Variant:
    """One production variant.

    Parameters
    ----------
    package
        The ARN of the model package its model is made of; empty for a model of another kind.
    weight
        Relative to the other variants'.
    instance
        The instance type; empty for a serverless variant.
    """

    name: str
    model: str
    package: str = ""
    weight: float = 1.0
    instance: str = ""
    count: int = 1

    @property
    def version(self) -> str:
        """``GROUP/NUMBER``; the model's name where it is no version of a group."""
        return version_name(self.package) or self.model

    @property
    def machines(self) -> str:
        """``2 x ml.m5.large``."""
        return f"{self.count} x {self.instance}" if self.instance else "serverless"


@dataclass(frozen=True, slots=True)
class Configuration:
    """An endpoint configuration, with the weights and counts an endpoint begins with."""

    name: str
    variants: tuple[Variant, ...]
    created: datetime | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint as it stands; a list's row has no variants. ``reason`` says why it failed, or why an update did."""

    name: str
    arn: str
    status: str
    config: str = ""
    variants: tuple[Variant, ...] = ()
    reason: str = ""
    created: datetime | None = None
    modified: datetime | None = None

    @property
    def is_moving(self) -> bool:
        return self.status in MOVING

    @property
    def answers(self) -> bool:
        """Whether it can be asked now: while it is updated, what was there before answers."""
        return self.status in {IN_SERVICE, "Updating", "SystemUpdating", "RollingBack", "UpdateRollbackFailed"}

    @property
    def shares(self) -> dict[str, float]:
        """Who gets how many percent of the requests, by variant."""
        weights = [variant.weight for variant in self.variants]
        return {variant.name: share for variant, share in zip(self.variants, shares(weights), strict=True)}


@dataclass(frozen=True, slots=True)
class Answer:
    """What an endpoint answered."""

    body: bytes
    content_type: str
    variant: str
    seconds: float

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def __str__(self) -> str:
        return f"{self.text.rstrip()}\n({self.variant}, {self.content_type}, {self.seconds * 1000:.0f} ms)"


def shares(weights: Sequence[float]) -> list[float]:
    """Weights as percent of the requests; where all are zero, the service asks everybody alike."""
    total = sum(weights)
    return [100 * weight / total if total else 100 / len(weights) for weight in weights]


def endpoint_of(record: Mapping[str, Any], variants: tuple[Variant, ...] = ()) -> Endpoint:
    """An endpoint out of a list's row or a description."""
    return Endpoint(
        name=str(record.get("EndpointName", "")),
        arn=str(record.get("EndpointArn", "")),
        status=str(record.get("EndpointStatus", "")),
        config=str(record.get("EndpointConfigName") or ""),
        variants=variants,
        reason=str(record.get("FailureReason") or ""),
        created=record.get("CreationTime"),
        modified=record.get("LastModifiedTime"),
    )


def configuration_of(record: Mapping[str, Any], packages: Mapping[str, str]) -> Configuration:
    """A configuration out of its description.

    Parameters
    ----------
    packages
        The ARN of the model package behind each model that is made of one, by the model's name.
    """
    variants = tuple(
        Variant(
            name=str(one.get("VariantName", "")),
            model=str(one.get("ModelName") or ""),
            package=packages.get(str(one.get("ModelName") or ""), ""),
            weight=float(one.get("InitialVariantWeight", 1.0)),
            instance=str(one.get("InstanceType") or ""),
            count=int(one.get("InitialInstanceCount") or 1),
        )
        for one in record.get("ProductionVariants") or ()
    )
    return Configuration(str(record.get("EndpointConfigName", "")), variants, record.get("CreationTime"))


def running_variants(record: Mapping[str, Any], configuration: Configuration) -> tuple[Variant, ...]:
    """The variants of a described endpoint, with the weights and counts they have now; of one that is new, planned."""
    now = {str(one.get("VariantName")): one for one in record.get("ProductionVariants") or ()}
    return tuple(
        Variant(
            name=one.name,
            model=one.model,
            package=one.package,
            weight=float(_said(now.get(one.name), "DesiredWeight", "CurrentWeight", one.weight)),
            instance=one.instance,
            count=int(_said(now.get(one.name), "DesiredInstanceCount", "CurrentInstanceCount", one.count)),
        )
        for one in configuration.variants
    )


def _said(record: Mapping[str, Any] | None, wanted: str, current: str, otherwise: float) -> float:
    values = ((record or {}).get(name) for name in (wanted, current))
    return next((float(value) for value in values if value is not None), otherwise)
