"""Moves executions along: one thread that hears of ends and decides starts; jobs run in threads of their own.

Only this thread changes executions and steps, in the store and in memory, so there is one order of events. Starts
are committed before they are acted upon.
"""

from __future__ import annotations

import json
import logging
import queue
import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine import names, shapes
from sm_pipeline_widgets.engine.describe import properties_of
from sm_pipeline_widgets.engine.endings import cut
from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.parameters import parameter_values
from sm_pipeline_widgets.engine.plan import Decision, Plan, Progress, ServiceStepStatus, decide, make_plan
from sm_pipeline_widgets.engine.records import ExecutionRecord, JobKind, JobRecord, JobStatus, StepRecord, Transition
from sm_pipeline_widgets.engine.resolve import ResolveError, Scope, evaluate, render_text, resolve
from sm_pipeline_widgets.engine.transfer import TransferError, read_json
from sm_pipeline_widgets.engine.wire import operation_model
from sm_pipeline_widgets.execution.state import ExecutionStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sm_pipeline_widgets.engine.objects import ObjectStore
    from sm_pipeline_widgets.engine.runner import Runner
    from sm_pipeline_widgets.engine.store import Store

GENERIC_REASON = "Step failure: One or multiple steps failed"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Made:
    """A step's job exists: its metadata can be shown."""

    arn: str
    step: str
    metadata: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ended:
    """A step has come to its end."""

    arn: str
    step: str
    status: ServiceStepStatus
    reason: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Run:
    """An execution that is under way, as this thread knows it."""

    record: ExecutionRecord
    plan: Plan
    scope: Scope
    properties: dict[str, Any]
    """Of succeeded steps; what the scope sees."""
    steps: dict[str, StepRecord] = field(default_factory=dict)
    jobs: dict[str, str] = field(default_factory=dict)
    ends: int = 0

    def progress(self) -> dict[str, Progress]:
        return {name: _progress(step) for name, step in self.steps.items()}


class Loop:
    """The engine's executions under way.

    Parameters
    ----------
    job_arn
        The ARN of a job by kind (``processing-job``) and name.
    slots
        How many jobs run at once over all executions; more wait as ``Starting``.
    """

    def __init__(
        self,
        *,
        store: Store,
        objects: ObjectStore,
        runner: Runner,
        clock: Callable[[], float],
        job_arn: Callable[[str, str], str],
        slots: int,
    ) -> None:
        self._store = store
        self._objects = objects
        self._runner = runner
        self._clock = clock
        self._job_arn = job_arn
        self._slots = threading.BoundedSemaphore(slots)
        self._runs: dict[str, Run] = {}
        self._events: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="engine-loop", daemon=True)
        self._last_clock = 0.0

    @property
    def is_busy(self) -> bool:
        return bool(self._runs)

    def start(self) -> None:
        """Begin to work, with the executions that an earlier engine left unfinished."""
        for record in self._store.unfinished():
            self._events.put(partial(self._resume, record))
        self._thread.start()

    def close(self) -> None:
        """Stop deciding. Jobs go on under their supervisors; the next engine hears of them."""
        self._events.put(None)
        self._thread.join()

    def begin(self, record: ExecutionRecord) -> None:
        """Start an execution that is in the store."""
        self._do(lambda: self._begin(record))

    def stop(self, arn: str) -> bool:
        """Stop an execution; False when it is not running. Returns when it is Stopping."""
        return bool(self._do(lambda: self._stop(arn)))

    def _do(self, action: Callable[[], Any]) -> Any:
        """Run an action in the loop's thread and wait for it."""
        done: queue.SimpleQueue[Any] = queue.SimpleQueue()

        def act() -> None:
            try:
                done.put(action())
            except Exception as error:  # noqa: BLE001 - handed to whoever waits
                done.put(error)

        self._events.put(act)
        answer = done.get()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _work(self) -> None:
        while (event := self._events.get()) is not None:
            try:
                event()
            except Exception:  # noqa: BLE001 - logged
                # A broken execution must not end all others; what broke it is in the engine's log.
                _log.exception("an event of the engine's loop failed")

    def _begin(self, record: ExecutionRecord) -> None:
        self._advance(self._take(record))

    def _take(self, record: ExecutionRecord) -> Run:
        definition = json.loads(self._store.definition_of(record))
        plan = make_plan(definition)
        properties: dict[str, Any] = {}
        scope = Scope(
            parameters=parameter_values(definition, record.parameters),
            execution=_facts(record),
            steps=properties,
            names=plan.steps.keys(),
            read_property_file=lambda step, name: self._property_file(plan, properties, step, name),
            read_json=self._read_json,
        )
        run = Run(record, plan, scope, properties)
        self._runs[record.arn] = run
        return run

    def _resume(self, record: ExecutionRecord) -> None:
        """Take up an execution where an earlier engine left it: its running jobs are found by their folders."""
        run = self._take(record)
        jobs = {job.step: job for job in self._store.jobs_of(record.arn)}
        run.steps.update((step.name, step) for step in self._store.steps(record.arn))
        run.ends = max((step.end_order for step in run.steps.values()), default=0)
        run.properties.update(self._store.properties(record.arn))
        for name, step in list(run.steps.items()):
            if not step.status.is_end:
                self._launch(run, name, jobs.get(name))
        self._advance(run)

    def _stop(self, arn: str) -> bool:
        run = self._runs.get(arn)
        if run is None:
            return False
        if run.record.status is not ExecutionStatus.STOPPING:
            self._put_execution(run, status=ExecutionStatus.STOPPING)
            active = [step for step in run.steps.values() if not step.status.is_end]
            self._put_steps(run, [replace(step, status=ServiceStepStatus.STOPPING) for step in active])
            for job in run.jobs.values():
                self._runner.stop(job)
            self._advance(run)
        return True

    def _advance(self, run: Run) -> None:
        """Start what can start, until nothing changes at once; then end the execution if it is at its end."""
        while True:
            decision = decide(run.plan, run.progress(), run.record.status)
            starting = self._within_limit(run, decision)
            if not starting:
                break
            now = self._now()
            count = len(run.steps)
            self._put_steps(run, [
                _started(run, name, count + at, now) for at, name in enumerate(starting)
            ])  # fmt: skip
            ended = [at for name in starting if (at := self._start(run, name)) is not None]
            if not ended:
                return
            for end in ended:
                self._put_end(run, end)
        if decision.end is not None:
            reason = GENERIC_REASON if decision.end is ExecutionStatus.FAILED else ""
            self._put_execution(run, status=decision.end, reason=reason)
            del self._runs[run.record.arn]

    def _within_limit(self, run: Run, decision: Decision) -> tuple[str, ...]:
        limit = run.record.parallelism
        if limit is None:
            return decision.start
        active = sum(not step.status.is_end for step in run.steps.values())
        return decision.start[: max(0, limit - active)]

    def _start(self, run: Run, name: str) -> Ended | None:
        """Start a step; its end at once when it is one that needs no job."""
        kind = run.plan.steps[name].get("Type")
        if kind == "Condition":
            return self._condition(run, name)
        if kind == "Fail":
            return self._fail(run, name)
        self._launch(run, name, None)
        return None

    def _condition(self, run: Run, name: str) -> Ended:
        conditions = run.plan.steps[name].get("Arguments", {}).get("Conditions", [])
        try:
            outcome = evaluate(conditions, run.scope)
        except (ResolveError, KeyError, TypeError) as error:
            reason = str(error) if isinstance(error, ResolveError) else f"ClientError: a condition lacks {error}."
            return Ended(run.record.arn, name, ServiceStepStatus.FAILED, reason)
        metadata = {"Condition": {"Outcome": str(outcome)}}
        return Ended(run.record.arn, name, ServiceStepStatus.SUCCEEDED, "", metadata, {"Outcome": outcome})

    def _fail(self, run: Run, name: str) -> Ended:
        try:
            message = render_text(resolve(run.plan.steps[name].get("Arguments", {}).get("ErrorMessage", ""), run.scope))
        except ResolveError as error:
            return Ended(run.record.arn, name, ServiceStepStatus.FAILED, str(error))
        metadata = {"Fail": {"ErrorMessage": message[:3072]}}
        return Ended(run.record.arn, name, ServiceStepStatus.FAILED, message, metadata)

    def _launch(self, run: Run, name: str, job: JobRecord | None) -> None:
        """Run a step's job (an earlier engine's, if given) in a thread, which reports back as events."""
        job_name = job.name if job is not None else names.job_name(run.record.id, name)
        run.jobs[name] = job_name

        def work() -> None:
            with self._slots:
                try:
                    end = self._run_job(run, name, job_name, job)
                except Exception as error:  # noqa: BLE001 - logged, and the step says so
                    _log.exception("step %s of %s failed inside the engine", name, run.record.arn)
                    reason = f"InternalServerError: the engine failed: {error}"
                    end = Ended(run.record.arn, name, ServiceStepStatus.FAILED, reason)
            self._events.put(lambda: self._ended(end))

        threading.Thread(target=work, name=f"job-{job_name}", daemon=True).start()

    def _run_job(self, run: Run, name: str, job_name: str, job: JobRecord | None) -> Ended:
        arn = run.record.arn
        if run.record.status is ExecutionStatus.STOPPING and job is None:
            return Ended(arn, name, ServiceStepStatus.STOPPED)
        if job is None:
            try:
                job = self._make_job(run, name, job_name)
            except ResolveError as error:
                return Ended(arn, name, ServiceStepStatus.FAILED, str(error))
            self._store.put_job(job)
        metadata = {f"{job.kind}Job": {"Arn": job.arn}}
        self._events.put(lambda: self._made(Made(arn, name, metadata)))
        done = self._runner.run(job)
        status = {JobStatus.COMPLETED: ServiceStepStatus.SUCCEEDED, JobStatus.STOPPED: ServiceStepStatus.STOPPED}.get(
            done.status, ServiceStepStatus.FAILED
        )
        if status is ServiceStepStatus.STOPPED and done.reason:
            # A job that ran too long is Stopped; nobody asked its step to stop, so that has failed.
            status = ServiceStepStatus.FAILED
        return Ended(arn, name, status, done.reason, metadata, properties_of(done))

    def _make_job(self, run: Run, name: str, job_name: str) -> JobRecord:
        step = run.plan.steps[name]
        kind = JobKind(step["Type"])
        scope = replace(run.scope, execution={**run.scope.execution, f"{kind}JobName": job_name})
        request = resolve(step.get("Arguments") or {}, scope)
        _check_request(kind, request)
        now = self._clock()
        return JobRecord(
            name=job_name,
            kind=kind,
            arn=self._job_arn(f"{kind.lower()}-job", job_name),
            execution=run.record.arn,
            step=name,
            request=request,
            status=JobStatus.IN_PROGRESS,
            created=now,
            modified=now,
            stream=f"{job_name}/algo-1-{int(now)}",
            transitions=(Transition("Starting", now),),
        )

    def _made(self, made: Made) -> None:
        run = self._runs.get(made.arn)
        if run is None:
            return
        step = run.steps[made.step]
        starting = step.status is ServiceStepStatus.STARTING
        status = ServiceStepStatus.EXECUTING if starting else step.status
        self._put_steps(run, [replace(step, status=status, metadata=made.metadata)])

    def _ended(self, end: Ended) -> None:
        run = self._runs.get(end.arn)
        if run is not None:
            self._put_end(run, end)
            self._advance(run)

    def _put_end(self, run: Run, end: Ended) -> None:
        run.ends += 1
        if end.status is ServiceStepStatus.SUCCEEDED:
            run.properties[end.step] = end.properties
        run.jobs.pop(end.step, None)
        step = replace(
            run.steps[end.step],
            status=end.status,
            ended=self._now(),
            reason=cut(end.reason),
            metadata=end.metadata,
            end_order=run.ends,
        )
        self._put_steps(run, [step], end.properties)

    def _put_steps(self, run: Run, steps: list[StepRecord], properties: Mapping[str, Any] | None = None) -> None:
        self._store.put_steps(steps, self._clock(), properties)
        run.steps.update((step.name, step) for step in steps)

    def _put_execution(self, run: Run, *, status: ExecutionStatus, reason: str = "") -> None:
        record = replace(run.record, status=status, reason=reason, modified=self._now())
        self._store.put_execution(record)
        run.record = record

    def _now(self) -> float:
        """The clock, never behind what it gave before: ends must not come before starts."""
        self._last_clock = max(self._last_clock, self._clock())
        return self._last_clock

    def _property_file(self, plan: Plan, properties: Mapping[str, Any], step: str, name: str) -> object:
        files = plan.steps[step].get("PropertyFiles") or []
        found = next((at for at in files if at.get("PropertyFileName") == name), None)
        if found is None:
            raise ResolveError(f"Property file reference '{name}' is undefined in step '{step}'.")
        if step not in properties:
            raise ResolveError(f"Property file '{name}' cannot be read: step '{step}' has not succeeded.")
        outputs = (properties[step].get("ProcessingOutputConfig") or {}).get("Outputs") or []
        output = next((at for at in outputs if at.get("OutputName") == found.get("OutputName")), None)
        if output is None:
            raise ResolveError(
                f"Processing output name '{found.get('OutputName')}' of property file '{name}' "
                f"not found in step '{step}'."
            )
        return self._read_json(f"{output['S3Output']['S3Uri'].rstrip('/')}/{found.get('FilePath')}")

    def _read_json(self, uri: str) -> object:
        try:
            return read_json(self._objects, uri)
        except TransferError as error:
            raise ResolveError(str(error)) from error


def _check_request(kind: JobKind, request: Mapping[str, Any]) -> None:
    """Refuse a number where CreateTrainingJob or CreateProcessingJob wants a string, and the like.

    Lengths and patterns are not checked: a command that is longer than 256 characters is of use on this machine.
    """
    operation = f"Create{kind}Job"
    shape = operation_model("sagemaker", operation).input_shape
    try:
        shapes.from_json(shape, request)
    except ServiceException as error:
        details = f"Failed to invoke sagemaker:{operation}. Error Details: {error.message}"
        raise ResolveError(f"ClientError: {details}") from error


def _started(run: Run, name: str, position: int, now: float) -> StepRecord:
    step = run.plan.steps[name]
    return StepRecord(
        execution=run.record.arn,
        name=name,
        position=position,
        status=ServiceStepStatus.STARTING,
        started=now,
        display_name=str(step.get("DisplayName") or ""),
        description=str(step.get("Description") or ""),
    )


def _progress(step: StepRecord) -> Progress:
    outcome = step.metadata.get("Condition", {}).get("Outcome")
    return Progress(step.status, float(step.end_order), None if outcome is None else outcome == "True")


def _facts(record: ExecutionRecord) -> dict[str, str]:
    """What ``Execution.…`` stands for."""
    started = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "StartDateTime": started,
        "CurrentDateTime": started,
        "PipelineName": record.pipeline,
        "PipelineArn": record.arn.partition("/execution/")[0],
        "PipelineExecutionId": record.id,
        "PipelineExecutionArn": record.arn,
    }
