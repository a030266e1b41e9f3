"""Find the engine of a state folder, or start it: the one door through which clients reach it.

It knows processes, locks and the endpoint file; it must not know what the engine does. An engine is alive exactly as
long as it holds the lock on ``engine.lock``, which ends with its process however that ends.

>>> endpoint = ensure()          # doctest: +SKIP
>>> boto3.client("sagemaker", endpoint_url=endpoint.url, …)  # doctest: +SKIP
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from sm_pipeline_widgets.engine.endpoint import (
    LOCK_FILE,
    LOG_FILE,
    REGION,
    START_LOCK_FILE,
    STOPPED_FILE,
    Endpoint,
    read_endpoint,
    remove_endpoint,
)
from sm_pipeline_widgets.engine.filelock import FileLock, is_locked
from sm_pipeline_widgets.errors import EngineError, EngineStoppedError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Endpoint", "ensure", "last_written", "revive", "state_home", "status", "stop"]

HOME_VARIABLE = "SM_PIPELINE_WIDGETS_HOME"
READY = b"ready\n"
_START_SECONDS = 60.0
_STOP_SECONDS = 15.0
_LOG_TAIL = 2000
_LARGEST_LOG = 5 << 20
_SECRET_WORDS = (
    "TOKEN",
    "SECRET",
    "SECRETS",
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "CREDENTIAL",
    "CREDENTIALS",
    "APIKEY",
)


def state_home() -> Path:
    """The folder of the engine's state: ``SM_PIPELINE_WIDGETS_HOME``, or the user's data folder."""
    named = os.environ.get(HOME_VARIABLE)
    return Path(named).expanduser().absolute() if named else platformdirs.user_data_path("sm_pipeline_widgets")


def ensure(home: Path | None = None) -> Endpoint:
    """The engine of a state folder, started if it does not run; two callers at once get the same one."""
    return _ensure(home or state_home(), is_wanted=True)


def revive(home: Path | None = None) -> Endpoint:
    """The engine of a state folder for somebody who only looks on: started if it has died or was idle.

    Raises
    ------
    EngineStoppedError
        A person has ended it, and nobody has wanted anything of it since.
    """
    return _ensure(home or state_home(), is_wanted=False)


def _ensure(home: Path, *, is_wanted: bool) -> Endpoint:
    endpoint = status(home)
    if endpoint is not None:
        return endpoint
    if not is_wanted:
        _refuse_if_stopped(home)
    if not hasattr(os, "fork"):
        raise EngineError("The engine on this machine needs Linux or macOS.", "Use WSL, or an AWS target.")
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with FileLock(home / START_LOCK_FILE, _START_SECONDS):
            return _found_or_started(home, is_wanted=is_wanted)
    except TimeoutError as error:
        raise EngineError(
            f"The engine of {home} is being started by another process and does not come up: {error}.",
            f"End that process, or look into {home / LOG_FILE}.",
        ) from None
    except OSError as error:
        raise EngineError(
            f"The engine's state folder {home} cannot be used: {error.strerror or error}.",
            f"Make it writable and see that its disk is not full, or set {HOME_VARIABLE} to another folder.",
        ) from error


def status(home: Path | None = None) -> Endpoint | None:
    """The running engine of a state folder; None if there is none."""
    home = home or state_home()
    return read_endpoint(home) if is_locked(home / LOCK_FILE) else None


def last_written(home: Path) -> float:
    """When the engine's state was last written, in seconds since 1970: whether a look is worth a request."""
    newest = 0.0
    for path in home.glob("engine.sqlite*"):
        with suppress(FileNotFoundError):  # the log beside a database comes and goes
            newest = max(newest, path.stat().st_mtime)
    return newest


def stop(home: Path | None = None) -> bool:
    """End the engine of a state folder, but not the steps it runs; False if there was none.

    It stays ended until somebody wants something of it: see :func:`revive`.
    """
    home = home or state_home()
    # before its end, so that nobody who sees that it has ended misses the mark; on a full disk it ends all the same
    with suppress(OSError):
        (home / STOPPED_FILE).touch(mode=0o600)
    endpoint = status(home)
    if endpoint is None:
        return False
    os.kill(endpoint.pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    while is_locked(home / LOCK_FILE):
        if time.monotonic() > deadline:
            raise EngineError(
                f"The engine of {home} (process {endpoint.pid}) does not end.",
                f"Look into {home / LOG_FILE}; `kill -9 {endpoint.pid}` ends it, running steps go on.",
            )
        time.sleep(0.01)
    return True


def child_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment an engine starts with: the user's, without AWS settings and without what looks like a secret."""
    return {name: value for name, value in environment.items() if not _is_private(name.upper().split("_"))}


def _is_private(words: list[str]) -> bool:
    return words[0] == "AWS" or words[-1] == "KEY" or any(word.endswith(_SECRET_WORDS) for word in words)


def _refuse_if_stopped(home: Path) -> None:
    if (home / STOPPED_FILE).exists():
        raise EngineStoppedError


def _found_or_started(home: Path, *, is_wanted: bool) -> Endpoint:
    deadline = time.monotonic() + _STOP_SECONDS
    while is_locked(home / LOCK_FILE):
        # alive but without an endpoint file: just coming up or just ending
        endpoint = read_endpoint(home)
        if endpoint is not None:
            return endpoint
        if time.monotonic() > deadline:
            raise EngineError(
                f"An engine holds {home / LOCK_FILE} but does not say where it listens.",
                f"Look into {home / LOG_FILE}, end that process, and try again.",
            )
        time.sleep(0.02)
    if not is_wanted:
        _refuse_if_stopped(home)
    remove_endpoint(home)
    _start(home)
    endpoint = status(home)
    if endpoint is None:
        raise _failed(home, "ended as soon as it was ready")
    return endpoint


def _start(home: Path) -> None:
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or REGION
    command = [sys.executable, "-m", "sm_pipeline_widgets.engine", "--home", str(home), "--region", region, "--detach"]
    _shorten_log(home / LOG_FILE)
    with (home / LOG_FILE).open("ab") as log:
        os.fchmod(log.fileno(), 0o600)
        process = subprocess.Popen(  # noqa: S603  # this Python and this package
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            cwd=home,
            env=child_environment(os.environ),
            start_new_session=True,
        )
    with process:
        # the engine's end of this pipe closes when it says it is ready or when it dies: there is nothing to poll
        said = _read_line(process)
    if said != READY:
        raise _failed(home, "did not come up")


def _shorten_log(path: Path) -> None:
    if path.exists() and path.stat().st_size > _LARGEST_LOG:
        path.replace(path.with_suffix(".log.1"))


def _read_line(process: subprocess.Popen[bytes]) -> bytes:
    output = process.stdout
    return output.readline() if output else b""


def _failed(home: Path, what: str) -> EngineError:
    path = home / LOG_FILE
    tail = path.read_bytes()[-_LOG_TAIL:].decode(errors="replace").strip()
    return EngineError(f"The engine on this machine {what}. The end of its log:\n{tail}", f"The whole log is {path}.")
