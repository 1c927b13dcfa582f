"""The port that Prometheus scrapes: plain HTTP, `GET /metrics`, one answer a connection.

It is served by the event loop that counts, so that no number changes while it is read.
"""

import asyncio
import socket
from contextlib import suppress
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from service_kit.settings import SettingsError

_MOST_HEADER_BYTES: Final = 16 * 1024
_SECONDS: Final = 5.0
"""Within which a request must have come, and its answer must have been taken."""


def bind(address: str) -> socket.socket:
    """Takes the port, on which nothing is answered yet.

    Raises:
        SettingsError: the port is taken or the host is not ours.
    """
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    try:
        return socket.create_server(
            (host, int(port)), family=socket.AF_INET6 if ":" in host else socket.AF_INET
        )
    except OSError:
        raise SettingsError(
            f"GROUPGUARD_METRICS_LISTEN: can't listen on {address}: the port is taken or the host is not ours"
        ) from None


def port_of(bound: socket.socket) -> int:
    """Returns the port that was taken."""
    port: int = bound.getsockname()[1]
    return port


async def open_endpoint(bound: socket.socket, registry: CollectorRegistry) -> asyncio.Server:
    """Serves a registry until it is closed, and the socket with it."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            async with asyncio.timeout(_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(_response(head, registry))
                await writer.drain()
        writer.close()

    return await asyncio.start_server(answer, sock=bound, limit=_MOST_HEADER_BYTES)


def _response(head: bytes, registry: CollectorRegistry) -> bytes:
    method, path, *_ = [*head.split(b"\r\n", 1)[0].split(b" "), b"", b""]
    if path.partition(b"?")[0] != b"/metrics":
        return _written("404 Not Found", "text/plain", b"only /metrics is here\n")
    if method != b"GET":
        return _written("405 Method Not Allowed", "text/plain", b"only GET is answered\n")
    return _written("200 OK", CONTENT_TYPE_LATEST, generate_latest(registry))


def _written(status: str, kind: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body
