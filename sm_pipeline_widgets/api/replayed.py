"""A replay that was started: live, and its outcome beside the original's."""

from __future__ import annotations

import threading
from collections import deque
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from sm_pipeline_widgets.errors import PipelineWidgetsError
from sm_pipeline_widgets.execution import service_words
from sm_pipeline_widgets.execution.beside import DIFFERENT_LINES, LOG_END, Beside, Given, Outcome, log_difference
from sm_pipeline_widgets.execution.state import StepStatus
from sm_pipeline_widgets.view.replay_text import outcomes_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sm_pipeline_widgets.api.execution import Execution
    from sm_pipeline_widgets.execution.loglines import LogLine
    from sm_pipeline_widgets.execution.state import StepState

MOST_LINES = 20_000
"""Lines of each log, its last ones, that are compared."""
LONGEST_SECONDS = 86_400.0
SETTLE_SECONDS = 30.0


class Replay:
    """A step that runs again on this machine, and the run it is a repetition of.

    Attributes
    ----------
    execution
        The new run: one step (and its model, of a Transform step), at the engine of this machine.
    original, step
        The execution and the step that is repeated.
    given
        What it was given differently, and what should be known of it.
    """

    def __init__(self, execution: Execution, original: Execution, step: str, given: Given | None = None) -> None:
        self.execution = execution
        self.original = original
        self.step = step
        self.given = given or Given()

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of it: data that has changed since, a sample that was taken."""
        return self.given.notes

    def __repr__(self) -> str:
        return f"Replay({self.step!r} of {self.original.arn!r}: {self.execution!r})"

    def _ipython_display_(self) -> None:
        """Show itself live where IPython shows a value."""
        self.display()

    def display(self) -> threading.Thread:
        """Show the new run live, and both runs beside each other: as far as it has come, in the end whole.

        Gives back the thread that does so until the end.
        """
        from sm_pipeline_widgets.api.show import LiveView  # noqa: PLC0415 - showing needs this module

        live = LiveView.of_execution(self.execution)
        live.display()
        return self.follow(live.show_replay)

    def wait(self, timeout: float | None = None) -> Replay:
        """Block until the new run has ended, or `timeout` seconds have passed."""
        self.execution.wait(timeout)
        return self

    def beside(self) -> Beside:
        """Both runs beside each other as they are now: outcome, duration, metrics, what was changed, logs."""
        before, after = (_texts(execution.logs(self.step)) for execution in (self.original, self.execution))
        difference = log_difference([line.text for line in before], [line.text for line in after])
        both = self._beside(
            _outcome("original", self.original, self.step, before[-LOG_END:]),
            _outcome("replay", self.execution, self.step, after[-LOG_END:]),
        )
        return replace(both, difference=difference, is_final=self.execution.status.is_end)

    def comparison(self) -> str:
        """The same as text."""
        return outcomes_text(self.beside())

    def log_difference(self, most: int = DIFFERENT_LINES) -> tuple[str, ...]:
        """The lines that only one of the two logs has, as a unified difference; at most so many."""
        before, after = (_texts(execution.logs(self.step)) for execution in (self.original, self.execution))
        return log_difference([line.text for line in before], [line.text for line in after], most)

    def follow(self, show: Callable[[Beside], None]) -> threading.Thread:
        """Tell `show` of both runs whenever the new one has moved, the last time when it has ended; from a thread."""
        thread = threading.Thread(target=self._follow, args=(show,), daemon=True, name=f"replay-{self.step}")
        thread.start()
        return thread

    def _follow(self, show: Callable[[Beside], None]) -> None:
        lock = threading.Lock()
        ended = False
        with suppress(PipelineWidgetsError):  # the view of the run itself says what is wrong with it
            original = _outcome("original", self.original, self.step, _newest(self.original, self.step))

            def moved(_update: object) -> None:
                with lock:
                    if not ended:
                        show(self._beside(original, self._so_far()))

            unsubscribe = self.execution.watcher.subscribe(moved)
            try:
                self.execution.watcher.wait(LONGEST_SECONDS)
                self.execution.watcher.wait(SETTLE_SECONDS, settled=True)
            finally:
                unsubscribe()
            with lock:
                ended = True
            if self.execution.status.is_end:
                show(self.beside())

    def _so_far(self) -> Outcome:
        """The new run as its watcher knows it, without asking for anything."""
        state = self.execution.watcher.last.state
        step = state.steps.get(self.step) if state is not None else None
        lines = _newest(self.execution, self.step)
        if step is None:
            return Outcome("replay", StepStatus.WAITING, place=self.execution.target.words)
        code = service_words.parse(step.reason).exit_code
        place = self.execution.target.words
        return Outcome("replay", step.status, _seconds(step), step.reason, code, place=place, log_end=lines)

    def _beside(self, original: Outcome, new: Outcome) -> Beside:
        given = self.given
        return Beside(self.step, self.execution.arn, original, new, given.changes, given.notes, code=given.code)


def _outcome(name: str, execution: Execution, step: str, lines: Iterable[LogLine]) -> Outcome:
    state = execution.step(step)
    try:
        job = execution.job(step)
    except PipelineWidgetsError:
        job = {}  # it is gone by now, or may not be seen: what the step says of itself is there
    metrics = {str(at["MetricName"]): float(at["Value"]) for at in job.get("FinalMetricDataList") or ()}
    given = job.get("ExitCode")
    code = given if isinstance(given, int) else service_words.parse(state.reason).exit_code
    place = execution.target.words
    return Outcome(name, state.status, _seconds(state), state.reason, code, metrics, place, tuple(lines))


def _newest(execution: Execution, step: str) -> tuple[LogLine, ...]:
    """The last lines of a log, as far as it has been read."""
    store = execution.watcher.store
    return tuple(store.page(step, max(0, store.total(step) - LOG_END), LOG_END))


def _seconds(state: StepState) -> float | None:
    return (state.ended - state.started).total_seconds() if state.started and state.ended else None


def _texts(lines: Iterable[LogLine]) -> list[LogLine]:
    return list(deque(lines, maxlen=MOST_LINES))
