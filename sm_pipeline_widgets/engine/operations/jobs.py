"""Training, processing and transform jobs: made by steps, or by clients' own Create calls."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine.describe import describe_job
from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.making import make_job, runnable_problem
from sm_pipeline_widgets.engine.operations.answers import in_window, page, refuse, seconds
from sm_pipeline_widgets.engine.records import JobKind, JobRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sm_pipeline_widgets.engine.service import Engine


def create_job(engine: Engine, request: dict[str, Any], kind: JobKind) -> dict[str, Any]:
    """Make a job outside a pipeline, as ``estimator.fit()`` and its like do."""
    name = request[f"{kind}JobName"]
    missing = runnable_problem(kind, request)
    if missing:
        refuse(f"The engine on this machine cannot run this job: {missing}.")
    wanted = {key: value for key, value in request.items() if key != f"{kind}JobName"}
    with engine.idempotency:
        is_taken = require_free_name(engine, kind, name)
        job = make_job(engine.services, kind, name, wanted, is_taken=is_taken)
        engine.direct.begin(job)
    return {f"{kind}JobArn": job.arn}


def describe(engine: Engine, request: dict[str, Any], kind: JobKind) -> dict[str, Any]:
    return describe_job(require_job(engine, kind, request[f"{kind}JobName"]))


def stop_job(engine: Engine, request: dict[str, Any], kind: JobKind) -> dict[str, Any]:
    """Ask a job to end, also one that a step made: its step is then Stopped as well."""
    job = require_job(engine, kind, request[f"{kind}JobName"])
    if job.status.is_end:
        refuse(f"The request was rejected because the {kind.lower()} job is in status {job.status}.")
    engine.direct.stop(job.name)
    return {}


def delete_job(engine: Engine, request: dict[str, Any], kind: JobKind) -> dict[str, Any]:
    """Forget a job that has ended, and its log."""
    job = require_job(engine, kind, request[f"{kind}JobName"])
    if not job.status.is_end:
        refuse(f"The request was rejected because the {kind.lower()} job is in status {job.status}; stop it first.")
    engine.store.delete_job(job.name)
    engine.forget_job(job.name)
    return {}


def list_jobs(engine: Engine, request: dict[str, Any], kind: JobKind) -> dict[str, Any]:
    shown, more = jobs_of_kind(engine, kind, request)
    return {f"{kind}JobSummaries": [_summary(job) for job in shown], **more}


def describe_training_job(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    return describe(engine, request, JobKind.TRAINING)


def describe_processing_job(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    return describe(engine, request, JobKind.PROCESSING)


def list_training_jobs(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    return list_jobs(engine, request, JobKind.TRAINING)


def list_processing_jobs(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    return list_jobs(engine, request, JobKind.PROCESSING)


def require_job(engine: Engine, kind: JobKind, name: str) -> JobRecord:
    """The job of a name.

    Raises
    ------
    ServiceException
        There is none of this kind.
    """
    job = find_job(engine, kind, name)
    if job is None:
        refuse("Requested resource not found.")
    return job


def find_job(engine: Engine, kind: JobKind, name: str) -> JobRecord | None:
    """The job of a name and a kind, if there is one."""
    found = (engine.store.job(key) for key in (name, f"{name}+{kind}"))
    return next((job for job in found if job is not None and job.kind is kind), None)


def require_free_name(engine: Engine, kind: JobKind, name: str) -> bool:
    """Refuse a name that a job of the kind has; whether a job of another kind has it.

    Raises
    ------
    ServiceException
        It is taken.
    """
    known = find_job(engine, kind, name)
    if known is not None:
        word = {JobKind.TUNING: "tuning"}.get(kind, kind.lower())
        raise ServiceException(
            "ResourceInUse",
            f"{word.capitalize()} job names must be unique within an AWS account and region, and a {word} job with "
            f"this name already exists ({known.arn})",
        )
    return engine.store.job(name) is not None


def jobs_of_kind(engine: Engine, kind: JobKind, request: Mapping[str, Any]) -> tuple[list[JobRecord], dict[str, str]]:
    """The page of jobs that a List request asks for, and the answer's ``NextToken``."""
    found = [job for job in engine.store.jobs(kind) if _is_wanted(job, request)]
    orders: Mapping[str, Callable[[JobRecord], Any]] = {
        "Name": lambda job: job.api_name,
        "Status": lambda job: (job.status, job.created),
    }
    found.sort(
        key=orders.get(request.get("SortBy", ""), lambda job: job.created),
        reverse=request.get("SortOrder", "Descending") == "Descending",
    )
    shown, more = page(found, request, lambda job: job.name)
    return list(shown), more


def _is_wanted(job: JobRecord, request: Mapping[str, Any]) -> bool:
    if str(request.get("NameContains") or "").lower() not in job.api_name.lower():
        return False
    if request.get("StatusEquals") not in (None, job.status) or request.get("WarmPoolStatusEquals"):
        return False  # no job here leaves a warm pool
    plan = request.get("TrainingPlanArnEquals")
    if plan is not None and (job.request.get("ResourceConfig") or {}).get("TrainingPlanArn") != plan:
        return False
    times = ((job.created, "CreationTime"), (job.modified, "LastModifiedTime"))
    return all(
        in_window(
            time,
            {
                "CreatedAfter": seconds(request.get(f"{word}After")),
                "CreatedBefore": seconds(request.get(f"{word}Before")),
            },
        )
        for time, word in times
    )


def _summary(job: JobRecord) -> dict[str, Any]:
    whole = describe_job(job)
    wanted = ("Name", "Arn", "Status", "EndTime")
    members = ("CreationTime", "LastModifiedTime", "FailureReason", "ExitMessage", "SecondaryStatus")
    summary = {name: whole[name] for name in members if name in whole}
    for suffix in wanted:
        for name in (f"{job.kind}Job{suffix}", f"{job.kind}{suffix}"):
            if name in whole:
                summary[name] = whole[name]
    return summary


OPERATIONS: dict[str, Callable[[Engine, dict[str, Any]], dict[str, Any]]] = {
    **{
        f"{verb}{kind}Job": partial(act, kind=kind)
        for kind in (JobKind.TRAINING, JobKind.PROCESSING, JobKind.TRANSFORM)
        for verb, act in (("Create", create_job), ("Describe", describe), ("Stop", stop_job))
    },
    **{f"Delete{kind}Job": partial(delete_job, kind=kind) for kind in (JobKind.TRAINING, JobKind.PROCESSING)},
    **{
        f"List{kind}Jobs": partial(list_jobs, kind=kind)
        for kind in (JobKind.TRAINING, JobKind.PROCESSING, JobKind.TRANSFORM)
    },
}
