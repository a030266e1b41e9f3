"""The verbs of the registry and of endpoints in a terminal: text in place of views, and JSON for programs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.magics.terminal_json import with_json
from sm_pipeline_widgets.magics.verbs import VERBS, deploying, models

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from sm_pipeline_widgets.api.deploying import Planned
    from sm_pipeline_widgets.magics.session import Session
    from sm_pipeline_widgets.magics.verbs.base import Verb


def registry_verbs() -> dict[str, Verb]:
    """The verbs as a terminal has them, by name."""
    documents: dict[str, Callable[[Session, argparse.Namespace], Any]] = {
        "models": _models,
        "approve": lambda session, given: _decided(session, given, "approve"),
        "reject": lambda session, given: _decided(session, given, "reject"),
        "rollback": _rollback,
        "deploy": lambda session, given: _performed(deploying.planned_deploy(session, given), given),
        "endpoints": _endpoints,
        "endpoint": _endpoint,
        "invoke": _invoke,
        "undeploy": _undeploy,
    }
    texts = {"models": _models_text, "endpoint": _endpoint_text}
    return {
        name: with_json(replace(VERBS[name], run=texts.get(name, VERBS[name].run)), document)
        for name, document in documents.items()
    }


def _models_text(session: Session, given: argparse.Namespace) -> str:
    registry = models.registry_of(session, given)
    return str(models.looked_up(registry, given)) if given.name else models.groups_text(registry, given.limit)


def _endpoint_text(session: Session, given: argparse.Namespace) -> str | None:
    if given.traffic or given.rollback is not None:
        return deploying.endpoint(session, given)
    return str(deploying.looked_at(session, given))


def _models(session: Session, given: argparse.Namespace) -> Any:
    from sm_pipeline_widgets.api.registry import VersionComparison, Versions  # noqa: PLC0415 - `help` need not wait
    from sm_pipeline_widgets.view import registry_machine as machine  # noqa: PLC0415

    registry = models.registry_of(session, given)
    if not given.name:
        return {"groups": [machine.group(one) for one in registry.groups(limit=given.limit)]}
    found = models.looked_up(registry, given)
    if isinstance(found, Versions):
        return {"versions": [machine.version(one) for one in found.evidences], "has_more": found.has_more}
    if isinstance(found, VersionComparison):
        return machine.version_difference(found.difference)
    return machine.version(found.evidence)


def _decided(session: Session, given: argparse.Namespace, verb: str) -> Any:
    from sm_pipeline_widgets.execution.registry import Evidence  # noqa: PLC0415 - `help` need not wait for it
    from sm_pipeline_widgets.view import registry_machine as machine  # noqa: PLC0415

    registry = models.registry_of(session, given)
    decide = registry.approve if verb == "approve" else registry.reject
    return machine.version(Evidence(decide(given.name, given.note)))


def _rollback(session: Session, given: argparse.Namespace) -> Any:
    from sm_pipeline_widgets.api.asking import answers, refuse_to_ask  # noqa: PLC0415 - `help` need not wait for it
    from sm_pipeline_widgets.api.registry import rollback_question  # noqa: PLC0415

    registry = models.registry_of(session, given)
    plan = registry.plan_rollback(given.name)
    answers([rollback_question(plan)], refuse_to_ask, yes=given.yes)
    registry.roll_back(plan, given.note)
    changes = [{"name": version.name, "status": wanted.value} for version, wanted in plan.changes]
    return {"group": plan.to.group, "approved": plan.to.name, "changes": changes}


def _endpoints(session: Session, given: argparse.Namespace) -> Any:
    from sm_pipeline_widgets.view.machine import moment  # noqa: PLC0415 - `help` need not wait for it

    found = deploying.listed(session.named_target(given.target), given)
    rows = [{"name": one.name, "arn": one.arn, "status": one.status, "created": moment(one.created)} for one in found]
    return {"endpoints": rows}


def _endpoint(session: Session, given: argparse.Namespace) -> Any:
    planned = deploying.planned_change(session, given)
    if planned is not None:
        return _performed(planned, given)
    return _stands(session, given)


def _invoke(session: Session, given: argparse.Namespace) -> Any:
    from sm_pipeline_widgets.view.registry_machine import answer  # noqa: PLC0415 - `help` need not wait for it

    return answer(deploying.answered(session, given))


def _undeploy(session: Session, given: argparse.Namespace) -> Any:
    from sm_pipeline_widgets.api.asking import answers, refuse_to_ask  # noqa: PLC0415 - `help` need not wait for it
    from sm_pipeline_widgets.api.deploying import plan_undeploy  # noqa: PLC0415
    from sm_pipeline_widgets.view.registry_machine import plan  # noqa: PLC0415

    planned = plan_undeploy(session.named_target(given.target), given.name)
    answers([planned.question], refuse_to_ask, yes=given.yes)
    planned.perform()
    return plan(planned.plan)


def _performed(planned: Planned, given: argparse.Namespace) -> Any:
    """Do what is planned; the plan, and how the endpoint stands then."""
    from sm_pipeline_widgets.api import deploying as api  # noqa: PLC0415 - `help` need not wait for it
    from sm_pipeline_widgets.api.asking import answers, refuse_to_ask  # noqa: PLC0415
    from sm_pipeline_widgets.view import registry_machine as machine  # noqa: PLC0415

    answers([planned.question], refuse_to_ask, yes=given.yes)
    planned.perform()
    name = planned.plan.endpoint
    shown = api.wait(planned.target, name) if given.wait else api.endpoint(planned.target, name)
    return {**machine.plan(planned.plan), "state": machine.endpoint(shown.state)}


def _stands(session: Session, given: argparse.Namespace) -> Any:
    from sm_pipeline_widgets.api import deploying as api  # noqa: PLC0415 - `help` need not wait for it
    from sm_pipeline_widgets.view import registry_machine as machine  # noqa: PLC0415

    target = session.named_target(given.target)
    shown = api.wait(target, given.name) if given.wait else api.endpoint(target, given.name)
    return machine.endpoint(shown.state)
