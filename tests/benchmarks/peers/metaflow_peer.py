"""Metaflow on this machine: writes a flow for a DAG given as JSON, runs it, prints the seconds between its own start
and end (not what starting Metaflow itself takes).

``python metaflow_peer.py '[[], [0], [1]]' SECONDS``. A flow needs a start and an end, and a join for each fan: where the
DAG has none, Metaflow runs steps that do nothing beside it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from datetime import datetime
from pathlib import Path


def layers(steps: list[list[int]]) -> list[int]:
    """How many steps stand beside each other, layer by layer; every layer waits for the one before."""
    depth: list[int] = []
    for before in steps:
        depth.append(1 + max((depth[n] for n in before), default=-1))
    return [depth.count(at) for at in range(max(depth) + 1)]


def flow(widths: list[int], seconds: float) -> str:
    """The text of a flow; a layer of one after a fan is the fan's join."""
    if widths[0] > 1:
        widths = [0, *widths]
    if widths[-1] > 1:
        widths = [*widths, 0]
    if len(widths) > 1 and widths[-2] > 1:
        # the end of a flow cannot be a join
        widths = [*widths, 0]
    # nor can a join be a split as well
    for at in range(len(widths) - 2, 0, -1):
        if widths[at - 1] > 1 and widths[at] <= 1 and widths[at + 1] > 1:
            widths = [*widths[: at + 1], 0, *widths[at + 1 :]]
    lines = ["import time", "from metaflow import FlowSpec, step", "", "class Bench(FlowSpec):"]
    last = len(widths) - 1
    for at, width in enumerate(widths):
        name = "start" if at == 0 else "end" if at == last else f"s{at}"
        following = [] if at == last else names_of(at + 1, widths)
        for own in [name] if width <= 1 else names_of(at, widths):
            joins = at > 0 and widths[at - 1] > 1 and width <= 1
            lines += ["    @step", f"    def {own}(self{', inputs' if joins else ''}):"]
            lines += [f"        time.sleep({seconds if width else 0})"]
            lines += [f"        self.next({', '.join('self.' + to for to in following)})"] if following else []
    return "\n".join([*lines, "", "if __name__ == '__main__':", "    Bench()", ""])


def names_of(at: int, widths: list[int]) -> list[str]:
    name = "start" if at == 0 else "end" if at == len(widths) - 1 else f"s{at}"
    return [name] if widths[at] <= 1 else [f"s{at}_{n}" for n in range(widths[at])]


def main(steps: list[list[int]], seconds: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "bench.py")
        path.write_text(flow(layers(steps), seconds))
        env = {
            **os.environ,
            "METAFLOW_USER": "bench", "METAFLOW_DATASTORE_SYSROOT_LOCAL": folder, "METAFLOW_HOME": folder,
            "METAFLOW_DEFAULT_DATASTORE": "local", "METAFLOW_DEFAULT_METADATA": "local", "METAFLOW_PROFILE": "",
        }  # fmt: skip
        command = [sys.executable, str(path), "--no-pylint", "run"]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, cwd=folder)
    if done.returncode:
        sys.exit(done.stdout[-2000:] + done.stderr[-2000:])
    text = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr)
    times = {
        word: datetime.fromisoformat(found[1])
        for word in ("Workflow starting", "Done!")
        if (found := re.search(rf"(\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+) {word}", text))
    }
    print((times["Done!"] - times["Workflow starting"]).total_seconds())


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), float(sys.argv[2]))
