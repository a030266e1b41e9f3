"""What stands behind the buttons of a failure: retries, runs from here, answers, each planned first; the comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.api import declared, rerunning
from sm_pipeline_widgets.api.pipeline import Pipeline
from sm_pipeline_widgets.api.replay_changes import changes_typed
from sm_pipeline_widgets.api.run_comparison import cache_report, compare_with_last_success
from sm_pipeline_widgets.api.submit import prepare
from sm_pipeline_widgets.definition.run_form import RunOptions
from sm_pipeline_widgets.definition.wording import listed
from sm_pipeline_widgets.errors import PipelineWidgetsError, UsageError
from sm_pipeline_widgets.execution.next_steps import NextName
from sm_pipeline_widgets.view.cache_text import verdict_lines
from sm_pipeline_widgets.view.rerun_text import fate_states
from sm_pipeline_widgets.view.run_diff_text import difference_sections
from sm_pipeline_widgets.widgets.failure_messages import insight_fact
from sm_pipeline_widgets.widgets.next_desk import PlannedAction

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sm_pipeline_widgets.api.execution import Execution
    from sm_pipeline_widgets.api.replayed import Replay
    from sm_pipeline_widgets.widgets.failure_messages import InsightFact


class RunNext:
    """The actions of one execution.

    Parameters
    ----------
    started
        Told of the new run, on the thread that started it.
    replayed
        Told of a replay that was started, likewise.
    """

    def __init__(
        self,
        execution: Execution,
        started: Callable[[Execution], None],
        replayed: Callable[[Replay], None] = lambda _replay: None,
    ) -> None:
        self._execution = execution
        self._started = started
        self._replayed = replayed

    def plan(self, name: str, step: str | None, values: Mapping[str, str]) -> PlannedAction:
        """What the action would do, in words and as states; nothing is changed.

        Raises
        ------
        UsageError
            It cannot be done, with the reason.
        """
        if name in (NextName.SUCCEED, NextName.FAIL):
            return self._answer(NextName(name), step or "", values)
        if name == NextName.RETRY:
            return self._retry()
        if name in (NextName.REPLAY, NextName.REPLAY_WITH):
            return self._replay(step or "", values)
        if name not in set(NextName):
            raise UsageError(f"There is no action `{name}`.", "Run the cell again: the view is older than the kernel.")
        return self._run(NextName(name), step, values)

    def insight(self) -> InsightFact:
        """What differs from the last success, and what the cache did for each step."""
        title, sections, code, error = "", [], {}, ""
        try:
            found = compare_with_last_success(self._execution)
            title, sections, code = found.title, difference_sections(found.difference), dict(found.code)
        except PipelineWidgetsError as raised:
            error = str(raised)
        cache = [
            (verdict.step, "\n".join(verdict_lines(verdict))) for verdict in cache_report(self._execution).verdicts
        ]
        return insight_fact(self._execution.arn, title, sections, code=code, cache=cache, error=error)

    def _retry(self) -> PlannedAction:
        planned = rerunning.planned_retry(self._execution)
        planned.check()

        def start() -> str:
            rerunning.retry(self._execution, planned)
            return "The run goes on."

        return PlannedAction(str(planned), "Retry", start, fate_states(planned.plan))

    def _replay(self, step: str, values: Mapping[str, str]) -> PlannedAction:
        from sm_pipeline_widgets.api.replaying import plan_replay  # noqa: PLC0415 - replaying shows, which needs this

        changes, book = changes_typed(self._execution, step, values)
        planned = plan_replay(self._execution, step, changes, code=book)
        question = planned.question()

        def start() -> str:
            made = planned.start()
            self._replayed(made)
            return (
                f"Replayed as {made.execution.arn.rpartition('/')[2]}; its outcome comes beside the original's below."
            )

        words = "\n\n".join(filter(None, [str(planned), str(question) if question else ""]))
        return PlannedAction(words, question.yes if question else "Replay", start)

    def _run(self, name: NextName, step: str | None, values: Mapping[str, str]) -> PlannedAction:
        execution = self._execution
        target, state = execution.target, execution.state
        own = declared.newest(state.pipeline)
        pipeline = own or Pipeline.from_deployed(target, state.pipeline)
        steps: tuple[str, ...] = (step,) if step is not None and name is not NextName.AGAIN else ()
        source, changes = execution.arn, dict[str, str]()
        if name is NextName.SELECTED:
            steps = tuple(values.get("steps", "").replace(",", " ").split()) or steps
            source = values.get("results of", "").strip() or source
        else:
            changes = {key: value for key, value in values.items() if value and value != state.parameters.get(key)}
        again = rerunning.AgainOptions(steps, name is NextName.ONWARD, source, changes)
        planned = rerunning.planned_run(pipeline, target, again, RunOptions(as_deployed=own is None))
        planned.check()
        made = prepare(pipeline, target, planned.options)
        asked = [str(question) for question in made.questions]

        def start() -> str:
            begun = made.start([question.asks for question in made.questions])
            self._started(begun)
            declared.tell_started(begun)
            return f"Started {begun.arn.rpartition('/')[2]}."

        whose = f"It runs what is deployed: no `%%pipeline {state.pipeline}` cell was run here." if own is None else ""
        words = "\n\n".join(filter(None, [str(planned), whose, *asked]))
        go = made.questions[-1].yes if made.questions else "Run"
        return PlannedAction(words, go, start, fate_states(planned.plan))

    def _answer(self, name: NextName, step: str, values: Mapping[str, str]) -> PlannedAction:
        execution = self._execution
        if name is NextName.FAIL:
            reason = values.get("reason", "")
            words = (
                f"`{step}` fails{f': {reason}' if reason else ', without a reason'}. What waits for it will not run."
            )
            return PlannedAction(words, "Let it fail", lambda: _told(execution, step, None, reason))
        given = dict(values)
        outputs = f"with {listed(f'{key}={value}' for key, value in given.items())}" if given else "without outputs"
        words = f"`{step}` succeeds {outputs}, and the run goes on."
        return PlannedAction(words, "Complete", lambda: _told(execution, step, given, ""))


def _told(execution: Execution, step: str, outputs: Mapping[str, str] | None, reason: str) -> str:
    execution.complete_callback(step, outputs, failure=reason if outputs is None else None)
    return f"Told `{step}`."
