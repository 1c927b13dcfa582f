"""A held port goes to the server that asks for it by number, time and again, and to nobody else."""

from __future__ import annotations

import socket
import sys

import pytest

from service_kit.held_ports import HeldPorts
from support.valkey import LOOPBACK, tcp_server

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="ports are held on Linux only")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0"])
def test_nobody_gets_a_held_port_by_chance(host: str) -> None:
    """Neither a server that does not share addresses nor a connection that leaves by it, nor one with itself."""
    with HeldPorts() as held:
        port = held.take(host)
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind((LOOPBACK, port))
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((LOOPBACK, port))
    with socket.socket() as other:
        other.bind((LOOPBACK, port))


def test_servers_listen_on_held_ports_one_after_the_other() -> None:
    """As gRPC's do, which the fault tests kill."""
    with HeldPorts() as held:
        port = held.take(LOOPBACK)
        for _ in range(2):
            with tcp_server(port) as server:
                socket.create_connection((LOOPBACK, port)).close()
                server.terminate()
                server.wait_stopped()


def test_a_host_that_is_not_ours_is_refused_and_leaves_nothing() -> None:
    """192.0.2.1 is nobody's."""
    with HeldPorts() as held, pytest.raises(OSError, match="assign"):
        held.take("192.0.2.1")
