"""A job's record → the answer of DescribeTrainingJob or DescribeProcessingJob, which is also what later steps refer to.

Pure.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sm_pipeline_widgets.engine.records import JobKind, JobRecord, JobStatus, Transition, when


def describe_job(job: JobRecord) -> dict[str, Any]:
    """The Describe answer of a job, without members that have no value yet."""
    answer = _training(job) if job.kind is JobKind.TRAINING else _processing(job)
    return {name: value for name, value in answer.items() if value is not None}


def properties_of(job: JobRecord) -> dict[str, Any]:
    """The Describe answer as plain JSON: what expressions of later steps walk through."""
    plain: dict[str, Any] = json.loads(json.dumps(describe_job(job), default=datetime.isoformat))
    return plain


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
        "ProcessingJobName": job.name,
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
        "TrainingJobName": job.name,
        "TrainingJobArn": job.arn,
        "TrainingJobStatus": job.status.value,
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
