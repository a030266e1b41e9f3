"""A step that is to be kept from the network reaches its own loopback and nothing else."""

from __future__ import annotations

import os
import socket

import pytest

from tests.commands import python

REACH = """
import socket, sys
own = socket.create_server(('127.0.0.1', 0))
socket.create_connection(own.getsockname(), timeout=5).close()
print('loopback')
try:
    socket.create_connection(('127.0.0.1', int(sys.argv[1])), timeout=5).close()
    print('reached')
except OSError as error:
    print('kept:', error.strerror)
"""


@pytest.fixture
def port():
    """Somebody on this machine who could be reached."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield str(server.getsockname()[1])


def steps(lab, port, *, isolated):
    algorithm = {"ContainerEntrypoint": python(REACH, port)}
    return [
        lab.processing(
            "process", python(REACH, port), arguments={"NetworkConfig": {"EnableNetworkIsolation": isolated}}
        ),
        lab.training("train", {}, algorithm=algorithm, arguments={"EnableNetworkIsolation": isolated}),
    ]


@pytest.mark.parametrize(("isolated", "found"), [(True, "kept: Connection refused"), (False, "reached")])
def test_isolation(lab, port, isolated, found):
    end = lab.run(steps(lab, port, isolated=isolated))
    assert {name: end.log(name) for name in end.steps} == {name: ["loopback", found] for name in ("process", "train")}


def test_where_it_cannot_be_done_the_log_says_so(make_lab, port):
    lab = make_lab(environ={**os.environ, "SM_PIPELINE_WIDGETS_SANDBOX": "rewrite"})
    _, warning, *_, found = lab.run(steps(lab, port, isolated=True)).log("train")
    assert warning.startswith("warning: EnableNetworkIsolation is asked for, and this job reaches the network")
    assert found == "reached"
