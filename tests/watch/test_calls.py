"""What watching costs: requests counted at the wire, hours of watching on a clock of numbers."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from sm_pipeline_widgets.watch.log_store import LogStore
from sm_pipeline_widgets.watch.pace import AWS
from sm_pipeline_widgets.watch.poller import Poller
from sm_pipeline_widgets.watch.watcher import Watcher

from .fakes import ARN, NOON
from .wire import Wire, refusal

if TYPE_CHECKING:
    import threading

START = NOON.timestamp()
MOST_A_MINUTE = 15


class Service:
    """An execution on AWS with so many training jobs that run on so many hosts each, and say nothing."""

    def __init__(self, jobs: int, hosts: int) -> None:
        self.names = [f"s{n}" for n in range(jobs)]
        self.hosts = hosts
        self.status = "Executing"
        self.lines: dict[str, list[dict]] = {}
        self.wire = Wire(
            {
                "DescribePipelineDefinitionForExecution": lambda _: {
                    "PipelineDefinition": json.dumps({"Steps": [{"Name": n, "Type": "Training"} for n in self.names]})
                },
                "ListPipelineParametersForExecution": lambda _: {"PipelineParameters": []},
                "DescribePipelineExecution": lambda _: {
                    "PipelineExecutionArn": ARN,
                    "PipelineExecutionStatus": "Executing",
                    "CreationTime": START,
                },
                "ListPipelineExecutionSteps": lambda _: {"PipelineExecutionSteps": [self.item(n) for n in self.names]},
                "DescribeTrainingJob": lambda _: {"TrainingJobStatus": "InProgress", "SecondaryStatus": "Training"},
                "DescribeLogStreams": self.streams,
                "GetLogEvents": self.events,
                "FilterLogEvents": self.filtered,
            }
        )

    def item(self, name: str) -> dict:
        arn = f"arn:aws:sagemaker:us-east-1:123456789012:training-job/{name}"
        return {
            "StepName": name,
            "StepStatus": self.status,
            "StartTime": START,
            "Metadata": {"TrainingJob": {"Arn": arn}},
        }

    def streams(self, asked: dict) -> dict:
        job = asked["logStreamNamePrefix"].rstrip("/")
        return {"logStreams": [{"logStreamName": f"{job}/algo-{n + 1}-1700000000"} for n in range(self.hosts)]}

    def events(self, asked: dict) -> dict:
        lines = self.lines.get(asked["logStreamName"], [])
        at = int(asked.get("nextToken", "f/0").removeprefix("f/"))
        return {"events": lines[at:], "nextForwardToken": f"f/{len(lines)}"}

    def filtered(self, asked: dict) -> dict:
        found = [
            {"logStreamName": name, **line, "eventId": f"{name}{n}"}
            for name in asked["logStreamNames"]
            for n, line in enumerate(self.lines.get(name, []))
            if line["timestamp"] >= asked["startTime"]
        ]
        return {"events": found}


def watched(
    service: Service, followed: tuple[str, ...], minutes: float, start: float = START
) -> tuple[Poller, list[int]]:
    """Poll for so long; the poller, and how many calls each minute cost."""
    poller = Poller(service.wire.source(), ARN, LogStore(), sources={}, pace=AWS)
    return poller, minute_by_minute(service, poller, followed, minutes, start)


def minute_by_minute(
    service: Service, poller: Poller, followed: tuple[str, ...], minutes: float, start: float
) -> list[int]:
    now, counts = start, [0] * (int(minutes) + 1)
    while now < start + 60 * minutes:
        service.wire.calls.clear()
        poller.poll(followed, now)
        counts[int((now - start) // 60)] += service.wire.calls.total()
        now += poller.delay
    return counts[: int(minutes)]


@pytest.mark.parametrize(
    ("jobs", "hosts", "followed"),
    [
        (0, 1, ()),
        (1, 1, ()),
        (1, 1, ("s0",)),
        (3, 1, ("s0",)),
        (10, 1, ("s7",)),
        (40, 1, ("s1", "s20")),
        (3, 2, ("s1",)),
        (2, 16, ("s0",)),
        (2, 64, ()),
    ],
)
def test_a_quiet_execution_on_aws_costs_at_most_fifteen_calls_a_minute(jobs, hosts, followed):
    service = Service(jobs, hosts)
    _, counts = watched(service, followed, 60)
    quiet = counts[3:]  # the first minutes find out what there is
    assert sum(quiet) / len(quiet) <= MOST_A_MINUTE
    assert max(sum(quiet[n : n + 5]) / 5 for n in range(len(quiet) - 5)) <= 1.3 * MOST_A_MINUTE


def test_lines_of_many_quiet_hosts_are_found_at_the_next_poll():
    service = Service(1, 32)
    poller, _ = watched(service, ("s0",), 30)
    assert service.wire.calls["FilterLogEvents"] <= 1
    now = START + 1800
    stream = "s0/algo-17-1700000000"
    service.lines[stream] = [{"timestamp": int(now * 1000), "message": "hello", "ingestionTime": int(now * 1000)}]
    minute_by_minute(service, poller, ("s0",), 1, now)
    assert [(line.stream, line.text) for line in poller._store.page("s0", 0, 10)] == [("algo-17", "hello")]


def test_hosts_are_asked_one_by_one_where_nobody_may_ask_for_all():
    service = Service(1, 4)
    service.wire.answers["FilterLogEvents"] = lambda _: refusal("AccessDeniedException")
    poller, _ = watched(service, ("s0",), 20)
    assert poller.last.health.ok
    now = START + 1200
    service.lines["s0/algo-2-1700000000"] = [{"timestamp": int(now * 1000), "message": "hello"}]
    minute_by_minute(service, poller, ("s0",), 1, now)
    assert poller.last.logs == {"s0": 1}


class Hour:
    """A watcher whose waiting moves a clock on by itself, for an hour; counts the calls of each minute."""

    def __init__(self, service: Service, *, is_seen: bool) -> None:
        self.now = START
        self._service, self._is_seen = service, is_seen
        self._minutes: Counter[int] = Counter()
        self._watcher = Watcher(
            service.wire.source(), ARN, pace=AWS, clock=lambda: self.now, wait=self._wait, jitter=lambda: 0.5
        )

    def quiet_minutes(self) -> list[int]:
        """The calls of each minute once all is known."""
        self._look()
        self._watcher.start()
        thread = self._watcher._thread
        if thread is not None:
            thread.join(60)
        return [self._minutes[minute] for minute in range(5, 60)]

    def _look(self) -> None:
        if self._is_seen:
            self._watcher.look("view", is_seen=True, at_once=False)

    def _wait(self, _event: threading.Event, seconds: float) -> None:
        self._minutes[int((self.now - START) // 60)] += self._service.wire.calls.total()
        self._service.wire.calls.clear()
        self.now += seconds
        self._look()  # a page says it again from time to time
        if self.now > START + 3600:
            self._watcher.close()


@pytest.mark.parametrize(
    ("is_seen", "has_failed", "least", "most"),
    [(True, False, 5, MOST_A_MINUTE), (False, False, 1.9, 2.1), (True, True, 0.9, 1.1), (False, True, 0, 0)],
)
def test_what_is_asked_depends_on_who_looks(is_seen, has_failed, least, most):
    service = Service(3, 1)
    if has_failed:
        described = {"PipelineExecutionArn": ARN, "PipelineExecutionStatus": "Failed", "CreationTime": START}
        service.wire.answers["DescribePipelineExecution"] = lambda _: described
        service.status = "Failed"
    counts = Hour(service, is_seen=is_seen).quiet_minutes()
    assert least <= sum(counts) / len(counts) <= most
