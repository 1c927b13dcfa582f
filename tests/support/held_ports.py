"""Ports that stay a server's own while it is down."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from support.valkey import LOOPBACK


@contextmanager
def held_ports(*names: str) -> Iterator[dict[str, int]]:
    """Free ports of loopback by name, which the system gives to nobody else meanwhile.

    They are bound here and not listened on: Linux lets a server that reuses addresses, as gRPC's do, listen on such a port,
    and takes it neither for another server nor for a connection. A killed server would lose its port to either.
    """
    with ExitStack() as held:
        ports = {}
        for name in names:
            holder = held.enter_context(socket.socket())
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            holder.bind((LOOPBACK, 0))
            ports[name] = holder.getsockname()[1]
        yield ports


@contextmanager
def held_block(count: int) -> Iterator[int]:
    """The first of so many free ports in a row, held in the same way."""
    while True:
        with ExitStack() as held:
            first = 0
            try:
                for number in range(count):
                    holder = held.enter_context(socket.socket())
                    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    holder.bind((LOOPBACK, first + number if first else 0))
                    first = first or holder.getsockname()[1]
            except (OSError, OverflowError):
                continue  # one of them is somebody else's, or there are no more ports
            yield first
            return
