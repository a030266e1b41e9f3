"""A real Jupyter server in a process of its own, below a base URL and with a token, as behind a proxy."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sm_pipeline_widgets.engine import daemon

if TYPE_CHECKING:
    from collections.abc import Iterator

BASE = "/user/someone/"
TOKEN = "server-tests"


@dataclass(frozen=True)
class Answered:
    status: int
    body: dict[str, Any]


@dataclass(frozen=True)
class Jupyter:
    """A running server, its engine's state folder, and a browser-like way to ask it."""

    url: str
    home: Path

    def ask(self, path: str, body: dict[str, Any] | None = None, *, token: str = TOKEN) -> Answered:
        headers = {"Authorization": f"token {token}"} if token else {}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}sm-pipeline-widgets/{path}", data, headers)
        return self._opened(urllib.request.build_opener(), request)

    def ask_with_cookie(self, path: str, body: dict[str, Any]) -> Answered:
        """As a page of another site makes a browser ask: with the cookies of a person who has logged in, nothing else."""
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        opener.open(f"{self.url}api/me?token={TOKEN}").read()
        request = urllib.request.Request(f"{self.url}sm-pipeline-widgets/{path}", json.dumps(body).encode())
        return self._opened(opener, request)

    def _opened(self, opener: urllib.request.OpenerDirector, request: urllib.request.Request) -> Answered:
        try:
            with opener.open(request) as response:
                return Answered(response.status, json.load(response))
        except urllib.error.HTTPError as error:
            return Answered(error.code, _json(error.read()))


def _json(text: bytes) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(text)
    except ValueError:
        return {}
    return found


@pytest.fixture(scope="module")
def jupyter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jupyter]:
    folder = tmp_path_factory.mktemp("jupyter")
    home, runtime = folder / "engine", folder / "runtime"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "JUPYTER"))}
    environment |= {
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_RUNTIME_DIR": str(runtime),
        "SM_PIPELINE_WIDGETS_HOME": str(home),
        "AWS_CONFIG_FILE": str(folder / "aws-config"),
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "PYTHONUNBUFFERED": "1",
    }
    # as the wheel does it: with the file it installs
    enabled = folder / "config" / "jupyter_server_config.d" / "sm_pipeline_widgets.json"
    enabled.parent.mkdir(parents=True)
    shutil.copy(Path(__file__).parents[2] / "sm_pipeline_widgets" / "server" / "jupyter_server_config.json", enabled)
    (folder / "aws-config").write_text("[profile prod]\nregion = eu-west-1\n")
    command = [
        *(sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", f"--ServerApp.root_dir={folder}"),
        *("--ServerApp.ip=127.0.0.1", "--ServerApp.port=0", f"--ServerApp.base_url={BASE}"),
        f"--IdentityProvider.token={TOKEN}",
    ]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, env=environment, text=True, cwd=folder)
    try:
        yield Jupyter(_once_it_listens(_told_by(process)), home)
    finally:
        process.terminate()
        process.communicate(timeout=30)
        daemon.stop(home)


def _told_by(process: subprocess.Popen[str]) -> str:
    """The address it tells of; its log is read until then."""
    said: list[str] = []
    assert process.stderr is not None
    for line in process.stderr:
        said.append(line)
        if "http://127.0.0.1:" in line:
            return line[line.index("http://127.0.0.1:") :].split("?")[0].strip().removesuffix("tree").rstrip("/") + "/"
    raise RuntimeError("Jupyter did not start:\n" + "".join(said))


def _once_it_listens(url: str) -> str:
    """It tells its address a moment before it listens there."""
    port = urllib.parse.urlsplit(url).port
    for _ in range(500):
        with socket.socket() as trial:
            if trial.connect_ex(("127.0.0.1", port)) == 0:
                return url
        time.sleep(0.01)
    raise RuntimeError(f"Jupyter does not listen at {url}")
