"""How far a running job is, out of its description: what the service does now, and the metrics it has seen.

>>> progress_of({"TrainingJobStatus": "InProgress", "SecondaryStatus": "Downloading"}).status
'downloading its data'
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

WORDS = {
    "Pending": "waiting for a machine",
    "Starting": "starting its machines",
    "LaunchingMLInstances": "starting its machines",
    "PreparingTrainingStack": "preparing its machines",
    "DownloadingTrainingImage": "downloading its image",
    "Downloading": "downloading its data",
    "Training": "running",
    "Uploading": "uploading its results",
    "Stopping": "stopping",
    "Stopped": "stopped",
    "MaxRuntimeExceeded": "stopped: over its time limit",
    "MaxWaitTimeExceeded": "stopped: waited too long for a spot machine",
    "Completed": "completed",
    "Failed": "failed",
    "Interrupted": "interrupted: its spot machine was taken away",
    "Updating": "updating",
    "Restarting": "starting again",
    "InProgress": "in progress",
    "InService": "in service",
    "Creating": "being created",
}
"""What ``SecondaryStatus`` and job statuses mean; a word that is not here is shown as it is."""


@dataclass(frozen=True, slots=True)
class Metric:
    """The newest value of a metric of a training job."""

    name: str
    value: float
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class JobProgress:
    """What a job does now (``status``), what the service says beside it, since when, and its metrics."""

    status: str
    detail: str = ""
    since: datetime | None = None
    metrics: tuple[Metric, ...] = ()
    machines: str = ""


def progress_of(job: Mapping[str, Any]) -> JobProgress:
    """The progress of any job, by the answer of its Describe operation."""
    word = str(job.get("SecondaryStatus") or job.get("AutoMLJobSecondaryStatus") or _status(job))
    transitions = job.get("SecondaryStatusTransitions") or ()
    newest = transitions[-1] if transitions else {}
    return JobProgress(
        status=WORDS.get(word, word),
        detail=_children(job) or str(newest.get("StatusMessage") or ""),
        since=newest.get("StartTime"),
        metrics=tuple(_metrics(job)),
        machines=_machines(job),
    )


def _status(job: Mapping[str, Any]) -> str:
    names = (name for name in job if name.endswith(("JobStatus", "EndpointStatus", "ComponentStatus", "PackageStatus")))
    return next((str(job[name]) for name in names), "")


def _children(job: Mapping[str, Any]) -> str:
    """A tuning job's training jobs, counted."""
    counts = job.get("TrainingJobStatusCounters")
    if not isinstance(counts, dict):
        return ""
    limits = (job.get("HyperParameterTuningJobConfig") or {}).get("ResourceLimits") or {}
    most = limits.get("MaxNumberOfTrainingJobs")
    failed = int(counts.get("NonRetryableError") or 0)
    words = [f"{counts.get('Completed', 0)} of {most} training jobs done" if most else ""]
    words += [f"{counts['InProgress']} running"] if counts.get("InProgress") else []
    words += [f"{failed} failed"] if failed else []
    return ", ".join(word for word in words if word)


def _metrics(job: Mapping[str, Any]) -> list[Metric]:
    found = job.get("FinalMetricDataList") or ()
    return [
        Metric(str(entry["MetricName"]), float(entry["Value"]), entry.get("Timestamp"))
        for entry in found
        if "MetricName" in entry and "Value" in entry
    ]


def _machines(job: Mapping[str, Any]) -> str:
    processing = (job.get("ProcessingResources") or {}).get("ClusterConfig") or {}
    resources = job.get("ResourceConfig") or job.get("TransformResources") or processing
    kind = resources.get("InstanceType")
    return f"{resources.get('InstanceCount', 1)} of {kind}" if kind else ""
