"""Checks of roles: they exist, trust SageMaker, may be passed, and may do what the steps do."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.aws.iam import Decision, Verdict, find_role, role_name, simulate
from sm_pipeline_widgets.aws.preflight_asking import CANNOT_ASK, unknown_because
from sm_pipeline_widgets.definition.account_findings import finding
from sm_pipeline_widgets.definition.needs import CALLER
from sm_pipeline_widgets.definition.policies import Need, policy_json, trust_json, trusts
from sm_pipeline_widgets.definition.wording import listed
from sm_pipeline_widgets.errors import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sm_pipeline_widgets.aws.target import Target
    from sm_pipeline_widgets.definition.account_findings import AccountFinding
    from sm_pipeline_widgets.definition.needs import Grant, Needs, Use

_SHOWN = 8


def check_roles(target: Target, needs: Needs) -> Iterator[AccountFinding]:
    """Every role that is named exists, is this account's, and lets SageMaker act as it."""
    iam = target.client("iam")
    for use in needs.roles:
        yield from _check_role(target, iam, use)


def check_permissions(target: Target, needs: Needs) -> Iterator[AccountFinding]:
    """What each role (and the caller) must be allowed, by simulation of its policies."""
    iam = target.client("iam")
    grants: dict[str, list[Grant]] = defaultdict(list)
    for grant in needs.grants:
        grants[grant.who].append(grant)
    for who, wanted in grants.items():
        source = target.caller_role_arn or target.identity.arn if who == CALLER else who
        if who == CALLER and target.identity.is_root:
            continue  # may do everything, and cannot be simulated
        name = role_name(source)
        if name is not None and name.account != target.account:
            continue  # told by check_roles
        yield from _check_grants(iam, source, "you" if who == CALLER else f"role `{_short(who)}`", wanted)


def _check_role(target: Target, iam: Any, use: Use) -> Iterator[AccountFinding]:
    where = _where(use, target.role)
    name = role_name(use.what)
    if name is None:
        message = f"`{use.what}` is not the ARN of a role."
        fix = f"It looks like `arn:{target.partition}:iam::{target.account}:role/NAME`."
        yield finding("role-missing", Severity.ERROR, message, where, fix)
        return
    if name.account != target.account:
        message = f"Role `{name.name}` belongs to account {name.account}; a pipeline in {target.account} cannot use it."
        fix = "Name a role of this account: `%pipeline target … --role ARN`, or `role:` of the step."
        yield finding("role-foreign", Severity.ERROR, message, where, fix)
        return
    try:
        role = find_role(iam, name.name)
    except CANNOT_ASK as error:
        policy = policy_json([Need(("iam:GetRole",), (use.what,))])
        yield unknown_because("role-unknown", f"Role `{name.name}` could not be looked at", error, where, policy)
        return
    if role is None:
        message = f"There is no role `{name.name}` in account {target.account}."
        yield finding(
            "role-missing", Severity.ERROR, message, where, "Check the name, or create the role.", trust_json()
        )
    elif role.arn != use.what:
        message = f"There is no role `{use.what}`; the one of this name is `{role.arn}`."
        yield finding("role-missing", Severity.ERROR, message, where, "Name it by its whole ARN, the path included.")
    elif not trusts(role.trust):
        message = (
            f"SageMaker may not act as role `{name.name}`: its trust policy does not name sagemaker.amazonaws.com."
        )
        fix = f"Add this statement to the trust policy of `{name.name}` (IAM > Roles > Trust relationships)."
        yield finding("role-trust", Severity.ERROR, message, where, fix, trust_json())


def _check_grants(iam: Any, source: str, who: str, grants: list[Grant]) -> Iterator[AccountFinding]:
    refused: dict[Verdict | None, list[tuple[Grant, list[Decision]]]] = defaultdict(list)
    try:
        for grant in grants:
            for verdict, decisions in _refusals(list(simulate(iam, source, grant.need))).items():
                refused[verdict if grant.is_firm or verdict is Verdict.FORBIDDEN else None].append((grant, decisions))
    except CANNOT_ASK as error:
        policy = policy_json([Need(("iam:SimulatePrincipalPolicy",), (source,))])
        what = f"Whether {who} may do everything could not be simulated"
        yield unknown_because("permissions-unknown", what, error, who, policy)
        return
    may = "You may" if who == "you" else f"{who[0].upper()}{who[1:]} may"
    holder = "the user or role you act as" if who == "you" else who
    if Verdict.MISSING in refused:
        words, policy = _told(refused[Verdict.MISSING])
        fix = f"Attach this policy to {holder}."
        yield finding("permission-missing", Severity.ERROR, f"{may} not {words}.", who, fix, policy)
    if Verdict.FORBIDDEN in refused:
        words, _policy = _told(refused[Verdict.FORBIDDEN])
        message = f"{may} not {words}: a policy, a permissions boundary or your organisation denies it."
        fix = "Allowing it does not help while it is denied: ask whoever manages the account."
        yield finding("permission-denied", Severity.ERROR, message, who, fix)
    if None in refused:
        words, policy = _told(refused[None])
        message = f"{may} not {words} by its own policies; the resource's own policy may still allow it."
        message = message.replace("its own", "your own") if who == "you" else message
        fix = f"If it fails there, attach this policy to {holder}."
        yield finding("permission-doubtful", Severity.WARNING, message, who, fix, policy)


def _refusals(decisions: list[Decision]) -> dict[Verdict, list[Decision]]:
    refused: dict[Verdict, list[Decision]] = defaultdict(list)
    for one in decisions:
        # a policy that asks for something only the real request knows may well allow it
        if one.verdict is not Verdict.ALLOWED and not one.lacks:
            refused[one.verdict].append(one)
    return refused


def _told(refused: list[tuple[Grant, list[Decision]]]) -> tuple[str, str]:
    """The refused actions in words, and the policy that allows just them."""
    actions = dict.fromkeys(one.action for _, decisions in refused for one in decisions)
    steps = dict.fromkeys(step for grant, _ in refused for step in grant.steps)
    needs = [
        Need(tuple(dict.fromkeys(one.action for one in decisions)), _resources(grant, decisions), grant.need.passes_to)
        for grant, decisions in refused
    ]
    needed_by = f" (for {listed(steps, most=_SHOWN)})" if steps else ""
    return f"{listed(actions, most=_SHOWN)}{needed_by}", policy_json(needs)


def _resources(grant: Grant, decisions: list[Decision]) -> tuple[str, ...]:
    named = {one.resource for one in decisions}
    return tuple(one for one in grant.need.resources if one in named) or grant.need.resources


def _where(use: Use, pipeline_role: str) -> str:
    parts = ["pipeline"] if use.what == pipeline_role else []
    return ", ".join([*parts, *use.steps[:_SHOWN]])


def _short(arn: str) -> str:
    return arn.rpartition("/")[2]
