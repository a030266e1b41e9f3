"""The one widget that shows a pipeline and its execution: graph, table of steps, logs and failure.

Receives values and callables; knows neither where states come from nor how logs are stored. Everything that crosses
to the page is in :mod:`sm_pipeline_widgets.widgets.protocol`.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import ipywidgets
import traitlets

from sm_pipeline_widgets.execution.derive import ACTIVE
from sm_pipeline_widgets.execution.metrics import MetricBook, metric_patterns
from sm_pipeline_widgets.execution.timeline import timeline
from sm_pipeline_widgets.view.html import Snapshot, render_html, render_text
from sm_pipeline_widgets.view.picture import node_states
from sm_pipeline_widgets.view.svg import render_svg
from sm_pipeline_widgets.widgets import failure_messages, protocol
from sm_pipeline_widgets.widgets.canvas import MODULE, MODULE_VERSION, PipelineCanvas
from sm_pipeline_widgets.widgets.edit_answers import not_understood
from sm_pipeline_widgets.widgets.edit_desk import EditDesk
from sm_pipeline_widgets.widgets.edit_requests import read_edit_request, unread_ticket
from sm_pipeline_widgets.widgets.log_feed import LogFeed
from sm_pipeline_widgets.widgets.next_desk import NextDesk
from sm_pipeline_widgets.widgets.replay_showing import ReplayShowing
from sm_pipeline_widgets.widgets.run_desk import RunDesk, in_background

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from sm_pipeline_widgets.errors import Problem
    from sm_pipeline_widgets.execution.failure import FailureReport
    from sm_pipeline_widgets.execution.loglines import LogLine
    from sm_pipeline_widgets.execution.next_steps import NextAction
    from sm_pipeline_widgets.execution.progress import JobProgress
    from sm_pipeline_widgets.execution.state import ExecutionState, StepStatus
    from sm_pipeline_widgets.view.picture import Picture
    from sm_pipeline_widgets.widgets.edit_desk import Editor
    from sm_pipeline_widgets.widgets.edit_messages import EditorFact
    from sm_pipeline_widgets.widgets.log_messages import LogRequest
    from sm_pipeline_widgets.widgets.next_desk import NextSteps
    from sm_pipeline_widgets.widgets.run_desk import Launcher


@dataclass(frozen=True, slots=True)
class Action:
    """A button: what it calls, its label, whether it asks twice, and why it cannot be pressed now."""

    call: Callable[[], None]
    label: str = ""
    confirm: bool = False
    reason: str = ""


class ExecutionView(ReplayShowing):
    """A pipeline, and an execution of it when there is one.

    Parameters
    ----------
    picture
        The graph, laid out; its nodes are the table's rows, in their order.
    title, subtitle
        The pipeline's name, and where it runs.
    details
        What the definition says of each step, as names and values; secrets are hidden.
    actions
        Buttons by name (``run``, ``stop``, ``retry``, …): a callable, or an :class:`Action` with its settings.
    """

    _model_name = traitlets.Unicode("ExecutionModel").tag(sync=True)
    _model_module = traitlets.Unicode(MODULE).tag(sync=True)
    _model_module_version = traitlets.Unicode(MODULE_VERSION).tag(sync=True)
    _view_name = traitlets.Unicode("ExecutionView").tag(sync=True)
    _view_module = traitlets.Unicode(MODULE).tag(sync=True)
    _view_module_version = traitlets.Unicode(MODULE_VERSION).tag(sync=True)

    title = traitlets.Unicode().tag(sync=True)
    subtitle = traitlets.Unicode().tag(sync=True)
    steps = traitlets.Any([]).tag(sync=True)
    problems = traitlets.Any([]).tag(sync=True)
    parameters = traitlets.Any([]).tag(sync=True)
    details = traitlets.Any([]).tag(sync=True)
    actions = traitlets.Any([]).tag(sync=True)
    state = traitlets.Any(allow_none=True).tag(sync=True)
    report = traitlets.Any(allow_none=True).tag(sync=True)
    next_steps = traitlets.Any([]).tag(sync=True)
    insight = traitlets.Any(allow_none=True).tag(sync=True)
    log_totals = traitlets.Any([]).tag(sync=True)
    metrics = traitlets.Any([]).tag(sync=True)
    editor = traitlets.Any(allow_none=True, default_value=None).tag(sync=True)
    has_form = traitlets.Bool(default_value=False).tag(sync=True)
    selected = traitlets.Unicode(allow_none=True, default_value=None).tag(sync=True)
    canvas = traitlets.Instance(PipelineCanvas).tag(sync=True, **ipywidgets.widget_serialization)

    # What a page that comes late is given whole; pages that are there get the changes as messages instead.
    _sent_as_messages: ClassVar[frozenset[str]] = frozenset({"state", "log_totals", "metrics"})

    def __init__(
        self,
        picture: Picture,
        *,
        title: str,
        subtitle: str = "",
        problems: Sequence[Problem] = (),
        parameters: Mapping[str, str] | None = None,
        details: Mapping[str, Sequence[tuple[str, str]]] | None = None,
        actions: Mapping[str, Callable[[], None] | Action] | None = None,
    ) -> None:
        self._lock = threading.RLock()
        self._picture = picture
        self._problems = tuple(problems)
        self._defaults = dict(parameters or {})
        self._parameters = tuple(self._defaults.items())
        self._state: ExecutionState | None = None
        self._report: FailureReport | None = None
        self._now: datetime | None = None
        self._rows: dict[str, protocol.StepRow] = {}
        self._run: protocol.RunFact | None = None
        self._actions = {name: _as_action(name, action) for name, action in (actions or {}).items()}
        self._feed: LogFeed | None = None
        self._desk: RunDesk | None = None
        self._next: NextDesk | None = None
        self._edit_desk: EditDesk | None = None
        self._is_keeping = False
        self._book = MetricBook()
        self._read: dict[str, int] = {}
        self._note_sight: Callable[[str, bool], None] = lambda _view, _is_seen: None
        self._note_pace: Callable[[float], None] = lambda _seconds: None
        self._before = _waits_for(picture)
        super().__init__(
            title=protocol.wire_text(title),
            subtitle=protocol.wire_text(subtitle),
            steps=protocol.step_facts(picture),
            problems=[protocol.problem_fact(problem) for problem in problems],
            parameters=protocol.pairs(self._parameters),
            details=protocol.details_facts(details or {}),
            actions=self._action_facts(),
            canvas=PipelineCanvas(picture),
        )
        self.on_msg(self._receive)

    def show_state(
        self,
        state: ExecutionState,
        *,
        health_message: str = "",
        now: datetime,
        progress: Mapping[str, JobProgress] | None = None,
    ) -> bool:
        """Show a new state with one message however many steps changed; without a change there is none.

        Returns whether anything was sent. May be called from any thread.
        """
        with self._lock:
            rows = self._rows_of(state, progress or {})
            if self._state is None or self._state.arn != state.arn:
                self._new_book(state)
            run = protocol.run_fact(state, now, health_message)
            changed = [row for name, row in rows.items() if self._rows.get(name) != row]
            self._state, self._now = state, now
            if not changed and self._run is not None and {**run, "now": 0} == {**self._run, "now": 0}:
                return False
            self._rows, self._run = rows, run
            self.state = protocol.RunState(run=run, steps=list(rows.values()))
            if state.status.is_end:
                # the last word goes out whole, so that a notebook that saves its widgets saves it too
                self.send_state("state")
            else:
                self.send(protocol.StateMessage(kind="state", run=run, steps=changed))
            return True

    def show_report(self, report: FailureReport | None) -> None:
        """Open on the failure card, unless the person is reading something of their own choice."""
        with self._lock:
            self._report = report
            self.report = failure_messages.report_fact(report) if report is not None else None

    def show_parameters(self, values: Mapping[str, str]) -> None:
        """Show what a run was given in place of the defaults; what was not given keeps its default."""
        with self._lock:
            given = tuple({**self._defaults, **values}.items())
            if given != self._parameters:
                self._parameters = given
                self.parameters = protocol.pairs(given)

    def attach_logs(
        self,
        pages: Callable[[str, int, int], Sequence[LogLine]],
        total: Callable[[str], int],
        follow: Callable[[str, bool], None],
        save: Callable[[str], str] | None = None,
    ) -> None:
        """Say where log lines come from.

        `follow` is told which steps' logs are looked at; `save` writes a whole log and says so in words.
        """
        self._feed = LogFeed(pages, total, follow, save)
        self._pages = pages

    def attach_sight(self, note: Callable[[str, bool], None]) -> None:
        """Say who is told that a page's view came before somebody's eyes, or went from there."""
        self._note_sight = note

    def attach_pace(self, note: Callable[[float], None]) -> None:
        """Say who is told how often a page wants the execution asked about, at the most."""
        self._note_pace = note

    def attach_launcher(self, launcher: Launcher, spawn: Callable[[Callable[[], None]], None] = in_background) -> None:
        """Say what starts runs: the page then shows a form for it."""
        self._desk = RunDesk(launcher, self.send, spawn)
        self.has_form = True

    def attach_next(self, steps: NextSteps, spawn: Callable[[Callable[[], None]], None] = in_background) -> None:
        """Say what knows what can be done now; what was found out of another run is forgotten."""
        self.insight = None
        self._next = NextDesk(steps, self.send, self._show_insight, spawn)

    def show_next(self, actions: Sequence[NextAction]) -> None:
        """Say what can be done now; told again only where it has changed."""
        facts = failure_messages.next_facts(actions)
        if facts != self.next_steps:
            self.next_steps = facts

    def _show_insight(self, found: failure_messages.InsightFact | None) -> None:
        self.insight = found

    def attach_editor(self, editor: Editor, fact: EditorFact) -> None:
        """Say what answers edits; the page then offers to edit."""
        self._edit_desk = EditDesk(editor, self.send, self._keep_text)
        self.editor = {**fact, "text": protocol.wire_text(fact["text"])}

    def _keep_text(self, text: str) -> None:
        """Keep the newest text for pages that come late; those that are there have it, or hear of it as a message."""
        self._is_keeping = True
        self.editor = {**self.editor, "text": text} if self.editor else None
        self._is_keeping = False

    def redraw(
        self,
        picture: Picture,
        *,
        subtitle: str | None = None,
        problems: Sequence[Problem] = (),
        parameters: Mapping[str, str] | None = None,
        details: Mapping[str, Sequence[tuple[str, str]]] | None = None,
    ) -> None:
        """Show another state of the same pipeline, with a message for the graph and one for all else."""
        with self._lock, self.hold_sync():
            self._picture, self._before = picture, _waits_for(picture)
            self._problems, self._parameters = tuple(problems), tuple((parameters or {}).items())
            self._defaults = dict(parameters or {})
            self.canvas.redraw(picture)
            if subtitle is not None:
                self.subtitle = protocol.wire_text(subtitle)
            self.steps = protocol.step_facts(picture)
            self.problems = [protocol.problem_fact(problem) for problem in problems]
            self.parameters = protocol.pairs(self._parameters)
            self.details = protocol.details_facts(details or {})

    def logs_grew(self, totals: Mapping[str, int]) -> None:
        """Tell how many lines there are now; the newest lines of what is looked at go along."""
        with self._lock:
            message = self._feed.grew(totals) if self._feed else None
            if message is not None and self._feed is not None:
                self.log_totals = self._feed.totals()
                self.send(message)
            self._read_metrics(totals)

    def _read_metrics(self, totals: Mapping[str, int]) -> None:
        """Take what new log lines and jobs tell of metrics, and tell the page what changed."""
        for step in self._book.steps & totals.keys() if self._feed is not None else ():
            first = max(self._read.get(step, 0), totals[step] - METRIC_LINES)
            if totals[step] > first:
                self._read[step] = totals[step]
                self._book.read(step, self._pages(step, first, totals[step] - first))
        changed = self._book.changes()
        if changed:
            self.metrics = [protocol.metric_fact(series) for series in self._book.all()]
            facts = [protocol.metric_fact(series) for series in changed]
            self.send(protocol.MetricsMessage(kind="metrics", metrics=facts))

    def _new_book(self, state: ExecutionState) -> None:
        self._book, self._read, self.metrics = MetricBook(metric_patterns(state.definition)), {}, []

    def _rows_of(self, state: ExecutionState, progress: Mapping[str, JobProgress]) -> dict[str, protocol.StepRow]:
        bars = {bar.step: bar for bar in timeline(state, self._before).bars}
        for step, one in progress.items():
            self._book.note_progress(step, one)
        return {
            step.name: protocol.step_row(step, bars.get(step.name), _activity(step.status, progress.get(step.name)))
            for step in state.steps.values()
        }

    def allow(self, action: str, reason: str = "") -> None:
        """Enable a button, or disable it with the reason as its tooltip."""
        current = self._actions[action]
        self._actions[action] = Action(current.call, current.label, current.confirm, reason)
        self.actions = self._action_facts()

    def snapshot(self) -> Snapshot:
        """What the static renderings show: the newest state and report."""
        states = node_states(self._picture, self._state, self._now) if self._state and self._now else None
        return Snapshot(
            title=self.title,
            subtitle=self.subtitle,
            svg=render_svg(self._picture, states, title=self.title),
            names=tuple(node.name for node in self._picture.nodes),
            state=self._state,
            report=self._report,
            problems=self._problems,
            parameters=self._parameters,
            now=self._now,
        )

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        """The live widget, with the static picture and plain text for readers without a kernel.

        Not under ipywidgets' own MIME type: a front end without this package's part (VS Code, Colab) would look for it
        in vain on the internet, and JupyterLab would show an error where the kernel is gone. Both show the picture.
        """
        super()._repr_mimebundle_(**options)
        snapshot = self.snapshot()
        live = protocol.LiveOutput(model_id=self.model_id)
        html, text = self.with_replay(render_html(snapshot), render_text(snapshot))
        return {protocol.OUTPUT_MIME: live, "text/html": html, "text/plain": text}

    def _should_send_property(self, key: str, value: Any) -> bool:
        """Keep whole states out of updates: :meth:`show_state` has sent the difference."""
        is_silent = key in self._sent_as_messages or (key == "editor" and self._is_keeping)
        return not is_silent and bool(super()._should_send_property(key, value))

    def _receive(self, _widget: ExecutionView, content: Any, _buffers: Any) -> None:
        request = failure_messages.read_failure_request(content)
        if request is not None and self._next is not None:
            self._next.receive(request)
            return
        edit = read_edit_request(content)
        if edit is not None:
            if self._edit_desk is not None:
                self._edit_desk.receive(edit)
            return
        ticket = unread_ticket(content)
        if ticket is not None:
            self.send(not_understood(ticket))
            return
        message = protocol.read_page_message(content)
        if message is None:
            return
        if message["kind"] == "action":
            self._act(message["name"])
        elif message["kind"] == "sight":
            self._note_sight(message["view"], message["is_seen"])
        elif message["kind"] == "pace":
            self._note_pace(float(message["seconds"]))
        elif message["kind"] == "run_form_request" or message["kind"] == "run_check" or message["kind"] == "run_start":
            if self._desk is not None:
                self._desk.receive(message)
        elif self._feed is not None:
            self._answer(self._feed, message)

    def _answer(self, feed: LogFeed, message: LogRequest) -> None:
        if message["kind"] == "log_page_request":
            self.send(feed.page(message))
        elif message["kind"] == "log_search":
            self.send(feed.search(message))
        elif message["kind"] == "log_save":
            step = message["step"]
            in_background(lambda: self.send(feed.save(step)))
        else:
            feed.watch(message["view"], message["step"])

    def _act(self, name: str) -> None:
        action = self._actions.get(name)
        error = f"there is no action `{name}` any more; run the cell again." if action is None else ""
        try:
            if action is not None:
                action.call()
        except Exception as raised:  # noqa: BLE001 - whatever a button's action raises is shown beside the button
            error = str(raised) or type(raised).__name__
        self.send(protocol.ActionDoneMessage(kind="action_done", name=name, error=protocol.wire_text(error)))

    def _action_facts(self) -> list[protocol.ActionFact]:
        return [
            protocol.ActionFact(name=name, label=action.label, confirm=action.confirm, reason=action.reason)
            for name, action in self._actions.items()
        ]


METRIC_LINES = 50_000
"""Lines of one log that are looked through for metrics at once: of a longer one, the newest."""


def _waits_for(picture: Picture) -> dict[str, list[str]]:
    """For each step the steps it waits for, as the graph's edges say."""
    names = {node.id: node.name for node in picture.nodes}
    found: dict[str, list[str]] = {node.name: [] for node in picture.nodes}
    for edge in picture.edges:
        found[names[edge.target]].append(names[edge.source])
    return found


def _activity(status: StepStatus, progress: JobProgress | None) -> str:
    """What a running job does, in words; of one that has ended nothing is left to say."""
    if progress is None or status not in ACTIVE:
        return ""
    more = "" if progress.status == status else progress.status  # a job that runs says no more than its step
    return " · ".join(filter(None, [more, progress.detail, progress.machines]))


def _as_action(name: str, action: Callable[[], None] | Action) -> Action:
    label = name.replace("_", " ").capitalize()
    if isinstance(action, Action):
        return Action(action.call, action.label or label, action.confirm, action.reason)
    # stopping cannot be taken back
    return Action(action, label, confirm=name == "stop")
