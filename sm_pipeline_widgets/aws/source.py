"""Everything a watcher reads of executions at one target: the ``Source`` that ``watch`` asks for, over boto3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.aws import jobs, pipelines
from sm_pipeline_widgets.aws.errors import translated
from sm_pipeline_widgets.aws.logs import LogReader

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sm_pipeline_widgets.aws.target import Target


class TargetSource:
    """Reads executions, jobs, logs and small objects of a target."""

    def __init__(self, target: Target) -> None:
        self._target = target

    @property
    def is_local(self) -> bool:
        return self._target.is_local

    def describe(self, arn: str) -> Mapping[str, Any]:
        return pipelines.describe(self._target, arn)

    def steps(self, arn: str) -> Sequence[Mapping[str, Any]]:
        return pipelines.steps(self._target, arn)

    def parameters(self, arn: str) -> Mapping[str, str]:
        return pipelines.parameters(self._target, arn)

    def definition(self, arn: str) -> Mapping[str, Any]:
        return pipelines.definition_of(self._target, arn)

    def describe_job(self, metadata: Mapping[str, Any]) -> Mapping[str, Any]:
        """The Describe answer of the job a step's metadata names; empty where there is none."""
        job = jobs.job_of(metadata)
        return jobs.describe_job(self._target, job) if job is not None else {}

    def log_reader(self, metadata: Mapping[str, Any]) -> LogReader | None:
        """A reader of the step's log, or None for a step that writes none."""
        job = jobs.job_of(metadata)
        if job is None or not job.log_group:
            return None
        return LogReader(self._target.logs, job.log_group, job.log_prefix)

    def read_object(self, uri: str, limit: int) -> bytes:
        """The first `limit` bytes of an S3 object."""
        bucket, _, key = uri.removeprefix("s3://").partition("/")  # a key may hold `?` and `#`: it is no URL
        with translated():
            answer = self._target.s3.get_object(Bucket=bucket, Key=key)
            with answer["Body"] as body:
                return body.read(limit)
