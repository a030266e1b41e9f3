"""Drawing anything that is a pipeline or an execution, live where it runs."""

from __future__ import annotations

import itertools
import json
import re
import threading
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from IPython.display import display

from sm_pipeline_widgets.api.editing import Cards, EditedPipeline, editor_fact
from sm_pipeline_widgets.api.execution import Execution, run
from sm_pipeline_widgets.api.finding import resolve
from sm_pipeline_widgets.api.launching import PipelineLauncher
from sm_pipeline_widgets.api.live_views import remember
from sm_pipeline_widgets.api.next_steps import RunNext
from sm_pipeline_widgets.api.targets import connect
from sm_pipeline_widgets.definition.graph import build_graph, iter_steps
from sm_pipeline_widgets.execution.next_steps import next_actions
from sm_pipeline_widgets.view.details import details_of, display_names
from sm_pipeline_widgets.view.picture import draw
from sm_pipeline_widgets.widgets.execution_view import Action, ExecutionView

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import networkx as nx

    from sm_pipeline_widgets.api.code_book import CodeBook
    from sm_pipeline_widgets.api.pipeline import Pipeline
    from sm_pipeline_widgets.api.replayed import Replay
    from sm_pipeline_widgets.aws.target import Target
    from sm_pipeline_widgets.definition.compilation import Detail
    from sm_pipeline_widgets.errors import Problem
    from sm_pipeline_widgets.execution.beside import Beside
    from sm_pipeline_widgets.execution.failure import FailureReport
    from sm_pipeline_widgets.execution.state import ExecutionState
    from sm_pipeline_widgets.watch.poller import Update


SAVED_AFTER = 1.0
"""Seconds without an edit after which what is saved with the notebook is the newest picture."""


def show(what: Any, target: Target | None = None) -> None:
    """Draw a pipeline or an execution in the notebook.

    Parameters
    ----------
    what
        A :class:`Pipeline` or :class:`Execution`; the name or ARN of a deployed pipeline, of one of its versions with
        ``@3`` behind it; an execution's ARN; the path or ``s3://`` URI of a definition (``.json``) or of a text
        (``.yaml``); a definition as JSON text or dict; a SageMaker SDK ``Pipeline`` object.
    target
        Where names and ARNs are looked up; the engine on this machine when None.

    Raises
    ------
    UsageError
        It is none of these.
    """
    found = resolve(what, target, lambda: connect("local"))
    live = LiveView.of_execution(found) if isinstance(found, Execution) else LiveView.of_pipeline(found)
    live.display()


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a view is made of before anything runs."""

    graph: nx.DiGraph[str]
    definition: Mapping[str, Any]
    title: str
    subtitle: str = ""
    problems: tuple[Problem, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, tuple[Detail, ...]] = field(default_factory=dict)


class LiveView:
    """A view, and the execution it follows once there is one.

    Holds what the widget must not know: the watcher, the buttons' work, the place of the output in the notebook.
    """

    def __init__(self, drawn: Drawn, start: Callable[[], Execution] | None = None, why_not: str = "") -> None:
        run_action = {"run": Action(lambda: self.follow(start()), "Run", reason=why_not)} if start is not None else {}
        stop_action = {"stop": Action(self.stop, "Stop", confirm=True, reason="nothing runs yet")}
        self.view = ExecutionView(
            draw(drawn.graph, labels=display_names(drawn.definition), problems=drawn.problems),
            title=drawn.title,
            subtitle=drawn.subtitle,
            problems=drawn.problems,
            parameters=drawn.parameters,
            details=details_of(drawn.definition, drawn.details),
            actions={**run_action, **stop_action},
        )
        self._display_id = uuid.uuid4().hex
        self._steps = [placed.name for placed in iter_steps(drawn.definition)]
        self._execution: Execution | None = None
        self._unsubscribe: Callable[[], None] | None = None
        self._is_saved = False
        self._owes_picture = False
        self._is_displayed = False
        self._saving: threading.Timer | None = None
        self._has_ended = False
        self._report: FailureReport | None = None
        self._saved_report: FailureReport | None = None
        self._elsewhere = ""
        self._seen: set[str] = set()
        self._slowness = 0.0
        self.view.attach_sight(self._note_sight)
        self.view.attach_pace(self._note_pace)
        self._edited: EditedPipeline | None = None
        self._cards = Cards(list(drawn.graph))
        remember(self)

    @classmethod
    def of_pipeline(
        cls,
        pipeline: Pipeline,
        start: Callable[[Pipeline], Execution] = run,
        *,
        target: Callable[[], Target] | None = None,
        started: Callable[[Execution], None] = lambda _execution: None,
        changed: Callable[[Pipeline], None] = lambda _pipeline: None,
    ) -> LiveView:
        """A declared pipeline, with a button that runs it (by default on the engine of this machine).

        Parameters
        ----------
        target
            Where the button runs it, asked at every press.
        started
            Told of every execution that the button started.
        changed
            Told of the pipeline whenever its text was edited.
        """
        where = target or (lambda: connect("local"))
        live = cls(_drawn(pipeline), lambda: start(edited.pipeline), _why_not(pipeline))

        def follow(execution: Execution) -> None:
            started(execution)
            live.follow(execution)

        launcher = PipelineLauncher(pipeline, where, follow)
        live.view.attach_launcher(launcher)

        def show_edited(new: Pipeline, renamed: Mapping[str, str]) -> None:
            live.redraw(new, renamed)
            live.save_soon()
            launcher.use(new)
            changed(new)

        def cannot_read(problem: Problem | None) -> None:
            live.view.allow("run", _why_not(edited.pipeline) if problem is None else "its text cannot be read")

        edited = EditedPipeline(pipeline, show_edited, unreadable=cannot_read)
        live._edited = edited
        live.view.attach_editor(edited, editor_fact(pipeline))
        return live

    def redraw(self, pipeline: Pipeline, renamed: Mapping[str, str]) -> None:
        """Show the pipeline as its text is now; steps that stay keep their cards, also under a new name."""
        drawn = _drawn(pipeline)
        ids = self._cards.ids(list(drawn.graph), renamed)
        self.view.redraw(
            draw(drawn.graph, labels=display_names(drawn.definition), problems=drawn.problems, ids=ids),
            subtitle=drawn.subtitle if self._execution is None else None,
            problems=drawn.problems,
            parameters=drawn.parameters,
            details=details_of(drawn.definition, drawn.details),
        )
        self.view.allow("run", _why_not(pipeline))

    def save_soon(self) -> None:
        """Once no more edits come, make what is saved with the output the newest picture; the live view stays."""
        if self._saving is not None:
            self._saving.cancel()
        # without a kernel there is no output that could be saved, and saying it again would print it
        if self._is_displayed and getattr(self.view.comm, "kernel", None) is not None:
            self._saving = threading.Timer(SAVED_AFTER, self._save)
            self._saving.daemon = True
            self._saving.start()

    def _save(self) -> None:
        display(self.view, display_id=self._display_id, update=True)

    @classmethod
    def of_execution(cls, execution: Execution) -> LiveView:
        """An execution, with a button that stops it."""
        state = execution.state
        definition = state.definition
        live = cls(
            Drawn(
                build_graph(definition),
                definition,
                title=state.pipeline,
                subtitle=execution.target.words,
                parameters=state.parameters,
            )
        )
        live.follow(execution)
        return live

    def display(self, instead_of: str | None = None) -> None:
        """Show it as an output of the cell that is running, or in place of the output with that display id."""
        if instead_of is not None:
            self._display_id = instead_of
        self._is_displayed = True
        display(self.view, display_id=self._display_id, update=instead_of is not None)

    def target_changed(self, target: Target) -> None:
        """Say so when the notebook's target is another place than the shown execution's; that stays where it is."""
        if self._execution is None:
            return
        own = self._execution.target
        is_same = own.place == target.place
        self._elsewhere = "" if is_same else f"this run stays at {own.words}; the notebook's target is {target.words}"
        self._update(self._execution.watcher.last)

    def kernel_busy(self, *, is_busy: bool) -> None:
        """While a cell runs, a page cannot say that somebody looks at it: it may well be so."""
        if self._execution is not None and not self._execution.watcher.is_closed:
            self._execution.watcher.look((self._display_id, "a cell runs"), is_seen=is_busy, at_once=False)
        if self._owes_picture:
            self._owes_picture = False
            display(self.view, display_id=self._display_id, update=True)

    def _note_sight(self, view: str, is_seen: bool) -> None:
        (self._seen.add if is_seen else self._seen.discard)(view)
        if self._execution is not None:
            self._execution.watcher.look((self._display_id, view), is_seen=is_seen)

    def _note_pace(self, seconds: float) -> None:
        self._slowness = seconds
        if self._execution is not None:
            self._execution.watcher.ease(seconds)

    def code_changed(self, code: CodeBook, name: str) -> None:
        """Show what running a cell of code has changed: mostly that it is there now."""
        edited = self._edited
        if edited is not None and edited.is_readable and edited.names_code(code, name):
            self.redraw(edited.pipeline, {})

    def follow(self, execution: Execution) -> None:
        """Show this execution from now on."""
        with self.view.one_message():
            self._follow(execution)

    def _follow(self, execution: Execution) -> None:
        if self._unsubscribe is not None:
            self._unsubscribe()
        before, self._execution = self._execution, execution
        self._is_saved = self._has_ended = False
        self._report = None
        self._elsewhere = ""
        self.view.subtitle = execution.target.words
        watcher = execution.watcher
        if self._slowness:
            watcher.ease(self._slowness)
        self.view.show_report(None)
        self.view.show_replay(None)
        self.view.allow("stop")
        self.view.attach_logs(
            watcher.store.page,
            watcher.store.total,
            lambda step, wanted: watcher.follow(step) if wanted else watcher.unfollow(step),
            lambda step: _save_log(execution, step),
        )
        self.view.attach_next(RunNext(execution, self._follow_new, self._follow_replay))
        for view in self._seen:
            if before is not None:
                before.watcher.look((self._display_id, view), is_seen=False)
            watcher.look((self._display_id, view), is_seen=True)
        self._unsubscribe = watcher.subscribe(self._update, looks=False)

    def _follow_new(self, execution: Execution) -> None:
        """Show a run that a button of this view has started; one of other steps takes the view's place."""
        if list(execution.state.steps) == self._steps:
            self.follow(execution)
        else:
            LiveView.of_execution(execution).display(instead_of=self._display_id)

    def show_replay(self, both: Beside) -> None:
        """Show a step's two runs beside each other; the last word is saved with the output."""
        self.view.show_replay(both)
        if both.is_final:
            self._owes_picture = True
            display(self.view, display_id=self._display_id, update=True)

    def _follow_replay(self, replay: Replay) -> None:
        """Show a replay that a button of this view has started, for as long as its run is shown."""
        original = self._execution

        def show(both: Beside) -> None:
            if self._execution is original:
                self.show_replay(both)

        replay.follow(show)

    def stop(self) -> None:
        """Stop the execution that is shown."""
        if self._execution is not None:
            self._execution.stop()

    def _update(self, update: Update) -> None:
        state = update.state
        if state is None:
            return
        with self.view.one_message():
            self._show(update, state)
        if not state.status.is_end:
            self._is_saved = False  # it was retried
        elif (not self._is_saved or update.report != self._saved_report) and (update.report or not state.status.is_bad):
            self._saved_report = update.report  # it grows while a long log is read
            # where a notebook is executed headless, what is sent between two cells is lost: a cell says it again
            self._is_saved = self._owes_picture = True
            # What a reader without a kernel sees is the picture saved with the output: replace it by the final one.
            display(self.view, display_id=self._display_id, update=True)

    def _show(self, update: Update, state: ExecutionState) -> None:
        health = "; ".join(filter(None, [update.health.words, self._elsewhere]))
        self.view.show_state(
            state, health_message=health, now=update.now or datetime.now(UTC), progress=update.progress
        )
        self.view.show_next(next_actions(state))
        self.view.show_parameters(state.parameters)
        self.view.logs_grew(update.logs)
        if update.report is not self._report:
            self._report = update.report
            self.view.show_report(update.report)
        if state.status.is_end != self._has_ended:
            self._has_ended = state.status.is_end
            self.view.allow("stop", "it has ended" if self._has_ended else "")


def _drawn(pipeline: Pipeline) -> Drawn:
    compiled = pipeline.compiled()
    # a text that says nothing yet is no mistake: it is where editing begins
    problems = compiled.problems if pipeline.text is None or pipeline.text.strip() else ()
    return Drawn(
        compiled.graph,
        compiled.definition,
        title=pipeline.name,
        subtitle=pipeline.description,
        problems=problems,
        parameters={name: _default(entry) for name, entry in pipeline.parameters.items()},
        details=compiled.details,
    )


def _why_not(pipeline: Pipeline) -> str:
    """Why a pipeline cannot be run; empty when it can."""
    # What came as JSON may have run many times already; there the service has the last word, as in `run`.
    if pipeline.text is None:
        return ""
    if not pipeline.text.strip():
        return "it has no steps yet"
    errors = len(pipeline.errors)
    return f"its text has {'an error' if errors == 1 else f'{errors} errors'}" if errors else ""


def _save_log(execution: Execution, step: str) -> str:
    """Write a step's whole log beside the notebook, never over a file that is there; says where."""
    stem = re.sub(r"[^\w.-]+", "_", f"{step}-{execution.arn.rpartition('/')[2]}")
    numbers = itertools.chain([""], (f"-{number}" for number in itertools.count(2)))
    place = next(path for number in numbers if not (path := Path(f"{stem}{number}.log")).exists())
    return f"wrote {execution.save_log(step, place):,} lines to {place.absolute()}"


def _default(entry: Mapping[str, Any]) -> str:
    return json.dumps(entry["DefaultValue"]).strip('"') if "DefaultValue" in entry else "(required)"
