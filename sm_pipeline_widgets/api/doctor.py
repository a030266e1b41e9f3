"""Is everything there that the package needs, and does it work: looked at, not changed (but the engine is started)."""

from __future__ import annotations

import json
import os
import platform
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from sm_pipeline_widgets.api.targets import connect
from sm_pipeline_widgets.aws.errors import translated
from sm_pipeline_widgets.engine import daemon
from sm_pipeline_widgets.engine.sandbox import Mode, choose_mode
from sm_pipeline_widgets.errors import PipelineWidgetsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

PACKAGE = "sm_pipeline_widgets"
EXTENSION = "sm-pipeline-widgets"
NEEDED = ("ipywidgets", "ipycytoscape", "boto3", "networkx", "pyyaml", "tornado")
FRONT_ENDS = ("jupyterlab", "notebook")
OPTIONAL = {
    "pandas": "`%pipeline load` gives paths without it",
    "optuna": "Bayesian tuning draws at random without it: `pip install 'sm_pipeline_widgets[tuning]'`",
    "resvg-py": "pictures cannot be exported as PNG without it: `pip install 'sm_pipeline_widgets[png]'`",
}
LEAST_DISK = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at: None for something that is only to be known."""

    name: str
    is_right: bool | None
    words: str
    fix: str = ""

    def __str__(self) -> str:
        sign = {True: "✓", False: "✕", None: "·"}[self.is_right]
        return f"{sign} {self.name:<12}{self.words}" + (f"\n  → {self.fix}" if self.fix else "")


def examine(paths: Sequence[Path] | None = None, home: Path | None = None) -> Iterator[Check]:
    """Every check, as it is made.

    Parameters
    ----------
    paths
        Where a Jupyter server of this environment finds extensions; asked of Jupyter when None.
    home
        The engine's state folder; the user's own when None.
    """
    yield Check("python", None, f"{platform.python_version()} at {sys.executable} on {platform.system()}")
    yield Check("package", None, f"{PACKAGE} {version(PACKAGE)}")
    yield from _packages()
    yield from _extensions(_extension_folders() if paths is None else paths)
    yield from _engine(home or daemon.state_home())
    yield _credentials()


def _packages() -> Iterator[Check]:
    missing = [name for name in NEEDED if _version(name) is None]
    words = ", ".join(f"{name} {_version(name)}" for name in NEEDED if name not in missing)
    fix = f"pip install {' '.join(missing)}" if missing else ""
    yield Check("packages", not missing, words if not missing else f"missing: {', '.join(missing)}", fix)
    for name, without in OPTIONAL.items():
        if _version(name) is None:
            yield Check("optional", None, f"{name} is not installed; {without}")


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _extension_folders() -> list[Path]:
    try:
        from jupyter_core.paths import jupyter_path  # noqa: PLC0415 - a kernel's Python may have no Jupyter server
    except ImportError:
        return []
    return [Path(path) for path in jupyter_path("labextensions")]


def _extensions(folders: Sequence[Path]) -> Iterator[Check]:
    front_ends = ", ".join(f"{name} {_version(name)}" for name in FRONT_ENDS if _version(name))
    if not front_ends:
        yield Check(
            "front end", None, "this Python has no JupyterLab or Notebook; one elsewhere needs the package, too"
        )
        return
    yield Check("front end", None, front_ends)
    for name in (EXTENSION, "@jupyter-widgets/jupyterlab-manager"):
        yield _extension(name, folders)


def _extension(name: str, folders: Sequence[Path]) -> Check:
    found = next((folder / name for folder in folders if (folder / name / "package.json").is_file()), None)
    if found is None:
        package = PACKAGE if name == EXTENSION else "jupyterlab_widgets"
        fix = f"pip install --force-reinstall {package}, and start JupyterLab from this environment."
        return Check("extension", False, f"{name} is not installed: views stay pictures", fix)
    told = json.loads((found / "package.json").read_text(encoding="utf-8")).get("version", "?")
    if name == EXTENSION and told != version(PACKAGE):
        fix = "Install the package again, restart JupyterLab and load the page anew."
        return Check("extension", False, f"{name} is {told}, the package is {version(PACKAGE)}", fix)
    return Check("extension", True, f"{name} {told} in {found}")


def _engine(home: Path) -> Iterator[Check]:
    if not _is_writable(home):
        fix = "Name another one: SM_PIPELINE_WIDGETS_HOME=/some/folder."
        yield Check("state", False, f"{home} cannot be written to", fix)
        return
    free = shutil.disk_usage(_existing(home)).free
    fix = "" if free >= LEAST_DISK else "`%pipeline engine clean` tells what can go."
    yield Check("state", free >= LEAST_DISK, f"{home}, {free / 1e9:,.0f} GB free", fix)
    began = time.monotonic()
    try:
        with translated():
            connect("local", home=home).sts.get_caller_identity()
    except PipelineWidgetsError as error:
        yield Check("engine", False, error.message, error.fix)
        return
    yield Check("engine", True, f"answers after {time.monotonic() - began:.1f} s")
    yield _sandbox()


def _sandbox() -> Check:
    with tempfile.TemporaryDirectory() as folder:
        mode = choose_mode(Path(folder), os.environ)
    if mode is Mode.NAMESPACE:
        return Check("sandbox", True, "each step has its own /opt/ml (a mount namespace)")
    words = "no mount namespaces: paths below /opt/ml are rewritten in commands and variables, not inside scripts"
    return Check("sandbox", None, words, "Scripts that read the SM_* variables work all the same.")


def _credentials() -> Check:
    try:
        identity = connect("aws").identity
    except PipelineWidgetsError as error:
        words = error.message.partition("\n")[0]
        return Check("aws", None, f"not usable now: {words}", "Only needed to run or watch on AWS.")
    return Check("aws", True, f"{identity}")


def _existing(path: Path) -> Path:
    return next(at for at in (path, *path.parents) if at.exists())


def _is_writable(home: Path) -> bool:
    return os.access(_existing(home), os.W_OK | os.X_OK)


def report(checks: Iterator[Check], told: Callable[[str], None]) -> bool:
    """Tell each check as it is made; whether nothing is wrong."""
    wrong = 0
    for check in checks:
        told(str(check))
        wrong += check.is_right is False
    told("Everything needed is there." if not wrong else f"{wrong} to be mended, see the arrows.")
    return not wrong
