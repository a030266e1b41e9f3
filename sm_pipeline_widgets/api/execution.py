"""An execution: started here or anywhere else, watched, explained, stopped."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.api.listening import Listener, listen
from sm_pipeline_widgets.api.log_files import save_lines
from sm_pipeline_widgets.api.origins import StoredOrigins
from sm_pipeline_widgets.api.targets import connect
from sm_pipeline_widgets.aws import pipelines
from sm_pipeline_widgets.aws.errors import is_not_there
from sm_pipeline_widgets.aws.source import TargetSource
from sm_pipeline_widgets.aws.states import read_state
from sm_pipeline_widgets.definition.run_form import RunOptions, parameter_complaints
from sm_pipeline_widgets.definition.wording import did_you_mean, listed
from sm_pipeline_widgets.errors import ServiceError, TargetError, UsageError
from sm_pipeline_widgets.execution.callbacks import waiting_callbacks
from sm_pipeline_widgets.execution.log_notes import log_note
from sm_pipeline_widgets.watch.log_drain import drain
from sm_pipeline_widgets.watch.watcher import Watcher
from sm_pipeline_widgets.watch.watchers import watcher_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from sm_pipeline_widgets.api.code_book import CodeBook
    from sm_pipeline_widgets.api.pipeline import Pipeline
    from sm_pipeline_widgets.api.replay_changes import Changes
    from sm_pipeline_widgets.api.replayed import Replay
    from sm_pipeline_widgets.api.run_comparison import CacheReport, RunComparison
    from sm_pipeline_widgets.aws.target import Target
    from sm_pipeline_widgets.execution.callbacks import WaitingCallback
    from sm_pipeline_widgets.execution.failure import CodeOrigin, FailureReport
    from sm_pipeline_widgets.execution.loglines import LogLine
    from sm_pipeline_widgets.execution.rerun import Rerun
    from sm_pipeline_widgets.execution.state import ExecutionState, ExecutionStatus, StepState
    from sm_pipeline_widgets.execution.submitting import Progress, Question

FIRST_ANSWER_SECONDS = 30.0
DRAIN_SECONDS = 30.0


class Execution:
    """One execution of a pipeline at a target.

    Made by :func:`run` and :meth:`attach`. Reading it never blocks for longer than a first answer takes; only
    :meth:`wait` waits for the end.

    Attributes
    ----------
    arn
        Its ARN; what a later session needs to attach to it again.
    target
        Where it runs.
    """

    def __init__(self, arn: str, target: Target, origins: Mapping[str, CodeOrigin] | None = None) -> None:
        self.arn = arn
        self.target = target
        source = TargetSource(target)
        self._source = source
        known = origins if origins is not None else StoredOrigins(source, arn)
        self.watcher = watcher_for(arn, lambda: Watcher(source, arn, sources=known))

    @classmethod
    def attach(cls, arn: str, target: Target | None = None) -> Execution:
        """An execution that was started elsewhere or before: by ARN, or the newest one of a pipeline by its name.

        Raises
        ------
        UsageError
            A pipeline of that name never ran at the target.
        """
        target = target or connect("local")
        target.wake()
        if ":pipeline/" in arn and "/execution/" in arn:
            return cls(arn, target)
        return cls(_newest(arn, target), target)

    def __repr__(self) -> str:
        state = self.watcher.state
        return f"Execution({self.arn!r}, {state.status.value if state else 'not read yet'})"

    def _ipython_display_(self) -> None:
        """Show itself live where IPython shows a value."""
        from sm_pipeline_widgets.api.show import show  # noqa: PLC0415 - showing needs this module

        show(self)

    @property
    def state(self) -> ExecutionState:
        """The newest state; waits for the first answer when there has been none yet.

        Raises
        ------
        TargetError
            Nothing could be read of it.
        """
        state = self.watcher.first(FIRST_ANSWER_SECONDS)
        if state is None:
            message = self.watcher.health.message or f"no answer within {FIRST_ANSWER_SECONDS:.0f} s"
            raise TargetError(f"Nothing could be read of {self.arn}: {message}.", "Check the ARN and the target.")
        return state

    @property
    def status(self) -> ExecutionStatus:
        return self.state.status

    @property
    def steps(self) -> dict[str, StepState]:
        """Every step of the definition by name, in its order, with its state."""
        return dict(self.state.steps)

    def step(self, name: str) -> StepState:
        """Where one step stands.

        Raises
        ------
        UsageError
            The pipeline has no such step.
        """
        steps = self.steps
        if name not in steps:
            fix = did_you_mean(name, steps, f"Its steps are {listed(steps)}.")
            raise UsageError(f"The execution has no step `{name}`.", fix)
        return steps[name]

    def job(self, step: str) -> Mapping[str, Any]:
        """What the service says of a step's job (its Describe answer); empty where the step never had one.

        Raises
        ------
        UsageError
            The pipeline has no such step.
        TargetError, ServiceError
            It cannot be read: it is gone, or may not be.
        """
        return self._source.describe_job(self.step(step).metadata)

    def wait(self, timeout: float | None = None) -> ExecutionState:
        """Block until it has ended, or `timeout` seconds have passed, and return the newest state.

        Interrupting the wait never stops the run.
        """
        self.target.wake()
        return self.watcher.wait(timeout)

    def logs(self, step: str) -> Iterator[LogLine]:
        """The log lines a step has written so far, all hosts merged by time.

        Raises
        ------
        UsageError
            The pipeline has no such step.
        """
        self.target.wake()
        found = self.step(step)
        reader = self._source.log_reader(found)
        if reader is not None and found.ended is not None:
            reader.end(found.ended)
        if reader is not None:
            yield from drain(reader)

    def save_log(self, step: str, path: str | Path) -> int:
        """Write a step's whole log to a file, read anew from the service; returns how many lines it has.

        Raises
        ------
        UsageError
            The pipeline has no such step, or there can be no such file.
        """
        return save_lines(self.logs(step), path)

    def listen(self) -> Listener:
        """Have log lines of running steps told of as they are written, by CloudWatch's live tail; ``close()`` ends it.

        AWS bills it by the minute; it rests while nobody looks at a view of the execution or waits for it. Without it
        lines are found by polling, at the latest after fifteen seconds.

        Raises
        ------
        UsageError
            The execution runs on this machine, where there is none and it is not needed.
        """
        return listen(self.watcher, self.target)

    def log_note(self, step: str, *, has_lines: bool = False) -> str:
        """Why a step's log shows nothing, or what must be known of it, in words; empty where there is nothing to say.

        Raises
        ------
        UsageError
            The pipeline has no such step.
        """
        return log_note(self.step(step), self.watcher.progress.get(step), has_lines=has_lines)

    def why(self) -> FailureReport | None:
        """Why it ended badly: root failures, what they blocked, the user's own lines; None when nothing failed."""
        if self.state.status.is_end:
            self.watcher.wait(DRAIN_SECONDS, settled=True)
        return self.watcher.report

    def replay(
        self, step: str, changes: Changes | None = None, *, code: CodeBook | None = None, yes: bool = False
    ) -> Replay:
        """Run one of its steps again on this machine, with the inputs it had; see :mod:`.replaying`.

        Raises
        ------
        UsageError
            The step cannot be replayed: it is no job, its data is gone, a change does not fit.
        """
        from sm_pipeline_widgets.api.replaying import replay  # noqa: PLC0415 - replaying needs this module

        return replay(self, step, changes, code=code, yes=yes)

    def load(self, step: str, what: str, as_: str = "best") -> Any:
        """What a step read or left (``input:train``, ``output:report``, ``model``): a path, or a table where it is one.

        Parameters
        ----------
        as_
            ``path``, ``frame``, or ``best``: a table where it is one file that is one.

        Raises
        ------
        UsageError
            There is no such thing, nothing lies there any more, or it is no table.
        """
        from sm_pipeline_widgets.api.loading import load  # noqa: PLC0415 - loading needs this module

        return load(self, step, what, as_)

    def stop(self) -> None:
        """Ask for it to be stopped; running steps get a moment to end, and the state becomes Stopped."""
        pipelines.stop(self.target, self.arn)
        self.watcher.poke()

    def diff(self, other: Execution | None = None) -> RunComparison:
        """What differs from another run to this one; from the last success before this one where none is given.

        Raises
        ------
        UsageError
            The pipeline had not succeeded before.
        """
        from sm_pipeline_widgets.api import run_comparison as runs  # noqa: PLC0415 - it needs this module

        return runs.compare_executions(other, self) if other is not None else runs.compare_with_last_success(self)

    def cache(self) -> CacheReport:
        """Which steps were taken from the cache, from which run; and for the others what was not as it had been."""
        from sm_pipeline_widgets.api.run_comparison import cache_report  # noqa: PLC0415 - it needs this module

        return cache_report(self)

    def retry(self) -> Rerun:
        """Run it on, under the same ARN: what has succeeded is kept. Gives back what runs and what is kept.

        Raises
        ------
        UsageError
            It cannot be retried, with the reason.
        """
        from sm_pipeline_widgets.api import rerunning  # noqa: PLC0415 - it needs this module

        planned = rerunning.planned_retry(self)
        rerunning.retry(self, planned)
        return planned.plan

    def complete_callback(
        self, step: str, outputs: Mapping[str, object] | None = None, *, failure: str | None = None
    ) -> None:
        """Answer a Callback step that waits: with its outputs, or with the reason of a failure.

        Raises
        ------
        UsageError
            The step does not wait for an answer, or later steps could not read these outputs.
        """
        from sm_pipeline_widgets.api.rerunning import complete_callback  # noqa: PLC0415 - it needs this module

        waiting = {each.step: each for each in waiting_callbacks(self._fresh_state())}
        if step not in waiting:
            self.step(step)
            fix = f"Waiting are {listed(waiting)}." if waiting else "No Callback step of this run waits now."
            raise UsageError(f"Step `{step}` does not wait for an answer.", fix)
        given = {name: str(value) for name, value in (outputs or {}).items()}
        complaints = waiting[step].complaints(given) if failure is None else ()
        if complaints:
            raise UsageError(f"Step `{step}` was not answered. {' '.join(complaints)}", _expected(waiting[step]))
        complete_callback(self, step, waiting[step].token, given if failure is None else None, failure or "")

    def _fresh_state(self) -> ExecutionState:
        return read_state(self._source, self.arn)


def run(
    pipeline: Pipeline,
    target: Target | None = None,
    parameters: Mapping[str, object] | None = None,
    display_name: str | None = None,
    *,
    options: RunOptions | None = None,
    yes: bool = False,
    ask: Callable[[Question], bool] | None = None,
    listener: Callable[[Progress], None] | None = None,
    check: bool = True,
) -> Execution:
    """Upload a pipeline's code, create or update it at a target, and start it.

    Before a pipeline that is deployed on AWS is replaced by another one, and before a bucket is created, somebody is
    asked (or `yes` says so beforehand).

    Parameters
    ----------
    target
        The engine on this machine when None.
    parameters
        Values for this run, by name; numbers and booleans may be given as such or as text.
    options
        What else may be said: description, parallelism, tags, version, token. `parameters` and `display_name` count
        before what it says of them.
    yes
        Yes to every question.
    ask
        Answers a question; by default the person at the keyboard does.
    listener
        Told of the stages while they happen.
    check
        Look at roles, permissions, inputs and quotas before a pipeline is first submitted to AWS.

    Raises
    ------
    DefinitionError
        The text has errors.
    UsageError
        A parameter is unknown or has none of the allowed values, or one without a default is missing; or the answer
        to a question was no.
    UnansweredError
        Nobody could be asked.
    TargetError, ServiceError
        The target cannot be used, or refuses.
    """
    from sm_pipeline_widgets.api import asking, submit  # noqa: PLC0415 - submitting needs this module

    said = options or RunOptions()
    said = replace(
        said,
        parameters=said.parameters if parameters is None else parameters,
        display_name=said.display_name if display_name is None else display_name,
    )
    listener = listener or submit.silent
    made = submit.prepare(pipeline, target or connect("local"), said, listener=listener, check=check)
    confirmed = asking.answers(made.questions, ask or asking.typed_answer, yes=yes)
    return made.start(confirmed, listener)


def _expected(step: WaitingCallback) -> str:
    outputs = " ".join(f"{name}=…" for name, _ in step.outputs)
    return f"Give `--success {outputs}`." if outputs else "Give `--success` alone: it has no outputs."


def _newest(name: str, target: Target) -> str:
    fix = f"`%pipeline run {name}` starts it; `%pipeline list` shows what is there."
    try:
        newest = pipelines.latest_execution(target, name)
    except ServiceError as error:
        if not is_not_there(error):
            raise
        raise UsageError(f"Target `{target.name}` has no pipeline `{name}`.", fix) from None
    if newest is None:
        raise UsageError(f"Pipeline `{name}` has not run yet at target `{target.name}`.", fix)
    return newest.arn


def check_parameters(pipeline: Pipeline, given: Mapping[str, object]) -> None:
    """Refuse parameters the service would refuse, before anything is uploaded.

    Raises
    ------
    UsageError
        With the name, what is wrong with it, and what is allowed.
    """
    for complaint in parameter_complaints(pipeline.name, pipeline.parameters, given):
        raise UsageError(complaint.message, complaint.fix)
