"""Ends servers that outlived their owner, where the kernel does not do it (everywhere but on Linux)."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import Final

KERNEL_ENDS_THEM: Final[bool] = os.uname().sysname == "Linux"
"""There a server gets a death signal (``shim``); what survives it all the same is left to the operator."""


def owner_is_dead(pid: int | None) -> bool:
    """Tells whether the recorded owner is known and gone."""
    if pid is None:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def shut_down(sockets: Iterable[Path]) -> None:
    """Asks the servers that listen on these unix sockets to end; one that does not listen is passed over."""
    for path in sockets:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5.0)
            connection.connect(os.fspath(path))
            # No snapshot: the append-only file already holds every acknowledged write.
            connection.sendall(b"SHUTDOWN NOSAVE\r\n")
            connection.recv(1)  # the end of the connection is the end of the server
