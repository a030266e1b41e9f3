"""Moves executions along: one thread that hears of ends and decides starts; attempts run in threads of their own.

Only this thread changes executions and steps, in the store and in memory, so there is one order of events. What is
decided is committed before it is acted upon; an event whose commit fails (a full disk) is taken up again later, so a
handler changes nothing before its first commit and can be called twice.

Knows no step type by name: what a step does is in the table of ``steptypes``.
"""

from __future__ import annotations

import json
import logging
import threading
from collections import deque
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine.attempt import Attempted, attempt, next_attempt, resolved, row_of
from sm_pipeline_widgets.engine.endings import cut
from sm_pipeline_widgets.engine.events import Events
from sm_pipeline_widgets.engine.local import declared_answers
from sm_pipeline_widgets.engine.plan import ServiceStepStatus, make_plan
from sm_pipeline_widgets.engine.resolve import ResolveError
from sm_pipeline_widgets.engine.run import At, Fan, Run, Starting, new_record
from sm_pipeline_widgets.engine.scopes import make_scope
from sm_pipeline_widgets.engine.selection import selected_names
from sm_pipeline_widgets.engine.steptypes.base import Done, Stop, Task
from sm_pipeline_widgets.engine.storage import StorageError
from sm_pipeline_widgets.execution.state import ExecutionStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sm_pipeline_widgets.engine.records import ExecutionRecord, StepRecord
    from sm_pipeline_widgets.engine.steptypes.base import Services, StepType

GENERIC_REASON = "Step failure: One or multiple steps failed"

_log = logging.getLogger(__name__)


class Loop:
    """The engine's executions under way.

    Parameters
    ----------
    table
        What runs a step, by its type's name.
    slots
        How many jobs run at once over all executions; more wait as ``Starting``.
    """

    def __init__(self, *, services: Services, table: Mapping[str, StepType], slots: int) -> None:
        self._services = services
        self._store = services.store
        self._clock = services.clock
        self._table = table
        self._free = slots
        self._queued: deque[tuple[At, Mapping[str, Any] | None]] = deque()
        self._runs: dict[str, Run] = {}
        self._events = Events("engine-loop")
        self._last_clock = 0.0

    @property
    def is_busy(self) -> bool:
        return bool(self._runs)

    def start(self) -> None:
        """Begin to work, with the executions that an earlier engine left unfinished."""
        for record in self._store.unfinished():
            self._events.put(partial(self._resume, record))
        self._events.start()

    def close(self) -> None:
        """Stop deciding. Jobs go on under their supervisors; the next engine hears of them."""
        self._events.close()

    # what operations ask for; each returns when what they asked for is in the store

    def begin(self, record: ExecutionRecord) -> None:
        """Start an execution that is in the store."""
        self._events.ask(lambda: self._begin(record))

    def stop(self, arn: str) -> bool:
        """Stop an execution; False when it is not running. Returns when it is Stopping."""
        return bool(self._events.ask(lambda: self._stop(arn)))

    def retry(self, record: ExecutionRecord) -> None:
        """Run an ended execution's failed, stopped and never started steps; `record` is how it goes on."""
        self._events.ask(lambda: self._retry(record))

    def change(self, arn: str, change: Callable[[ExecutionRecord], ExecutionRecord]) -> None:
        """Change what a person may change of an execution, running or not."""
        self._events.ask(lambda: self._change(arn, change))

    # executions

    def _begin(self, record: ExecutionRecord) -> None:
        """Take up an execution that is in the store; if not now then later, so nobody is told that it failed."""
        try:
            self._resume(record)
        except StorageError as error:
            self._events.again(error, partial(self._resume, record))

    def _resume(self, record: ExecutionRecord) -> None:
        """Take up an execution where it stands: at its beginning, or where an earlier engine left it."""
        try:
            run = self._take(record)
        except StorageError:
            raise
        except Exception as error:  # noqa: BLE001 - logged, and the execution says so
            _log.exception("execution %s cannot be taken up", record.arn)
            reason = f"InternalServerError: the engine cannot take up this execution: {error}"
            self._store.put_execution(replace(record, status=ExecutionStatus.FAILED, reason=reason))
            return
        self._runs[record.arn] = run
        for step in list(run.steps.values()):
            if not step.status.is_end:
                self._take_up(run, step, dict(step.metadata))
        try:
            self._advance(run)
        except StorageError as error:
            # what was taken up must not be taken up twice
            self._events.again(error, partial(self._advance, run))

    def _take(self, record: ExecutionRecord) -> Run:
        definition = json.loads(self._store.definition_of(record))
        plan = make_plan(definition)
        properties: dict[str, Any] = {}
        scope = make_scope(record, definition, plan.all_steps(), properties, self._services.objects)
        chosen = selected_names(record.selection)
        run = Run(record, plan.only(chosen) if chosen else plan, scope, properties, declared_answers(definition))
        for step in self._store.steps(record.arn):
            run.remember(step)
        run.properties.update(self._store.properties(record.arn))
        return run

    def _stop(self, arn: str) -> bool:
        run = self._runs.get(arn)
        if run is None:
            return False
        if run.record.status is not ExecutionStatus.STOPPING:
            active = [step for step in run.steps.values() if not step.status.is_end]
            stopping = [replace(step, status=ServiceStepStatus.STOPPING) for step in active]
            self._put_execution(run, stopping, status=ExecutionStatus.STOPPING)
        for stop in list(run.stops.values()):
            stop.set()
        for waiting in [waiting for waiting in self._queued if waiting[0].arn == arn]:
            self._queued.remove(waiting)
            self._events.put(partial(self._ended, waiting[0], Attempted(Done.stopped())))
        for step in [step for step in run.steps.values() if step.again_at is not None and not step.status.is_end]:
            at = At(arn, step.name, step.attempts)
            self._events.put(partial(self._ended, at, Attempted(Done.stopped())))
        self._advance_soon(run)
        return True

    def _retry(self, record: ExecutionRecord) -> None:
        again = [
            replace(step, superseded=True)
            for step in self._store.steps(record.arn)
            if step.status is not ServiceStepStatus.SUCCEEDED
        ]
        self._store.put_execution(record, again)
        self._begin(record)

    def _change(self, arn: str, change: Callable[[ExecutionRecord], ExecutionRecord]) -> None:
        run = self._runs.get(arn)
        record = run.record if run is not None else self._store.execution(arn)
        if record is None:
            return
        record = replace(change(record), modified=self._now())
        self._store.put_execution(record)
        if run is not None:
            run.record = record
            self._advance_soon(run)

    def _advance_soon(self, run: Run) -> None:
        """Decide what happens next, behind the events that are here already."""
        if not run.is_due:
            run.is_due = True
            self._events.put(partial(self._advance, run))

    def _advance(self, run: Run) -> None:
        """Start what can start; if nothing is left, end the execution."""
        run.is_due = False
        if self._runs.get(run.record.arn) is not run:
            return
        for name, fan in list(run.finished_fans()):
            self._finish(run, name, fan)
        decision = run.decide()
        starting = run.starting(decision)
        if starting:
            self._start(run, starting)
        elif decision.end is not None:
            end = run.end_of(decision.end)
            self._put_execution(run, status=end, reason=GENERIC_REASON if end is ExecutionStatus.FAILED else "")
            del self._runs[run.record.arn]

    # steps

    def _start(self, run: Run, starting: list[Starting]) -> None:
        now = self._now()
        records = [
            replace(new_record(run, at, now), position=run.positions + number) for number, at in enumerate(starting)
        ]
        self._put_steps(run, records)
        for record in records:
            self._take_up(run, record, None)

    def _take_up(self, run: Run, record: StepRecord, resumed: Mapping[str, Any] | None) -> None:
        """Begin an attempt, or go on with one that an earlier engine had begun; its end comes as an event."""
        at = At(run.record.arn, record.name, record.attempts)
        if record.again_at is not None:
            self._events.later(max(0.0, record.again_at - self._clock()), partial(self._again, at))
            return
        step = run.step_of(record)
        row = row_of(self._table, step, run.local.get(str(step["Name"]), {}))
        if row is None:
            reason = f"ClientError: the engine on this machine does not run steps of type {step.get('Type')}."
            self._events.put(partial(self._ended, at, Attempted(Done.failed(reason))))
            return
        if row.takes_slot and self._free <= 0 and not resumed:
            # a step that was told of runs already, under its supervisor: that one is taken up in any case
            self._queued.append((at, resumed))
            return
        task = self._task(run, record, step, resumed)
        if row.loops is not None:
            self._begin_loop(run, row, task, at)
        elif row.is_at_once:
            self._events.put(partial(self._ended, at, attempt(row, task)))
        else:
            self._free -= row.takes_slot
            work = partial(self._attempt, row, task, at)
            threading.Thread(target=work, name=f"step-{record.name}", daemon=True).start()

    def _task(self, run: Run, record: StepRecord, step: Mapping[str, Any], resumed: Mapping[str, Any] | None) -> Task:
        at = At(run.record.arn, record.name, record.attempts)
        stop = run.stops[record.name] = Stop()
        if run.record.status is ExecutionStatus.STOPPING:
            stop.set()
        return Task(
            execution=run.record,
            step=step,
            name=record.name,
            attempt=record.attempts,
            arguments=step.get("Arguments") or {},
            keys={},
            local=run.local.get(str(step["Name"]), {}),
            resumed=resumed,
            scope=run.scope_of(record),
            services=self._services,
            report=lambda metadata: self._events.put(partial(self._told, at, dict(metadata))),
            stopping=stop,
        )

    def _attempt(self, row: StepType, task: Task, at: At) -> None:
        """In a thread of its own."""
        end = attempt(row, task)
        self._events.put(partial(self._ended, at, end))
        if row.takes_slot:
            self._events.put(self._free_slot)

    def _free_slot(self) -> None:
        self._free += 1
        while self._free > 0 and self._queued:
            at, resumed = self._queued.popleft()
            found = self._find(at)
            if found is not None:
                self._take_up(*found, resumed)

    def _find(self, at: At) -> tuple[Run, StepRecord] | None:
        """The run and step an event is about, if that attempt has not ended."""
        run = self._runs.get(at.arn)
        step = run.steps.get(at.step) if run is not None else None
        if run is None or step is None or step.status.is_end or step.attempts != at.attempt:
            return None
        return run, step

    def _told(self, at: At, metadata: Mapping[str, Any]) -> None:
        found = self._find(at)
        if found is None:
            return
        run, step = found
        starting = step.status is ServiceStepStatus.STARTING
        status = ServiceStepStatus.EXECUTING if starting else step.status
        self._put_steps(run, [replace(step, status=status, metadata=metadata)])

    def _again(self, at: At) -> None:
        """The wait of a retry policy is over."""
        found = self._find(at)
        if found is not None and found[1].again_at is not None:
            run, step = found
            step = replace(step, again_at=None)
            self._put_steps(run, [step])
            self._take_up(run, step, None)

    def _ended(self, at: At, end: Attempted) -> None:
        try:
            self._end(at, end)
        except StorageError:
            raise
        except Exception as error:  # noqa: BLE001 - logged, and the step says so: an execution must not wait for ever
            _log.exception("the end of step %s of %s cannot be kept", at.step, at.arn)
            self._end(at, Attempted(Done.failed(f"InternalServerError: the engine failed: {error!a}")))

    def _end(self, at: At, end: Attempted) -> None:
        found = self._find(at)
        if found is None:
            return
        run, step = found
        delay = self._delay(run, step, end.done)
        if delay is not None:
            self._wait(run, step, end.done, delay)
            return
        has_properties = end.done.status is ServiceStepStatus.SUCCEEDED or bool(end.done.properties)
        ended = replace(
            step,
            status=end.done.status,
            ended=self._now(),
            reason=cut(end.done.reason),
            metadata=end.done.metadata,
            end_order=run.ends + 1,
            cache_key=end.cache_key,
            cached_from=end.cached_from,
            again_at=None,
        )
        self._put_steps(run, [ended], end.done.properties if has_properties else None)
        if has_properties:
            run.properties[step.name] = end.done.properties
        run.stops.pop(step.name, None)
        run.fans.pop(step.name, None)
        self._advance_soon(run)

    def _delay(self, run: Run, step: StepRecord, done: Done) -> float | None:
        """Seconds until a failed step's next attempt, if its retry policies want one."""
        if done.status is not ServiceStepStatus.FAILED or run.record.status is not ExecutionStatus.EXECUTING:
            return None
        definition = run.step_of(step)
        row = self._table.get(str(definition.get("Type")))
        return None if row is None else next_attempt(row, definition, step, done, self._clock())

    def _wait(self, run: Run, step: StepRecord, done: Done, delay: float) -> None:
        waiting = replace(
            step,
            status=ServiceStepStatus.STARTING,
            attempts=step.attempts + 1,
            reason=cut(done.reason),
            again_at=self._clock() + delay,
        )
        self._put_steps(run, [waiting])
        run.stops.pop(step.name, None)
        self._take_up(run, waiting, None)

    # loops

    def _begin_loop(self, run: Run, row: StepType, task: Task, at: At) -> None:
        try:
            task = resolved(row, task)
            loops = row.loops(task) if row.loops is not None else None
        except (ResolveError, ValueError) as error:
            self._events.put(partial(self._ended, at, Attempted(Done.failed(str(error)))))
            return
        if loops is not None:
            run.fans[task.name] = Fan(row, task, loops, run.plan.bodies[task.name])
            self._events.put(partial(self._told, at, {}))
            self._advance_soon(run)

    def _finish(self, run: Run, name: str, fan: Fan) -> None:
        """Every iteration has ended."""
        at = At(run.record.arn, name, fan.task.attempt)
        if fan.row.finish is None or self._find(at) is None:
            return
        try:
            done = fan.row.finish(fan.task, fan.loops, run.body_ends(fan))
        except ResolveError as error:
            done = Done.failed(str(error))
        self._events.put(partial(self._ended, at, Attempted(done)))

    # memory

    def _put_steps(self, run: Run, steps: list[StepRecord], properties: Mapping[str, Any] | None = None) -> None:
        self._store.put_steps(steps, self._clock(), properties)
        for step in steps:
            run.remember(step)

    def _put_execution(
        self, run: Run, steps: Sequence[StepRecord] = (), *, status: ExecutionStatus, reason: str = ""
    ) -> None:
        record = replace(run.record, status=status, reason=reason, modified=self._now())
        self._store.put_execution(record, steps)
        run.record = record
        for step in steps:
            run.remember(step)

    def _now(self) -> float:
        """The clock, never behind what it gave before: ends must not come before starts."""
        self._last_clock = max(self._last_clock, self._clock())
        return self._last_clock
