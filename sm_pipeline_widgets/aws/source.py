"""Everything a watcher reads of executions at one target: the ``Source`` that ``watch`` asks for, over boto3."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.aws import execution_reads as reads
from sm_pipeline_widgets.aws import jobs
from sm_pipeline_widgets.aws.definition_text import parse_definition
from sm_pipeline_widgets.aws.errors import translated
from sm_pipeline_widgets.aws.log_children import AutoMLReader, TuningStreams
from sm_pipeline_widgets.aws.log_end import last_lines
from sm_pipeline_widgets.aws.log_window import WindowReader
from sm_pipeline_widgets.aws.logs import LogReader
from sm_pipeline_widgets.definition.s3_uri import bucket_and_key
from sm_pipeline_widgets.errors import PipelineWidgetsError
from sm_pipeline_widgets.execution.log_places import LogKind, LogPlace, log_place
from sm_pipeline_widgets.execution.state import StepStatus

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_sagemaker import SageMakerClient

    from sm_pipeline_widgets.aws.target import Target
    from sm_pipeline_widgets.execution.loglines import LogLine
    from sm_pipeline_widgets.execution.state import StepState

NEW_JOBS_AFTER = 4
"""Polls after which it is asked whether a tuning job has started more training jobs."""

Reader = LogReader | WindowReader | AutoMLReader


class TargetSource:
    """Reads executions, jobs, logs and small objects of a target."""

    def __init__(self, target: Target) -> None:
        self._target = target

    @property
    def is_local(self) -> bool:
        return self._target.is_local

    @property
    def clock_ahead(self) -> float:
        """How many seconds this machine's clock is ahead of the service's."""
        return self._target.session.clock_ahead

    @property
    def is_up(self) -> bool:
        """Whether there is somebody to ask, without anything being started for it."""
        return self._target.is_up()

    def describe(self, arn: str) -> Mapping[str, Any]:
        return reads.describe(self._sagemaker, arn)

    def steps(self, arn: str) -> Sequence[Mapping[str, Any]]:
        return reads.steps(self._sagemaker, arn)

    def parameters(self, arn: str) -> Mapping[str, str]:
        return reads.parameters(self._sagemaker, arn)

    def definition(self, arn: str) -> Mapping[str, Any]:
        return parse_definition(reads.definition_text(self._sagemaker, arn))

    def describe_job(self, metadata: Mapping[str, Any]) -> Mapping[str, Any]:
        """The Describe answer of the job a step's metadata names; empty where there is none."""
        job = jobs.job_of(metadata)
        return jobs.describe_job(self._sagemaker, job) if job is not None else {}

    def log_reader(self, step: StepState) -> Reader | None:
        """A reader of the step's log from its beginning, or None for a step that writes none that can be read."""
        place = log_place(step.metadata)
        if place.kind is LogKind.STREAMS:
            return LogReader(self._logs, place.group, place.prefix, probes=not self.is_local)
        if place.kind is LogKind.TUNING:
            streams = TuningStreams(self._sagemaker, self._logs, place.name, place.prefix)
            return LogReader(self._logs, place.group, streams, probes=not self.is_local, relist=NEW_JOBS_AFTER)
        if place.kind is LogKind.AUTOML:
            return AutoMLReader(self._sagemaker, self._logs, place.name)
        return self._window_reader(step, place) if place.kind is LogKind.WINDOW else None

    def log_end(self, step: StepState) -> Sequence[LogLine]:
        """The last lines of a job's log, read from its end: a long log's death is known before its beginning is read.

        None where the log is not one of streams, or cannot be read now.
        """
        place = log_place(step.metadata)
        if place.kind is not LogKind.STREAMS:
            return ()
        try:
            return last_lines(self._logs, place.group, place.prefix)
        except PipelineWidgetsError:
            return ()  # whoever reads the log from its beginning is told why

    def read_object(self, uri: str, limit: int) -> bytes:
        """The first `limit` bytes of an S3 object."""
        bucket, key = bucket_and_key(uri)
        with translated():
            answer = self._target.s3.get_object(Bucket=bucket, Key=key)
            with answer["Body"] as body:
                return body.read(limit)

    def _window_reader(self, step: StepState, place: LogPlace) -> WindowReader | None:
        if step.status in (StepStatus.CACHED, StepStatus.REUSED):  # it ran at another time, in another execution
            return None
        return WindowReader(self._logs, place.group, step.started or datetime.now(UTC))

    @property
    def _sagemaker(self) -> SageMakerClient:
        with translated():
            client: SageMakerClient = self._target.session.reader("sagemaker")
        return client

    @property
    def _logs(self) -> CloudWatchLogsClient:
        with translated():
            client: CloudWatchLogsClient = self._target.session.reader("logs")
        return client
