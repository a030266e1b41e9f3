"""The engine of this machine is killed while a run is watched: it comes back by itself, and so does the view."""

from __future__ import annotations

import json
import os
import signal

import pytest

from sm_pipeline_widgets.aws.source import TargetSource
from sm_pipeline_widgets.aws.target import engine_target
from sm_pipeline_widgets.engine import daemon
from sm_pipeline_widgets.execution.state import ExecutionStatus
from sm_pipeline_widgets.watch.watcher import Watcher

from .conftest import ALL_LINES, TALK, lines_of, processing


@pytest.fixture
def home(tmp_path):
    yield tmp_path
    daemon.stop(tmp_path)


def test_a_killed_engine_costs_no_line(home, until):
    first = daemon.ensure(home)
    target = engine_target(first, lambda: daemon.ensure(home))
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
