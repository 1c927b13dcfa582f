"""A real embedded store for a whole test session, and single Valkey servers with a TCP port."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import redis

from service_kit.embedded import EmbeddedStore, ValkeyServer, socket_in
from service_kit.held_ports import HeldPorts

LOOPBACK = "127.0.0.1"
_HELD = HeldPorts()
atexit.register(_HELD.close)


@contextmanager
def short_folder() -> Iterator[Path]:
    """A temporary folder; pytest's own are too deep for the 107 bytes of a socket path."""
    folder = Path(tempfile.mkdtemp(prefix="gg-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def embedded_store() -> Iterator[EmbeddedStore]:
    """A started store in a temporary folder: suites run side by side."""
    with short_folder() as folder, EmbeddedStore(folder) as store:
        yield store


def flush(url: str) -> None:
    """Empties the server and forgets its scripts, so that no test leans on an earlier one."""
    with redis.Redis.from_url(url) as client:
        client.flushall()
        client.script_flush()


def free_ports(count: int) -> list[int]:
    """Different TCP ports that nobody uses; until the tests end they go only to who asks for them by number."""
    return [_HELD.take(LOOPBACK) for _ in range(count)]


@contextmanager
def tcp_server(
    port: int,
    directives: Iterable[tuple[str, ...]] = (),
    *,
    arguments: tuple[str, ...] = (),
    folder: Path | None = None,
) -> Iterator[ValkeyServer]:
    """A server on loopback that dies with the test process; it writes, if told to, in a folder of its own or a given one."""
    with nullcontext(folder) if folder else short_folder() as folder:
        listening = (("bind", LOOPBACK), ("port", str(port)), ("unixsocket", str(socket_in(folder))))
        server = ValkeyServer(
            f"test:{port}", folder, (*listening, ("save", ""), *directives), arguments=arguments
        )
        server.spawn()
        try:
            server.wait_ready()
            yield server
        finally:
            server.terminate()
            server.wait_stopped()
