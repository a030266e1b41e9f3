"""Checks of roles: they exist, trust SageMaker, may be passed, and may do what the steps do."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
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

MOST_RESOURCES = 50
"""Resources in one request to simulate."""
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


@dataclass(frozen=True, slots=True)
class _Refused:
    """A decision that is no yes, and the grant it is about."""

    grant: Grant
    decision: Decision


def _check_grants(iam: Any, source: str, who: str, grants: list[Grant]) -> Iterator[AccountFinding]:
    refused: list[_Refused] = []
    try:
        for grant in grants:
            for need in _portions(grant.need):
                found = simulate(iam, source, need)
                refused += [_Refused(grant, one) for one in found if one.verdict is not Verdict.ALLOWED]
    except CANNOT_ASK as error:
        policy = policy_json([Need(("iam:SimulatePrincipalPolicy",), (source,))])
        what = f"Whether {who} may do everything could not be simulated"
        yield unknown_because("permissions-unknown", what, error, who, policy)
        return
    yield from _told(refused, who)


def _portions(need: Need) -> Iterator[Need]:
    """A need in portions that one simulation takes."""
    for at in range(0, len(need.resources), MOST_RESOURCES):
        yield Need(need.actions, need.resources[at : at + MOST_RESOURCES], need.passes_to)


def _told(refused: list[_Refused], who: str) -> Iterator[AccountFinding]:
    """What was refused, in at most one finding of each kind."""
    may = "You may" if who == "you" else f"{who[0].upper()}{who[1:]} may"
    holder = "the user or role you act as" if who == "you" else who
    # a policy that asks for something only the real request knows may well allow it
    depending = [one for one in refused if one.decision.lacks]
    sure = [one for one in refused if not one.decision.lacks]
    denied = [one for one in sure if one.decision.verdict is Verdict.FORBIDDEN]
    missing = [one for one in sure if one.decision.verdict is Verdict.MISSING and one.grant.is_firm]
    doubtful = [one for one in sure if one.decision.verdict is Verdict.MISSING and not one.grant.is_firm]
    if missing:
        fix = f"Attach this policy to {holder}."
        message = f"{may} not {_words(missing)}."
        yield finding("permission-missing", Severity.ERROR, message, who, fix, _policy(missing))
    if denied:
        message = f"{may} not {_words(denied)}: a policy, a permissions boundary or your organisation denies it."
        fix = "Allowing it does not help while it is denied: ask whoever manages the account."
        yield finding("permission-denied", Severity.ERROR, message, who, fix)
    if doubtful:
        own = "your" if who == "you" else "its"
        message = f"{may} not {_words(doubtful)} by {own} own policies; the resource's own policy may still allow it."
        fix = f"If it fails there, attach this policy to {holder}."
        yield finding("permission-doubtful", Severity.WARNING, message, who, fix, _policy(doubtful))
    if depending:
        keys = dict.fromkeys(key for one in depending for key in one.decision.lacks)
        message = f"Whether {who} may {_words(depending)} depends on {listed(keys)}, which only the real request has."
        yield finding("permission-conditional", Severity.NOTE, message, who, "Read the conditions of the policies.")


def _words(refused: list[_Refused]) -> str:
    actions = dict.fromkeys(one.decision.action for one in refused)
    steps = dict.fromkeys(step for one in refused for step in one.grant.steps)
    needed_by = f" (for {listed(steps, most=_SHOWN)})" if steps else ""
    return f"{listed(actions, most=_SHOWN)}{needed_by}"


def _policy(refused: list[_Refused]) -> str:
    """The policy that allows just what was refused."""
    actions: dict[tuple[str, str], list[str]] = {}
    for one in refused:
        place = (one.decision.resource, one.grant.need.passes_to)
        if one.decision.action not in actions.setdefault(place, []):
            actions[place].append(one.decision.action)
    resources: dict[tuple[tuple[str, ...], str], list[str]] = {}
    for (resource, passes_to), names in actions.items():
        resources.setdefault((tuple(sorted(names)), passes_to), []).append(resource)
    return policy_json([Need(names, tuple(where), passes_to) for (names, passes_to), where in resources.items()])


def _where(use: Use, pipeline_role: str) -> str:
    parts = ["pipeline"] if use.what == pipeline_role else []
    return ", ".join([*parts, *use.steps[:_SHOWN]])


def _short(arn: str) -> str:
    return arn.rpartition("/")[2]
