"""Checks of keys and networks that steps name: they are there, and can be used."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.aws.codes import NOT_FOUND
from sm_pipeline_widgets.aws.errors import translated
from sm_pipeline_widgets.aws.preflight_asking import CANNOT_ASK, unknown_because
from sm_pipeline_widgets.definition.account_findings import finding
from sm_pipeline_widgets.definition.need_places import key_arn
from sm_pipeline_widgets.definition.policies import Need, policy_json
from sm_pipeline_widgets.definition.wording import listed
from sm_pipeline_widgets.errors import ServiceError, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sm_pipeline_widgets.aws.target import Target
    from sm_pipeline_widgets.definition.account_findings import AccountFinding
    from sm_pipeline_widgets.definition.needs import Needs, NetworkUse, Use

USABLE = "Enabled"
_BAD_KEY = NOT_FOUND | {"NotFoundException", "InvalidArnException"}


def check_keys(target: Target, needs: Needs) -> Iterator[AccountFinding]:
    """Every KMS key is there, in the target's region, and enabled."""
    for use in needs.keys:
        parts = use.what.split(":")
        where = ", ".join(use.steps)
        if len(parts) > 4 and parts[3] != target.region:
            message = f"Key `{use.what}` is in {parts[3]}; jobs in {target.region} cannot use it."
            yield finding("key-region", Severity.ERROR, message, where, "Name a key of the target's region.")
        elif len(parts) > 4 and parts[4] != target.account:
            message = f"Key `{use.what}` belongs to account {parts[4]} and cannot be looked at from here."
            fix = f"Its policy must let account {target.account} use it, and the job's role as well."
            yield finding("key-foreign", Severity.NOTE, message, where, fix)
        else:
            yield from _own_key(target, use)


def check_networks(target: Target, needs: Needs) -> Iterator[AccountFinding]:
    """Subnets and security groups are there, in one VPC, and have room."""
    for use in needs.networks:
        yield from _network(target, use, max(_hosts(needs, use), default=1))


def _own_key(target: Target, use: Use) -> Iterator[AccountFinding]:
    where = ", ".join(use.steps)
    try:
        with translated():
            key = target.client("kms").describe_key(KeyId=use.what)["KeyMetadata"]
    except CANNOT_ASK as error:
        if isinstance(error, ServiceError) and error.code in _BAD_KEY:
            message = f"There is no key `{use.what}` in {target.region}, account {target.account}."
            yield finding("key-missing", Severity.ERROR, message, where, "Check its id, ARN or alias.")
            return
        every = f"arn:{target.partition}:kms:{target.region}:{target.account}:key/*"
        resource = key_arn(use.what, target) or every
        policy = policy_json([Need(("kms:DescribeKey",), (resource,))])
        yield unknown_because("key-unknown", f"Key `{use.what}` could not be looked at", error, where, policy)
        return
    state = str(key.get("KeyState", USABLE))
    if state != USABLE:
        fix = "Enable it (KMS > Customer managed keys), cancel its deletion, or name another one."
        yield finding("key-unusable", Severity.ERROR, f"Key `{use.what}` is {_spoken(state)}.", where, fix)
    elif key.get("KeyUsage", "ENCRYPT_DECRYPT") != "ENCRYPT_DECRYPT":
        message = f"Key `{use.what}` is for {_spoken(str(key['KeyUsage']))}; it cannot encrypt."
        yield finding("key-unusable", Severity.ERROR, message, where, "Name a symmetric key for encryption.")


def _network(target: Target, use: NetworkUse, hosts: int) -> Iterator[AccountFinding]:
    where = ", ".join(use.steps)
    ec2 = target.client("ec2")
    try:
        subnets = _described(ec2, "subnet", use.network.subnets)
        groups = _described(ec2, "security_group", use.network.groups)
    except CANNOT_ASK as error:
        policy = policy_json([Need(("ec2:DescribeSecurityGroups", "ec2:DescribeSubnets"), ("*",))])
        yield unknown_because("network-unknown", "The network could not be looked at", error, where, policy)
        return
    gone = [one for one in (*use.network.subnets, *use.network.groups) if one not in {**subnets, **groups}]
    if gone:
        message = f"There is no {listed(gone, most=6)} in {target.region}, account {target.account}."
        yield finding(
            "network-missing", Severity.ERROR, message, where, "Check the ids of subnets and security groups."
        )
    homes = {str(one.get("VpcId")) for one in (*subnets.values(), *groups.values())}
    if len(homes) > 1:
        message = f"Subnets and security groups are in different networks: {listed(sorted(homes))}."
        yield finding("network-apart", Severity.ERROR, message, where, "All of them must be in one VPC.")
    free = [int(one["AvailableIpAddressCount"]) for one in subnets.values() if "AvailableIpAddressCount" in one]
    if free and sum(free) < hosts:
        message = f"The subnets have {sum(free)} free addresses, and {hosts} hosts need one each."
        yield finding("network-full", Severity.WARNING, message, where, "Add a subnet, or free addresses.")


def _described(ec2: Any, kind: str, ids: tuple[str, ...]) -> dict[str, Mapping[str, Any]]:
    """Those of the ids that are there: asked with a filter, what is missing is left out of the answer, and no error."""
    if not ids:
        return {}
    member = "GroupId" if kind == "security_group" else "SubnetId"
    name = "group-id" if kind == "security_group" else "subnet-id"
    with translated():
        pages = ec2.get_paginator(f"describe_{kind}s").paginate(Filters=[{"Name": name, "Values": list(ids)}])
        found = [one for page in pages for one in page.get("SecurityGroups" if name == "group-id" else "Subnets", ())]
    return {str(one[member]): one for one in found}


def _hosts(needs: Needs, use: NetworkUse) -> list[int]:
    """How many hosts each step in this network has."""
    return [one.count for one in needs.instances if one.step in use.steps]


def _spoken(word: str) -> str:
    """``PendingDeletion`` and ``SIGN_VERIFY`` as words."""
    apart = word.replace("_", " ") if "_" in word else re.sub(r"(?<=[a-z])(?=[A-Z])", " ", word)
    return apart.lower()
