"""Where an engine is and with which keys it is asked: two files in its state folder.

``endpoint.json`` is there while the engine listens. ``identity.json`` stays, so that an engine started again keeps
port, keys, region and account, and clients that were open go on working. Both are readable by their owner only.
"""

from __future__ import annotations

import json
import os
import secrets
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

from sm_pipeline_widgets.errors import EngineError

ENDPOINT_FILE = "endpoint.json"
IDENTITY_FILE = "identity.json"
LOCK_FILE = "engine.lock"
START_LOCK_FILE = "start.lock"
STOPPED_FILE = "stopped"
"""There after a person has ended the engine, until something is wanted of it again."""
LOG_FILE = "engine.log"

ACCOUNT = "000000000000"
REGION = "us-east-1"
ROLE_NAME = "sm-pipeline-widgets-local"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A running engine: its address and the one pair of keys it believes."""

    url: str
    access_key: str
    secret_key: str
    region: str
    account: str
    pid: int

    @property
    def role(self) -> str:
        """The role pipelines get when nobody names one; the engine asks nothing of it."""
        return f"arn:aws:iam::{self.account}:role/{ROLE_NAME}"

    @property
    def bucket(self) -> str:
        """The bucket that is always there."""
        return f"sagemaker-{self.region}-{self.account}"

    def __repr__(self) -> str:
        # endpoints end up in logs and notebooks; the secret must not
        return f"Endpoint(url={self.url!r}, region={self.region!r}, account={self.account!r}, pid={self.pid})"


@dataclass(frozen=True, slots=True, repr=False)
class Identity:
    """What an engine keeps over a restart."""

    access_key: str
    secret_key: str
    region: str
    account: str
    port: int


_Kept = TypeVar("_Kept", Endpoint, Identity)


def new_identity(region: str) -> Identity:
    """Keys nobody has used before; the port is found when the engine first listens."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    access_key = "SMPW" + "".join(secrets.choice(alphabet) for _ in range(16))
    return Identity(access_key, secrets.token_urlsafe(30), region, ACCOUNT, 0)


def read_identity(home: Path) -> Identity | None:
    return _read(home / IDENTITY_FILE, Identity)


def write_identity(home: Path, identity: Identity) -> None:
    _write(home / IDENTITY_FILE, asdict(identity))


def read_endpoint(home: Path) -> Endpoint | None:
    """The endpoint in the file; whether somebody answers there is another question."""
    return _read(home / ENDPOINT_FILE, Endpoint)


def write_endpoint(home: Path, endpoint: Endpoint) -> None:
    _write(home / ENDPOINT_FILE, asdict(endpoint))


def remove_endpoint(home: Path) -> None:
    (home / ENDPOINT_FILE).unlink(missing_ok=True)


def _read(path: Path, kind: type[_Kept]) -> _Kept | None:
    try:
        return kind(**json.loads(path.read_text()))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError):
        raise EngineError(f"{path} is broken.", "Delete it; the engine makes a new one when it starts.") from None


def _write(path: Path, values: dict[str, object]) -> None:
    # mkstemp makes the file 0600; a reader sees the old file or the new one, never half of one
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    with os.fdopen(descriptor, "w") as file:
        json.dump(values, file)
    Path(name).replace(path)
