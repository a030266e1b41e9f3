"""The state of an execution read once, without a watcher: for comparing runs and planning new ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from sm_pipeline_widgets.aws import pipelines
from sm_pipeline_widgets.execution.derive import derive

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sm_pipeline_widgets.aws.target import Target
    from sm_pipeline_widgets.execution.state import ExecutionState

FINISHED = ("Succeeded", "Failed", "Stopped")
MOST_LOOKED_AT = 200
"""Runs that are looked at for one that is finished, or has succeeded."""


class Reads(Protocol):
    """What is read of an execution; ``aws.source.TargetSource`` has it."""

    def describe(self, arn: str) -> Mapping[str, Any]: ...
    def steps(self, arn: str) -> Sequence[Mapping[str, Any]]: ...
    def parameters(self, arn: str) -> Mapping[str, str]: ...
    def definition(self, arn: str) -> Mapping[str, Any]: ...


def read_state(source: Reads, arn: str) -> ExecutionState:
    """Where an execution stands now; four requests, more where it has more than a hundred steps."""
    return derive(source.definition(arn), source.describe(arn), source.steps(arn), source.parameters(arn))


def finished_before(
    target: Target, pipeline: str, statuses: Sequence[str] = FINISHED, *, besides: str = ""
) -> Iterator[str]:
    """The ARNs of a pipeline's runs that ended in one of these ways, the newest first.

    With `besides` (an ARN of its own) only runs that began before that one.
    """
    is_earlier = not besides
    for count, run in enumerate(pipelines.iter_executions(target, pipeline, page=20)):
        if count == MOST_LOOKED_AT:
            return
        if run.arn == besides:
            is_earlier = True
        elif is_earlier and run.status in statuses:
            yield run.arn
