"""Ports in a row that stay free for whoever is to listen on them."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from support.valkey import LOOPBACK


@contextmanager
def held_block(count: int) -> Iterator[int]:
    """The first of so many free ports in a row, held as `HeldPorts` holds single ones."""
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
