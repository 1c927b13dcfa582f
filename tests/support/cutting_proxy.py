"""A proxy that loses the answer to a command which the server has carried out."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path


class CuttingProxy:
    """Passes a unix socket on and closes the connection instead of giving the next ``cuts`` answers."""

    def __init__(self, target: Path, path: Path) -> None:
        self.url = f"unix://{path}"
        self.cuts = 0
        self._target = target

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Handles one connection: a request, then its answer."""
        inner_reader, inner_writer = await asyncio.open_unix_connection(str(self._target))
        with contextlib.suppress(ConnectionError):
            while request := await reader.read(65_536):
                inner_writer.write(request)
                answer = await inner_reader.read(65_536)
                if self.cuts:
                    self.cuts -= 1
                    break
                writer.write(answer)
                await writer.drain()
        inner_writer.close()
        writer.close()


@asynccontextmanager
async def cutting_proxy(target: Path, folder: Path) -> AsyncIterator[CuttingProxy]:
    """Yields a proxy to ``target`` that listens in ``folder``."""
    path = folder / "p.sock"
    proxy = CuttingProxy(target, path)
    server = await asyncio.start_unix_server(proxy.serve, str(path))
    try:
        yield proxy
    finally:
        server.close()
