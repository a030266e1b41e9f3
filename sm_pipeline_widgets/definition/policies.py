"""IAM policies as values: what is needed as a policy document, and whether a trust policy lets SageMaker in.

>>> print(policy_json([Need(("sqs:SendMessage",), ("arn:aws:sqs:us-east-1:111122223333:q",))], indent=None))
{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:SendMessage", \
"Resource": "arn:aws:sqs:us-east-1:111122223333:q"}]}
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

SAGEMAKER = "sagemaker.amazonaws.com"
PASSED_TO = "iam:PassedToService"


@dataclass(frozen=True, slots=True)
class Need:
    """Actions on resources. ``passes_to`` is the service that a role is passed to, for ``iam:PassRole``."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    passes_to: str = ""


def policy_json(needs: Iterable[Need], indent: int | None = 2) -> str:
    """A policy that allows just this. Actions on the same resources share a statement."""
    grouped: dict[tuple[tuple[str, ...], str], list[str]] = {}
    for need in needs:
        grouped.setdefault((need.resources, need.passes_to), []).extend(need.actions)
    statements = [_statement(actions, *key) for key, actions in grouped.items()]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=indent)


def trust_json(indent: int | None = 2) -> str:
    """The trust policy of a role that SageMaker may act as."""
    statement = {"Effect": "Allow", "Principal": {"Service": SAGEMAKER}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=indent)


def trusts(document: Mapping[str, Any], service: str = SAGEMAKER) -> bool:
    """Whether a trust policy lets a service act as the role. Conditions are taken to hold: only IAM knows."""
    allowed = False
    for statement in _statements(document):
        if not (_names(statement, service) and _covers(statement, "sts:AssumeRole")):
            continue
        if statement.get("Effect") == "Deny" and not statement.get("Condition"):
            return False
        allowed = allowed or statement.get("Effect") == "Allow"
    return allowed


def _statement(actions: list[str], resources: tuple[str, ...], passes_to: str) -> dict[str, Any]:
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Action": _one_or_many(sorted(dict.fromkeys(actions))),
        "Resource": _one_or_many(list(resources)),
    }
    if passes_to:
        statement["Condition"] = {"StringEquals": {PASSED_TO: passes_to}}
    return statement


def _one_or_many(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values


def _statements(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    found = document.get("Statement")
    for statement in found if isinstance(found, list) else [found]:
        if isinstance(statement, dict):
            yield statement


def _names(statement: Mapping[str, Any], service: str) -> bool:
    principal = statement.get("Principal")
    if principal == "*":
        return True
    services = _list(principal.get("Service")) if isinstance(principal, dict) else []
    return service in services


def _covers(statement: Mapping[str, Any], action: str) -> bool:
    return any(
        re.fullmatch(re.escape(one).replace(r"\*", ".*").replace(r"\?", "."), action, re.IGNORECASE)
        for one in _list(statement.get("Action"))
    )


def _list(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else [one for one in value or () if isinstance(one, str)]
