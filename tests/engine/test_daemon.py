"""Finding and starting the engine: one per state folder, found again, gone when nobody needs it."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import boto3
import pytest

from sm_pipeline_widgets.engine import daemon
from sm_pipeline_widgets.engine.endpoint import ENDPOINT_FILE, IDENTITY_FILE, LOCK_FILE, LOG_FILE
from sm_pipeline_widgets.engine.filelock import is_locked
from sm_pipeline_widgets.engine.housekeeping import remove_everything
from sm_pipeline_widgets.errors import EngineError, EngineStoppedError

DEADLINE = 30


@pytest.fixture
def home(tmp_path):
    home = tmp_path / "home"
    yield home
    daemon.stop(home)


def client(endpoint, service="sts"):
    session = boto3.Session(endpoint.access_key, endpoint.secret_key, region_name=endpoint.region)
    return session.client(service, endpoint_url=endpoint.url)


def wait_until(what):
    deadline = time.monotonic() + DEADLINE
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def starts(home):
    return (home / LOG_FILE).read_text().count(" serves ")


def test_no_engine(home):
    assert daemon.status(home) is None
    assert daemon.stop(home) is False


def test_start_find_stop(home):
    endpoint = daemon.ensure(home)
    assert daemon.status(home) == daemon.ensure(home) == endpoint
    assert client(endpoint).get_caller_identity()["Account"] == endpoint.account == "000000000000"
    assert [item["Name"] for item in client(endpoint, "s3").list_buckets()["Buckets"]] == [endpoint.bucket]
    assert daemon.stop(home) is True
    assert daemon.status(home) is None
    assert not (home / ENDPOINT_FILE).exists()
    assert starts(home) == 1


def test_stopped_it_is_started_by_who_wants_something_and_not_by_who_looks_on(home):
    first = daemon.ensure(home)
    os.kill(first.pid, signal.SIGTERM)
    wait_until(lambda: not is_locked(home / LOCK_FILE))
    assert daemon.revive(home).pid != first.pid, "nobody has stopped it by word"
    daemon.stop(home)
    with pytest.raises(EngineStoppedError, match=r"was stopped\.\nRunning steps go on .*starts it again"):
        daemon.revive(home)
    assert daemon.status(home) is None
    assert daemon.ensure(home) == daemon.revive(home)


def test_files_are_the_owners_alone(home):
    daemon.ensure(home)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    for name in (ENDPOINT_FILE, IDENTITY_FILE, LOG_FILE, LOCK_FILE):
        assert stat.S_IMODE((home / name).stat().st_mode) == 0o600, name


def test_the_secret_is_not_shown(home):
    endpoint = daemon.ensure(home)
    assert endpoint.secret_key not in f"{endpoint} {endpoint!r}"
    assert endpoint.secret_key not in (home / LOG_FILE).read_text()
    command = Path(f"/proc/{endpoint.pid}/cmdline")
    assert not command.exists() or endpoint.secret_key not in command.read_text()


def test_finding_it_is_cheap(home):
    daemon.ensure(home)
    started = time.perf_counter()
    for _ in range(50):
        daemon.ensure(home)
    assert (time.perf_counter() - started) / 50 < 0.002


def test_two_processes_at_once_get_one_engine(home):
    code = "import sys, pathlib; from sm_pipeline_widgets.engine import daemon; print(daemon.ensure(pathlib.Path(sys.argv[1])).pid)"
    command = [sys.executable, "-c", code, str(home)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    pids = {process.communicate(timeout=60)[0] for process in processes}
    assert pids == {f"{daemon.ensure(home).pid}\n"}
    assert starts(home) == 1


def test_many_threads_at_once_get_one_engine(home):
    found = []
    threads = [threading.Thread(target=lambda: found.append(daemon.ensure(home))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert len(set(found)) == 1


def test_started_by_hand_twice_the_second_ends(home):
    endpoint = daemon.ensure(home)
    command = [sys.executable, "-m", "sm_pipeline_widgets.engine", "--home", str(home), "--lock-seconds", "0.1"]
    second = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert second.returncode == 1
    assert "serves" in second.stderr
    assert daemon.status(home) == endpoint


def test_restart_takes_the_same_port_and_keys(home, monkeypatch):
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    before = daemon.ensure(home)
    open_client = client(before, "s3")
    open_client.put_object(Bucket=before.bucket, Key="k", Body=b"kept")
    daemon.stop(home)
    monkeypatch.setenv("AWS_REGION", "us-west-2")
    after = daemon.ensure(home)
    assert after.pid != before.pid
    assert (after.url, after.access_key, after.secret_key) == (before.url, before.access_key, before.secret_key)
    assert (before.region, after.region) == ("eu-central-1", "eu-central-1")
    assert open_client.get_object(Bucket=before.bucket, Key="k")["Body"].read() == b"kept"
    daemon.stop(home)
    remove_everything(home)
    daemon.ensure(home)
    assert "Contents" not in open_client.list_objects_v2(Bucket=before.bucket), "the same address and keys, empty"


def test_killed_it_is_found_dead_and_started_again(home):
    before = daemon.ensure(home)
    os.kill(before.pid, signal.SIGKILL)
    wait_until(lambda: not is_locked(home / LOCK_FILE))
    assert (home / ENDPOINT_FILE).exists()
    assert daemon.status(home) is None
    after = daemon.ensure(home)
    assert after.pid != before.pid
    assert (after.url, after.secret_key) == (before.url, before.secret_key)
    assert client(after).get_caller_identity()


def test_a_port_taken_meanwhile_is_given_up(home):
    before = daemon.ensure(home)
    daemon.stop(home)
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", int(before.url.rpartition(":")[2])))
        other.listen()
        after = daemon.ensure(home)
    assert after.url != before.url
    assert client(after).get_caller_identity()
    assert "is taken" in (home / LOG_FILE).read_text()


def test_ends_when_nobody_asks(home, monkeypatch):
    monkeypatch.setenv("SM_PIPELINE_WIDGETS_IDLE_SECONDS", "0.5")
    daemon.ensure(home)
    wait_until(lambda: not is_locked(home / LOCK_FILE))
    assert not (home / ENDPOINT_FILE).exists()
    assert "nobody asked" in (home / LOG_FILE).read_text()


def test_does_not_end_while_something_runs(home, monkeypatch):
    endpoint = daemon.ensure(home)
    sagemaker = client(endpoint, "sagemaker")
    step = {
        "Name": "sleep",
        "Type": "Processing",
        "Arguments": {
            "ProcessingResources": {
                "ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}
            },
            "AppSpecification": {
                "ImageUri": "python",
                "ContainerEntrypoint": ["python3", "-c", "import time; time.sleep(4)"],
            },
            "RoleArn": endpoint.role,
        },
    }
    definition = json.dumps({"Version": "2020-12-01", "Steps": [step]})
    sagemaker.create_pipeline(PipelineName="p", RoleArn=endpoint.role, PipelineDefinition=definition)
    daemon.stop(home)
    monkeypatch.setenv("SM_PIPELINE_WIDGETS_IDLE_SECONDS", "2")
    daemon.ensure(home)
    # the client made for the engine before serves this one too: making one takes longer than this engine waits
    sagemaker.start_pipeline_execution(PipelineName="p")
    started = time.monotonic()
    wait_until(lambda: not is_locked(home / LOCK_FILE))
    assert time.monotonic() - started > 4


def test_a_start_that_fails_says_why(home):
    home.mkdir()
    (home / "objects").write_text("in the way")
    with pytest.raises(EngineError) as caught:
        daemon.ensure(home)
    assert "did not come up" in caught.value.message
    assert "Not a directory" in caught.value.message
    assert str(home / LOG_FILE) in caught.value.fix


def test_a_broken_identity_says_what_to_do(home):
    home.mkdir()
    (home / IDENTITY_FILE).write_text("{")
    with pytest.raises(EngineError, match=r"is broken\.\nDelete it"):
        daemon.ensure(home)
    (home / IDENTITY_FILE).unlink()
    assert daemon.ensure(home)


def test_the_users_secrets_stay_outside(home, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the-users-own")
    monkeypatch.setenv("AWS_PROFILE", "the-users-own")
    monkeypatch.setenv("HF_TOKEN", "the-users-own")
    endpoint = daemon.ensure(home)
    environ = Path(f"/proc/{endpoint.pid}/environ")
    assert not environ.exists() or b"the-users-own" not in environ.read_bytes()


def test_environment_of_an_engine():
    given = {
        "PATH": "/bin",
        "AWS_REGION": "x",
        "PGPASSWORD": "x",
        "OPENAI_API_KEY": "x",
        "GOOGLE_APPLICATION_CREDENTIALS": "x",
        "TOKENIZERS_PARALLELISM": "y",
        "aws_profile": "x",
        "GITHUB_TOKEN": "x",
        "DB_PASSWORD": "x",
        "KEYBOARD": "y",
    }
    assert daemon.child_environment(given) == {"PATH": "/bin", "TOKENIZERS_PARALLELISM": "y", "KEYBOARD": "y"}


def test_state_home(monkeypatch, tmp_path):
    monkeypatch.setenv("SM_PIPELINE_WIDGETS_HOME", str(tmp_path / "here"))
    assert daemon.state_home() == tmp_path / "here"
    monkeypatch.delenv("SM_PIPELINE_WIDGETS_HOME")
    assert daemon.state_home().name == "sm_pipeline_widgets"
