"""What one notebook has declared and started: pipelines, cells of code, the target, executions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.api.code_book import CodeBook
from sm_pipeline_widgets.api.declared import listen
from sm_pipeline_widgets.api.live_views import tell_target
from sm_pipeline_widgets.api.targets import connect
from sm_pipeline_widgets.definition.wording import did_you_mean, listed
from sm_pipeline_widgets.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

    from sm_pipeline_widgets.api.execution import Execution
    from sm_pipeline_widgets.api.pipeline import Pipeline
    from sm_pipeline_widgets.aws.target import Target
    from sm_pipeline_widgets.execution.submitting import Question


class Session:
    """The state behind the magics of one shell."""

    def __init__(self) -> None:
        self.code = CodeBook()
        self.pipelines: dict[str, Pipeline] = {}
        self.variables: MutableMapping[str, Any] = {}
        self.latest: Execution | None = None
        self.executions: dict[str, Execution] = {}
        self.ask: Callable[[Question], bool] | None = None
        """Answers the questions of a run; None: buttons or the keyboard do."""
        self._target: Target | None = None
        self._listener = listen(self.add_execution)

    @property
    def target(self) -> Target:
        """Where things run unless a verb says otherwise; the engine on this machine at first."""
        if self._target is None:
            self._target = connect("local")
        return self._target

    @target.setter
    def target(self, target: Target) -> None:
        self._target = target
        tell_target(target)

    @property
    def target_name(self) -> str:
        """What the target in use is called; asks nobody, and starts nothing."""
        return self._target.name if self._target is not None else "local"

    @property
    def region(self) -> str | None:
        """The region of the target in use, if one is in use yet; asks nobody."""
        return self._target.session.region_name if self._target is not None else None

    def note_failure(self) -> None:
        """A verb found something wrong that is no error of its own: in a terminal, the exit code tells."""

    def set_variable(self, name: str, value: object) -> None:
        """Give the notebook a variable."""
        self.variables[name] = value

    def named_target(self, name: str | None) -> Target:
        """The target called `name`, or the session's own."""
        return self.target if name is None or (self._target and name == self._target.name) else connect(name)

    def declared(self, name: str) -> Pipeline:
        """The pipeline a ``%%pipeline`` cell declared under that name.

        Raises
        ------
        UsageError
            No cell did.
        """
        if name not in self.pipelines:
            otherwise = (
                f"Declared are {listed(self.pipelines)}." if self.pipelines else "Run its `%%pipeline` cell first."
            )
            fix = did_you_mean(name, self.pipelines, otherwise)
            raise UsageError(f"No `%%pipeline {name}` cell has been run in this notebook.", fix)
        return self.pipelines[name]

    @property
    def latest_pipeline(self) -> str:
        """The name of the pipeline whose execution this notebook touched last.

        Raises
        ------
        UsageError
            Nothing has been run or watched yet.
        """
        return self.execution().state.pipeline

    def add_execution(self, execution: Execution) -> None:
        self.executions[execution.arn] = execution
        self.latest = execution

    def execution(self, arn: str | None = None, target: str | None = None) -> Execution:
        """The execution with that ARN (or the newest of that pipeline), or the one this notebook touched last.

        `target` names where to look for it, where it is not the session's own.

        Raises
        ------
        UsageError
            Nothing has been run or watched yet.
        """
        if arn is not None and arn not in self.executions:
            return self.attach(arn, self.named_target(target))
        if arn is not None:
            return _awake(self.executions[arn])
        if self.latest is None:
            fix = "Start one with `%pipeline run NAME`, or attach to one with `%pipeline watch ARN`."
            raise UsageError("Nothing has been run or watched in this notebook yet.", fix)
        return _awake(self.latest)

    def attach(self, arn: str, target: Target | None = None) -> Execution:
        """Attach to an execution, wherever it was started."""
        from sm_pipeline_widgets.api.execution import Execution  # noqa: PLC0415 - kept out of %load_ext's time

        execution = Execution.attach(arn, target or self.target)
        self.add_execution(execution)
        return execution


def _awake(execution: Execution) -> Execution:
    """The execution, at a target that is there to be asked about it."""
    execution.target.wake()
    return execution
