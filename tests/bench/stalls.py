"""Watches how long a Redis or Valkey keeps a second client waiting while it works for others."""

from __future__ import annotations

import subprocess
import sys
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import pinger


class Pings:
    """Round trips of PINGs to a busy server, and of others to an idle one beside it: what the machine itself costs."""

    def __init__(self) -> None:
        self._trips: array[float] = array("d")

    def take(self, trips: bytes) -> None:
        """Takes in what the pinger measured."""
        self._trips.frombytes(trips)

    def longest(self, begun: float, ended: float) -> tuple[float, float]:
        """Returns the longest round trips in ms, busy and idle, of PINGs sent within a time (`time.monotonic`)."""
        sent = self._trips[0::3]
        within = [index for index, at in enumerate(sent) if begun <= at <= ended]
        return tuple(  # type: ignore[return-value]
            max((self._trips[3 * index + place] for index in within), default=0.0) * 1000 for place in (1, 2)
        )


@contextmanager
def pinging(busy: Path, idle: Path) -> Iterator[Pings]:
    """PINGs two unix sockets every millisecond from a process of its own; what it measured is there at the end."""
    pings = Pings()
    command = [sys.executable, "-I", pinger.__file__, str(busy), str(idle)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            yield pings
        finally:
            pings.take(process.communicate()[0])
