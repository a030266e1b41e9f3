"""A look at the account before anything runs: roles, permissions, inputs, images, instances, quotas.

Only asks; nothing is created. What the caller may not ask is told as not known, never passed over.
``docs/preflight.md`` explains every finding.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.aws.bucket import BucketState
from sm_pipeline_widgets.aws.preflight_asking import CANNOT_ASK, unknown_because
from sm_pipeline_widgets.aws.preflight_places import check_keys, check_networks
from sm_pipeline_widgets.aws.preflight_roles import check_permissions, check_roles
from sm_pipeline_widgets.aws.preflight_things import check_images, check_inputs, check_instances
from sm_pipeline_widgets.definition.account_findings import AccountReport, finding, report_of
from sm_pipeline_widgets.definition.needs import Account, needs_of
from sm_pipeline_widgets.errors import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from sm_pipeline_widgets.aws.target import Target
    from sm_pipeline_widgets.definition.account_findings import AccountFinding
    from sm_pipeline_widgets.definition.needs import Needs

    Check = Callable[[Target, Needs], Iterable[AccountFinding]]


def check_account(
    target: Target,
    pipeline: str,
    definition: Mapping[str, Any],
    parameters: Mapping[str, object] | None = None,
    parallelism: int | None = None,
) -> AccountReport:
    """Everything that would keep a definition from running at a target, as far as it can be found out by asking.

    `parallelism` is the most steps that run at the same time; None where nothing limits them.

    Raises
    ------
    TargetError, ServiceError
        The caller cannot be identified, or the target has no role.
    """
    at = Account(
        account=target.account,
        region=target.region,
        partition=target.partition,
        bucket=target.bucket,
        role=target.role,
        pipeline=pipeline,
    )
    needs = needs_of(definition, parameters or {}, at, parallelism)
    checks = _LOCAL if target.is_local else _AWS
    with ThreadPoolExecutor(len(checks)) as pool:  # each asks another service, and all of them are slow
        found = list(pool.map(lambda check: list(check(target, needs)), checks.values()))
    return report_of([one for findings in found for one in findings], list(checks))


def check_bucket(target: Target, _needs: Needs) -> Iterator[AccountFinding]:
    """The target's bucket: there, and the account's own."""
    name = target.bucket
    try:
        state = target.bucket_state
    except CANNOT_ASK as error:
        yield unknown_because("bucket-unknown", f"Bucket `{name}` could not be looked at", error)
        return
    if state is BucketState.MISSING and not target.is_local:
        message = f"There is no bucket `{name}` yet."
        yield finding("bucket-missing", Severity.NOTE, message, "target", "A run asks before it creates it.")
    if state is BucketState.REFUSED:
        message = f"Bucket `{name}` belongs to another account, or you may not use it."
        fix = "Choose another one: `%pipeline target … --bucket NAME`."
        yield finding("bucket-refused", Severity.ERROR, message, "target", fix)


_LOCAL: dict[str, Check] = {"inputs": check_inputs}
_AWS: dict[str, Check] = {
    "roles": check_roles,
    "permissions": check_permissions,
    "bucket": check_bucket,
    "inputs": check_inputs,
    "images": check_images,
    "instance types and quotas": check_instances,
    "keys": check_keys,
    "networks": check_networks,
}
