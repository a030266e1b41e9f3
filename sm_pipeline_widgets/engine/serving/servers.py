"""Starts, finds, asks and ends the servers of models. Each is a folder with a supervised process.

A server outlives the engine that started it; the next engine finds it by its folder.
"""

from __future__ import annotations

import http.client
import os
import secrets
import shutil
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from sm_pipeline_widgets.engine import joblog, logbook, supervised, supervisor
from sm_pipeline_widgets.engine.container import environment
from sm_pipeline_widgets.engine.sandbox import Command, write_spec
from sm_pipeline_widgets.engine.serving import serve_main
from sm_pipeline_widgets.engine.serving.models import ServedModel, ServingError
from sm_pipeline_widgets.engine.transfer import Download, fetch, fetch_archive

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sm_pipeline_widgets.engine.hosts import Means

PORT, KEY = "port", "key"
INVOCATION_SECONDS = 60.0
GRACE_SECONDS = 5.0
_LOOK_SECONDS = 0.02
_TAIL_LINES = 20


@dataclass(frozen=True, slots=True)
class Request:
    """A call of a model; ``headers`` go along as they are."""

    body: bytes
    content_type: str = "application/json"
    accept: str = "*/*"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model's server answered; a status that is not 200 comes with a message as its body."""

    status: int
    content_type: str
    body: bytes


def start_server(
    model: ServedModel, folder: Path, means: Means, variables: Mapping[str, str] | None = None
) -> ModelServer:
    """The server of a folder: the one that was started there before, or a new one, which then loads its model.

    Parameters
    ----------
    folder
        The server's own; its log is ``folder / "log"`` (see ``logbook.announce``).
    variables
        Environment variables beside the model's own.

    Raises
    ------
    TransferError
        The model's data or code cannot be fetched.
    ServingError
        The model's script has a name that leads out of its folder.
    """
    if supervised.claimed_by(folder) is not None and not supervised.is_running(folder):
        # it ended, or the machine was restarted: begin again, behind what is in its log
        for name in (supervisor.SPEC, supervisor.CLAIM, supervisor.STOP, supervisor.EXIT, PORT):
            (folder / name).unlink(missing_ok=True)
    if not (folder / supervisor.SPEC).exists():
        _prepare(model, folder, means, variables or {})
    supervised.start(folder)
    return ModelServer(folder)


class ModelServer:
    """A server that was started, by this engine or an earlier one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def log(self) -> Path:
        return self.folder / supervisor.LOG

    def is_running(self) -> bool:
        return supervised.is_running(self.folder)

    def is_ready(self) -> bool:
        """Whether the model is loaded and requests are answered."""
        return (self.folder / PORT).exists() and self.is_running()

    def wait_ready(self, seconds: float, stopping: threading.Event | None = None) -> bool:
        """Wait until the model is loaded; False when `stopping` was set meanwhile.

        Raises
        ------
        ServingError
            The process ended, or it takes too long; the text ends with the last lines of its log.
        """
        deadline = time.monotonic() + seconds
        stop = stopping or threading.Event()
        while not (self.folder / PORT).exists() or supervised.has_ended(self.folder):
            if supervised.has_ended(self.folder):
                raise ServingError(f"the model's server ended before it was ready. Its log ends:\n{self.last_lines()}")
            if self._is_lost():
                raise ServingError(
                    f"the model's server was killed before it was ready. Its log ends:\n{self.last_lines()}"
                )
            if time.monotonic() > deadline:
                raise ServingError(f"the model was not loaded within {seconds:g} s. Its log ends:\n{self.last_lines()}")
            if stop.wait(_LOOK_SECONDS):
                return False
        return True

    def _is_lost(self) -> bool:
        """Whether its supervisor has gone without saying how the server ended."""
        if supervised.claimed_by(self.folder) is None or self.is_running():
            return False
        # how it ended is written before the supervisor goes
        return not supervised.has_ended(self.folder)

    def invoke(self, request: Request, seconds: float = INVOCATION_SECONDS) -> Reply:
        """Ask the model.

        Raises
        ------
        ServingError
            Nobody answers, or not in time.
        """
        try:
            port = int((self.folder / PORT).read_text(encoding="ascii"))
            key = (self.folder / KEY).read_text(encoding="ascii")
        except FileNotFoundError:
            raise ServingError("the model's server is not ready.") from None
        headers = {
            **request.headers,
            "Content-Type": request.content_type,
            "Accept": request.accept,
            serve_main.KEY_HEADER: key,
        }
        connection = http.client.HTTPConnection(serve_main.ADDRESS, port, timeout=seconds)
        try:
            connection.request("POST", "/invocations", request.body, headers)
            answer = connection.getresponse()
            return Reply(answer.status, answer.getheader("Content-Type", ""), answer.read())
        except TimeoutError:
            raise ServingError(f"the model did not answer within {seconds:g} s.") from None
        except (OSError, http.client.HTTPException) as error:
            raise ServingError(
                f"the model's server does not answer: {error}. Its log ends:\n{self.last_lines()}"
            ) from None
        finally:
            connection.close()

    def stop(self) -> None:
        """End the server and all it started; returns when it has ended."""
        supervised.stop(self.folder)
        if supervised.claimed_by(self.folder) is not None:
            supervised.wait(self.folder)

    def remove(self) -> None:
        """End the server and forget everything of it, its log included."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def last_lines(self) -> str:
        return "\n".join(event.text for event in joblog.tail(self.log, _TAIL_LINES)) or "(nothing was logged)"


def _prepare(model: ServedModel, folder: Path, means: Means, variables: Mapping[str, str]) -> None:
    root = folder / "opt_ml"
    shutil.rmtree(root, ignore_errors=True)
    for path in (root / "model", root / "code", folder / "work"):
        path.mkdir(parents=True, exist_ok=True)
    if model.data.endswith("/"):
        fetch(means.objects, Download(model.data, "/opt/ml/model"), root / "model")
    elif model.data:
        fetch_archive(means.objects, model.data, root / "model")
    code = model.code
    if code.startswith("s3://"):
        fetch_archive(means.objects, code, root / "code")
        code = "/opt/ml/code"
    _write_key(folder / KEY)
    place = means.place()
    script = f"{code.rstrip('/')}/{model.program}"
    if ".." in Path(script).parts or Path(model.program).is_absolute():
        raise ServingError(f"SAGEMAKER_PROGRAM {model.program!r} of model '{model.name}' leads out of its folder.")
    main = (place.python, serve_main.__file__, script, "/opt/ml/model", str(folder / PORT), str(folder / KEY))
    own = {"SM_MODEL_DIR": "/opt/ml/model", **variables}
    command = Command(
        argv=main,
        env=environment(model.environment, place, own),
        cwd=str(folder / "work"),
        grace_seconds=min(means.grace_seconds, GRACE_SECONDS),
        log_bytes=logbook.limit(place.environ) // 4,
    )
    write_spec(folder, command, means.mode())


def _write_key(path: Path) -> None:
    """A secret that only this engine and the server know: other users of the machine reach loopback as well."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(24))
