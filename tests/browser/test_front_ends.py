"""Each front end that is supported, in a clean environment with the built wheel and nothing else: `make soak`.

What the table of docs/front-ends.md says was checked, is checked here.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from playwright.sync_api import expect

from .conftest import serve

ROOT = Path(__file__).parents[2]
FRONT_ENDS = {
    "jupyterlab-oldest": ("jupyterlab==4.4.*", "jupyterlab", "lab/tree"),
    "jupyterlab-newest": ("jupyterlab>=4.4", "jupyterlab", "lab/tree"),
    "notebook-oldest": ("notebook==7.4.*", "notebook", "notebooks"),
    "notebook-newest": ("notebook>=7.4", "notebook", "notebooks"),
}
CODE = "%%step make\nprint('made')"
TEXT = """\
%%pipeline clean --run
steps:
  make: {type: Processing, code: cell:make}
  after: {type: Processing, code: cell:make, depends_on: [make]}
"""
pytestmark = [pytest.mark.soak, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of what is committed (or will be), with the front end as it is built."""
    work = tmp_path_factory.mktemp("wheel")
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
    )
    for name in (name for name in listed.stdout.decode().splitlines() if (ROOT / name).is_file()):
        (work / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, work / "tree" / name)
    built = Path("sm_pipeline_widgets", "labextension")
    shutil.copytree(ROOT / built, work / "tree" / built)
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(work / "dist"), str(work / "tree")]
    subprocess.run(command, check=True, capture_output=True, timeout=600)
    return next((work / "dist").glob("*.whl"))


@pytest.fixture(params=FRONT_ENDS)
def server(request, wheel, tmp_path):
    requirement, application, tree = FRONT_ENDS[request.param]
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", requirement, wheel], check=True, timeout=900)
    yield from serve(tmp_path, application, tree, python=python)


def test_a_pipeline_is_drawn_run_and_listed(server, notebook):
    page = notebook.page
    notebook.open(["%load_ext sm_pipeline_widgets", CODE, TEXT], server)
    for number in range(3):
        notebook.run(number)
    notebook.cytoscape(edges=1)
    expect(page.locator(".smpw-summary")).to_contain_text("succeeded", timeout=90_000)
    page.evaluate("void window.jupyterapp.commands.execute('sm-pipelines:panel')")
    expect(page.locator("#sm-pipelines-panel .smpw-list-row").first).to_contain_text("succeeded", timeout=30_000)
    notebook.screenshot(
        f"front-end-{notebook.page.evaluate('window.jupyterapp.name')}-{page.evaluate('window.jupyterapp.version')}"
    )
    assert notebook.errors == []
