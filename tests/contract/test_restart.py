"""An engine killed in the middle and started again: the run goes on, nothing is lost or done twice."""

from __future__ import annotations

import os
import signal
import time

import boto3
import pytest

from sm_pipeline_widgets.engine import daemon
from sm_pipeline_widgets.engine.endpoint import LOCK_FILE
from sm_pipeline_widgets.engine.filelock import is_locked

LINES = 30


@pytest.fixture
def home(tmp_path):
    yield tmp_path / "home"
    daemon.stop(tmp_path / "home")


def until(what, seconds=60):
    deadline = time.monotonic() + seconds
    while not (value := what()):
        assert time.monotonic() < deadline
        time.sleep(0.03)
    return value


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_running_step_outlives_its_engine(home, pipeline, end):
    definition, processing = pipeline
    before = daemon.ensure(home)
    session = boto3.Session(before.access_key, before.secret_key, region_name=before.region)
    sagemaker = session.client("sagemaker", endpoint_url=before.url)
    logs = session.client("logs", endpoint_url=before.url)
    code = f"import time\nfor n in range({LINES}): print('line', n, flush=True); time.sleep(0.05)"
    text = definition(processing("count", code), processing("after", "print('done')", DependsOn=["count"]))
    sagemaker.create_pipeline(PipelineName="p", PipelineDefinition=text, RoleArn=before.role)
    arn = sagemaker.start_pipeline_execution(PipelineName="p")["PipelineExecutionArn"]
    names = {"PipelineExecutionArn": arn}

    def lines(job):
        try:
            answer = logs.filter_log_events(
                logGroupName="/aws/sagemaker/ProcessingJobs", logStreamNamePrefix=job.rpartition("/")[2]
            )
        except logs.exceptions.ResourceNotFoundException:
            return []
        return [event["message"] for event in answer["events"]]

    def jobs():
        steps = sagemaker.list_pipeline_execution_steps(**names)["PipelineExecutionSteps"]
        return {s["StepName"]: s["Metadata"]["ProcessingJob"]["Arn"] for s in steps if "Metadata" in s}

    until(lambda: "count" in jobs() and len(lines(jobs()["count"])) > 3)
    os.kill(before.pid, end)
    until(lambda: not is_locked(home / LOCK_FILE))
    after = daemon.ensure(home)
    assert (after.url, after.access_key) == (before.url, before.access_key)
    status = until(
        lambda: (
            (answer := sagemaker.describe_pipeline_execution(**names)["PipelineExecutionStatus"]) != "Executing"
            and answer
        )
    )
    assert status == "Succeeded"
    assert lines(jobs()["count"]) == [f"line {number}" for number in range(LINES)]
    assert lines(jobs()["after"]) == ["done"]
