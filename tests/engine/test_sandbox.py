"""Path rewriting as a table, and the namespace where not even the place's parent exists."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sm_pipeline_widgets.engine import supervisor
from sm_pipeline_widgets.engine.sandbox import Command, Mode, choose_mode, host_path, rewrite

ROOT = Path("/jobs/j/opt_ml")


@pytest.mark.parametrize(
    ("text", "moved"),
    [
        ("/opt/ml", "/jobs/j/opt_ml"),
        ("/opt/ml/model", "/jobs/j/opt_ml/model"),
        ("--in=/opt/ml/input:/opt/ml/x", "--in=/jobs/j/opt_ml/input:/jobs/j/opt_ml/x"),
        ("cd /opt/ml && ls '/opt/ml/a b'", "cd /jobs/j/opt_ml && ls '/jobs/j/opt_ml/a b'"),
        ('{"dir": "/opt/ml/model"}', '{"dir": "/jobs/j/opt_ml/model"}'),
        ("/opt/mlflow", "/opt/mlflow"),
        ("/opt/ml-data", "/opt/ml-data"),
        ("/srv/opt/ml", "/srv/opt/ml"),
        ("s3://bucket/opt/ml/x", "s3://bucket/opt/ml/x"),
        ("opt/ml", "opt/ml"),
    ],
)
def test_rewriting(text, moved):
    command = rewrite(Command(argv=("run", text), env={"A": text}, cwd="/opt/ml/code"), ROOT)
    assert command.argv == ("run", moved)
    assert command.env == {"A": moved}
    assert command.cwd == "/jobs/j/opt_ml/code"
    assert len(command.warnings) == 1


@pytest.mark.parametrize("path", ["/opt", "/opt/mlx", "/etc/passwd", "/opt/ml/../x", "opt/ml/x", "", "/opt/ml/a\0b"])
def test_paths_outside_are_no_places(path):
    with pytest.raises(ValueError, match="is not below /opt/ml"):
        host_path(ROOT, path)


def test_paths_inside():
    assert host_path(ROOT, "/opt/ml") == ROOT
    assert host_path(ROOT, "/opt/ml/a/../b/") == ROOT / "b"


def test_a_mode_can_be_forced(tmp_path):
    assert choose_mode(tmp_path, {"SM_PIPELINE_WIDGETS_SANDBOX": "rewrite"}) is Mode.REWRITE
    with pytest.raises(ValueError, match="'other' is not a valid Mode"):
        choose_mode(tmp_path, {"SM_PIPELINE_WIDGETS_SANDBOX": "other"})


def test_a_namespace_where_the_parent_is_missing_too(tmp_path):
    """The root itself is then shown as a copy that has the place."""
    source, scratch = tmp_path / "source", tmp_path / "scratch"
    source.mkdir()
    scratch.mkdir()
    (source / "file").write_text("inside")
    code = (
        "import os, sys\nsys.path.append(sys.argv[1])\nimport namespaces\n"
        "before = set(os.listdir('/'))\n"
        "namespaces.enter_namespace(sys.argv[2], '/nowhere-at-all/ml', sys.argv[3])\n"
        "print(open('/nowhere-at-all/ml/file').read(), set(os.listdir('/')) - before, before - set(os.listdir('/')))\n"
    )
    folder = str(Path(supervisor.__file__).parent)
    done = subprocess.run(
        [sys.executable, "-c", code, folder, str(source), str(scratch)], capture_output=True, text=True, check=True
    )
    assert done.stdout == "inside {'nowhere-at-all'} set()\n"
    assert not Path("/nowhere-at-all").exists()


def test_a_spec_is_read_as_it_was_written(tmp_path):
    spec = {"argv": ["a", "", "x=y\n ü \udcff"], "env": ["A=1", "B="], "cwd": ["/"]}
    supervisor.write_spec(str(tmp_path / "spec"), spec)
    assert supervisor.read_spec(str(tmp_path / "spec")) == spec
