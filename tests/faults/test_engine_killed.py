"""The engine of this machine ends while a run is watched: killed, it comes back by itself; stopped, when it is wanted."""

from __future__ import annotations

import json
import os
import signal

import pytest

from sm_pipeline_widgets.api.execution import Execution
from sm_pipeline_widgets.api.targets import connect
from sm_pipeline_widgets.aws.source import TargetSource
from sm_pipeline_widgets.aws.target import engine_target
from sm_pipeline_widgets.engine import daemon
from sm_pipeline_widgets.execution.state import ExecutionStatus
from sm_pipeline_widgets.watch.watcher import Watcher

from .conftest import ALL_LINES, QUICK, TALK, lines_of, processing


@pytest.fixture
def home(tmp_path):
    yield tmp_path
    daemon.stop(tmp_path)


def test_a_killed_engine_costs_no_line(home, until):
    first = daemon.ensure(home)
    target = engine_target(first, lambda: daemon.ensure(home), lambda: daemon.revive(home))
    steps = [processing("talk", TALK), processing("after", "print('line 0')", DependsOn=["talk"])]
    text = json.dumps({"Version": "2020-12-01", "Steps": steps})
    target.sagemaker.create_pipeline(PipelineName="killed", RoleArn=target.role, PipelineDefinition=text)
    arn = target.sagemaker.start_pipeline_execution(PipelineName="killed")["PipelineExecutionArn"]
    watcher = Watcher(TargetSource(target), arn).start()
    until(lambda: watcher.last.logs)
    os.kill(first.pid, signal.SIGKILL)
    state = watcher.wait(90, settled=True)
    watcher.close()
    assert daemon.ensure(home).pid != first.pid
    assert state.status is ExecutionStatus.SUCCEEDED
    assert lines_of(watcher, "talk") == ALL_LINES
    assert lines_of(watcher, "after") == ["line 0"]
    assert watcher.health.ok


def test_a_stopped_engine_is_not_started_by_who_watches(home, until):
    target = connect("local", home=home)
    wait = f"import os, time\nwhile not os.path.exists({str(home / 'go')!r}): time.sleep(0.01)"
    text = json.dumps({"Version": "2020-12-01", "Steps": [processing("waits", wait)]})
    target.sagemaker.create_pipeline(PipelineName="stopped", RoleArn=target.role, PipelineDefinition=text)
    arn = target.sagemaker.start_pipeline_execution(PipelineName="stopped")["PipelineExecutionArn"]
    watcher = Watcher(TargetSource(target), arn, pace=QUICK).start()
    until(lambda: watcher.state and watcher.state.steps["waits"].metadata)
    daemon.stop(home)
    until(lambda: "was stopped" in watcher.health.message)
    assert watcher.health.is_stale
    assert daemon.status(home) is None
    (home / "go").touch()
    assert Execution.attach(arn, target).wait(60).status is ExecutionStatus.SUCCEEDED
    until(lambda: watcher.health.ok and watcher.state.status.is_end)
    watcher.close()
