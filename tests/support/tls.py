"""TLS in front of a plain server: Valkey's wheel is built without it."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme

from support.valkey import LOOPBACK


@dataclass(frozen=True, slots=True)
class TlsProxy:
    """A listening proxy."""

    port: int
    ca_file: Path
    """The authority that signed the proxy's certificate, PEM."""


@asynccontextmanager
async def tls_proxy(socket: Path, folder: Path, *, host: str = LOOPBACK) -> AsyncIterator[TlsProxy]:
    """Passes TLS connections on loopback on to a unix socket; ``host`` is what the certificate names."""
    authority = trustme.CA()
    ca_file = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host).configure_cert(context)
    running: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        try:
            inner_reader, inner_writer = await asyncio.open_unix_connection(str(socket))
            await asyncio.gather(_pump(reader, inner_writer), _pump(inner_reader, writer))
        finally:
            running.discard(task)

    server = await asyncio.start_server(serve, LOOPBACK, 0, ssl=context)
    try:
        yield TlsProxy(server.sockets[0].getsockname()[1], ca_file)
    finally:
        server.close()
        if running:
            await asyncio.wait(running, timeout=5)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while chunk := await reader.read(65_536):
            writer.write(chunk)
            await writer.drain()
    writer.close()
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        await writer.wait_closed()
