"""Engine, supervisors and steps killed at random moments: nothing is lost, nothing is done twice, every end is true."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from sm_pipeline_widgets.engine import daemon
from sm_pipeline_widgets.engine.endpoint import LOCK_FILE
from sm_pipeline_widgets.engine.filelock import is_locked
from sm_pipeline_widgets.engine.housekeeping import files_below
from sm_pipeline_widgets.engine.supervisor import CLAIM
from tests.commands import python

LINES = 12
ENDS = {"Succeeded", "Failed", "Stopped", "CompletedWithFailures"}
STEP = """
import os, sys, time
run, step, ledger = sys.argv[1:]
def note(word):
    file = os.open(ledger, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, f'{word} {run} {step}\\n'.encode())
    os.close(file)
note('begin')
for n in range(LINES):
    print('line', n, flush=True)
    time.sleep(0.03)
note('end')
""".replace("LINES", str(LINES))


@dataclass
class Town:
    """A state folder, its engine whenever there is one, and what was killed."""

    home: Path
    ledger: Path
    chance: random.Random
    clients: dict[str, Any] = field(default_factory=dict)
    killed: Counter[str] = field(default_factory=Counter)

    def client(self, name: str) -> Any:
        if name not in self.clients:
            at = daemon.ensure(self.home)
            session = boto3.Session(at.access_key, at.secret_key, region_name=at.region)
            config = Config(retries={"total_max_attempts": 8, "mode": "standard"})
            self.clients[name] = session.client(name, endpoint_url=at.url, config=config)
        return self.clients[name]

    def supervisors(self) -> list[int]:
        """The supervisors of this folder that are alive."""
        found = []
        for claim in (path for path in files_below(self.home / "jobs") if path.name == CLAIM):
            text = read(str(claim)).decode()
            if text.isdigit() and str(self.home).encode() in read(f"/proc/{text}/cmdline"):
                found.append(int(text))
        return sorted(found)

    def kill_somebody(self) -> str:
        """End an engine, a supervisor or a step without warning; who it was."""
        kind = self.chance.choice(["engine", "engine", "supervisor", "step"])
        if kind == "engine":
            os.kill(daemon.ensure(self.home).pid, signal.SIGKILL)
            wait_for(lambda: not is_locked(self.home / LOCK_FILE))
            if self.chance.random() < 0.5:
                time.sleep(self.chance.random() * 0.4)
            daemon.ensure(self.home)
        else:
            pids = self.supervisors()
            if kind == "step":
                pids = [int(pid) for at in pids for pid in read(f"/proc/{at}/task/{at}/children").split()]
            if not pids:
                return ""
            try:
                os.kill(self.chance.choice(pids), signal.SIGKILL)
            except ProcessLookupError:
                return ""
        self.killed[kind] += 1
        return kind


def read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def wait_for(what: Any, seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline, "it did not come to pass in time"
        time.sleep(0.01)
    return found


@pytest.fixture
def town(tmp_path):
    yield lambda seed: Town(tmp_path / "home", tmp_path / "ledger", random.Random(seed))
    daemon.stop(tmp_path / "home")


def steps(processing, ledger):
    def step(name: str, *needs: str) -> dict[str, Any]:
        made = processing(name, "", DependsOn=list(needs))
        run = {"Get": "Execution.PipelineExecutionId"}
        command = python(STEP, run, name, str(ledger))
        made["Arguments"]["AppSpecification"]["ContainerEntrypoint"] = command
        return made

    condition = {
        "Name": "gate", "Type": "Condition", "DependsOn": ["join"],
        "Arguments": {
            "Conditions": [{"Type": "Equals", "LeftValue": 1, "RightValue": 1}],
            "IfSteps": [step("last")], "ElseSteps": [],
        },
    }  # fmt: skip
    return [step("a"), step("b"), step("c", "a"), step("join", "b", "c"), condition]


def run_and_kill(town: Town, text: str, kills: int) -> None:
    """Runs one after another, with somebody killed every now and then, until so many have died."""
    sagemaker = town.client("sagemaker")
    sagemaker.create_pipeline(PipelineName="p", PipelineDefinition=text, RoleArn=daemon.ensure(town.home).role)
    while sum(town.killed.values()) < kills:
        arn = sagemaker.start_pipeline_execution(PipelineName="p")["PipelineExecutionArn"]
        names = {"PipelineExecutionArn": arn}
        hurt = 0
        while (status := sagemaker.describe_pipeline_execution(**names)["PipelineExecutionStatus"]) not in ENDS:
            time.sleep(town.chance.random() * 0.25)
            if town.chance.random() < 0.5 and sum(town.killed.values()) < kills:
                hurt += town.kill_somebody() in ("supervisor", "step")
        check(town, arn, status, hurt)


def check(town: Town, arn: str, status: str, hurt: int) -> None:
    """An execution's end is what its steps came to, and each step was done once."""
    found = town.client("sagemaker").list_pipeline_execution_steps(PipelineExecutionArn=arn)["PipelineExecutionSteps"]
    by_name = {step["StepName"]: step for step in found}
    failed = {name: step for name, step in by_name.items() if step["StepStatus"] == "Failed"}
    assert status == ("Failed" if failed else "Succeeded")
    assert {step["StepStatus"] for step in found} <= {"Succeeded", "Failed"}
    assert len(failed) <= hurt
    for step in failed.values():
        assert step["FailureReason"].startswith(("InternalServerError: ", "AlgorithmError: , exit code: 137")), step
    run = arn.rpartition("/")[2]
    notes = Counter(line for line in town.ledger.read_text().splitlines() if f" {run} " in line)
    assert max(notes.values()) == 1, notes
    for name, step in by_name.items():
        if "ProcessingJob" not in step.get("Metadata", {}):
            continue
        if step["StepStatus"] == "Succeeded":
            assert notes[f"end {run} {name}"] == 1
            assert log_of(town, step) == [f"line {number}" for number in range(LINES)]
        else:
            # what was being written when the step died may be half a line
            *whole, last = log_of(town, step) or ["line 0"]
            assert whole == [f"line {number}" for number in range(len(whole))]
            assert f"line {len(whole)}".startswith(last)


def log_of(town: Town, step: dict[str, Any]) -> list[str]:
    job = step["Metadata"]["ProcessingJob"]["Arn"].rpartition("/")[2]
    answer = town.client("logs").filter_log_events(
        logGroupName="/aws/sagemaker/ProcessingJobs", logStreamNamePrefix=f"{job}/"
    )
    return [event["message"] for event in answer["events"]]


def test_ten_deaths(town, pipeline):
    definition, processing = pipeline
    here = town(seed=7)
    run_and_kill(here, definition(*steps(processing, here.ledger)), kills=10)
    log = (here.home / "engine.log").read_text()
    assert "Traceback" not in log
    # one that has written how its step ended may be killed as well: nothing is lost then, and nothing told
    told = log.count(
        "has failed: the job's supervisor left no exit status: it was killed, or the machine was restarted\n"
    )
    assert told <= here.killed["supervisor"]


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(4))
def test_two_hundred_deaths(town, pipeline, seed):
    definition, processing = pipeline
    here = town(seed=1000 + seed)
    run_and_kill(here, definition(*steps(processing, here.ledger)), kills=50)
    assert min(here.killed[kind] for kind in ("engine", "supervisor", "step")) > 0


def test_a_step_that_died_with_the_machine_has_failed_and_can_be_retried(town, pipeline):
    definition, processing = pipeline
    here = town(seed=1)
    sagemaker = here.client("sagemaker")
    engine = daemon.ensure(here.home)
    code = f"import os, time\nopen({str(here.ledger)!r}, 'a').write('x')\ntime.sleep(0 if os.path.getsize({str(here.ledger)!r}) > 1 else 600)"
    sagemaker.create_pipeline(
        PipelineName="p", PipelineDefinition=definition(processing("one", code)), RoleArn=engine.role
    )
    arn = sagemaker.start_pipeline_execution(PipelineName="p")["PipelineExecutionArn"]
    wait_for(here.ledger.exists)
    os.kill(engine.pid, signal.SIGKILL)
    for pid in here.supervisors():
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not is_locked(here.home / LOCK_FILE))
    daemon.ensure(here.home)

    def ended():
        found = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)["PipelineExecutionStatus"]
        return found in ENDS and found

    assert wait_for(ended) == "Failed"
    (step,) = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)["PipelineExecutionSteps"]
    assert step["FailureReason"].startswith("InternalServerError: ")
    assert "it was killed, or the machine was restarted" in step["FailureReason"]
    sagemaker.retry_pipeline_execution(PipelineExecutionArn=arn)
    assert wait_for(ended) == "Succeeded"
