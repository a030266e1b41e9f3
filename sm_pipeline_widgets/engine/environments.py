"""Python environments of steps: what a step installs must not land in the Python the user works with.

A step that brings requirements gets an overlay: a virtual environment of its own below the state folder that sees
everything the engine's Python has installed, and keeps to itself what ``pip`` adds.
"""

from __future__ import annotations

import functools
import json
import re
import subprocess
import sys
import sysconfig
from dataclasses import replace
from typing import TYPE_CHECKING

from sm_pipeline_widgets.engine import requirements_main

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sm_pipeline_widgets.engine.container import Place
    from sm_pipeline_widgets.engine.sandbox import Command

SWITCH = "SM_PIPELINE_WIDGETS_REQUIREMENTS"
"""``install``: a script's requirements.txt is installed, once for each such file; else the log says that it is not."""

_INSTALLERS = re.compile(r"/(?:runproc|sm_train)\.sh\b")
_ASK = (
    "import json, sys, sysconfig\n"
    "base = getattr(sys, '_base_executable', '') or sys.executable\n"
    "print(json.dumps([base, sysconfig.get_path('purelib')]))"
)


def prepared(command: Command, root: Path, own: Path, home: Path, place: Place) -> Command:
    """The command, changed where its code brings requirements.

    Parameters
    ----------
    root
        The folder that is ``/opt/ml`` for the command.
    own
        Where an environment of this job alone may be made.
    home
        The state folder, for environments that later jobs find again.
    """
    if any(_INSTALLERS.search(part) for part in command.argv):
        # the SDKs' own launchers call pip themselves, as they do on AWS
        return _moved_into(command, make_overlay(own, place.python), place.python)
    if not (root / "code" / "requirements.txt").is_file():
        return command
    if place.environ.get(SWITCH) != "install":
        warning = (
            "warning: requirements.txt is not installed here; the step uses the packages of the engine's Python. "
            f"Set {SWITCH}=install before the engine starts to have it installed, once for each such file."
        )
        return replace(command, warnings=(*command.warnings, warning))
    launcher = (place.python, requirements_main.__file__, "/opt/ml/code/requirements.txt", str(home / "environments"))
    return replace(command, argv=(*launcher, _base(place.python)[0], _base(place.python)[1], "--", *command.argv))


def make_overlay(folder: Path, python: str) -> Path:
    """Make an environment that sees what `python` has installed; its Python."""
    base, packages = _base(python)
    requirements_main.make_overlay(str(folder), base, packages)
    return folder / "bin" / "python3"


def _moved_into(command: Command, overlay: Path, python: str) -> Command:
    """The command with an overlay's Python instead of another and first on the PATH."""
    env: Mapping[str, str] = {
        **command.env,
        "PATH": f"{overlay.parent}:{command.env.get('PATH', '')}",
        "VIRTUAL_ENV": str(overlay.parents[1]),
    }
    argv = tuple(str(overlay) if part == python else part for part in command.argv)
    return replace(command, argv=argv, env=env)


@functools.cache
def _base(python: str) -> tuple[str, str]:
    """The interpreter an environment of `python` is made from, and where that has its packages."""
    if python == sys.executable:
        return getattr(sys, "_base_executable", "") or python, sysconfig.get_path("purelib")
    done = subprocess.run(  # noqa: S603 - the Python that steps run with
        [python, "-c", _ASK], capture_output=True, text=True, check=True, timeout=60
    )
    base, packages = json.loads(done.stdout)
    return base, packages
