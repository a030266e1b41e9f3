"""DescribeTrainingJob, DescribeProcessingJob and their lists: the jobs that steps made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine.describe import describe_job
from sm_pipeline_widgets.engine.operations.answers import in_window, page, refuse, seconds
from sm_pipeline_widgets.engine.records import JobKind, JobRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sm_pipeline_widgets.engine.service import Engine


def describe_training_job(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    return describe_job(_require(engine, JobKind.TRAINING, request["TrainingJobName"]))


def describe_processing_job(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    return describe_job(_require(engine, JobKind.PROCESSING, request["ProcessingJobName"]))


def list_training_jobs(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    shown, more = _jobs(engine, JobKind.TRAINING, request)
    return {"TrainingJobSummaries": [_summary(job) for job in shown], **more}


def list_processing_jobs(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    shown, more = _jobs(engine, JobKind.PROCESSING, request)
    return {"ProcessingJobSummaries": [_summary(job) for job in shown], **more}


def _require(engine: Engine, kind: JobKind, name: str) -> JobRecord:
    job = engine.store.job(name)
    if job is None or job.kind is not kind:
        refuse("Requested resource not found.")
    return job


def _jobs(engine: Engine, kind: JobKind, request: Mapping[str, Any]) -> tuple[list[JobRecord], dict[str, str]]:
    found = [
        job
        for job in engine.store.jobs(kind)
        if request.get("NameContains", "").lower() in job.name.lower()
        and request.get("StatusEquals") in (None, job.status)
        and in_window(job.created, {
            "CreatedAfter": seconds(request.get("CreationTimeAfter")),
            "CreatedBefore": seconds(request.get("CreationTimeBefore")),
        })
    ]  # fmt: skip
    orders: Mapping[str, Callable[[JobRecord], Any]] = {
        "Name": lambda job: job.name,
        "Status": lambda job: (job.status, job.created),
    }
    found.sort(
        key=orders.get(request.get("SortBy", ""), lambda job: job.created),
        reverse=request.get("SortOrder", "Descending") == "Descending",
    )
    shown, more = page(found, request, lambda job: job.name)
    return list(shown), more


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
    "DescribeProcessingJob": describe_processing_job,
    "DescribeTrainingJob": describe_training_job,
    "ListProcessingJobs": list_processing_jobs,
    "ListTrainingJobs": list_training_jobs,
}
