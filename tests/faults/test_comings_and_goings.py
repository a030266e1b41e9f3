"""Who watches comes and goes: other notebooks, restarted kernels, new credentials; and what is watched is deleted."""

from __future__ import annotations

import threading

import pytest

from sm_pipeline_widgets.aws.credentials import RenewingChain
from sm_pipeline_widgets.execution.state import ExecutionStatus
from sm_pipeline_widgets.watch.health import Trouble

from .conftest import ALL_LINES, TALK, lines_of, processing

WRONG = "AKIAWRONG", "wrong"


@pytest.fixture
def profile(monkeypatch, tmp_path, lab):
    """Write the keys of the profile `lab`, as signing in again does."""
    file = tmp_path / "credentials"
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)

    def write(access_key: str, secret_key: str) -> None:
        file.write_text(f"[lab]\naws_access_key_id = {access_key}\naws_secret_access_key = {secret_key}\n")

    at = lab.engine.endpoint
    write(at.access_key, at.secret_key)
    return write


def test_signing_in_again_is_enough(lab, profile, until):
    """Keys that are refused are read again from the file they came from; the kernel goes on."""
    source = lab.source(lab.proxy(), profile_name="lab")
    watcher, told = lab.watch(source, lab.start("signed-out", processing("talk", TALK)))
    until(lambda: watcher.last.logs)
    proxy = lab.proxies[0]
    at = lab.engine.endpoint
    profile(*WRONG)
    proxy.rules = [_refuse_once()]
    until(lambda: watcher.health.trouble is Trouble.SIGNED_OUT)
    assert "sign in again" in watcher.health.message
    profile(at.access_key, at.secret_key)
    assert watcher.wait(60, settled=True).status is ExecutionStatus.SUCCEEDED
    assert lines_of(watcher, "talk") == ALL_LINES
    assert told[-1].health.ok


def _refuse_once():
    from .proxy import Rule, expired

    return Rule(expired, "ListPipelineExecutionSteps", 1)


def test_where_there_were_no_credentials_new_ones_are_found(profile, lab):
    found: list[object] = []
    chain = RenewingChain(lambda: found[-1] if found else None)
    assert chain.load_credentials() is None
    chain.refused()
    profile("a", "b")
    from botocore.session import Session

    found.append(Session(profile="lab").get_credentials())
    credentials = chain.load_credentials()
    assert (credentials.access_key, credentials.secret_key, credentials.token) == ("a", "b", None)
    assert credentials.method == "shared-credentials-file"
    assert credentials.get_deferred_property("account_id")() is None
    chain.refused()
    found.append(None)  # signed out for good: the old keys stay, and are refused again in words
    assert credentials.get_frozen_credentials().access_key == "a"


def test_two_notebooks_and_a_restarted_kernel_see_the_same(lab, until):
    arn = lab.start("shared", processing("talk", TALK), processing("after", "print('line 0')", DependsOn=["talk"]))
    first, _ = lab.watch(lab.source(lab.proxy()), arn)
    second, _ = lab.watch(lab.source(lab.proxy()), arn)
    until(lambda: first.last.logs and second.last.logs)
    first.close()  # the kernel is restarted in the middle
    assert first.wait(1) is not None
    third, _ = lab.watch(lab.source(lab.proxy()), arn)
    for watcher in (second, third):
        assert watcher.wait(60, settled=True).status is ExecutionStatus.SUCCEEDED
        assert lines_of(watcher, "talk") == ALL_LINES
    late, _ = lab.watch(lab.source(lab.proxy()), arn)  # and somebody who opens it when all is over
    late.follow("talk")
    late.wait(60, settled=True)
    assert lines_of(late, "talk") == ALL_LINES
    assert late.state.steps == second.state.steps


def test_a_deleted_pipeline_is_told_and_not_asked_for_again(lab, until):
    proxy = lab.proxy()
    watcher, told = lab.watch(lab.source(proxy), lab.start("deleted", processing("talk", "print('line 0')")))
    watcher.wait(60, settled=True)
    before = threading.active_count()
    lab.engine.client("sagemaker").delete_pipeline(PipelineName="deleted")
    watcher.poke()
    until(lambda: not watcher.health.ok and watcher.is_settled)
    assert told[-1].health.trouble is Trouble.GONE
    assert told[-1].state.status is ExecutionStatus.SUCCEEDED
    assert watcher.wait(5).status is ExecutionStatus.SUCCEEDED
    until(lambda: threading.active_count() <= before)
    asked = proxy.seen.total()
    assert watcher.wait(0.3, settled=True) is not None
    assert proxy.seen.total() == asked
