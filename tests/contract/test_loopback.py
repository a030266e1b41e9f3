"""The tests with other people's clients ask this machine and nobody else: some of them run again under a guard."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
# one that begins where a user of the SDK does and runs steps, and one with a client in a process of its own
TESTS = ("sdk/test_calls.py::test_lambda_steps", "test_awscli.py::test_who_am_i")


@pytest.fixture
def guarded(tmp_path):
    """Run Python under the guard; the finished process, and what it and its children asked for, line by line."""
    log = tmp_path / "asked"
    paths = [str(HERE / "loopback"), str(HERE.parents[1]), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths)), "LOOPBACK_LOG": str(log)}

    def run(*arguments):
        command = [sys.executable, *arguments]
        done = subprocess.run(
            command, env=environment, cwd=HERE.parents[1], capture_output=True, text=True, check=False
        )
        return done, log.read_text().splitlines() if log.exists() else []

    return run


@pytest.mark.timeout(600)
def test_clients_ask_nobody_but_this_machine(guarded, tmp_path):
    tests = [str(HERE / at) for at in TESTS]
    done, asked = guarded("-m", "pytest", "-q", "-p", "no:cacheprovider", "--basetemp", str(tmp_path / "base"), *tests)
    assert done.returncode == 0, done.stdout[-5000:]
    assert f"{len(TESTS)} passed" in done.stdout
    assert [line for line in asked if not line.startswith("own ")] == []
    # the guard was there: in the tests' own process, and in the AWS CLI's
    programs = {line.split()[3] for line in asked}
    assert {"aws", "__main__.py"} <= programs


@pytest.mark.parametrize("place", ["http://example.com", "http://192.0.2.1", "http://[2001:db8::1]"])
def test_the_guard_refuses_and_tells(guarded, place):
    code = f"import urllib.request as r; r.build_opener(r.ProxyHandler({{}})).open({place!r}, timeout=5)"
    done, asked = guarded("-c", code)
    assert done.returncode == 1
    assert "only this machine may be asked" in done.stderr
    assert [line.split()[0] for line in asked] == ["refused"]
