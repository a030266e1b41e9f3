"""Runs one job's command to its end, whatever happens to the engine.

Reads ``spec`` (see :func:`write_spec`), appends every line the command writes to ``log`` as
``<ms since the epoch> <bytes>``, and writes ``exit.json`` in one move when the command and all its descendants have
ended. SIGTERM asks it to stop them: SIGTERM to the command's process group, a grace, SIGKILL to every descendant.

A full disk does not end the command: lines that find no room are lost, which the log says as soon as there is some,
and room for the exit status is taken before the command begins.

It starts once for every step and its start is most of what a step costs, so it imports nothing of this package and
little else: no ``json``, ``typing``, ``contextlib``, ``pathlib`` or ``signal`` (an enum), which cost 20 ms together.
"""

# ruff: noqa: SIM105 - contextlib is one of them, and what is passed over is a process that has just ended
# ruff: noqa: PTH105, PTH110, PTH123, PTH208
from __future__ import annotations

import _signal as signal  # type: ignore[import-not-found]
import ctypes
import errno
import fcntl
import os
import select
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

CLAIM, SPEC, LOG, STOP, EXIT = "claim", "spec", "log", "stop", "exit.json"
LONGEST_LINE = 256 * 1024
"""CloudWatch cuts events there as well."""
DRAIN_SECONDS = 2.0
START = (
    "import sys; sys.path.append(sys.argv[1]); import namespaces, supervisor; "
    "sys.exit(supervisor.main(sys.argv[2], namespaces.enter))"
)
"""For ``python -I -S -c``, with this file's folder and the job's: as modules they are compiled only once."""

KILL_ROUNDS = 2000
AGAIN_SECONDS = 1.0
LONGEST_OUTCOME = 1024

_FALLOC_PUNCH_HOLE = 3
"""And keep the size."""
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36


def main(folder: str, enter: Callable[[dict[str, list[str]]], None]) -> int:
    """Supervise the job of a folder; 3 when another supervisor does or did, 1 when it cannot be done.

    `enter` shows the command's process its own machine, as the spec says.
    """
    try:
        return _supervise(folder, enter)
    except OSError as error:
        what = f": {error.filename}" if error.filename else ""
        os.write(2, os.fsencode(f"it could not go on in {folder}: {error.strerror}{what}\n"))
        return 1


def _supervise(folder: str, enter: Callable[[dict[str, list[str]]], None]) -> int:
    os.chdir(folder)
    stop_asked: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: stop_asked.append(number))
    # The lock lives as long as this process: an engine that did not start it waits on the lock for its end.
    claim = os.open(CLAIM, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return 3
    if os.fstat(claim).st_size:
        return 3
    os.write(claim, str(os.getpid()).encode())
    # The engine writes the stop file, then looks for the claim; here the order is the reverse, so no stop is missed.
    if os.path.exists(STOP):
        stop_asked.append(signal.SIGTERM)
    room = os.open(EXIT + ".new", os.O_WRONLY | os.O_CREAT, 0o600)
    _put(room, b" " * LONGEST_OUTCOME)
    outcome = Supervisor(read_spec(SPEC), stop_asked, enter).run().encode("ascii")
    while True:
        try:
            _put(room, outcome.ljust(LONGEST_OUTCOME))
            os.replace(EXIT + ".new", EXIT)
        except OSError:
            # in the room that was kept it nearly always succeeds
            time.sleep(AGAIN_SECONDS)
        else:
            return 0


def _put(file: int, data: bytes) -> None:
    """Write a file's bytes from its beginning, in one go."""
    if os.pwrite(file, data, 0) < len(data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def write_spec(path: str, spec: dict[str, list[str]]) -> None:
    """Write what a supervisor is to do, in one move: ``name=value`` entries, NUL between, a name once per value.

    ``argv``, ``env`` (``NAME=value``), ``cwd``, ``max_seconds``, ``grace_seconds``, ``warning``, ``log_bytes`` (most
    a log may take). Where there is a mount namespace, ``mount``, ``at`` and ``scratch``, and files to show elsewhere:
    ``bind``, each with a ``bind_at``; ``network`` (``none``) for a command that is kept from it.
    """
    entries = [f"{name}={value}" for name, values in spec.items() for value in values]
    with open(path + ".new", "wb") as file:
        file.write(os.fsencode("\0".join(entries)))
    os.replace(path + ".new", path)


def read_spec(path: str) -> dict[str, list[str]]:
    """What :func:`write_spec` wrote."""
    spec: dict[str, list[str]] = {}
    with open(path, "rb") as file:
        for entry in os.fsdecode(file.read()).split("\0"):
            name, _, value = entry.partition("=")
            spec.setdefault(name, []).append(value)
    return spec


class Supervisor:
    """One command from start to end; `stop_asked` is filled when somebody wants it to end."""

    def __init__(
        self, spec: dict[str, list[str]], stop_asked: list[int], enter: Callable[[dict[str, list[str]]], None]
    ) -> None:
        self.spec = spec
        self.enter = enter
        self.stop_asked = stop_asked
        self.log = os.open(LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.most = int(spec["log_bytes"][0]) if "log_bytes" in spec else 0
        self.size = os.fstat(self.log).st_size
        self.first = 0
        self.lost = 0
        self.trouble = ""
        self.partial = b""
        self.last = 0
        self.status: int | None = None
        self.reason = ""
        self.kill_at: float | None = None

    def run(self) -> str:
        """The outcome as JSON."""
        woken, waker = os.pipe()
        for end in (woken, waker):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(waker)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        _become_subreaper()
        started = time.time()
        for warning in self.spec.get("warning", ()):
            self._write(os.fsencode(warning) + b"\n")
        self.out, into = os.pipe()
        begun, begins = os.pipe()
        self.child = os.fork()
        if self.child == 0:
            _run_command(self.spec, into, self.enter)
        os.close(into)
        os.close(begins)
        # Until the exec closes that pipe there is no process group to signal, and a signal would find our own handler.
        os.read(begun, 1)
        self._watch(woken)
        _kill_descendants(self.child, self._reap)
        self._drain()
        if self.lost:
            self._append(self._stamp(), b"")
        code = _exit_code(self.status if self.status is not None else signal.SIGKILL)
        about = f'"reason": "{self.reason}", "started": {started}, "ended": {time.time()}, "lost": {self.lost}'
        return f'{{"code": {code}, {about}}}'

    def _watch(self, woken: int) -> None:
        """Until the command has ended or its grace is over; one asked to end is given time for its children too."""
        limit = self.spec.get("max_seconds")
        end_at = time.monotonic() + float(limit[0]) if limit else None
        while self.status is None or (self.reason and self._reap()):
            now = time.monotonic()
            if not self.reason and self.stop_asked:
                self._ask_to_end("stopped", now)
            elif not self.reason and end_at is not None and now >= end_at:
                self._ask_to_end("timed out", now)
            if self.kill_at is not None and now >= self.kill_at:
                return
            self._wait(woken, self.kill_at or end_at, now)

    def _ask_to_end(self, reason: str, now: float) -> None:
        self.reason = reason
        self.kill_at = now + float(self.spec["grace_seconds"][0])
        try:
            os.killpg(self.child, signal.SIGTERM)
        except (ProcessLookupError, PermissionError):
            pass

    def _wait(self, woken: int, deadline: float | None, now: float) -> None:
        fds = [woken] if self.out < 0 else [self.out, woken]
        ready, _, _ = select.select(fds, [], [], None if deadline is None else max(0.0, deadline - now))
        if self.out in ready:
            self._copy()
        if woken in ready:
            os.read(woken, 4096)
            self._reap()

    def _reap(self) -> bool:
        """Collect ended children; whether any is left."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            if pid == self.child:
                self.status = status

    def _copy(self) -> None:
        """Move what the command has written into the log, until it closes its output."""
        data = os.read(self.out, 1 << 18)
        if data:
            self._write(data)
        else:
            os.close(self.out)
            self.out = -1

    def _write(self, data: bytes) -> None:
        *lines, rest = (self.partial + data).split(b"\n")
        # A progress bar redraws its line after a bare CR: each drawing is a line. A CR at the very end may be CRLF's.
        cut = rest.rfind(b"\r", 0, max(0, len(rest) - 1)) + 1
        if cut or len(rest) > LONGEST_LINE:
            cut = cut or LONGEST_LINE
            lines.append(rest[:cut])
        self.partial = rest[cut:]
        if lines:
            stamp = self._stamp()
            self._append(stamp, b"".join(stamp + piece + b"\n" for line in lines for piece in _pieces(line)))
            if self.most and self.size - self.first > self.most:
                self._forget_oldest()

    def _stamp(self) -> bytes:
        # Never back, whatever the clock does: readers merge streams by time.
        self.last = max(self.last, time.time_ns() // 1_000_000)
        return b"%d " % self.last

    def _append(self, stamp: bytes, data: bytes) -> None:
        """Add whole lines to the log, behind a word about those that are missing there, if any are."""
        note = stamp + missing(self.lost, self.trouble).encode() + b"\n" if self.lost else b""
        data, written = note + data, 0
        try:
            while written < len(data):
                written += os.write(self.log, data[written : written + (1 << 20)])
            whole = written
        except OSError as error:
            self.trouble = error.strerror or str(error)
            whole = data.rfind(b"\n", 0, written) + 1
            if whole < written:
                # no reader has seen a line without its end
                os.ftruncate(self.log, self.size + whole)
        if whole >= len(note):
            self.lost = 0
            note = b""
        self.lost += data.count(b"\n", whole) - (1 if note else 0)
        self.size += whole

    def _forget_oldest(self) -> None:
        """Give back the disk space of a log's oldest quarter: a hole, so that offsets stay what they are."""
        self.first = (self.size - self.most * 3 // 4) // 4096 * 4096
        if sys.platform == "linux":
            # where the file system knows no holes the log just grows
            ctypes.CDLL(None).fallocate(self.log, _FALLOC_PUNCH_HOLE, ctypes.c_long(0), ctypes.c_long(self.first))

    def _drain(self) -> None:
        # Whoever escaped and holds the pipe open must not hold up the end.
        deadline = time.monotonic() + DRAIN_SECONDS
        while self.out >= 0 and (left := deadline - time.monotonic()) > 0:
            ready, _, _ = select.select([self.out], [], [], left)
            if ready:
                self._copy()
        if self.partial:
            self._write(b"\n")


def _pieces(line: bytes) -> list[bytes]:
    drawn = [piece for piece in line.split(b"\r") if piece] or [b""]
    return [piece[at : at + LONGEST_LINE] for piece in drawn for at in range(0, len(piece) or 1, LONGEST_LINE)]


def _run_command(spec: dict[str, list[str]], output: int, enter: Callable[[dict[str, list[str]]], None]) -> None:
    """Become the command; never returns."""
    code = 126
    argv = spec["argv"]
    try:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD, signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        os.setsid()
        _die_with_parent()
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        if "mount" in spec:
            enter(spec)
        os.chdir(spec["cwd"][0])
        env = dict(entry.split("=", 1) for entry in spec.get("env", ()))
        os.execvpe(argv[0], argv, env)  # noqa: S606 - the command is the job
    except FileNotFoundError as error:
        code = 127
        os.write(2, os.fsencode(f"{argv[0]}: {error.strerror}\n"))
    except BaseException as error:  # noqa: BLE001 - nothing may return into the supervisor's code after the fork
        os.write(2, os.fsencode(f"{argv[0]}: {error}\n"))
    finally:
        os._exit(code)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _become_subreaper() -> None:
    """Daemons that the command leaves behind become this process's children, so they can be found and ended."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _die_with_parent() -> None:
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _kill_descendants(group: int, reap: Callable[[], bool]) -> None:
    """SIGKILL until nothing is left: a process may fork between being found and being killed."""
    for _ in range(KILL_ROUNDS):
        if not reap():
            return
        for kill, target in ((os.killpg, group), *((os.kill, pid) for pid in _descendants())):
            try:
                kill(target, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass
        time.sleep(0.001)


def _descendants() -> list[int]:
    parents: dict[int, list[int]] = {}
    for name in os.listdir("/proc") if sys.platform == "linux" else ():
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                parents.setdefault(int(file.read().rpartition(b")")[2].split()[1]), []).append(int(name))
        except (OSError, ValueError):
            pass
    found, pending = [], [os.getpid()]
    while pending:
        children = parents.get(pending.pop(), [])
        found.extend(children)
        pending.extend(children)
    return found


def _exit_code(status: int) -> int:
    """As a shell and Docker count: 128 and the signal for a death by signal."""
    code = os.waitstatus_to_exitcode(status)
    return 128 - code if code < 0 else code


def missing(lost: int, trouble: str) -> str:
    """What a log says in place of lines that it could not take."""
    return f"warning: {lost} line{'s are' if lost != 1 else ' is'} missing here, they could not be written: {trouble}"
