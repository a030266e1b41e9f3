"""What the doctor says of installations that are well, and of some that are not."""

from __future__ import annotations

import json
from importlib.metadata import version

import pytest

from sm_pipeline_widgets.api.doctor import EXTENSION, Check, examine, report

MANAGER = "@jupyter-widgets/jupyterlab-manager"


@pytest.fixture
def installed(tmp_path):
    """A folder of extensions in which these are installed."""

    def make(**versions: str):
        for name, told in versions.items():
            folder = tmp_path / {"own": EXTENSION, "manager": MANAGER}[name]
            folder.mkdir(parents=True)
            (folder / "package.json").write_text(json.dumps({"version": told}))
        return [tmp_path / "nowhere", tmp_path]

    return make


@pytest.fixture
def look(engine, monkeypatch):
    """Everything that is looked at, by name."""
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return lambda paths, home=engine.home: list(examine(paths, home))


def of(checks, name):
    return [check for check in checks if check.name == name]


def test_a_sound_installation(look, installed):
    told = []
    assert report(iter(look(installed(own=version("sm_pipeline_widgets"), manager="5.0"))), told.append)
    assert "✓ engine" in "\n".join(told)
    assert told[-1] == "Everything needed is there."


def test_what_is_wrong_says_what_to_do(look, installed):
    told = []
    checks = look(installed(own="0.0.1"))
    assert not report(iter(checks), told.append)
    own, manager = of(checks, "extension")
    assert (own.is_right, manager.is_right) == (False, False)
    assert "is 0.0.1, the package is" in own.words
    assert "load the page anew" in own.fix
    assert "jupyterlab_widgets" in manager.fix
    assert told[-1].startswith("2 to be mended")


def test_a_state_folder_that_cannot_be_written_to_is_said(look, installed, tmp_path):
    file = tmp_path / "a-file"
    file.write_text("")
    checks = look(installed(), file / "home")
    (state,) = of(checks, "state")
    assert state.is_right is False
    assert "SM_PIPELINE_WIDGETS_HOME" in state.fix
    assert of(checks, "engine") == []


def test_without_credentials_it_says_that_they_are_for_aws_alone(look, installed):
    (aws,) = of(look(installed()), "aws")
    assert aws == Check("aws", None, aws.words, "Only needed to run or watch on AWS.")
