"""The view of a group with something behind it: reads versions and endpoints, plans and does what a page asks for."""

from __future__ import annotations

import contextlib
import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sm_pipeline_widgets.api import deploying
from sm_pipeline_widgets.api.live_views import remember_group
from sm_pipeline_widgets.api.registry import Registry
from sm_pipeline_widgets.aws import endpoints as service
from sm_pipeline_widgets.aws.registry import checked_note
from sm_pipeline_widgets.errors import PipelineWidgetsError, UsageError
from sm_pipeline_widgets.execution.registry import APPROVAL_WORDS, Approval
from sm_pipeline_widgets.view.registry_text import decision_words
from sm_pipeline_widgets.widgets.next_desk import PlannedAction
from sm_pipeline_widgets.widgets.registry_view import RegistryView
from sm_pipeline_widgets.widgets.run_desk import in_background

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sm_pipeline_widgets.aws.target import Target
    from sm_pipeline_widgets.execution.endpoints import Answer, Endpoint
    from sm_pipeline_widgets.execution.registry import Evidence, Version
    from sm_pipeline_widgets.execution.version_compare import VersionDifference

MOST_ENDPOINTS = 50
"""Endpoints that are looked at for those that serve the group; each costs three requests."""
_AT_ONCE = 4


class GroupView:
    """The view of one group, live."""

    def __init__(self, target: Target, group: str, limit: int) -> None:
        self.target = target
        self.group = group
        self._limit = limit
        self._registry = Registry(target)
        self._made: set[str] = set()
        self._waiting = threading.Lock()
        self.view = RegistryView(group, target.words, self)
        self._show_versions()  # what is wrong with the name is raised where it was typed
        self.view.show_endpoints((), "Looking for endpoints…")
        in_background(self._show_endpoints)  # an account may have many
        remember_group((*target.place, group), self)

    # what the page asks for

    def evidence(self, name: str) -> Evidence:
        return self._registry.version(name).evidence

    def version(self, name: str) -> Version:
        return self._registry.find(name)

    def compare(self, before: str, after: str) -> VersionDifference:
        return self._registry.compare(before, after).difference

    def plan(self, action: str, what: str, values: Mapping[str, str]) -> PlannedAction:
        """What an action would do.

        Raises
        ------
        UsageError
            It cannot be done, or there is no such action.
        """
        plans: dict[str, Callable[[str, Mapping[str, str]], PlannedAction]] = {
            "approve": lambda name, given: self._decision(name, given, Approval.APPROVED),
            "reject": lambda name, given: self._decision(name, given, Approval.REJECTED),
            "rollback": self._rollback,
            "deploy": self._deploy,
            "traffic": self._traffic,
            "endpoint_rollback": lambda name, _given: self._of(deploying.plan_rollback(self.target, name)),
            "undeploy": lambda name, _given: self._of(deploying.plan_undeploy(self.target, name)),
        }
        if action not in plans:
            raise UsageError(f"There is no action `{action}`.", "Run the cell again: it is of another version.")
        return plans[action](what, values)

    def ask(self, endpoint: str, variant: str, data: str, content_type: str) -> Answer:
        body, kind = deploying.as_request(data, content_type)
        return service.invoke(self.target, endpoint, body, kind, variant=variant)

    def refresh(self) -> None:
        self._show_versions()
        self._show_endpoints()

    def refresh_soon(self) -> None:
        """Read everything anew, away from the cell that runs; what goes wrong is told when somebody asks."""
        in_background(self._refresh_quietly)

    def _refresh_quietly(self) -> None:
        with contextlib.suppress(PipelineWidgetsError):
            self.refresh()

    # plans

    def _decision(self, name: str, given: Mapping[str, str], wanted: Approval) -> PlannedAction:
        note = checked_note(given.get("note", ""))
        version = self._registry.find(name)
        word = "Approve" if wanted is Approval.APPROVED else "Reject"
        change = f"  {version.name}: {APPROVAL_WORDS[version.approval]} → {APPROVAL_WORDS[wanted]}"
        lines = [f"{word} {version.name}?", change, f"Kept with it: {note}"]
        if not self.target.is_local:
            lines.append("What waits for this on AWS (EventBridge rules, other pipelines) begins by itself.")
        decide = self._registry.approve if wanted is Approval.APPROVED else self._registry.reject

        def start() -> str:
            decided = decide(name, note)
            return f"{decided.name} {decision_words(decided.decisions[0])}"

        return PlannedAction("\n".join(lines), word, start)

    def _rollback(self, name: str, given: Mapping[str, str]) -> PlannedAction:
        note = checked_note(given.get("note", ""))
        plan = self._registry.plan_rollback(name)

        def start() -> str:
            self._registry.roll_back(plan, note)
            return f"{plan.to.name} is the newest approved version again."

        return PlannedAction(f"{plan.title}?\n{plan}\nKept with each: {note}", "Roll back", start)

    def _deploy(self, name: str, given: Mapping[str, str]) -> PlannedAction:
        share = given.get("traffic", "").strip().removesuffix("%")
        planned = deploying.plan_deploy(
            self.target,
            name,
            given.get("endpoint", "").strip(),
            instance=given.get("instance", "").strip(),
            count=int(_number(given.get("count", "").strip() or "1", "The count")),
            traffic=_number(share, "The share") if share else None,
        )
        return self._of(planned)

    def _traffic(self, name: str, given: Mapping[str, str]) -> PlannedAction:
        weights = {variant: _number(share, f"The share of {variant}") for variant, share in given.items()}
        return self._of(deploying.plan_traffic(self.target, name, weights))

    def _of(self, planned: deploying.Planned) -> PlannedAction:
        def start() -> str:
            planned.perform()
            name = planned.plan.endpoint
            self._made.add(name)
            in_background(lambda: self._follow(name))
            return f"{planned.plan.title}: begun. The endpoint below shows how it goes on."

        return PlannedAction(str(planned.question), planned.yes, start)

    # what is shown

    def _follow(self, name: str) -> None:
        """Show an endpoint as it comes into service, or goes."""
        with self._waiting:
            # why it failed is the endpoint's own reason, which the view shows
            with contextlib.suppress(PipelineWidgetsError):
                deploying.wait(self.target, name, looked=lambda _state: self._show_endpoints())
            self._show_endpoints()

    def _show_versions(self) -> None:
        found = self._registry.versions(self.group, self._limit)
        note = f"the newest {self._limit}; `--limit` shows more" if found.has_more else ""
        self.view.show_versions(found.evidences, datetime.now(UTC), note)

    def _show_endpoints(self) -> None:
        try:
            shown = self._endpoints()
        except PipelineWidgetsError as error:
            self.view.show_endpoints((), f"The endpoints cannot be read: {error}")
            return
        self.view.show_endpoints(shown, "" if shown else "No endpoint serves a version of this group.")

    def _endpoints(self) -> list[Endpoint]:
        rows = itertools.islice(service.iter_endpoints(self.target), MOST_ENDPOINTS)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            found = list(pool.map(lambda row: service.describe_endpoint(self.target, row.name), rows))
        return [one for one in found if one is not None and (one.name in self._made or self._serves(one))]

    def _serves(self, endpoint: Endpoint) -> bool:
        own = f":model-package/{self.group.lower()}/"
        return any(own in variant.package for variant in endpoint.variants)


def _number(word: str, what: str) -> float:
    try:
        return float(word.strip().removesuffix("%"))
    except ValueError:
        raise UsageError(f"{what} is `{word}`, which is no number.", "Give one, such as `10`.") from None
