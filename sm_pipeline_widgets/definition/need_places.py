"""Keys and networks that steps name, and what a job's role must be allowed to use them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from sm_pipeline_widgets.definition.need_values import known

if TYPE_CHECKING:
    from collections.abc import Mapping

USE_OF_KEY = ("kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey")
JOB_IN_VPC = (
    "ec2:CreateNetworkInterface", "ec2:CreateNetworkInterfacePermission", "ec2:DeleteNetworkInterface",
    "ec2:DeleteNetworkInterfacePermission", "ec2:DescribeDhcpOptions", "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs",
)  # fmt: skip
"""What SageMaker does with the role of a job that is in a network of the account."""


class Home(Protocol):
    """An account in a region."""

    @property
    def account(self) -> str: ...
    @property
    def region(self) -> str: ...
    @property
    def partition(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Network:
    """Subnets and security groups, by their ids: those that are known before the run."""

    subnets: tuple[str, ...]
    groups: tuple[str, ...]


def network_of(value: Any, values: Mapping[str, str]) -> Network | None:
    """The network that a ``VpcConfig`` names; None where only the run knows it."""
    if not isinstance(value, dict):
        return None
    network = Network(_ids(value.get("Subnets"), values), _ids(value.get("SecurityGroupIds"), values))
    return network if network.subnets or network.groups else None


def key_arn(key: str, at: Home) -> str | None:
    """The ARN of a key that is named by ARN or id; None for an alias, which says nothing of its key."""
    if key.startswith("arn:"):
        return key if ":key/" in key else None
    return None if key.startswith("alias/") else f"arn:{at.partition}:kms:{at.region}:{at.account}:key/{key}"


def _ids(value: Any, values: Mapping[str, str]) -> tuple[str, ...]:
    found = (known(one, values) for one in value) if isinstance(value, list) else ()
    return tuple(one for one in found if one)
