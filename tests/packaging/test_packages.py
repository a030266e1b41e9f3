"""What is published: a wheel that needs no Node, an sdist that makes the same wheel, one version, everyone's licences."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FRONT_END = "share/jupyter/labextensions/sm-pipeline-widgets"
PIPELINE = "steps:\n  stop:\n    type: Fail\n    message: enough\n"


def pip(python, *arguments):
    done = subprocess.run(
        [python, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments],
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """The sdist of what is committed (or will be) with the front end as it is built, and the wheels of both."""
    work = tmp_path_factory.mktemp("packages")
    tree = work / "tree"
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
    )
    for name in (name for name in listed.stdout.decode().splitlines() if (ROOT / name).is_file()):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, tree / name)
    shutil.copytree(ROOT / "sm_pipeline_widgets" / "labextension", tree / "sm_pipeline_widgets" / "labextension")
    build = [sys.executable, "-m", "build", "--outdir", str(work / "dist")]
    # the sdist, the wheel of the unpacked sdist; then the wheel of the tree itself
    for options in ([], ["--wheel", "--outdir", str(work / "direct")]):
        done = subprocess.run([*build, *options, str(tree)], capture_output=True, text=True, timeout=600, check=False)
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return work


def only(folder, pattern):
    (found,) = folder.glob(pattern)
    return found


def contents(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return {name: sha256(archive.read(name)).hexdigest() for name in archive.namelist()}


def version_of_the_front_end():
    return json.loads((ROOT / "labextension" / "package.json").read_text())["version"]


@pytest.mark.timeout(900)
def test_the_sdist_builds_the_same_wheel(packages):
    from_sdist, direct = only(packages / "dist", "*.whl"), only(packages / "direct", "*.whl")
    assert contents(from_sdist) == contents(direct)


@pytest.mark.timeout(900)
def test_one_version_everywhere(packages):
    version = version_of_the_front_end()
    assert only(packages / "dist", "*.whl").name == f"sm_pipeline_widgets-{version}-py3-none-any.whl"
    assert only(packages / "dist", "*.tar.gz").name == f"sm_pipeline_widgets-{version}.tar.gz"
    with zipfile.ZipFile(only(packages / "dist", "*.whl")) as wheel:
        front_end = json.loads(wheel.read(f"sm_pipeline_widgets-{version}.data/data/{FRONT_END}/package.json"))
    assert front_end["version"] == version


@pytest.mark.timeout(900)
def test_licences_are_shipped_with_what_they_cover(packages):
    with zipfile.ZipFile(only(packages / "dist", "*.whl")) as wheel:
        texts = {Path(name).name for name in wheel.namelist() if "/licenses/" in name}
        (listed,) = [name for name in wheel.namelist() if name.endswith("third-party-licenses.json")]
        bundled = json.loads(wheel.read(listed))["packages"]
    # also what is merged into its users' modules: @lezer/python is, where a build joins modules
    assert {"@lezer/python", "cytoscape", "jupyter-cytoscape"} <= {row["name"] for row in bundled}
    assert [row["name"] for row in bundled if not row["licenseId"]] == []
    # two packages publish no text of their licence: it is added
    untold = [row["name"] for row in bundled if not row["extractedText"]]
    assert texts == {"LICENSE", *(f"{name}.txt" for name in untold)}


@pytest.mark.timeout(900)
def test_nothing_is_shipped_that_is_not_the_product(packages):
    with zipfile.ZipFile(only(packages / "dist", "*.whl")) as wheel:
        tops = {name.split("/")[0] for name in wheel.namelist()}
    version = version_of_the_front_end()
    assert tops == {"sm_pipeline_widgets", *(f"sm_pipeline_widgets-{version}.{part}" for part in ("data", "dist-info"))}
    with tarfile.open(only(packages / "dist", "*.tar.gz")) as sdist:
        inside = {Path(name).parts[1] for name in sdist.getnames() if len(Path(name).parts) > 1}
    assert {"tests", ".ci", ".venv"} & inside == set()


@pytest.mark.timeout(900)
def test_the_wheel_works_in_an_empty_environment_without_node(packages, tmp_path):
    venv.create(tmp_path / "env", with_pip=True)
    bin_ = tmp_path / "env" / ("Scripts" if os.name == "nt" else "bin")
    pip(str(bin_ / "python"), "install", str(only(packages / "dist", "*.whl")))
    front_end = tmp_path / "env" / FRONT_END
    assert json.loads((front_end / "package.json").read_text())["version"] == version_of_the_front_end()
    assert json.loads((front_end / "install.json").read_text())["packageManager"] == "python"
    (tmp_path / "stop.yaml").write_text(PIPELINE)
    # nothing but the environment can be found: no node, no git, no compiler
    alone = {"PATH": str(bin_), "HOME": str(tmp_path), "LANG": "C.UTF-8"}

    def say(*arguments):
        return subprocess.run(
            [bin_ / "python", "-m", "sm_pipeline_widgets", *arguments],
            cwd=tmp_path, env=alone, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    shown = say("show", "stop.yaml")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "stop" in shown.stdout
    examined = say("doctor")
    assert say("engine", "stop").returncode == 0
    assert version_of_the_front_end() in examined.stdout
