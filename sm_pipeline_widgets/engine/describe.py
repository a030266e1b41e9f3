"""A job's record → the answer of its Describe call, which is also what later steps refer to. Pure."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine.records import JobKind, JobRecord, JobStatus, Transition, when
from sm_pipeline_widgets.engine.tuning import DEFINITION, TUNED, TUNING, definition_of, objective_of, ranked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BEST_JOBS = 50
"""So many training jobs of a tuning can be referred to, best first."""


def describe_job(job: JobRecord) -> dict[str, Any]:
    """The Describe answer of a job, without members that have no value yet."""
    describe = {JobKind.TRAINING: _training, JobKind.PROCESSING: _processing, JobKind.TRANSFORM: _transform}
    answer = describe[job.kind](job)
    return {name: value for name, value in answer.items() if value is not None}


def properties_of(job: JobRecord) -> dict[str, Any]:
    """The Describe answer as plain JSON: what expressions of later steps walk through."""
    return _plain(describe_job(job))


def describe_tuning(job: JobRecord, children: Sequence[JobRecord]) -> dict[str, Any]:
    """The answer of DescribeHyperParameterTuningJob, from a tuning and its training jobs."""
    best = next((at for at in ranked(children, job.request) if _objective(job, at) is not None), None)
    answer = {
        **_common(job),
        "HyperParameterTuningJobName": job.api_name,
        "HyperParameterTuningJobArn": job.arn,
        "HyperParameterTuningJobStatus": job.status.value,
        "HyperParameterTuningEndTime": when(job.ended),
        "TrainingJobStatusCounters": _status_counters(children),
        "ObjectiveStatusCounters": _objective_counters(job, children),
        "BestTrainingJob": None if best is None else summarize_tuned(job, best),
    }
    return {name: value for name, value in answer.items() if value is not None}


def tuning_properties(job: JobRecord, children: Sequence[JobRecord]) -> dict[str, Any]:
    """What expressions of later steps walk through: the Describe answer and the best training jobs."""
    best = [summarize_tuned(job, at) for at in ranked(children, job.request)[:BEST_JOBS]]
    return _plain({**describe_tuning(job, children), "TrainingJobSummaries": best})


def summarize_tuned(tuning: JobRecord, job: JobRecord) -> dict[str, Any]:
    """A training job as ListTrainingJobsForHyperParameterTuningJob shows it."""
    value = _objective(tuning, job)
    definition = definition_of(tuning.request, job)
    summary = {
        "TrainingJobDefinitionName": job.details.get(DEFINITION) or None,
        "TrainingJobName": job.api_name,
        "TrainingJobArn": job.arn,
        "TuningJobName": tuning.api_name,
        "CreationTime": when(job.created),
        "TrainingStartTime": when(job.started),
        "TrainingEndTime": when(job.ended),
        "TrainingJobStatus": job.status.value,
        "TunedHyperParameters": dict(job.details.get(TUNED, {})),
        "FailureReason": job.reason or None,
        "FinalHyperParameterTuningJobObjectiveMetric": None if value is None else {
            "Type": "Maximize" if definition.maximizes else "Minimize",
            "MetricName": definition.metric,
            "Value": value,
        },
        "ObjectiveStatus": _objective_status(tuning, job),
    }  # fmt: skip
    return {name: member for name, member in summary.items() if member is not None}


def _plain(answer: Mapping[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(answer, default=datetime.isoformat))
    return plain


def _objective(tuning: JobRecord, job: JobRecord) -> float | None:
    return objective_of(job, definition_of(tuning.request, job).metric)


def _objective_status(tuning: JobRecord, job: JobRecord) -> str:
    if not job.status.is_end:
        return "Pending"
    return "Failed" if _objective(tuning, job) is None else "Succeeded"


def _status_counters(children: Sequence[JobRecord]) -> dict[str, int]:
    counted = Counter(job.status for job in children)
    return {
        "Completed": counted[JobStatus.COMPLETED],
        "InProgress": counted[JobStatus.IN_PROGRESS] + counted[JobStatus.STOPPING],
        "RetryableError": 0,
        "NonRetryableError": counted[JobStatus.FAILED],
        "Stopped": counted[JobStatus.STOPPED],
    }


def _objective_counters(tuning: JobRecord, children: Sequence[JobRecord]) -> dict[str, int]:
    counted = Counter(_objective_status(tuning, job) for job in children)
    return {name: counted[name] for name in ("Succeeded", "Pending", "Failed")}


def _transform(job: JobRecord) -> dict[str, Any]:
    return {
        **_common(job),
        "TransformJobName": job.api_name,
        "TransformJobArn": job.arn,
        "TransformJobStatus": job.status.value,
        "TransformStartTime": when(job.started),
        "TransformEndTime": when(job.ended),
    }


def _common(job: JobRecord) -> dict[str, Any]:
    return {
        **job.request,
        "CreationTime": when(job.created),
        "LastModifiedTime": when(job.modified),
        "FailureReason": job.reason or None,
    }


def _processing(job: JobRecord) -> dict[str, Any]:
    return {
        **_common(job),
        "ProcessingJobName": job.api_name,
        "ProcessingJobArn": job.arn,
        "ProcessingJobStatus": job.status.value,
        "ProcessingStartTime": when(job.started),
        "ProcessingEndTime": when(job.ended),
        "ExitMessage": job.exit_message or None,
    }


def _training(job: JobRecord) -> dict[str, Any]:
    seconds = int(job.ended - job.started) if job.started is not None and job.ended is not None else None
    return {
        **_common(job),
        "TrainingJobName": job.api_name,
        "TrainingJobArn": job.arn,
        "TrainingJobStatus": job.status.value,
        "TuningJobArn": job.details.get(TUNING),
        "SecondaryStatus": job.transitions[-1].status if job.transitions else "Starting",
        "SecondaryStatusTransitions": [_transition(at) for at in job.transitions],
        "ModelArtifacts": {"S3ModelArtifacts": job.model} if job.status.is_end and job.model else None,
        "TrainingStartTime": when(job.started),
        "TrainingEndTime": when(job.ended),
        "TrainingTimeInSeconds": seconds,
        "BillableTimeInSeconds": 0 if job.status is JobStatus.COMPLETED else None,
        "FinalMetricDataList": [
            {"MetricName": at.name, "Value": at.value, "Timestamp": when(at.time)} for at in job.metrics
        ] or None,
    }  # fmt: skip


def _transition(at: Transition) -> dict[str, Any]:
    shown: dict[str, Any] = {"Status": at.status, "StartTime": when(at.started), "StatusMessage": at.message}
    if at.ended is not None:
        shown["EndTime"] = when(at.ended)
    return shown
