"""Steps that are one job of this machine: made once, run under the supervisor, told of as the Describe answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine.describe import properties_of, tuning_properties
from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.making import make_job, request_problem, runnable_problem, tuned_by
from sm_pipeline_widgets.engine.plan import ServiceStepStatus
from sm_pipeline_widgets.engine.records import JobKind, JobRecord, JobStatus
from sm_pipeline_widgets.engine.steptypes.base import Done

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sm_pipeline_widgets.engine.steptypes.base import Services, Task

_METADATA = {JobKind.TUNING: "TuningJob"}
_STATUS = {JobStatus.COMPLETED: ServiceStepStatus.SUCCEEDED, JobStatus.STOPPED: ServiceStepStatus.STOPPED}


def run_job(task: Task, kind: JobKind) -> Done:
    """Make the attempt's job, or find the one an earlier engine made, and take it to its end."""
    services = task.services
    job = _begun(task, kind)
    if job is None:
        if task.stopping.is_set():
            return Done.stopped()
        refusal = request_problem(kind, task.arguments)
        if refusal:
            return Done.failed(refusal)
        try:
            job = make_job(
                services, kind, name_of(task, kind), task.arguments, execution=task.execution.arn, step=task.name
            )
        except ServiceException as error:
            return Done.failed(f"ClientError: {error.message}")
        services.store.put_job(job)
    name = job.name
    metadata = {_METADATA.get(kind, f"{kind}Job"): {"Arn": job.arn}}
    task.report(metadata)
    task.stopping.call(lambda: services.runner.stop(name))
    done = job if job.status.is_end else services.runner.run(job)
    status = _STATUS.get(done.status, ServiceStepStatus.FAILED)
    if status is ServiceStepStatus.STOPPED and done.reason:
        # A job that ran too long is Stopped; nobody asked its step to stop, so that has failed.
        status = ServiceStepStatus.FAILED
    return Done(status, done.reason, metadata, _properties(services, done))


def _properties(services: Services, job: JobRecord) -> dict[str, Any]:
    if job.kind is JobKind.TUNING:
        return tuning_properties(job, tuned_by(services.store, job))
    return properties_of(job)


def name_of(task: Task, kind: JobKind) -> str:
    """What the attempt's job is called; a tuning's name is short, since its training jobs' begin with it."""
    if kind is not JobKind.TUNING:
        return task.resource_name
    step = re.sub(r"[^A-Za-z0-9]+", "-", task.name)[:8].strip("-")
    return "-".join(part for part in (task.execution.id, step, task.resource_name[-10:]) if part)


def check_entry_point(step: Mapping[str, Any], _services: Services) -> str:
    """Why a step's container cannot be started without its image."""
    return runnable_problem(JobKind(step["Type"]), step.get("Arguments") or {})


def _begun(task: Task, kind: JobKind) -> JobRecord | None:
    """The job of this attempt, if an earlier engine made it."""
    if task.resumed is None:
        return None
    store = task.services.store
    told = [str(entry["Arn"]) for entry in task.resumed.values() if isinstance(entry, dict) and "Arn" in entry]
    # an ARN has the name in lower case
    return next((job for arn in told if (job := store.job_by_arn(arn))), None) or store.job(name_of(task, kind))
