"""Which log streams are those of jobs that another job started: tuning and AutoML."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.aws.execution_reads import pages
from sm_pipeline_widgets.aws.logs import LogReader, PrefixStreams, host_of
from sm_pipeline_widgets.errors import PipelineWidgetsError, ServiceError
from sm_pipeline_widgets.execution.log_places import PROCESSING_GROUP, TRAINING_GROUP, TRANSFORM_GROUP

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_sagemaker import SageMakerClient

    from sm_pipeline_widgets.execution.loglines import LogLine

ENDED = frozenset({"Completed", "Failed", "Stopped"})
_NUMBERED = re.compile(r"^(\d+)-[0-9a-f]+(?=/|$)")
_GROUPS = {
    "AWS::SageMaker::TrainingJob": TRAINING_GROUP,
    "AWS::SageMaker::ProcessingJob": PROCESSING_GROUP,
    "AWS::SageMaker::TransformJob": TRANSFORM_GROUP,
}


class TuningStreams:
    """Streams of a tuning job's training jobs; those of another one whose name begins alike are left out."""

    def __init__(self, sagemaker: SageMakerClient, logs: CloudWatchLogsClient, tuning_job: str, prefix: str) -> None:
        self._sagemaker = sagemaker
        self._job = tuning_job
        self._prefix = prefix
        self._streams = PrefixStreams(logs, TRAINING_GROUP, prefix)
        self._children: dict[str, str] = {}

    def names(self) -> Iterator[str]:
        found = pages(
            self._sagemaker,
            "list_training_jobs_for_hyper_parameter_tuning_job",
            HyperParameterTuningJobName=self._job,
        )
        summaries = (entry for page in found for entry in page.get("TrainingJobSummaries") or ())
        self._children = {entry["TrainingJobName"]: entry.get("TrainingJobStatus", "") for entry in summaries}
        if self._children:
            yield from (name for name in self._streams.names() if name.partition("/")[0] in self._children)

    def is_over(self, stream: str) -> bool:
        return self._children.get(stream.partition("/")[0]) in ENDED

    def label(self, stream: str) -> str:
        """``017/algo-1`` for the first host of the seventeenth training job."""
        return _NUMBERED.sub(r"\1", host_of(stream, self._prefix))


class ChildStreams:
    """Streams of jobs whose names nothing binds together; each job's are looked for until there are some."""

    def __init__(self, logs: CloudWatchLogsClient, group: str) -> None:
        self._logs = logs
        self._group = group
        self._jobs: dict[str, list[str]] = {}

    @property
    def has_jobs(self) -> bool:
        return bool(self._jobs)

    def know(self, job: str) -> None:
        self._jobs.setdefault(job, [])

    def names(self) -> Iterator[str]:
        for job, streams in self._jobs.items():
            if not streams:
                streams.extend(PrefixStreams(self._logs, self._group, f"{job}/").names())
            yield from streams

    def is_over(self, stream: str) -> bool:  # noqa: ARG002 - AutoML says of its candidates only that they are
        return False

    def label(self, stream: str) -> str:
        return host_of(stream, "")


class AutoMLReader:
    """The logs of the jobs behind an AutoML job's candidates, of three groups, merged by time."""

    def __init__(self, sagemaker: SageMakerClient, logs: CloudWatchLogsClient, job: str) -> None:
        self._sagemaker = sagemaker
        self._job = job
        self._streams = {group: ChildStreams(logs, group) for group in _GROUPS.values()}
        self._readers = [LogReader(logs, group, streams, probes=True) for group, streams in self._streams.items()]
        self._polls = 0
        self._is_ending = False

    @property
    def is_behind(self) -> bool:
        return any(reader.is_behind for reader in self._readers)

    @property
    def is_sure(self) -> bool:
        return all(reader.is_sure for reader in self._readers)

    def end(self, at: datetime | None) -> None:
        self._is_ending = True
        for reader in self._readers:
            reader.end(at)

    def poll(self) -> list[LogLine]:
        """New lines; what one group refuses does not keep the others' from being shown."""
        trouble: PipelineWidgetsError | None = None
        try:
            if self._is_ending or self._polls % 10 == 0:
                self._find_jobs()
        except PipelineWidgetsError as error:
            trouble = error
        self._polls += 1
        lines: list[LogLine] = []
        for reader, streams in zip(self._readers, self._streams.values(), strict=True):
            if not streams.has_jobs:
                continue
            try:
                lines += reader.poll()
            except PipelineWidgetsError as error:
                trouble = error
        if trouble is not None and not lines:
            raise trouble
        lines.sort(key=lambda line: line.time)
        return lines

    def _find_jobs(self) -> None:
        for step in self._steps():
            group = _GROUPS.get(str(step.get("CandidateStepType")))
            if group is not None:
                self._streams[group].know(str(step.get("CandidateStepName")))

    def _steps(self) -> Iterator[Mapping[str, Any]]:
        try:
            for page in pages(self._sagemaker, "list_candidates_for_auto_ml_job", AutoMLJobName=self._job):
                for candidate in page.get("Candidates") or ():
                    yield from candidate.get("CandidateSteps") or ()
        except ServiceError as error:
            if error.code not in {"ResourceNotFound", "ValidationException"}:  # there are no candidates yet
                raise
