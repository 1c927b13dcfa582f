"""A process that PINGs two servers in turn until its standard input ends, then writes what it measured.

It writes three doubles a turn: when (`time.monotonic`), and the seconds that each server took. It is a program of its own
because a thread would wait for the interpreter that makes the load.
"""

from __future__ import annotations

import select
import socket
import sys
import time
from array import array

_PAUSE = 0.001
"""Seconds between two turns."""


def main(paths: list[str]) -> None:
    """Measures."""
    servers = [socket.socket(socket.AF_UNIX) for _ in paths]
    for server, path in zip(servers, paths, strict=True):
        server.connect(path)
    measured = array("d")
    while not select.select([sys.stdin], [], [], _PAUSE)[0]:
        measured.append(time.monotonic())
        for server in servers:
            begun = time.perf_counter()
            server.sendall(b"PING\r\n")
            server.recv(64)
            measured.append(time.perf_counter() - begun)
    sys.stdout.buffer.write(measured.tobytes())


if __name__ == "__main__":
    main(sys.argv[1:])
