"""How often a list that is looked at asks: counted on the engine, by a client that notes every request."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from sm_pipeline_widgets import Pipeline
from sm_pipeline_widgets.api.execution import Execution
from sm_pipeline_widgets.aws import pipelines
from sm_pipeline_widgets.aws.target import engine_target
from sm_pipeline_widgets.engine import daemon
from sm_pipeline_widgets.server.listing import Listing


@dataclass
class Clock:
    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Counted:
    """A listing of an engine, and the operations it has asked for since it was last looked at."""

    listing: Listing
    target: object
    clock: Clock
    asked: list[str] = field(default_factory=list)

    def look(self, *opened):
        self.asked.clear()
        entries = self.listing.look(opened)
        return {entry["name"]: entry for entry in entries}

    @property
    def lists(self):
        return self.asked.count("ListPipelineExecutions")


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    """An engine of its own: what other tests leave running is looked at, too, and would be counted."""
    home = tmp_path_factory.mktemp("listing")
    endpoint = daemon.ensure(home)
    yield endpoint
    daemon.stop(home)


@pytest.fixture
def counted(engine):
    target = engine_target(engine, lambda: engine)
    clock = Clock()
    made = Counted(Listing(target, clock), target, clock)
    note = lambda model, **_: made.asked.append(model.name)  # noqa: E731
    target.sagemaker.meta.events.register("before-call.sagemaker", note)
    return made


def deployed(target, name):
    definition = Pipeline.from_yaml("steps: {no: {type: Fail, message: so}}", name).definition(target)
    pipelines.submit(target, name, definition)
    return name


def ran(target, name):
    Execution(pipelines.start(target, name), target).wait(60)


def test_what_is_quiet_costs_one_request(counted):
    ran(counted.target, deployed(counted.target, "quiet-one"))
    counted.look()
    found = counted.look()
    assert counted.asked == ["ListPipelines"]
    assert [run["word"] for run in found["quiet-one"]["runs"]] == ["failed"]


def test_a_new_run_is_seen_at_the_next_look(counted):
    ran(counted.target, deployed(counted.target, "again"))
    counted.look()
    ran(counted.target, "again")
    assert len(counted.look()["again"]["runs"]) == 2
    assert counted.lists == 1


def test_what_never_ran_is_asked_for_only_when_it_is_opened(counted):
    deployed(counted.target, "never-ran")
    assert counted.look()["never-ran"]["runs"] is None
    assert counted.look("never-ran")["never-ran"]["runs"] == []


def test_an_opened_list_grows_old_as_a_retry_is_told_nowhere_else(counted):
    ran(counted.target, deployed(counted.target, "opened"))
    counted.look("opened")
    counted.look("opened")
    assert counted.lists == 0
    counted.clock.now += 60
    counted.look("opened")
    assert counted.lists == 1
