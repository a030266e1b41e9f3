"""Which live tails an execution has, and whom they ring."""

from __future__ import annotations

from dataclasses import dataclass, field

from sm_pipeline_widgets.api.listening import Listener, wanted
from sm_pipeline_widgets.execution.derive import derive
from sm_pipeline_widgets.watch.health import Health
from sm_pipeline_widgets.watch.poller import Update

STEPS = {"Steps": [{"Name": name, "Type": "Training"} for name in ("a", "b", "gate")]}


def state(**steps: str):
    items = [
        {"StepName": name, "StepStatus": status, "Metadata": {"TrainingJob": {"Arn": f"arn:x:training-job/{name}-job"}}}
        for name, status in steps.items()
    ]
    return derive(STEPS, {"PipelineExecutionStatus": "Executing"}, items)


@dataclass
class FakeWatcher:
    listener: object = None
    rung: list[str] = field(default_factory=list)

    def subscribe(self, listener, *, looks):
        assert not looks
        self.listener = listener
        return lambda: setattr(self, "listener", None)

    def ring(self, step: str) -> None:
        self.rung.append(step)

    def tell(self, **steps: str) -> None:
        self.listener(Update(state(**steps), (), {}, None, Health(ok=True, since=None)))


@dataclass
class FakeTail:
    group: str
    prefixes: tuple[str, ...]
    ring: object
    is_closed: bool = False
    trouble: Exception | None = None

    def close(self) -> None:
        self.is_closed = True


def test_tails_follow_what_runs():
    watcher, made = FakeWatcher(), []

    def tail(*given):
        made.append(FakeTail(*given))
        return made[-1]

    listener = Listener(watcher, tail)
    watcher.tell(a="Executing")
    watcher.tell(a="Executing")
    assert [(each.group, each.prefixes) for each in made] == [("/aws/sagemaker/TrainingJobs", ("a-job/",))]
    watcher.tell(a="Executing", b="Starting")
    assert (made[0].is_closed, made[1].prefixes) == (True, ("a-job/", "b-job/"))
    made[1].ring("b-job/algo-1-1700000000")
    assert watcher.rung == ["b"]
    made[1].trouble = ValueError("no")
    assert len(listener.troubles) == 1
    watcher.tell(a="Succeeded", b="Succeeded")
    assert made[1].is_closed
    watcher.tell(a="Executing")
    listener.close()
    assert made[2].is_closed
    assert watcher.listener is None


def test_steps_without_streams_want_no_tail():
    assert wanted(derive(STEPS, {"PipelineExecutionStatus": "Executing"}, [])) == {}
