"""Free ports that stay a server's own while it is down."""

import socket
import sys
from contextlib import ExitStack
from typing import Self


class HeldPorts:
    """Holds ports until it is closed.

    They are bound here and not listened on. Linux lets a server that reuses addresses, as gRPC's and Valkey's do, listen on
    such a port, and takes it neither for another server nor for a connection; a server that is killed would lose its
    port to either. Other systems let nobody else bind it, so there it is only found, not held.
    """

    def __init__(self) -> None:
        """Holds nothing yet."""
        self._sockets = ExitStack()

    def take(self, host: str, port: int = 0) -> int:
        """Returns a free port of a host name or address of this machine, from now on held; a certain one, if given.

        Raises:
            OSError: the host is not this machine's, or the port is not free.
        """
        family, _, _, _, address = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)[0]
        holder = socket.socket(family)
        with ExitStack() as unless_held:
            unless_held.callback(holder.close)
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            holder.bind(address)
            taken: int = holder.getsockname()[1]
            if sys.platform == "linux":
                self._sockets.push(unless_held.pop_all())
        return taken

    def close(self) -> None:
        """Lets the ports go."""
        self._sockets.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
