"""Sessions whose clients only look: everything that would write, start, stop or delete is refused before it is sent.

It holds for every client made from the session, whoever made it, and for presigned URLs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.errors import ReadOnlyError

if TYPE_CHECKING:
    import boto3
    from botocore.model import OperationModel

_LOOKS = ("Get", "List", "Describe", "Head", "Search", "Filter", "BatchGet", "BatchDescribe", "Simulate", "Query")
_ALSO = frozenset({"StartLiveTail", "StartQuery", "StopQuery", "SelectObjectContent", "Scan", "LookupEvents"})
_SIGNS_IN = frozenset({"sts", "sso", "sso-oidc", "signin"})
"""Services that credentials come from: botocore asks them by itself."""


def is_look(service: str, operation: str) -> bool:
    """Whether an API operation changes nothing. What is not known to be harmless is not."""
    if service in _SIGNS_IN:
        return True
    return operation in _ALSO or any(
        # a verb ends where the next word begins: `GetObject`, but not `Getaway`
        operation.startswith(verb) and (operation[len(verb) :][:1].isupper() or operation == verb)
        for verb in _LOOKS
    )


def keep_read_only(session: boto3.Session, name: str) -> None:
    """Refuse from now on whatever writes; `name` is the target's, for the words."""

    def refuse(model: OperationModel, **_: Any) -> None:
        if is_look(model.service_model.service_name, model.name):
            return
        raise ReadOnlyError(
            f"{model.name} was not sent: target `{name}` is read-only.",
            f"Choose the target again without `--read-only` (`%pipeline target {name}`) if you mean to change things.",
        )

    session.events.register("provide-client-params", refuse)
