"""``python -m sm_pipeline_widgets.engine --home DIR``: serve one state folder until told to stop or idle.

The composition root of the engine process: it alone knows the store, the interpreter and the server together.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sm_pipeline_widgets.engine.daemon import READY
from sm_pipeline_widgets.engine.endpoint import (
    LOCK_FILE,
    REGION,
    STOPPED_FILE,
    Endpoint,
    Identity,
    new_identity,
    read_identity,
    remove_endpoint,
    write_endpoint,
    write_identity,
)
from sm_pipeline_widgets.engine.filelock import FileLock
from sm_pipeline_widgets.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sm_pipeline_widgets.engine.server import Server

IDLE_VARIABLE = "SM_PIPELINE_WIDGETS_IDLE_SECONDS"
IDLE_SECONDS = 30 * 60.0
_LOCK_SECONDS = 10.0

log = logging.getLogger("sm_pipeline_widgets.engine")


def main(arguments: list[str] | None = None) -> int:
    options = _options(arguments)
    options.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    if options.detach and os.fork():
        # the engine's parent ends here, so that nobody has to wait for the engine itself
        os._exit(0)
    lock = FileLock(options.home / LOCK_FILE, options.lock_seconds)
    try:
        with lock:
            logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.INFO)
            asyncio.run(_serve(options.home, options.region, detached=options.detach))
    except TimeoutError:
        sys.stderr.write(f"An engine serves {options.home} already.\n")
        return 1
    except EngineError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sm_pipeline_widgets.engine", description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="the state folder")
    parser.add_argument("--region", default=REGION, help="the region of a new state folder; an old one keeps its own")
    parser.add_argument("--detach", action="store_true", help="say `ready` on standard output and go on in background")
    parser.add_argument(
        "--lock-seconds", type=float, default=_LOCK_SECONDS, help="how long to wait for an engine that is just ending"
    )
    return parser.parse_args(arguments)


async def _serve(home: Path, region: str, *, detached: bool) -> None:
    # imported here, after the fork, and not before the lock is held: an engine too many ends without having cost much
    from sm_pipeline_widgets.engine.objects import ObjectStore  # noqa: PLC0415
    from sm_pipeline_widgets.engine.operations.registry import OPERATIONS  # noqa: PLC0415
    from sm_pipeline_widgets.engine.server import Backend, Server  # noqa: PLC0415
    from sm_pipeline_widgets.engine.service import Engine  # noqa: PLC0415

    remove_endpoint(home)
    identity = read_identity(home) or new_identity(region)
    objects = ObjectStore(home / "objects")
    objects.sweep()
    place = _Place(identity)
    objects.create_bucket(place.endpoint().bucket)
    engine = Engine(home, objects, place.endpoint)
    server = Server(Backend(engine, objects, OPERATIONS, {identity.access_key: identity.secret_key}, identity.region))
    place.port = server.start(identity.port)
    write_identity(home, replace(identity, port=place.port))
    engine.start()
    (home / STOPPED_FILE).unlink(missing_ok=True)
    write_endpoint(home, place.endpoint())
    log.info("Engine %s serves %s at port %s", os.getpid(), home, place.port)
    if detached:
        _say_ready()
    try:
        await _until_told_or_idle(server, engine.is_busy)
    finally:
        remove_endpoint(home)
        await server.stop()
        engine.stop()
        objects.close()
        log.info("Engine %s ends", os.getpid())


class _Place:
    """Where this engine listens: known to its operations and steps, but only after it listens."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self.port = identity.port

    def endpoint(self) -> Endpoint:
        me = self._identity
        url = f"http://127.0.0.1:{self.port}"
        return Endpoint(url, me.access_key, me.secret_key, me.region, me.account, os.getpid())


async def _until_told_or_idle(server: Server, is_busy: Callable[[], bool]) -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    patience = float(os.environ.get(IDLE_VARIABLE, IDLE_SECONDS))
    while not told.is_set():
        if is_busy():
            server.touch()
        elif server.idle_seconds > patience:
            log.info("Nothing runs and nobody asked for %s s", patience)
            return
        try:
            await asyncio.wait_for(told.wait(), timeout=min(patience / 4, 30.0))
        except TimeoutError:
            continue


def _say_ready() -> None:
    """Tell the starter, and let go of its pipe."""
    sys.stdout.flush()
    os.write(1, READY)
    os.dup2(2, 1)


if __name__ == "__main__":
    sys.exit(main())
