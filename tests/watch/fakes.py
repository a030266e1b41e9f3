"""A service small enough to hold in the hand: what a Source would read, set by the test."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.execution.loglines import LogLine

if TYPE_CHECKING:
    from sm_pipeline_widgets.execution.state import StepState

ARN = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/demo/execution/abcdefghijkl"
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


@dataclass
class FakeReader:
    """A log that grows when the test says so."""

    waiting: list[LogLine] = field(default_factory=list)
    is_behind: bool = False
    is_sure: bool = True
    trouble: Exception | None = None
    polls: int = 0
    ended: datetime | None = None

    def poll(self) -> list[LogLine]:
        self.polls += 1
        if self.trouble is not None:
            raise self.trouble
        lines, self.waiting = self.waiting, []
        return lines

    def end(self, at: datetime | None) -> None:
        self.ended = at

    def write(self, *texts: str) -> None:
        self.waiting += [LogLine(n, "algo-1", text) for n, text in enumerate(texts)]


@dataclass
class FakeSource:
    """Answers as the service does; `calls` counts what was asked."""

    document: dict[str, Any]
    status: str = "Executing"
    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    logs: dict[str, FakeReader] = field(default_factory=dict)
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    objects: dict[str, bytes] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    trouble: Exception | None = None
    is_local: bool = True
    clock_ahead: float = 0.0
    is_up: bool = True
    calls: Counter = field(default_factory=Counter)
    more: dict[str, Any] = field(default_factory=dict)

    def say(self, name: str, status: str, kind: str = "TrainingJob", **more: Any) -> None:
        """The service now lists this step so."""
        metadata = {kind: {"Arn": f"arn:aws:sagemaker:us-east-1:1:job/{name}"}}
        item = {"StepName": name, "StepStatus": status, "StartTime": NOON, "Metadata": metadata, **more}
        if status in {"Succeeded", "Failed", "Stopped"}:
            item["EndTime"] = NOON + timedelta(seconds=5)
        self.items[name] = item

    def _ask(self, what: str, arn: str = ARN) -> None:
        assert arn == ARN
        self.calls[what] += 1
        if self.trouble is not None:
            raise self.trouble

    def describe(self, arn: str) -> dict[str, Any]:
        self._ask("describe", arn)
        return {
            "PipelineExecutionArn": arn,
            "PipelineArn": arn.split("/execution", maxsplit=1)[0],
            "PipelineExecutionStatus": self.status,
            "CreationTime": NOON,
            **self.more,
        }

    def steps(self, arn: str) -> list[dict[str, Any]]:
        self._ask("steps", arn)
        return [dict(item) for item in reversed(self.items.values())]

    def parameters(self, arn: str) -> dict[str, str]:
        self._ask("parameters", arn)
        return self.values

    def definition(self, arn: str) -> dict[str, Any]:
        self._ask("definition", arn)
        return self.document

    def describe_job(self, metadata: dict[str, Any]) -> dict[str, Any]:
        self._ask("describe_job")
        return self.jobs.get(name_of(metadata), {})

    def log_reader(self, step: StepState) -> FakeReader | None:
        return self.logs.get(name_of(step.metadata))

    def log_end(self, step: StepState) -> list[LogLine]:
        self._ask("log_end")
        reader = self.logs.get(name_of(step.metadata))
        return list(reader.waiting[-400:]) if reader is not None and reader.trouble is None else []

    def read_object(self, uri: str, limit: int) -> bytes:
        self._ask("read_object")
        return self.objects[uri][:limit]


def name_of(metadata: dict[str, Any]) -> str:
    return str(next(iter(metadata.values()))["Arn"]).rpartition("/")[2]
