"""What a command sees of the machine: a folder as `/opt/ml`, files in place of others, a network or none.

For a process between fork and exec. Like ``supervisor``, it imports nothing of this package and little else.
"""

# ruff: noqa: PTH102, PTH103, PTH112, PTH115, PTH120, PTH123, PTH211
from __future__ import annotations

import ctypes
import fcntl
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_CLONE_NEWNS, _CLONE_NEWUSER, _CLONE_NEWNET = 0x00020000, 0x10000000, 0x40000000
_MS_BIND, _MS_REC, _MS_PRIVATE = 4096, 16384, 1 << 18
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 1


def enter(spec: dict[str, list[str]]) -> None:
    """Show this process its own machine, as a supervisor's spec says."""
    enter_namespace(spec["mount"][0], spec["at"][0], spec["scratch"][0])
    for source, at in zip(spec.get("bind", ()), spec.get("bind_at", ()), strict=True):
        try:
            _show_file(source, at)
        except OSError as error:
            # the hosts' names; a job that does not look them up runs as well
            os.write(2, os.fsencode(f"warning: {error}\n"))
    if "network" in spec:
        _leave_network()


def enter_namespace(source: str, at: str, scratch: str) -> None:
    """Show folder `source` at path `at` to this process and its children alone.

    Where `at` does not exist, its nearest existing parent is shown as a copy of itself that has it. Needs no root:
    without the right to, a user namespace is made first, in which this user keeps its own number.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    uid, gid = os.getuid(), os.getgid()
    if libc.unshare(_CLONE_NEWNS) != 0:
        _check(libc.unshare(_CLONE_NEWNS | _CLONE_NEWUSER), "unshare")
        for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
                file.write(text)

    def mount(what: str, where: str, kind: str | None, flags: int, data: str | None) -> None:
        encoded = [os.fsencode(text) if text is not None else None for text in (what, where, kind, data)]
        _check(libc.mount(*encoded[:3], ctypes.c_ulong(flags), encoded[3]), f"mount {where}")

    mount("none", "/", None, _MS_REC | _MS_PRIVATE, None)
    if not os.path.isdir(at):
        _make_place(at, scratch, mount)
    mount(source, at, None, _MS_BIND | _MS_REC, None)


def _show_file(source: str, at: str) -> None:
    """Show a file in place of another one, which must be there."""
    libc = ctypes.CDLL(None, use_errno=True)
    _check(libc.mount(os.fsencode(source), os.fsencode(at), None, ctypes.c_ulong(_MS_BIND), None), f"mount {at}")


def _leave_network() -> None:
    """Keep this process and its children from any network but a loopback of their own."""
    import _socket as socket  # noqa: PLC0415 - few need it, and a supervisor starts for every step

    if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWNET) != 0:
        os.write(2, b"warning: this machine does not let the network be isolated: the job reaches it.\n")
        return
    up = b"lo".ljust(16, b"\0") + _IFF_UP.to_bytes(2, sys.byteorder) + bytes(22)
    control = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    fcntl.ioctl(control.fileno(), _SIOCSIFFLAGS, up)
    control.close()


def _make_place(at: str, scratch: str, mount: Callable[[str, str, str | None, int, str | None], None]) -> None:
    parent = os.path.dirname(at)
    while not os.path.isdir(parent):
        parent = os.path.dirname(parent)
    mount("tmpfs", scratch, "tmpfs", 0, "mode=755")
    for entry in os.scandir(parent):
        copy = f"{scratch}/{entry.name}"
        if entry.is_symlink():
            os.symlink(os.readlink(entry.path), copy)
            continue
        if entry.is_dir():
            os.mkdir(copy)
        else:
            os.close(os.open(copy, os.O_CREAT))
        mount(entry.path, copy, None, _MS_BIND | _MS_REC, None)
    os.makedirs(f"{scratch}/{os.path.relpath(at, parent)}")
    if parent == "/":
        os.chroot(scratch)
        os.chdir("/")
    else:
        mount(scratch, parent, None, _MS_BIND | _MS_REC, None)


def _check(result: int, what: str) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")
