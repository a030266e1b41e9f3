"""What stands behind the Run button of a declared pipeline: the form, the preparation, the start."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from sm_pipeline_widgets.api.submit import Submission, form_for, prepare

if TYPE_CHECKING:
    from collections.abc import Callable

    from sm_pipeline_widgets.api.execution import Execution
    from sm_pipeline_widgets.api.pipeline import Pipeline
    from sm_pipeline_widgets.aws.target import Target
    from sm_pipeline_widgets.definition.run_form import RunForm, RunOptions
    from sm_pipeline_widgets.execution.submitting import Asks, Progress, Question

KEPT = 4
"""Presses whose preparation is kept while their questions are open."""


class PipelineLauncher:
    """Starts a pipeline where the notebook's target is.

    Parameters
    ----------
    target
        The target now; it is asked for at every press, as it may have been changed.
    started
        Told of the execution, on the thread that started it.
    """

    def __init__(self, pipeline: Pipeline, target: Callable[[], Target], started: Callable[[Execution], None]) -> None:
        self._pipeline = pipeline
        self._target = target
        self._started = started
        self._lock = threading.Lock()
        self._open: dict[str, tuple[RunOptions, Submission]] = {}

    def use(self, pipeline: Pipeline) -> None:
        """Start this pipeline from now on; what was prepared of the one before is prepared, and asked about, anew."""
        with self._lock:
            self._pipeline = pipeline
            self._open.clear()

    def costs(self) -> bool:
        """Whether a run is somewhere else than on this machine, where it costs money and others see it."""
        return not self._target().is_local

    def form(self) -> RunForm:
        """The form: parameters, what was used last, versions."""
        return form_for(self._pipeline, self._target())

    def start(
        self, options: RunOptions, confirmed: frozenset[Asks], listener: Callable[[Progress], None]
    ) -> tuple[Question, ...]:
        """Prepare, and start if everything was said yes to; what was prepared is kept for the answer.

        Raises
        ------
        PipelineWidgetsError
            See :func:`~sm_pipeline_widgets.api.submit.prepare` and :meth:`Submission.start`.
        """
        made = self._prepared(options, listener)
        open_questions = tuple(question for question in made.questions if question.asks not in confirmed)
        if open_questions:
            return open_questions
        execution = made.start(confirmed, listener)
        with self._lock:
            self._open.pop(options.token, None)
        self._started(execution)
        return ()

    def _prepared(self, options: RunOptions, listener: Callable[[Progress], None]) -> Submission:
        """What was prepared under this token for the same entries: what was asked about is what is done."""
        with self._lock:
            known = self._open.get(options.token)
        if known is not None and known[0] == options:
            return known[1]
        made = prepare(self._pipeline, self._target(), options, listener=listener)
        with self._lock:
            self._open[options.token] = (options, made)
            while len(self._open) > KEPT:
                del self._open[next(iter(self._open))]
        return made
