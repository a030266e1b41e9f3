"""What clients ask of IAM before they make a job: whether a role is there, trusted and allowed. Here every role is.

Nobody is refused for lack of a right on this machine, so a check of one finds none missing.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from sm_pipeline_widgets.engine.operations import Operation
    from sm_pipeline_widgets.engine.service import Engine

_TRUSTED = ("sagemaker.amazonaws.com", "lambda.amazonaws.com", "scheduler.amazonaws.com", "events.amazonaws.com")
_EVERYTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": _TRUSTED}, "Action": "sts:AssumeRole"}],
}
_SINCE_EVER = datetime(2020, 1, 1, tzinfo=UTC)


def get_role(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    """The role of any name: there is no list of them."""
    name = str(request["RoleName"])
    role = {
        "Path": "/",
        "RoleName": name,
        "RoleId": "AROALOCALLOCALLOCAL0",
        "Arn": f"arn:aws:iam::{engine.endpoint().account}:role/{name}",
        "CreateDate": _SINCE_EVER,
        "AssumeRolePolicyDocument": quote(json.dumps(_EVERYTHING)),
    }
    return {"Role": role}


def simulate_principal_policy(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001  # an Operation's signature
    """Every action is allowed on every resource."""
    resources = request.get("ResourceArns") or ["*"]
    results = [
        {
            "EvalActionName": action,
            "EvalResourceName": resource,
            "EvalDecision": "allowed",
            "MatchedStatements": [],
            "MissingContextValues": [],
        }
        for action in request["ActionNames"]
        for resource in resources
    ]
    return {"EvaluationResults": results, "IsTruncated": False}


OPERATIONS: dict[str, Operation] = {"GetRole": get_role, "SimulatePrincipalPolicy": simulate_principal_policy}
