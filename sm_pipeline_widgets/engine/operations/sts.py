"""Who am I: the one question of STS that clients ask before anything else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sm_pipeline_widgets.engine.operations import Operation


def get_caller_identity(engine: Any, parameters: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001  # an Operation's signature
    """The one identity of this engine, wearing the role that pipelines get as well."""
    endpoint = engine.endpoint()
    return {
        "UserId": f"AROA{endpoint.access_key[-16:]}:local",
        "Account": endpoint.account,
        "Arn": f"arn:aws:sts::{endpoint.account}:assumed-role/sm-pipeline-widgets-local/local",
    }


def caller(engine: Any) -> dict[str, Any]:
    """The caller as records keep it (``UserContext``)."""
    who = get_caller_identity(engine, {})
    return {"IamIdentity": {"Arn": who["Arn"], "PrincipalId": who["UserId"]}}


OPERATIONS: dict[str, Operation] = {"GetCallerIdentity": get_caller_identity}
