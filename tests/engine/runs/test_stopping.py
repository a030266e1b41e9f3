"""Stopping executions: signals, grace, whole process trees."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sm_pipeline_widgets.engine.operations import execution_control
from tests.commands import python

FAMILY = """
import os, signal, subprocess, sys, time
here = {here!r}
child = subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(600)'])
# a daemon: forked twice, in a session of its own, deaf to SIGTERM
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        open(here + '/daemon.new', 'w').write(str(os.getpid()))
        os.rename(here + '/daemon.new', here + '/daemon')
        time.sleep(600)
    os._exit(0)
open(here + '/child', 'w').write(str(child.pid))
{handler}
while not os.path.exists(here + '/daemon'): time.sleep(0.01)
open(here + '/ready', 'w').close()
time.sleep(600)
"""


def stop(lab, arn):
    return execution_control.stop_pipeline_execution(lab.engine, {"PipelineExecutionArn": arn})


def is_alive(pid):
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize(
    "handler",
    [
        "",
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)",
        "signal.signal(signal.SIGTERM, lambda *_: (print('saved'), sys.exit(0)))",
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(9))",
    ],
)
def test_stop_ends_the_whole_family(lab, tmp_path, handler):
    code = FAMILY.format(here=str(tmp_path), handler=handler)
    lab.create([lab.processing("one", code), lab.processing("two", "pass", DependsOn=["one"])])
    arn = lab.begin()
    lab.until((tmp_path / "ready").exists)
    assert stop(lab, arn) == {"PipelineExecutionArn": arn}
    assert lab.describe(arn)["PipelineExecutionStatus"] in ("Stopping", "Stopped")
    end = lab.end(arn)
    assert end.status == "Stopped"
    assert {name: at["StepStatus"] for name, at in end.steps.items()} == {"one": "Stopped"}
    assert end.job("one")["ProcessingJobStatus"] == "Stopped"
    for name in ("child", "daemon"):
        assert not is_alive(int((tmp_path / name).read_text())), name
    if "saved" in handler:
        assert end.log("one") == ["saved"]


def test_a_daemon_left_behind_ends_with_its_step(lab, tmp_path):
    code = FAMILY.format(here=str(tmp_path), handler="").replace("\ntime.sleep(600)\n", "\n")
    end = lab.run([lab.processing("one", code)])
    assert end.status == "Succeeded"
    assert not is_alive(int((tmp_path / "daemon").read_text()))


def test_stop_at_once_is_not_lost(make_lab):
    """With the service's grace, a signal that went astray would cost two minutes."""
    lab = make_lab(grace_seconds=120.0)
    lab.create([lab.processing(f"s{at}", "import time; time.sleep(600)") for at in range(3)])
    for _ in range(5):
        arn = lab.begin()
        stop(lab, arn)
        end = lab.end(arn)
        assert end.status == "Stopped"
        assert {at["StepStatus"] for at in end.steps.values()} == {"Stopped"}


def test_a_stopped_training_keeps_its_model(lab, tmp_path):
    code = f"import time\nopen('/opt/ml/model/half', 'w').close()\nopen({str(tmp_path / 'ready')!r}, 'w').close()\ntime.sleep(600)"
    algorithm = {"ContainerEntrypoint": python(code)}
    lab.create([lab.training("train", {}, algorithm=algorithm)])
    arn = lab.begin()
    lab.until((tmp_path / "ready").exists)
    stop(lab, arn)
    job = lab.end(arn).job("train")
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert "Stopping" in [at["Status"] for at in job["SecondaryStatusTransitions"]]
    assert lab.get(job["ModelArtifacts"]["S3ModelArtifacts"])


def test_what_has_ended_cannot_be_stopped(lab):
    end = lab.run([lab.processing("one", "pass")])
    with pytest.raises(Exception, match=r"ConflictException.*Succeeded"):
        stop(lab, end.arn)


def test_a_supervisor_that_is_killed_is_the_steps_failure(lab, tmp_path):
    code = FAMILY.format(here=str(tmp_path), handler="")
    lab.create([lab.processing("one", code)])
    arn = lab.begin()
    lab.until((tmp_path / "ready").exists)
    name = lab.until(lambda: lab.steps(arn)["one"].get("Metadata")) and lab.job_name(lab.steps(arn)["one"])[1]
    os.kill(int((lab.home / "jobs" / name / "claim").read_text()), 9)
    end = lab.end(arn)
    assert end.steps["one"]["FailureReason"].startswith("InternalServerError: ")
    os.kill(int((tmp_path / "daemon").read_text()), 9)
    os.kill(int((tmp_path / "child").read_text()), 9)
