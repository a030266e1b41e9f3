"""Commands under a supervisor, each in a folder of its own: start or find, wait, stop, read the end.

Knows processes and the marks they leave (``spec``, ``claim``, ``stop``, ``exit.json``), not what a command is for.
Whoever starts one may die; the next finds it by its folder.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from sm_pipeline_widgets.engine import supervisor
from sm_pipeline_widgets.engine.endings import EndReason, Exit

_ERRORS = "supervisor.err"


class LostError(OSError):
    """A supervisor ended without saying how its command did; the text says what is known."""


def start(folder: Path) -> None:
    """Start the command of a folder without waiting for it; nothing if it was started before."""
    if claimed_by(folder) is None:
        process = _spawn(folder)
        # a process nobody waits for stays in the table as a zombie
        threading.Thread(target=process.wait, name=f"reap-{process.pid}", daemon=True).start()


def run(folder: Path) -> None:
    """Start the command of a folder, or find the one that already runs, and wait for its end."""
    if claimed_by(folder) is None:
        _spawn(folder).wait()
    wait(folder)


def wait(folder: Path) -> None:
    """Wait until no supervisor works in a folder."""
    with (folder / supervisor.CLAIM).open("ab") as claim:
        fcntl.flock(claim, fcntl.LOCK_EX)


def is_running(folder: Path) -> bool:
    """Whether a supervisor works in a folder."""
    if claimed_by(folder) is None:
        # a look at its lock could keep one that is just starting from taking it
        return False
    try:
        with (folder / supervisor.CLAIM).open("rb") as claim:
            fcntl.flock(claim, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def stop(folder: Path) -> None:
    """Ask the command of a folder to end; one that has not started never will."""
    if not folder.exists():
        return
    (folder / supervisor.STOP).touch()
    pid = claimed_by(folder)
    if pid is not None and not (folder / supervisor.EXIT).exists() and is_running(folder):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)


def claimed_by(folder: Path) -> int | None:
    """The process that took up the folder, whether or not it still lives."""
    try:
        text = (folder / supervisor.CLAIM).read_text(encoding="ascii")
    except FileNotFoundError:
        return None
    return int(text) if text.isdigit() else None


def has_ended(folder: Path) -> bool:
    return (folder / supervisor.EXIT).exists()


def read_exit(folder: Path) -> Exit:
    """How the command ended.

    Raises
    ------
    LostError
        Its supervisor ended without saying.
    """
    path = folder / supervisor.EXIT
    if not path.exists():
        errors = folder / _ERRORS
        said = errors.read_text(encoding="utf-8", errors="replace").strip() if errors.exists() else ""
        raise LostError(
            f"the job's supervisor left no exit status: {said[:500] or 'it was killed, or the machine was restarted'}"
        )
    found = json.loads(path.read_text(encoding="utf-8"))
    return Exit(found["code"], EndReason(found["reason"]), found["started"], found["ended"], found.get("lost", 0))


def _spawn(folder: Path) -> subprocess.Popen[bytes]:
    place = str(Path(supervisor.__file__).parent)
    command = [sys.executable, "-I", "-S", "-c", supervisor.START, place, str(folder)]
    with (folder / _ERRORS).open("ab") as errors:
        return subprocess.Popen(  # noqa: S603 - the command is our own
            command, stdin=subprocess.DEVNULL, stdout=errors, stderr=errors, start_new_session=True, cwd="/"
        )
