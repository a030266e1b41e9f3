"""Loaded at the start of every Python that has this folder on its path: no connection leaves the machine.

A connection, a datagram or a look-up of a name that is not this machine's is refused and written down, with the program
that wanted it; those to this machine are written down as well.
"""

import os
import sys
from pathlib import Path

_LOG = Path(os.environ["LOOPBACK_LOG"])
_OWN = ("127.", "localhost", "::1", "::ffff:127.", "0.0.0.0", "::")


def _host(event, arguments):
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        return address[0] if isinstance(address, tuple) else None
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        return arguments[0]
    return None


def _guard(event, arguments):
    if not event.startswith("socket."):
        return
    host = _host(event, arguments)
    if not host:
        return
    text = host.decode() if isinstance(host, bytes) else str(host)
    is_own = text.startswith(_OWN)
    with _LOG.open("a") as file:
        file.write(f"{'own' if is_own else 'refused'} {event} {text} {Path(sys.argv[0]).name if sys.argv else ''}\n")
    if not is_own:
        raise PermissionError(f"{event} {text}: only this machine may be asked")


sys.addaudithook(_guard)
