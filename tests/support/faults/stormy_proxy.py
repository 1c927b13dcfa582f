"""A TCP proxy in front of a store that is slow, silent, cut off or away, as a test says."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support.valkey import LOOPBACK


class StormyProxy:
    """Passes connections on loopback on to a unix socket, in a thread of its own."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._listening, self._stop = threading.Event(), asyncio.Event()
        self._loop: asyncio.AbstractEventLoop
        self._open: set[asyncio.StreamWriter] = set()
        self._passing = asyncio.Event()
        self._passing.set()
        self._refusing = False
        self._latency = 0.0
        self._port = 0
        self.cuts = 0
        """Connections that were cut."""

    @property
    def url(self) -> str:
        """Where the store seems to be."""
        return f"redis://{LOOPBACK}:{self._port}"

    def start(self) -> None:
        """Begins to listen."""
        self._thread.start()
        assert self._listening.wait(10)

    def stop(self) -> None:
        """Cuts everything and ends."""
        self.refuse()
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def calm(self) -> None:
        """Passes everything on as it comes."""
        self._do(self._set(latency=0.0, refusing=False, passing=True))

    def slow(self, seconds: float) -> None:
        """Delays every answer."""
        self._do(self._set(latency=seconds))

    def hang(self) -> None:
        """Passes nothing on, and breaks nothing off; what comes is passed on when it is calm again."""
        self._do(self._set(passing=False))

    def cut(self) -> None:
        """Breaks all connections off, with what is under way on them; new ones may be made."""
        self._do(self._cut())

    def refuse(self) -> None:
        """Breaks all connections off and takes no new ones."""
        self._do(self._set(refusing=True))
        self.cut()

    def _do(self, action: Any) -> None:
        asyncio.run_coroutine_threadsafe(action, self._loop).result(10)

    async def _set(
        self, latency: float | None = None, refusing: bool | None = None, passing: bool | None = None
    ) -> None:
        self._latency = self._latency if latency is None else latency
        self._refusing = self._refusing if refusing is None else refusing
        if passing is not None:
            (self._passing.set if passing else self._passing.clear)()

    async def _cut(self) -> None:
        for writer in self._open:
            self.cuts += 1
            writer.transport.abort()

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        server = await asyncio.start_server(self._serve, LOOPBACK, 0)
        self._port = server.sockets[0].getsockname()[1]
        self._listening.set()
        await self._stop.wait()
        server.close()
        self._passing.set()
        while self._open:  # the last connections notice that they were cut
            await self._cut()
            await asyncio.sleep(0.01)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refusing:
            writer.transport.abort()
            return
        inner_reader, inner_writer = await asyncio.open_unix_connection(str(self._target))
        self._open |= {writer, inner_writer}
        try:
            await asyncio.gather(
                self._pump(reader, inner_writer, answers=False),
                self._pump(inner_reader, writer, answers=True),
            )
        finally:
            self._open -= {writer, inner_writer}

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool
    ) -> None:
        with contextlib.suppress(ConnectionError):
            while chunk := await reader.read(65_536):
                if answers and self._latency:
                    await asyncio.sleep(self._latency)
                await self._passing.wait()
                writer.write(chunk)
                await writer.drain()
        writer.transport.abort()


@contextmanager
def stormy_proxy(target: Path) -> Iterator[StormyProxy]:
    """A proxy that listens, in calm weather."""
    proxy = StormyProxy(target)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()
