"""Installs a requirements.txt into an environment that later jobs find again, then becomes the step's command.

``python requirements_main.py REQUIREMENTS FOLDER BASE PACKAGES -- COMMAND…``. Runs inside the step, so what pip says
is in the step's log and a failure is the step's. Imports nothing of this package: the step's Python may not have it.
"""

# ruff: noqa: T201 - what it prints is the step's log
from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path

DONE = "installed"


def main(arguments: list[str]) -> int:
    at = arguments.index("--")
    requirements, folder, base, packages = arguments[:at]
    overlay = Path(folder, key_of(Path(requirements), base, packages))
    code = install(overlay, requirements, base, packages)
    if code:
        return code
    os.environ["PATH"] = f"{overlay / 'bin'}:{os.environ.get('PATH', '')}"
    os.environ["VIRTUAL_ENV"] = str(overlay)
    command = arguments[at + 1 :]
    if command[0] == sys.executable:
        command[0] = str(overlay / "bin" / "python3")
    os.execvp(command[0], command)  # noqa: S606 - the command is the step
    return 126


def install(overlay: Path, requirements: str, base: str, packages: str) -> int:
    """Install unless an earlier job did; pip's exit code."""
    overlay.parent.mkdir(parents=True, exist_ok=True)
    with overlay.with_suffix(".lock").open("w") as lock:
        # two steps with the same file: the second waits and finds it done
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (overlay / DONE).exists():
            print(f"requirements.txt: using the environment {overlay.name}, installed before.", flush=True)
            return 0
        make_overlay(str(overlay), base, packages)
        python = str(overlay / "bin" / "python3")
        command = [python, "-m", "pip", "install", "--disable-pip-version-check", "-r", requirements]
        print(f"requirements.txt: pip install -r {requirements}", flush=True)
        code = subprocess.run(command, check=False).returncode  # noqa: S603 - the step asked for it
        if code == 0:
            (overlay / DONE).touch()
        return code


def key_of(requirements: Path, base: str, packages: str) -> str:
    """What tells environments apart: the file, and the Python it is installed for."""
    parts = (requirements.read_bytes(), os.fsencode(base), os.fsencode(packages))
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def make_overlay(folder: str, base: str, packages: str) -> None:
    """Make a virtual environment of `base` by hand (``venv`` takes seconds) that sees `packages` behind its own."""
    root = Path(folder)
    site = root / "lib" / Path(packages).parent.name / "site-packages"
    for path in (root / "bin", site):
        path.mkdir(parents=True, exist_ok=True)
    (root / "pyvenv.cfg").write_text(f"home = {Path(base).parent}\ninclude-system-site-packages = false\n")
    for name in ("python", "python3"):
        link = root / "bin" / name
        if not link.is_symlink():
            link.symlink_to(base)
    for name in ("pip", "pip3"):
        # the one further back on the PATH would install into the user's own Python
        script = root / "bin" / name
        script.write_text(f'#!/bin/sh\nexec "{root}/bin/python3" -m pip "$@"\n')
        script.chmod(0o755)
    # addsitedir, so that the .pth files over there (of editable installs) are read as well
    (site / "engine_python.pth").write_text(f"import site; site.addsitedir({packages!r})\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
