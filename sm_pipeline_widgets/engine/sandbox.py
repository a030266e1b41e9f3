"""How a command sees its job's folder as ``/opt/ml``: in a mount namespace, or by rewriting paths where there is none.

Knows the command and its folder, not what a job is. The namespace itself is made by ``namespaces``, in the command's
process.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from sm_pipeline_widgets.engine import namespaces, supervisor

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

PLACE = "/opt/ml"
HOSTS = "/etc/hosts"
SWITCH = "SM_PIPELINE_WIDGETS_SANDBOX"
"""Environment variable that forces a mode, ``namespace`` or ``rewrite``."""

_PLACE = re.compile(r"(?<![\w.\-/])/opt/ml(?![\w.\-])")
_REACHES = (
    "warning: EnableNetworkIsolation is asked for, and this job reaches the network: isolation needs a mount namespace "
    "and a single host. On AWS it will reach nothing."
)
_LARGEST_SCRIPT = 1 << 20
_SCRIPTS = frozenset({".py", ".sh", ".r", ".R", ".ipynb", ".yaml", ".yml", ".json", ".toml", ".cfg", ".ini"})


class Mode(StrEnum):
    """How a step comes to see its own ``/opt/ml``."""

    NAMESPACE = "namespace"
    REWRITE = "rewrite"


@dataclass(frozen=True, slots=True)
class Command:
    """What a container would run. Paths are the container's: below ``/opt/ml``, or the host's.

    ``hosts`` are the names of the job's hosts, all of which are this machine; the command can look them up.
    ``log_bytes`` is the most its log may take; 0 for any size. ``is_isolated`` keeps it from the network, where that
    can be done: a job of several hosts needs one.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: str
    max_seconds: float | None = None
    grace_seconds: float = 120.0
    warnings: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    log_bytes: int = 0
    is_isolated: bool = False


def choose_mode(folder: Path, environ: Mapping[str, str]) -> Mode:
    """The mode that works on this machine; tried once in a throw-away process in `folder`."""
    forced = environ.get(SWITCH)
    if forced:
        return Mode(forced)
    return Mode.NAMESPACE if sys.platform == "linux" and _namespace_works(folder) else Mode.REWRITE


def host_path(root: Path, path: str) -> Path:
    """Where a container's path below ``/opt/ml`` lies in the job's folder `root`.

    Raises
    ------
    ValueError
        The path is not below ``/opt/ml``.
    """
    clean = os.path.normpath(path)
    if "\0" in clean or not (clean == PLACE or clean.startswith(PLACE + "/")):
        raise ValueError(f"the path {path!r} is not below {PLACE}")
    return root / clean[len(PLACE) :].lstrip("/")


def write_spec(folder: Path, command: Command, mode: Mode) -> None:
    """Write what the supervisor is to do; the file's presence says that the job is ready to start.

    Raises
    ------
    ValueError
        A part of the command or a variable holds what no process can be given.
    """
    root = folder / "opt_ml"
    spec: dict[str, list[str]] = {}
    if mode is Mode.NAMESPACE:
        scratch = folder / "scratch"
        scratch.mkdir(exist_ok=True)
        spec = {"mount": [str(root)], "at": [PLACE], "scratch": [str(scratch)]}
        if command.hosts and Path(HOSTS).exists():
            spec |= {"bind": [str(_hosts_file(folder, command.hosts))], "bind_at": [HOSTS]}
    else:
        command = rewrite(command, root)
    if command.is_isolated and mode is Mode.NAMESPACE and len(command.hosts) <= 1:
        spec["network"] = ["none"]
    elif command.is_isolated:
        command = replace(command, warnings=(*command.warnings, _REACHES))
    env = [f"{name}={value}" for name, value in command.env.items()]
    for text in (*command.argv, *env):
        if "\0" in text or not _is_encodable(text):
            raise ValueError(f"{text[:80]!a} in a command or a variable holds a character that no process can be given")
    spec |= {
        "argv": list(command.argv),
        "env": env,
        "cwd": [command.cwd],
        "max_seconds": [] if command.max_seconds is None else [str(command.max_seconds)],
        "grace_seconds": [str(command.grace_seconds)],
        "warning": list(command.warnings),
        "log_bytes": [str(command.log_bytes)] if command.log_bytes else [],
    }
    supervisor.write_spec(str(folder / supervisor.SPEC), spec)


def _is_encodable(text: str) -> bool:
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        return False
    return True


def _hosts_file(folder: Path, hosts: Sequence[str]) -> Path:
    """The machine's hosts file with a loopback address for each of the job's hosts."""
    known = Path(HOSTS).read_text(encoding="utf-8", errors="replace")
    own = "".join(f"127.0.1.{number} {name}\n" for number, name in enumerate(hosts, 1))
    path = folder / "hosts"
    path.write_text(f"{own}{known}", encoding="utf-8")
    return path


def rewrite(command: Command, root: Path) -> Command:
    """The command with every ``/opt/ml`` path replaced by the job's folder, and a warning about what could not be."""

    def moved(text: str) -> str:
        return _PLACE.sub(lambda _match: str(root), text)

    warning = f"warning: no mount namespace on this machine, so {PLACE} is {root} for this job."
    left = [str(path.relative_to(root)) for path in scripts_naming_place(root)]
    if left:
        files = ", ".join(left)
        warning += f" These files name {PLACE} and were not changed: {files}. Read the SM_* variables instead."
    if len(command.hosts) > 1:
        warning += f" The hosts' names ({command.hosts[0]} …) cannot be looked up; all of them are 127.0.0.1."
    return replace(
        command,
        argv=tuple(moved(part) for part in command.argv),
        env={name: moved(value) for name, value in command.env.items()},
        cwd=moved(command.cwd),
        warnings=(*command.warnings, warning),
    )


def scripts_naming_place(root: Path) -> Iterator[Path]:
    """The job's code files that hold an ``/opt/ml`` path."""
    for folder in ("code", "processing/input/code", "input/data/code", "input/data/sm_drivers"):
        for path in sorted((root / folder).rglob("*")):
            is_script = path.suffix in _SCRIPTS and path.is_file() and path.stat().st_size <= _LARGEST_SCRIPT
            if is_script and _PLACE.search(path.read_text(encoding="utf-8", errors="replace")):
                yield path


def _namespace_works(folder: Path) -> bool:
    source, scratch = folder / "probe", folder / "probe-scratch"
    for path in (source, scratch):
        path.mkdir(parents=True, exist_ok=True)
    code = (
        "import runpy, sys, os\n"
        "enter = runpy.run_path(sys.argv[1])['enter_namespace']\n"
        "enter(*sys.argv[2:5])\n"
        "open(sys.argv[3] + '/seen', 'w').close()\n"
    )
    command = [sys.executable, "-I", "-S", "-c", code, namespaces.__file__, str(source), PLACE, str(scratch)]
    subprocess.run(command, check=False, capture_output=True, timeout=30)  # noqa: S603 - the command is our own
    return (source / "seen").exists()
