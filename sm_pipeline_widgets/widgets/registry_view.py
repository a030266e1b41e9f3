"""The versions of a model in a notebook: table, evidence, decisions, endpoints.

Receives values and something that answers (:class:`RegistryActs`); knows neither targets nor clients. Whatever changes
something is planned first, in words, and done once at most, by the ticket of its plan.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import ipywidgets
import traitlets

from sm_pipeline_widgets.definition.clipboard import paste
from sm_pipeline_widgets.view.registry_html import versions_html
from sm_pipeline_widgets.view.registry_step import step_text
from sm_pipeline_widgets.view.registry_text import versions_text
from sm_pipeline_widgets.widgets import protocol
from sm_pipeline_widgets.widgets import registry_messages as messages
from sm_pipeline_widgets.widgets.canvas import MODULE, MODULE_VERSION
from sm_pipeline_widgets.widgets.protocol import MAX_LINE, wire_text
from sm_pipeline_widgets.widgets.run_desk import in_background

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from sm_pipeline_widgets.execution.endpoints import Answer, Endpoint
    from sm_pipeline_widgets.execution.registry import Evidence, Version
    from sm_pipeline_widgets.execution.version_compare import VersionDifference
    from sm_pipeline_widgets.widgets.next_desk import PlannedAction

Found = TypeVar("Found")
KEPT = 8
"""Plans that are kept while somebody reads them."""


class RegistryActs(Protocol):
    """What answers a page."""

    def evidence(self, name: str) -> Evidence:
        """Everything about a version."""
        ...

    def compare(self, before: str, after: str) -> VersionDifference:
        """Two versions side by side."""
        ...

    def plan(self, action: str, what: str, values: Mapping[str, str]) -> PlannedAction:
        """What an action would do; changes nothing."""
        ...

    def ask(self, endpoint: str, variant: str, data: str, content_type: str) -> Answer:
        """Ask an endpoint."""
        ...

    def version(self, name: str) -> Version:
        """A version."""
        ...

    def refresh(self) -> None:
        """Read everything anew, and show it."""
        ...


class RegistryView(ipywidgets.DOMWidget):
    """The versions of a group, and the endpoints that serve them."""

    _model_name = traitlets.Unicode("RegistryModel").tag(sync=True)
    _model_module = traitlets.Unicode(MODULE).tag(sync=True)
    _model_module_version = traitlets.Unicode(MODULE_VERSION).tag(sync=True)
    _view_name = traitlets.Unicode("RegistryView").tag(sync=True)
    _view_module = traitlets.Unicode(MODULE).tag(sync=True)
    _view_module_version = traitlets.Unicode(MODULE_VERSION).tag(sync=True)

    title = traitlets.Unicode().tag(sync=True)
    subtitle = traitlets.Unicode().tag(sync=True)
    note = traitlets.Unicode().tag(sync=True)
    columns = traitlets.Any([]).tag(sync=True)
    versions = traitlets.Any([]).tag(sync=True)
    endpoints = traitlets.Any([]).tag(sync=True)
    endpoint_note = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        group: str,
        place: str,
        acts: RegistryActs,
        spawn: Callable[[Callable[[], None]], None] = in_background,
    ) -> None:
        self._acts = acts
        self._spawn = spawn
        self._lock = threading.Lock()
        self._plans: dict[str, PlannedAction] = {}
        self._shown: tuple[Evidence, ...] = ()
        self._now: datetime | None = None
        super().__init__(title=wire_text(group), subtitle=wire_text(place))
        self.on_msg(self._receive)

    def show_versions(self, evidences: Sequence[Evidence], now: datetime, note: str = "") -> None:
        """Show these versions, the newest first. May be called from any thread."""
        columns, facts = messages.version_facts(evidences)
        with self._lock, self.hold_sync():
            self._shown, self._now = tuple(evidences), now
            self.columns, self.versions, self.note = columns, facts, wire_text(note)

    def show_endpoints(self, endpoints: Sequence[Endpoint], note: str = "") -> None:
        """Show these endpoints; ``note`` says why there are none, or may be more. May be called from any thread."""
        facts = [messages.endpoint_fact(one) for one in endpoints]
        with self._lock, self.hold_sync():
            self.endpoints, self.endpoint_note = facts, wire_text(note, MAX_LINE)

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        """The live view, with a table for readers without a kernel; see ``ExecutionView``."""
        super()._repr_mimebundle_(**options)
        title = f"Versions of `{self.title}` at {self.subtitle}"
        if self._now is None or not self._shown:
            text = html = ""
        else:
            text, html = versions_text(self._shown, self._now), versions_html(title, self._shown, self._now)
        return {
            protocol.OUTPUT_MIME: protocol.LiveOutput(model_id=self.model_id),
            "text/html": html or versions_html(f"{title}: none yet.", (), self._now) if self._now else title,
            "text/plain": f"{title}\n{text}" if text else f"{title}: none yet.",
        }

    def _receive(self, _widget: RegistryView, content: Any, _buffers: Any) -> None:
        request = messages.read_registry_request(content)
        if request is not None:
            self._spawn(lambda: self._answer(request))

    def _answer(self, request: messages.RegistryRequest) -> None:
        """Answer one request; what goes wrong is said beside what was pressed."""
        if request["kind"] == "registry_page_request":
            self._page(request)
        elif request["kind"] == "registry_compare_request":
            self._side_by_side(request)
        elif request["kind"] == "registry_plan_request":
            self._plan(request)
        elif request["kind"] == "registry_start":
            self._start(request["ticket"])
        elif request["kind"] == "registry_invoke":
            self._invoke(request)
        elif request["kind"] == "registry_insert":
            self._insert(request)
        else:
            self._refresh(request["ticket"])

    def _page(self, request: messages.RegistryPageRequest) -> None:
        page, error = _tried(lambda: messages.page_fact(self._acts.evidence(request["name"])))
        self.send(messages.RegistryPageMessage(kind="registry_page", ticket=request["ticket"], page=page, error=error))

    def _side_by_side(self, request: messages.RegistryCompareRequest) -> None:
        found, error = _tried(lambda: self._acts.compare(request["before"], request["after"]))
        self.send(
            messages.RegistryComparedMessage(
                kind="registry_compared",
                ticket=request["ticket"],
                before=found.before.version.name if found else "",
                after=found.after.version.name if found else "",
                rows=messages.compared_rows(found) if found else [],
                error=error,
            )
        )

    def _plan(self, request: messages.RegistryPlanRequest) -> None:
        planned, error = _tried(lambda: self._acts.plan(request["action"], request["what"], dict(request["values"])))
        if planned is not None:
            with self._lock:
                self._plans[request["ticket"]] = planned
                while len(self._plans) > KEPT:
                    del self._plans[next(iter(self._plans))]
        title, _, words = (planned.words if planned else "").partition("\n")
        self.send(
            messages.RegistryPlanMessage(
                kind="registry_plan",
                ticket=request["ticket"],
                title=wire_text(title),
                words=wire_text(words.strip("\n"), MAX_LINE),
                go=planned.go if planned else "",
                error=error,
            )
        )

    def _start(self, ticket: str) -> None:
        with self._lock:
            planned = self._plans.pop(ticket, None)
        words, error = None, "" if planned else "This plan is out of date. Choose the action again."
        if planned is not None:
            words, error = _tried(planned.start)
        done = messages.RegistryDoneMessage(
            kind="registry_done", ticket=ticket, words=wire_text(words or "", MAX_LINE), error=error
        )
        self.send(done)
        _tried(self._acts.refresh)

    def _invoke(self, request: messages.RegistryInvokeRequest) -> None:
        given = request["endpoint"], request["variant"], request["data"], request["content_type"]
        answer, error = _tried(lambda: self._acts.ask(*given))
        self.send(messages.answer_message(request["ticket"], answer, error))

    def _insert(self, request: messages.RegistryInsertRequest) -> None:
        edited, error = _tried(lambda: paste(request["text"], step_text(self._acts.version(request["name"]))))
        words = f"{request['name']} is a step of the cell now; other steps take its `name`." if edited else ""
        self.send(
            messages.RegistryInsertedMessage(
                kind="registry_inserted",
                ticket=request["ticket"],
                text=edited.text if edited else "",
                words=words,
                error=error,
            )
        )

    def _refresh(self, ticket: str) -> None:
        _, error = _tried(self._acts.refresh)
        words = "" if error else "Everything was read anew."
        self.send(messages.RegistryDoneMessage(kind="registry_done", ticket=ticket, words=words, error=error))


def _tried(ask: Callable[[], Found]) -> tuple[Found | None, str]:
    """What it answers, or what went wrong, in words for the page."""
    try:
        return ask(), ""
    except Exception as raised:  # noqa: BLE001 - whatever goes wrong is shown beside the button
        return None, wire_text(str(raised) or type(raised).__name__, MAX_LINE)
