"""What a watcher needs to be able to read: the seam between watching and boto3.

``aws.source.TargetSource`` is the real one; a test's fake is a small object of the same shape. Every method may raise
an error of ``errors.PipelineWidgetsError``'s tree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sm_pipeline_widgets.execution.loglines import LogLine
    from sm_pipeline_widgets.execution.state import StepState


class LineReader(Protocol):
    """Reads a step's log, a little more at every poll."""

    @property
    def is_behind(self) -> bool:
        """Whether the last poll left lines for the next one."""

    @property
    def is_sure(self) -> bool:
        """Whether no lines in the last poll means that there were none."""

    def poll(self) -> list[LogLine]:
        """The lines that are new since the last poll."""

    def end(self, at: datetime | None) -> None:
        """The step has ended: what is read from now on must leave nothing out."""


class Source(Protocol):
    """Reads executions, jobs, logs and small objects of one target."""

    @property
    def is_local(self) -> bool:
        """Whether asking costs next to nothing."""

    @property
    def clock_ahead(self) -> float:
        """How many seconds this machine's clock is ahead of the service's."""

    @property
    def is_up(self) -> bool:
        """Whether there is somebody to ask, without anything being started for it."""

    def describe(self, arn: str) -> Mapping[str, Any]:
        """The answer of DescribePipelineExecution."""

    def steps(self, arn: str) -> Sequence[Mapping[str, Any]]:
        """All items of ListPipelineExecutionSteps."""

    def parameters(self, arn: str) -> Mapping[str, str]:
        """The parameters the execution runs with."""

    def definition(self, arn: str) -> Mapping[str, Any]:
        """The definition the execution runs."""

    def describe_job(self, metadata: Mapping[str, Any]) -> Mapping[str, Any]:
        """The Describe answer of the job that a step's metadata names; empty where there is none."""

    def log_reader(self, step: StepState) -> LineReader | None:
        """A reader of the step's log from its beginning, or None for a step that writes none that can be read."""

    def log_end(self, step: StepState) -> Sequence[LogLine]:
        """The last lines of the step's log, read from its end; none where there is no such way to read it."""

    def read_object(self, uri: str, limit: int) -> bytes:
        """The first `limit` bytes of an S3 object."""
