"""A disk that is full while steps run: theirs are the only lines that may be lost, and the log says so."""

from __future__ import annotations

import json
import re
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from sm_pipeline_widgets.engine import supervised, supervisor
from sm_pipeline_widgets.engine.endpoint import read_endpoint

if TYPE_CHECKING:
    from collections.abc import Callable

MANY = 5000
"""Lines, more than a pipe takes: when all are written, most have been read."""
TALK = """
import os, sys, time
def wait(name):
    while not os.path.exists(f"{folder}/{name}"): time.sleep(0.005)
print("first", flush=True)
wait("full")
print("\\n".join(f"line {at} of many that are too many" for at in range(many)), flush=True)
open(f"{folder}/said", "x").close()
wait("room")
if last: print("last", flush=True)
"""


def talk(folder, last):
    return f"folder, many, last = {str(folder)!r}, {MANY}, {last}\n{TALK}"


def limit(folder, size):
    """No file of the supervisor may grow beyond a size: for it that is what a full disk is."""
    resource.prlimit(supervised.claimed_by(folder), resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def children(folder):
    pid = supervised.claimed_by(folder)
    return Path(f"/proc/{pid}/task/{pid}/children").read_text()


@pytest.mark.parametrize("last", [True, False])
def test_lines_that_find_no_room_are_counted_and_the_step_goes_on(lab, tmp_path, last):
    lab.create([lab.processing("talk", talk(tmp_path, last)), lab.processing("after", "pass", DependsOn=["talk"])])
    arn = lab.begin()
    log = lab.until(lambda: next(iter(lab.home.glob("jobs/*/log")), None))
    lab.until(lambda: log.stat().st_size)
    limit(log.parent, log.stat().st_size)
    (tmp_path / "full").touch()
    lab.until((tmp_path / "said").exists)
    if last:
        limit(log.parent, resource.RLIM_INFINITY)
    (tmp_path / "room").touch()
    if not last:
        # the command has ended; how it did is not written yet, for the disk is full
        lab.until(lambda: not children(log.parent))
        assert not (log.parent / supervisor.EXIT).exists()
        limit(log.parent, resource.RLIM_INFINITY)
    end = lab.end(arn)
    assert (end.status, list(end.steps)) == ("Succeeded", ["talk", "after"])
    lines = end.log("talk")
    (note,) = [line for line in lines if line.startswith("warning: ")]
    lost = int(re.match(r"warning: (\d+) lines are missing here, they could not be written: ", note)[1])
    assert lines[0] == "first"
    assert lost + len(lines) - 1 == 1 + MANY + last
    assert lines[-1] == ("last" if last else note)


def test_a_supervisor_that_cannot_begin_says_why_in_a_line(tmp_path):
    supervisor.write_spec(str(tmp_path / "spec"), {"argv": ["true"], "cwd": ["/"], "grace_seconds": ["1"]})
    (tmp_path / supervisor.LOG).mkdir()
    supervised.run(tmp_path)
    with pytest.raises(
        supervised.LostError, match=r"left no exit status: it could not go on in .*: Is a directory: log$"
    ):
        supervised.read_exit(tmp_path)


@dataclass(frozen=True)
class SmallDisk:
    """An engine whose disk has room for eight mebibytes; ``folder`` is its state folder as seen from outside."""

    folder: Path
    client: Callable[[str], Any]


@pytest.fixture
def small_disk(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    serve = (
        f"mount -t tmpfs -o size=8m tmpfs {home} && exec {sys.executable} -m sm_pipeline_widgets.engine --home {home}"
    )
    process = subprocess.Popen(["unshare", "-rm", "sh", "-c", serve], stderr=subprocess.PIPE, text=True)
    log = []
    for line in process.stderr:
        log.append(line)
        if " serves " in line:
            break
    # only the engine sees that disk; from outside it is found below the process's root
    seen = Path(f"/proc/{process.pid}/root{home}")
    assert seen.joinpath("engine.sqlite").exists(), log
    deadline = time.monotonic() + 30
    while (at := read_endpoint(seen)) is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    session = boto3.Session(at.access_key, at.secret_key, region_name=at.region)
    config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
    yield SmallDisk(seen, lambda service: session.client(service, endpoint_url=at.url, config=config))
    process.terminate()
    said = process.communicate(timeout=30)[1]
    assert "Traceback" not in said, said


def steps_of(sagemaker, arn):
    found = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)["PipelineExecutionSteps"]
    return {step["StepName"]: step for step in found}


def ended(sagemaker, arn, until):
    """How the steps are when the execution has ended."""
    describe = sagemaker.describe_pipeline_execution
    until(lambda: describe(PipelineExecutionArn=arn)["PipelineExecutionStatus"] not in ("Executing", "Stopping"))
    return {name: step["StepStatus"] for name, step in steps_of(sagemaker, arn).items()}


def test_an_engine_on_a_full_disk_refuses_waits_and_goes_on(small_disk, processing, tmp_path, until):
    sagemaker, s3, logs = (small_disk.client(name) for name in ("sagemaker", "s3", "logs"))
    (bucket,) = [at["Name"] for at in s3.list_buckets()["Buckets"]]
    ballast = small_disk.folder / "ballast"
    ballast.write_bytes(b"x" * (3 << 20))
    s3.put_object(Bucket=bucket, Key="large", Body=b"x" * (5 << 19))
    code = talk(tmp_path, last=True).replace(str(MANY), "60_000")
    steps = [
        processing("talk", code, outputs={"o": f"s3://{bucket}/out"}),
        processing("after", "print('and on')", DependsOn=["talk"]),
        processing("fetch", "pass", inputs={"i": f"s3://{bucket}/large"}),
    ]
    request = {
        "RoleArn": "arn:aws:iam::000000000000:role/r",
        "PipelineDefinition": json.dumps({"Version": "2020-12-01", "Steps": steps}),
    }
    sagemaker.create_pipeline(PipelineName="full", **request)
    arn = sagemaker.start_pipeline_execution(PipelineName="full")["PipelineExecutionArn"]
    until(lambda: steps_of(sagemaker, arn)["fetch"]["StepStatus"] == "Failed")
    assert re.match(
        r"ClientError: Data download failed: the disk of .* is full .*%pipeline engine clean",
        steps_of(sagemaker, arn)["fetch"]["FailureReason"],
    )
    (tmp_path / "full").touch()
    until((tmp_path / "said").exists)
    for refused in (
        lambda: s3.put_object(Bucket=bucket, Key="more", Body=b"x" * 500_000),
        lambda: sagemaker.create_pipeline(PipelineName="more", **request | {"PipelineDescription": "x" * 3000}),
    ):
        with pytest.raises(ClientError, match=r"ServiceUnavailable.*The disk of .* is full. Nothing was changed"):
            refused()
    assert sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)["PipelineExecutionStatus"] == "Executing"
    (tmp_path / "room").touch()
    assert not sagemaker.list_pipelines(PipelineNamePrefix="more")["PipelineSummaries"]
    ballast.unlink()
    assert ended(sagemaker, arn, until) == {"talk": "Succeeded", "fetch": "Failed"}
    sagemaker.retry_pipeline_execution(PipelineExecutionArn=arn)
    assert ended(sagemaker, arn, until) == {"talk": "Succeeded", "fetch": "Succeeded", "after": "Succeeded"}
    found = logs.filter_log_events(logGroupName="/aws/sagemaker/ProcessingJobs", filterPattern="missing")
    assert found["events"], "the log says that lines are missing"
