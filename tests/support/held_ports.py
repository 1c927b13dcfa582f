"""Ports in a row that stay free for whoever is to listen on them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from service_kit.held_ports import HeldPorts
from support.valkey import LOOPBACK


@contextmanager
def held_block(count: int) -> Iterator[int]:
    """The first of so many free ports in a row, held."""
    while True:
        with HeldPorts() as held:
            try:
                first = held.take(LOOPBACK)
                for port in range(first + 1, first + count):
                    held.take(LOOPBACK, port)
            except OSError:
                continue  # one of them is somebody else's, or there are no more ports
            yield first
            return
