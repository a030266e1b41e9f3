"""An execution under way, as the loop's thread knows it: its plan, what its steps came to, what they may refer to.

Knows no threads and writes nothing; the loop does.
"""

from __future__ import annotations

import json
from collections import ChainMap
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine.plan import Plan, Progress, ServiceStepStatus, decide
from sm_pipeline_widgets.engine.records import StepRecord
from sm_pipeline_widgets.engine.steptypes.base import BodyEnd, Stop
from sm_pipeline_widgets.execution.state import ExecutionStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sm_pipeline_widgets.engine.plan import Decision
    from sm_pipeline_widgets.engine.records import ExecutionRecord
    from sm_pipeline_widgets.engine.resolve import Scope
    from sm_pipeline_widgets.engine.steptypes.base import Loops, StepType, Task


@dataclass(frozen=True, slots=True)
class At:
    """One attempt of one step of one execution: whom an event is about."""

    arn: str
    step: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Starting:
    """A step that can start; of a body: of which loop, in which iteration, for which item."""

    name: str
    step: Mapping[str, Any]
    parent: str = ""
    iteration: int | None = None
    item: Any = None


@dataclass(frozen=True, slots=True)
class Fan:
    """A loop that has begun: its task, what it runs for, and the plan of one iteration."""

    row: StepType
    task: Task
    loops: Loops
    body: Plan

    def child(self, name: str, iteration: int) -> str:
        return f"{name}-{iteration}"


@dataclass(slots=True)
class Run:
    """One execution under way."""

    record: ExecutionRecord
    plan: Plan
    scope: Scope
    properties: dict[str, Any]
    """Of ended steps; what the scope sees."""
    local: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By step, what its user declared for local runs."""
    steps: dict[str, StepRecord] = field(default_factory=dict)
    earlier: dict[str, StepRecord] = field(default_factory=dict)
    """Steps to run again, as they ended before the retry."""
    progress: dict[str, Progress] = field(default_factory=dict)
    inner: dict[str, Progress] = field(default_factory=dict)
    """Of steps in loops, which end no execution."""
    stops: dict[str, Stop] = field(default_factory=dict)
    fans: dict[str, Fan] = field(default_factory=dict)
    ends: int = 0
    positions: int = 0
    is_due: bool = False
    """Whether what happens next will be decided soon: many ends at once ask for one decision."""

    def remember(self, step: StepRecord) -> None:
        """Take in what a step has come to."""
        self.positions = max(self.positions, step.position + 1)
        self.ends = max(self.ends, step.end_order)
        if step.superseded:
            self.earlier[step.name] = step
            self.steps.pop(step.name, None)
            self.progress.pop(step.name, None)
            self.inner.pop(step.name, None)
            return
        self.earlier.pop(step.name, None)
        self.steps[step.name] = step
        (self.inner if step.parent else self.progress)[step.name] = _progress(step)

    def decide(self) -> Decision:
        """What happens next outside of loops."""
        return decide(self.plan, self.progress, self.record.status)

    def end_of(self, end: ExecutionStatus) -> ExecutionStatus:
        """The end of the execution: a stop during which a step failed has failed."""
        if end is not ExecutionStatus.STOPPED:
            return end
        since = self.record.modified
        failed = any(
            step.status is ServiceStepStatus.FAILED and step.ended is not None and step.ended >= since
            for step in self.steps.values()
        )
        return ExecutionStatus.FAILED if failed else end

    def starting(self, decision: Decision) -> list[Starting]:
        """The steps that can start now, as many as may run at once."""
        found = [Starting(name, self.plan.steps[name]) for name in decision.start]
        if self.record.status is ExecutionStatus.EXECUTING:
            for name, fan in self.fans.items():
                found.extend(self._iterations(name, fan))
        limit = self.record.parallelism
        if limit is None:
            return found
        # a loop is no work of its own: were it counted, a limit of one could never be met
        active = sum(not at.status.is_end and name not in self.fans for name, at in self.steps.items())
        return found[: max(0, limit - active)]

    def finished_fans(self) -> Iterator[tuple[str, Fan]]:
        """Loops with nothing left to do."""
        for name, fan in self.fans.items():
            if all(self._iteration(fan, at)[0].end is not None for at in range(len(fan.loops.items))):
                yield name, fan

    def body_ends(self, fan: Fan) -> list[BodyEnd]:
        """What the steps of a loop's body came to, in the order of the items."""
        return [
            BodyEnd(body, step.name, at, step.status, step.metadata, self.properties.get(step.name, {}))
            for at in range(len(fan.loops.items))
            for body in fan.body.steps
            if (step := self.steps.get(fan.child(body, at))) is not None
        ]

    def step_of(self, record: StepRecord) -> Mapping[str, Any]:
        """The definition's step a record is of."""
        if not record.parent:
            return self.plan.steps[record.name]
        return self.plan.bodies[record.parent].steps[record.name.rpartition("-")[0]]

    def scope_of(self, record: StepRecord) -> Scope:
        """What a step's expressions may name: in a loop, the item and the other steps of its iteration as well."""
        if not record.parent:
            return self.scope
        own = {body: f"{body}-{record.iteration}" for body in self.plan.bodies[record.parent].steps}
        inside = {body: self.properties[name] for body, name in own.items() if name in self.properties}
        return replace(self.scope, steps=ChainMap(inside, self.properties), item=(json.loads(record.item),))

    def _iterations(self, loop: str, fan: Fan) -> Iterator[Starting]:
        active = 0
        for at, item in enumerate(fan.loops.items):
            decision, began = self._iteration(fan, at)
            if decision.end is not None:
                continue
            if not began and active >= fan.loops.at_a_time:
                return
            active += 1
            for name in decision.start:
                yield Starting(fan.child(name, at), fan.body.steps[name], loop, at, item)

    def _iteration(self, fan: Fan, at: int) -> tuple[Decision, bool]:
        """What happens next in an iteration, and whether it has begun."""
        progress = {
            body: found for body in fan.body.steps if (found := self.inner.get(fan.child(body, at))) is not None
        }
        return decide(fan.body, progress, self.record.status), bool(progress)


def _progress(step: StepRecord) -> Progress:
    outcome = step.metadata.get("Condition", {}).get("Outcome")
    return Progress(step.status, float(step.end_order), None if outcome is None else outcome == "True")


def new_record(run: Run, starting: Starting, now: float) -> StepRecord:
    """The record of a step that starts; it counts on from the attempts before a retry."""
    before = run.earlier.get(starting.name)
    attempt = before.attempts + 1 if before is not None else 1
    return StepRecord(
        execution=run.record.arn,
        name=starting.name,
        position=run.positions,
        status=ServiceStepStatus.STARTING,
        started=now,
        attempts=attempt,
        first_attempt=attempt,
        display_name=str(starting.step.get("DisplayName") or ""),
        description=str(starting.step.get("Description") or ""),
        parent=starting.parent,
        iteration=starting.iteration,
        item=json.dumps(starting.item) if starting.parent else "",
    )
