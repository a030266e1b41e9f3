"""Hyperparameter tuning jobs and the training jobs they begin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine.describe import describe_tuning, summarize_tuned
from sm_pipeline_widgets.engine.making import make_job, tuned_by
from sm_pipeline_widgets.engine.operations.answers import page, refuse
from sm_pipeline_widgets.engine.operations.jobs import find_job, jobs_of_kind, require_free_name, require_job
from sm_pipeline_widgets.engine.records import JobKind, JobRecord
from sm_pipeline_widgets.engine.search import SearchError
from sm_pipeline_widgets.engine.steptypes.tuning import entry_point_problem
from sm_pipeline_widgets.engine.tuning import definition_of, definitions_of, most_jobs, objective_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sm_pipeline_widgets.engine.operations import Operation
    from sm_pipeline_widgets.engine.service import Engine

NAME = "HyperParameterTuningJobName"


def create_tuning(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    name = request[NAME]
    missing = entry_point_problem(request)
    if missing:
        refuse(f"The engine on this machine cannot run this tuning: {missing}.")
    try:
        most_jobs(request["HyperParameterTuningJobConfig"], definitions_of(request))
    except SearchError as error:
        refuse(str(error))
    for parent in (request.get("WarmStartConfig") or {}).get("ParentHyperParameterTuningJobs") or []:
        if find_job(engine, JobKind.TUNING, parent[NAME]) is None:
            refuse(
                f"The earlier tuning job '{parent[NAME]}' is not in this engine; a warm start can learn from its own."
            )
    wanted = {key: value for key, value in request.items() if key != NAME}
    with engine.idempotency:
        is_taken = require_free_name(engine, JobKind.TUNING, name)
        job = make_job(engine.services, JobKind.TUNING, name, wanted, is_taken=is_taken)
        engine.direct.begin(job)
    return {"HyperParameterTuningJobArn": job.arn}


def describe(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    job = require_job(engine, JobKind.TUNING, request[NAME])
    return describe_tuning(job, tuned_by(engine.store, job))


def stop_tuning(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    job = require_job(engine, JobKind.TUNING, request[NAME])
    if job.status.is_end:
        refuse(f"The request was rejected because the tuning job is in status {job.status}.")
    engine.direct.stop(job.name)
    return {}


def delete_tuning(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    """Forget a tuning that has ended; the training jobs it began stay."""
    job = require_job(engine, JobKind.TUNING, request[NAME])
    if not job.status.is_end:
        refuse(f"The request was rejected because the tuning job is in status {job.status}; stop it first.")
    engine.store.delete_job(job.name)
    return {}


def list_tunings(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    shown, more = jobs_of_kind(engine, JobKind.TUNING, request)
    return {"HyperParameterTuningJobSummaries": [_summary(engine, job) for job in shown], **more}


def list_tuned(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    """The training jobs of a tuning."""
    tuning = require_job(engine, JobKind.TUNING, request[NAME])
    found = [
        job for job in tuned_by(engine.store, tuning) if request.get("StatusEquals") in (None, job.status)
    ]  # fmt: skip
    is_descending = request.get("SortOrder", "Ascending") == "Descending"
    if request.get("SortBy") == "FinalObjectiveMetricValue":
        # those without a value are not listed then, as the service leaves them out
        found = [job for job in found if _objective(tuning, job) is not None]
    found.sort(key=_order(tuning, request), reverse=is_descending)
    shown, more = page(found, request, lambda job: job.name)
    return {"TrainingJobSummaries": [summarize_tuned(tuning, job) for job in shown], **more}


def _order(tuning: JobRecord, request: Mapping[str, Any]) -> Callable[[JobRecord], Any]:
    orders: Mapping[str, Callable[[JobRecord], Any]] = {
        "CreationTime": lambda job: (job.created, job.name),
        "Status": lambda job: (job.status, job.name),
        "FinalObjectiveMetricValue": lambda job: (_objective(tuning, job), job.name),
    }
    return orders.get(str(request.get("SortBy")), lambda job: job.name)


def _objective(tuning: JobRecord, job: JobRecord) -> float | None:
    return objective_of(job, definition_of(tuning.request, job).metric)


def _summary(engine: Engine, job: JobRecord) -> dict[str, Any]:
    whole = describe_tuning(job, tuned_by(engine.store, job))
    config = job.request["HyperParameterTuningJobConfig"]
    members = (
        NAME,
        "HyperParameterTuningJobArn",
        "HyperParameterTuningJobStatus",
        "CreationTime",
        "LastModifiedTime",
        "HyperParameterTuningEndTime",
        "TrainingJobStatusCounters",
        "ObjectiveStatusCounters",
    )
    known = {name: whole[name] for name in members if name in whole}
    return {**known, "Strategy": config["Strategy"], "ResourceLimits": config["ResourceLimits"]}


OPERATIONS: dict[str, Operation] = {
    "CreateHyperParameterTuningJob": create_tuning,
    "DeleteHyperParameterTuningJob": delete_tuning,
    "DescribeHyperParameterTuningJob": describe,
    "ListHyperParameterTuningJobs": list_tunings,
    "ListTrainingJobsForHyperParameterTuningJob": list_tuned,
    "StopHyperParameterTuningJob": stop_tuning,
}
