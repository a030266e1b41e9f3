"""Roles and permissions, asked of IAM: who a role trusts, and what its policies allow (by simulation)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from sm_pipeline_widgets.aws.errors import translated
from sm_pipeline_widgets.definition.policies import PASSED_TO
from sm_pipeline_widgets.errors import ServiceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sm_pipeline_widgets.definition.policies import Need

_ROLE = re.compile(r"arn:[\w-]+:iam::(?P<account>\d{12}):role/(?P<path>(?:[^/]+/)*)(?P<name>[^/]+)")


@dataclass(frozen=True, slots=True)
class RoleName:
    """The parts of a role's ARN."""

    account: str
    path: str
    name: str


@dataclass(frozen=True, slots=True)
class Role:
    """A role as IAM knows it."""

    arn: str
    trust: Mapping[str, Any]


class Verdict(StrEnum):
    """What a simulation says of an action on a resource."""

    ALLOWED = "allowed"
    MISSING = "implicitDeny"
    """No policy allows it."""
    FORBIDDEN = "explicitDeny"
    """A policy, boundary or organisation denies it; allowing it elsewhere does not help."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One action on one resource. ``lacks`` are the context keys that policies ask for and nobody knows."""

    action: str
    resource: str
    verdict: Verdict
    lacks: tuple[str, ...] = ()


def role_name(arn: str) -> RoleName | None:
    """The parts of a role's ARN; None when it is none."""
    found = _ROLE.fullmatch(arn)
    return RoleName(found["account"], found["path"], found["name"]) if found else None


def find_role(iam: Any, name: str) -> Role | None:
    """The role of that name in the caller's account; None when there is none.

    Raises
    ------
    ServiceError
        The caller may not look at it.
    """
    try:
        with translated():
            answer = iam.get_role(RoleName=name)["Role"]
    except ServiceError as error:
        if error.code in {"NoSuchEntity", "NoSuchEntityException"}:
            return None
        raise
    return Role(answer["Arn"], _document(answer.get("AssumeRolePolicyDocument", {})))


def simulate(iam: Any, source: str, need: Need) -> Iterator[Decision]:
    """What the policies of a user or role say of each action on each resource.

    Policies of the resources themselves are not part of it.

    Raises
    ------
    ServiceError
        The caller may not simulate, or there is no such user or role.
    """
    request: dict[str, Any] = {
        "PolicySourceArn": source,
        "ActionNames": list(need.actions),
        "ResourceArns": list(need.resources),
    }
    if need.passes_to:
        request["ContextEntries"] = [
            {"ContextKeyName": PASSED_TO, "ContextKeyValues": [need.passes_to], "ContextKeyType": "string"}
        ]
    with translated():
        while True:
            answer = iam.simulate_principal_policy(**request)
            for result in answer.get("EvaluationResults", ()):
                yield from _decisions(result)
            if not answer.get("IsTruncated"):
                return
            request["Marker"] = answer["Marker"]


def _decisions(result: Mapping[str, Any]) -> Iterator[Decision]:
    """What one result says: of several resources IAM may tell one by one inside of it."""
    action = result["EvalActionName"]
    for one in result.get("ResourceSpecificResults") or [result]:
        decision = one.get("EvalResourceDecision") or one.get("EvalDecision")
        told = {**result, **one, "EvalDecision": decision}
        lacks = tuple(told.get("MissingContextValues", ()))
        yield Decision(action, told.get("EvalResourceName", "*"), _verdict(told), lacks)


def _verdict(result: Mapping[str, Any]) -> Verdict:
    if result["EvalDecision"] == "allowed":
        return Verdict.ALLOWED
    boundary = result.get("PermissionsBoundaryDecisionDetail", {}).get("AllowedByPermissionsBoundary", True)
    organisation = result.get("OrganizationsDecisionDetail", {}).get("AllowedByOrganizations", True)
    if result["EvalDecision"] == "explicitDeny" or not (boundary and organisation):
        return Verdict.FORBIDDEN
    return Verdict.MISSING


def _document(value: Any) -> Mapping[str, Any]:
    """A policy document; boto3 decodes it, stand-ins of IAM may leave it a text."""
    if isinstance(value, str):
        try:
            value = json.loads(unquote(value))
        except ValueError:
            return {}
    return value if isinstance(value, dict) else {}
