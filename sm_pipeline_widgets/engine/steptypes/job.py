"""Steps that are one job of this machine: made once, run under the supervisor, told of as the Describe answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine import shapes
from sm_pipeline_widgets.engine.container import own_entry_point
from sm_pipeline_widgets.engine.describe import properties_of
from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.plan import ServiceStepStatus
from sm_pipeline_widgets.engine.records import JobKind, JobRecord, JobStatus, Transition
from sm_pipeline_widgets.engine.steptypes.base import Done
from sm_pipeline_widgets.engine.wire import operation_model

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sm_pipeline_widgets.engine.steptypes.base import Services, Task

_STATUS = {JobStatus.COMPLETED: ServiceStepStatus.SUCCEEDED, JobStatus.STOPPED: ServiceStepStatus.STOPPED}


def run_job(task: Task, kind: JobKind) -> Done:
    """Make the attempt's job, or find the one an earlier engine made, and take it to its end."""
    services = task.services
    job = _begun(task)
    if job is None:
        if task.stopping.is_set():
            return Done.stopped()
        refusal = request_problem(kind, task.arguments)
        if refusal:
            return Done.failed(refusal)
        job = make_job(task, kind)
        services.store.put_job(job)
    name = job.name
    metadata = {f"{kind}Job": {"Arn": job.arn}}
    task.report(metadata)
    task.stopping.call(lambda: services.runner.stop(name))
    done = job if job.status.is_end else services.runner.run(job)
    status = _STATUS.get(done.status, ServiceStepStatus.FAILED)
    if status is ServiceStepStatus.STOPPED and done.reason:
        # A job that ran too long is Stopped; nobody asked its step to stop, so that has failed.
        status = ServiceStepStatus.FAILED
    return Done(status, done.reason, metadata, properties_of(done))


def make_job(task: Task, kind: JobKind) -> JobRecord:
    """The record of a job that begins now."""
    now = task.services.clock()
    name = task.resource_name
    return JobRecord(
        name=name,
        kind=kind,
        arn=task.services.arn(f"{kind.lower()}-job", name),
        execution=task.execution.arn,
        step=task.name,
        request=task.arguments,
        status=JobStatus.IN_PROGRESS,
        created=now,
        modified=now,
        stream=f"{name}/algo-1-{int(now)}",
        transitions=(Transition("Starting", now),),
    )


def request_problem(kind: JobKind, request: Mapping[str, Any]) -> str:
    """Why CreateTrainingJob or CreateProcessingJob would refuse: a number where it wants a string, and the like.

    Lengths and patterns are not checked: a command that is longer than 256 characters is of use on this machine.
    """
    operation = f"Create{kind}Job"
    shape = operation_model("sagemaker", operation).input_shape
    try:
        shapes.from_json(shape, request)
    except ServiceException as error:
        return f"ClientError: Failed to invoke sagemaker:{operation}. Error Details: {error.message}"
    return ""


def check_entry_point(step: Mapping[str, Any], _services: Services) -> str:
    """Why a step's container cannot be started without its image."""
    missing = own_entry_point(str(step["Type"]), step.get("Arguments") or {})
    return f"{missing}, and the image's own entry point is not here" if missing else ""


def _begun(task: Task) -> JobRecord | None:
    """The job of this attempt, if an earlier engine made it."""
    if task.resumed is None:
        return None
    told = [entry["Arn"] for entry in task.resumed.values() if isinstance(entry, dict) and "Arn" in entry]
    name = str(told[0]).rpartition("/")[2] if told else task.resource_name
    return task.services.store.job(name)
